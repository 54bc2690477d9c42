-- A dimension of page views: the visitors and visits that viewed a page with each value, and its views. {columns} are those of
-- its value, from which its name follows.
WITH of_visits AS (
    SELECT {sign} AS sign, {columns}, visitor_number, visit, count(*) AS pageviews
    FROM {views}
    WHERE {condition}
    GROUP BY ALL
),
of_visitors AS (
    SELECT sign, {columns}, visitor_number, count(*) AS visits, sum(pageviews) AS pageviews
    FROM of_visits
    GROUP BY ALL
)
SELECT
    sign, '{key}' AS kind, {name} AS name, count(*) AS visitors, sum(visits) AS visits, sum(pageviews) AS pageviews
FROM of_visitors
GROUP BY ALL
