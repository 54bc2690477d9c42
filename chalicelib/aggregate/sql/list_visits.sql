-- Visits, newest first, up to $most, that come after the visit ($before, $before_id) in that order; all of them, or
-- those of some visitors ($visitors).
SELECT
    day, visitor, visit, id, started, last_seen, duration, bounce, pageviews, entry_page, referrer, source, identifier,
    {visit_traits}
FROM human_visits
WHERE (started < $before OR (started = $before AND id || visitor < $before_id))
    AND ($visitors IS NULL OR list_contains($visitors, visitor))
ORDER BY started DESC, id || visitor DESC
LIMIT $most;
