-- Bots that were stored (no metric counts them), by the reason why they are bots and by name. Hits are views and custom
-- events. The $most bots with the most hits are named; the others are summed under '', by reason.
WITH happened AS (
    SELECT day, visitor FROM views
    UNION ALL
    SELECT day, visitor FROM (SELECT DISTINCT day, visitor, id FROM hits WHERE kind = 'event')
),
counts AS (
    SELECT
        coalesce(robot_reason, 'declared') AS reason,
        coalesce(browser, '') AS called,
        count(DISTINCT (day, visitor)) AS visitors,
        count(*) AS hits
    FROM happened
    JOIN visitors USING (day, visitor)
    WHERE visitors.robot
    GROUP BY reason, called
),
placed AS (
    SELECT *, row_number() OVER (ORDER BY hits DESC, visitors DESC, reason, called) AS place
    FROM counts
)
SELECT
    reason,
    CASE WHEN place <= $most THEN called ELSE '' END AS name,
    sum(visitors)::BIGINT AS visitors,
    sum(hits)::BIGINT AS hits
FROM placed
GROUP BY reason, name
ORDER BY hits DESC, visitors DESC, reason, name;
