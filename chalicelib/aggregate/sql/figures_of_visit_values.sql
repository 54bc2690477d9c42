-- The rows of figures_of_visits.sql for all dimensions of visits at once, with the lists of figures_of_repetitions.sql. For a
-- few visits this is quicker, since each further query has to be planned.
SELECT
    sign, kind, name, count(*) FILTER (first_of_visitor OR NOT of_visitor) AS visitors, count(*) AS visits,
    sum(pageviews) AS pageviews
FROM (
    SELECT
        {sign} AS sign, unnest({keys}) AS kind, unnest({names}) AS name, unnest({of_visitor}) AS of_visitor,
        first_of_visitor, pageviews
    FROM {visits}
)
WHERE name IS NOT NULL
GROUP BY ALL
