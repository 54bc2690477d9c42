-- The values of one property ($property) of the custom events of one name ($event): how often and by how many
-- visitors, up to $most of them from the place $first on. Events without the property are the row ''.
SELECT
    coalesce(json_extract_string(props, $property), '') AS value,
    count(*)::BIGINT AS events,
    count(DISTINCT (day, visitor))::BIGINT AS visitors
FROM custom_events
WHERE event_name = $event
GROUP BY value
ORDER BY visitors DESC, events DESC, value
LIMIT $most OFFSET $first;
