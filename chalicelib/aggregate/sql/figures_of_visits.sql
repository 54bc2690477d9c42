-- Dimensions of visits, all in one pass. {keys}, {names} and {of_visitor} are lists with an element for each dimension: its
-- key, its value (NULL if the visit does not have it), and whether it is the same in all visits of a visitor and day.
--
-- Nearly all visitors have one visit a day. So each visit counts as a visitor at first, and of visitors with several visits,
-- those that repeat a value are taken off again. Of spellings that differ only in case, a visitor counts under the first of
-- the day, so that the spellings can be added (see `rollup_sums.sum_days`).
WITH told AS (
    SELECT
        sign, pageviews, first_of_visitor,
        unnest({keys}) AS kind, unnest({names}) AS name, unnest({of_visitor}) AS of_visitor
    FROM {visits}
),
several AS (
    SELECT DISTINCT sign, visitor_number FROM {visits} WHERE NOT first_of_visitor
),
varying AS (
    SELECT
        sign, visitor_number, started,
        unnest({varying_keys}) AS kind, unnest({varying_names}) AS name, unnest({varying_folded}) AS folded
    FROM {visits} AS visits
    JOIN several USING (sign, visitor_number)
),
of_visitors AS (
    SELECT sign, kind, arg_min(name, started) AS name
    FROM varying
    WHERE name IS NOT NULL
    GROUP BY sign, kind, folded, visitor_number
)
SELECT
    sign, kind, name,
    count(*) FILTER (first_of_visitor OR NOT of_visitor) AS visitors, count(*) AS visits, sum(pageviews) AS pageviews
FROM told
WHERE name IS NOT NULL
GROUP BY sign, kind, name
UNION ALL BY NAME
SELECT sign, kind, name, -count(*) AS visitors
FROM varying
WHERE name IS NOT NULL
GROUP BY sign, kind, name
UNION ALL BY NAME
SELECT sign, kind, name, count(*) AS visitors
FROM of_visitors
GROUP BY sign, kind, name
