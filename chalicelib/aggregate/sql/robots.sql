-- Bots from figures, by the reason why they are bots and by name. Hits are views and custom
-- events. The $most bots with the most hits are named; the others are summed under '', by reason.
WITH counts AS (
    SELECT detail AS reason, name AS called, visitors, hits FROM figures WHERE kind = 'robot'
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
