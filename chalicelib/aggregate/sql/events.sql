-- Custom events from figures, up to $most of them, the rest together under NULL: how often, by how many visitors, and what
-- they brought in, in millionths by currency, with how many amounts that was. Of one event's currencies, the $currencies
-- with the most amounts are listed; `left_out` is the number of amounts in others. Sums are HUGEINT, since no BIGINT holds
-- ten of the largest amounts.
WITH counts AS (
    SELECT name AS event_name, events, visitors FROM figures WHERE kind = 'event'
),
placed AS (
    SELECT *, row_number() OVER (ORDER BY visitors DESC, events DESC, event_name) AS place
    FROM counts
),
sums AS (
    SELECT name AS event_name, detail AS currency, amount, times FROM figures WHERE kind = 'revenue'
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY event_name ORDER BY times DESC, currency) AS rank
    FROM sums
),
revenues AS (
    SELECT
        event_name,
        list((currency, amount, times) ORDER BY currency) FILTER (WHERE rank <= $currencies) AS revenue,
        coalesce(sum(times) FILTER (WHERE rank > $currencies), 0) AS left_out
    FROM ranked
    GROUP BY event_name
)
SELECT
    CASE WHEN place <= $most THEN event_name END AS name,
    sum(events)::BIGINT AS events,
    sum(visitors)::BIGINT AS visitors,
    any_value(revenue) FILTER (WHERE place <= $most) AS revenue,
    sum(CASE WHEN place <= $most THEN coalesce(left_out, 0)
             ELSE coalesce(list_sum([told[3] FOR told IN revenue]), 0) + coalesce(left_out, 0) END)::BIGINT AS left_out
FROM placed
LEFT JOIN revenues USING (event_name)
GROUP BY name
ORDER BY min(place);
