-- Custom events by name: how often, by how many visitors, and what they brought in, in millionths by currency, with how many
-- amounts that was.
SELECT {sign} AS sign, 'event' AS kind, event_name AS name, count(*) AS events, count(DISTINCT visitor_number) AS visitors
FROM {events}
GROUP BY ALL
UNION ALL BY NAME
SELECT
    {sign} AS sign, 'revenue' AS kind, event_name AS name, currency AS detail,
    sum(amount)::DECIMAL(38, 0) AS amount, count(*) AS times
FROM {events}
WHERE amount IS NOT NULL AND currency IS NOT NULL
GROUP BY ALL
