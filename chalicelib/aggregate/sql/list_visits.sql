-- Visits, newest first, up to $most, of the relation {visits}, that meet {conditions}; see `compute_rollup.latest_visits`.
SELECT
    day, visitor, visit, id, started, last_seen, duration, bounce, pageviews, entry_page, referrer, source, identifier,
    {visit_traits}
FROM {visits}
WHERE {conditions}
ORDER BY started DESC, id || visitor DESC
LIMIT $most;
