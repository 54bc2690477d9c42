-- Dimensions of page views: the visitors and visits that viewed a page with each value, and its views. {keys} and {names} are
-- as in figures_of_visits.sql.
WITH told AS (
    SELECT sign, visitor_number, visit, unnest({keys}) AS kind, unnest({names}) AS name
    FROM {views}
),
of_visits AS (
    SELECT sign, kind, name, visitor_number, count(*) AS pageviews
    FROM told
    WHERE name IS NOT NULL
    GROUP BY sign, kind, name, visitor_number, visit
),
of_visitors AS (
    SELECT sign, kind, name, count(*) AS visits, sum(pageviews) AS pageviews
    FROM of_visits
    GROUP BY sign, kind, name, visitor_number
)
SELECT sign, kind, name, count(*) AS visitors, sum(visits) AS visits, sum(pageviews) AS pageviews
FROM of_visitors
GROUP BY sign, kind, name
