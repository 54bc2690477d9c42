-- The values of one property ($property) of the custom events with one name ($event), with events and visitors: up to
-- $most rows, from row $first on. Events without the property are counted in the row ''.
SELECT
    coalesce(json_extract_string(props, $property), '') AS value,
    count(*)::BIGINT AS events,
    count(DISTINCT visitor_number)::BIGINT AS visitors
FROM custom_events
WHERE event_name = $event
GROUP BY value
ORDER BY visitors DESC, events DESC, value
LIMIT $most OFFSET $first;
