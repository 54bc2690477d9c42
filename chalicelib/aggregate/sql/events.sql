-- Custom events by name: how often, by how many visitors, and what they brought in, in millionths by currency: as
-- HUGEINT, since no BIGINT holds ten of the largest amounts.
WITH counts AS (
    SELECT event_name, count(*) AS events, count(DISTINCT (day, visitor)) AS visitors
    FROM custom_events
    GROUP BY event_name
),
sums AS (
    SELECT event_name, currency, sum(amount) AS amount
    FROM custom_events
    WHERE amount IS NOT NULL
    GROUP BY event_name, currency
)
SELECT
    event_name,
    any_value(events)::BIGINT AS events,
    any_value(visitors)::BIGINT AS visitors,
    coalesce(map_from_entries(list((currency, amount) ORDER BY currency) FILTER (WHERE currency IS NOT NULL)), MAP {})
        AS revenue
FROM counts
LEFT JOIN sums USING (event_name)
GROUP BY event_name
ORDER BY visitors DESC, events DESC, event_name;
