-- The names of the properties that the custom events of one name ($event) have, up to $most, and in how many of them;
-- `named` is how many names there are.
SELECT property, count(*)::BIGINT AS events, (count(*) OVER ())::BIGINT AS named
FROM (SELECT unnest(json_keys(props)) AS property FROM custom_events WHERE event_name = $event AND props IS NOT NULL)
GROUP BY property
ORDER BY events DESC, property
LIMIT $most;
