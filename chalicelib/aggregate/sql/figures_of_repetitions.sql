-- Of visitors with several visits, those whose value in a dimension is repeated are taken off again: they count once. Of
-- spellings that differ only in case, a visitor counts under the first of the day, so that the spellings can be added (see
-- `rollup_sums.sum_days`). Few visitors have several visits a day.
--
-- {keys}, {names} and {folded} are lists with an element for each dimension of which a visitor can have several values: its
-- key, its value (NULL if the visit does not have it), and the value without its case, if that is ignored.
WITH several AS (
    SELECT DISTINCT {sign} AS sign, visitor_number FROM {visits} WHERE NOT first_of_visitor
),
told AS (
    SELECT sign, visitor_number, started, unnest({keys}) AS kind, unnest({names}) AS name, unnest({folded}) AS folded
    FROM (SELECT *, {sign} AS sign FROM {visits}) AS visits
    SEMI JOIN several USING (sign, visitor_number)
),
of_visitors AS (
    SELECT sign, kind, arg_min(name, started) AS name
    FROM told
    WHERE name IS NOT NULL
    GROUP BY sign, kind, folded, visitor_number
)
SELECT sign, kind, name, -count(*) AS visitors, 0 AS visits, 0 AS pageviews
FROM told
WHERE name IS NOT NULL
GROUP BY sign, kind, name
UNION ALL
SELECT sign, kind, name, count(*), 0, 0
FROM of_visitors
GROUP BY sign, kind, name
