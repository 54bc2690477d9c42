-- Robots that were kept, apart from all figures: by why they are robots and what they are called.
SELECT
    coalesce(robot_reason, 'declared') AS reason,
    coalesce(browser, '') AS name,
    count(DISTINCT (day, visitor))::BIGINT AS visitors,
    count(*)::BIGINT AS hits
FROM views
JOIN visitors USING (day, visitor)
WHERE visitors.robot
GROUP BY reason, name
ORDER BY hits DESC, visitors DESC, reason, name
LIMIT $most;
