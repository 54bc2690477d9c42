-- The names of the properties that the custom events of one name ($event) have, and how many of them.
SELECT property, count(*)::BIGINT AS events
FROM (SELECT unnest(json_keys(props)) AS property FROM custom_events WHERE event_name = $event AND props IS NOT NULL)
GROUP BY property
ORDER BY events DESC, property;
