-- Visitors online: how many visitors were last active in each of the latest 30 minutes (epoch minutes) of the data.
WITH last AS (
    SELECT max(last_seen) // 60000 AS minute
    FROM human_visits
    GROUP BY day, visitor
)
SELECT minute::BIGINT, count(*)::BIGINT
FROM last
WHERE minute > (SELECT max(minute) FROM last) - 30
GROUP BY minute
ORDER BY minute;
