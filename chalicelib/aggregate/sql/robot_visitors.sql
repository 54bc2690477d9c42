-- The bots that were stored (no metric counts them): a row per bot and day, with the reason why it is one, its name, and
-- its hits, which are views and custom events.
CREATE OR REPLACE TEMP TABLE computed_robots AS
WITH happened AS (
    SELECT day, visitor FROM views
    UNION ALL
    SELECT day, visitor FROM (SELECT DISTINCT day, visitor, id FROM hits WHERE kind = 'event')
)
SELECT
    day,
    visitor,
    any_value(coalesce(robot_reason, 'declared')) AS reason,
    any_value(coalesce(browser, '')) AS name,
    count(*) AS hits
FROM happened
JOIN visitors USING (day, visitor)
WHERE visitors.robot
GROUP BY day, visitor;
