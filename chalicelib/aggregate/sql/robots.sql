-- Robots that were kept, apart from all figures: by why they are robots and what they are called. Hits are their views and
-- their custom events.
WITH happened AS (
    SELECT day, visitor FROM views
    UNION ALL
    SELECT day, visitor FROM (SELECT DISTINCT day, visitor, id FROM hits WHERE kind = 'event')
)
SELECT
    coalesce(robot_reason, 'declared') AS reason,
    coalesce(browser, '') AS name,
    count(DISTINCT (day, visitor))::BIGINT AS visitors,
    count(*)::BIGINT AS hits
FROM happened
JOIN visitors USING (day, visitor)
WHERE visitors.robot
GROUP BY reason, name
ORDER BY hits DESC, visitors DESC, reason, name
LIMIT $most;
