-- How many visitors were last active in each minute (epoch minutes).
WITH last AS (
    SELECT {sign} AS sign, visitor_number, max(last_seen) // 60000 AS minute
    FROM {visits}
    GROUP BY ALL
)
SELECT sign, 'last seen' AS kind, minute::VARCHAR AS name, count(*) AS visitors
FROM last
GROUP BY ALL
