-- A dimension of visits: visits are counted by the columns of its value ({columns}), from which its name follows. A visit
-- counts as a visitor if it is the visitor's first one, in a dimension of visitors; in another one, at first each visit does
-- ({visitors}), see figures_of_repetitions.sql.
SELECT sign, '{key}' AS kind, {name} AS name, visitors, visits, pageviews
FROM (
    SELECT
        {sign} AS sign, {columns},
        {visitors} AS visitors, count(*) AS visits, sum(pageviews) AS pageviews
    FROM {visits}
    WHERE {condition}
    GROUP BY ALL
)
