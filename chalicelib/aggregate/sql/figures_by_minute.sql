-- How many visitors were last active in each minute (epoch minutes).
WITH last AS (
    SELECT sign, max(last_seen) // 60000 AS minute
    FROM {visits}
    GROUP BY sign, visitor_number
)
SELECT sign, 'last seen' AS kind, minute::VARCHAR AS name, count(*) AS visitors
FROM last
GROUP BY sign, minute
