-- From stored records to page views: one row per view, with the number of its visit.
--
-- Input:
--   hits              one row per stored record, of one site and one or more days
--   $gap              ms without activity after which the next view begins a new visit
--   $most_engagement  ms of engagement a view can have at most
-- Output:
--   visitors          one row per visitor and day: what is known of the visitor
--   views             one row per page view, however often its records were delivered
--
-- The records of a view share the visitor's key and the view's id: the view, repetitions of it (a heartbeat, a retry)
-- and leaves. Each of them is activity. The identifier may come with any of them. Ties are broken by every column, so that
-- the result depends on the set of records alone. Sorted columns are few, so that a day of 100,000 visits fits in 1 GB.

CREATE OR REPLACE TEMP TABLE visitors AS
SELECT
    day,
    visitor,
    {merged_traits},
    row_number() OVER () AS visitor_number
FROM hits
GROUP BY day, visitor;

-- The load time is that of the first view, else that of the first leave, because a heartbeat repeats it or makes it up.
CREATE OR REPLACE TEMP MACRO load_time_of_view(kind, t, load_time) AS coalesce(
    nullif(arg_min(coalesce(load_time, 0), (t, coalesce(load_time, 0))) FILTER (WHERE kind = 'view'), 0),
    arg_min(load_time, (t, load_time)) FILTER (WHERE kind = 'leave' AND load_time IS NOT NULL)
);

CREATE OR REPLACE TEMP TABLE view_activity AS
SELECT
    day,
    visitor,
    id,
    0::USMALLINT AS occurrence,
    min(t) FILTER (WHERE kind = 'view') AS t,
    count(*) FILTER (WHERE kind = 'view') AS deliveries,
    max(t) AS active_until,
    max(engagement) AS engagement,
    max(scroll) AS scroll,
    load_time_of_view(kind, t, load_time) AS load_time,
    arg_min(identifier, (t, identifier)) FILTER (WHERE identifier IS NOT NULL) AS identifier,
    min(t) FILTER (WHERE identifier IS NOT NULL) AS identified
FROM hits
WHERE kind != 'event' AND id != ''
GROUP BY day, visitor, id
HAVING deliveries > 0;

-- Leaves of our own tracker name their view and give its engagement in total: the largest value counts. Leaves of
-- clients without view ids give the engagement since the previous leave: they are added up, on the visitor's latest
-- view of the page.
CREATE OR REPLACE TEMP TABLE leaves_without_id AS
SELECT seen.day, seen.visitor, seen.id, leaves.t, leaves.engagement, leaves.scroll
FROM (SELECT DISTINCT day, visitor, page, t, engagement, scroll FROM hits WHERE kind = 'leave' AND id = '') AS leaves
ASOF JOIN (SELECT day, visitor, page, id, t FROM hits WHERE kind = 'view') AS seen
    ON leaves.day = seen.day AND leaves.visitor = seen.visitor AND leaves.page = seen.page AND leaves.t >= seen.t;

CREATE OR REPLACE TEMP TABLE view_activity AS
WITH added AS (
    SELECT
        day, visitor, id, max(t) AS active_until, max(scroll) AS scroll,
        least(sum(coalesce(engagement, 0)), $most_engagement)::INTEGER AS engagement
    FROM leaves_without_id
    GROUP BY day, visitor, id
)
SELECT
    view_activity.* REPLACE (
        greatest(view_activity.active_until, added.active_until) AS active_until,
        greatest(view_activity.engagement, added.engagement) AS engagement,
        greatest(view_activity.scroll, added.scroll) AS scroll
    )
FROM view_activity
LEFT JOIN added USING (day, visitor, id);

-- Few views have activity over a span longer than $gap. For those, the records are looked at one after the other.
--
-- occurrence  A view that is repeated after a pause longer than $gap is another view, with the id and the number of the
--             occurrence. A repetition after a shorter pause is a heartbeat.
-- part        A pause longer than $gap ends a part. A view is active during its first part, or for as long as its
--             engagement says. A leave after that adds engagement only: the visitor may have been elsewhere meanwhile.
CREATE OR REPLACE TEMP TABLE long_activity AS
WITH told AS (
    SELECT
        hits.day, hits.visitor, hits.id, hits.kind, hits.t, hits.engagement, NULL::INTEGER AS added, hits.scroll,
        hits.load_time, hits.identifier
    FROM hits
    JOIN view_activity USING (day, visitor, id)
    WHERE hits.kind != 'event' AND view_activity.active_until - view_activity.t > $gap
    UNION ALL BY NAME
    SELECT
        leaves.day, leaves.visitor, leaves.id, 'leave' AS kind, leaves.t, leaves.engagement AS added, leaves.scroll
    FROM leaves_without_id AS leaves
    JOIN view_activity USING (day, visitor, id)
    WHERE view_activity.active_until - view_activity.t > $gap
),
before AS (
    SELECT
        *,
        max(CASE WHEN kind = 'view' THEN t END) OVER so_far AS viewed_before,
        max(t) OVER so_far AS active_before
    FROM told
    WINDOW so_far AS (
        PARTITION BY day, visitor, id ORDER BY t, kind DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
counted AS (
    SELECT
        *,
        (sum(CASE WHEN kind = 'view' AND t - viewed_before > $gap THEN 1 ELSE 0 END) OVER so_far)::USMALLINT
            AS occurrence,
        sum(CASE WHEN t - active_before > $gap THEN 1 ELSE 0 END) OVER so_far AS part
    FROM before
    WINDOW so_far AS (
        PARTITION BY day, visitor, id ORDER BY t, kind DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
SELECT *, min(CASE WHEN kind = 'view' THEN part END) OVER (PARTITION BY day, visitor, id, occurrence) AS first_part
FROM counted;

DELETE FROM view_activity WHERE active_until - t > $gap;
INSERT INTO view_activity BY NAME
WITH occurrences AS (
    SELECT
        day,
        visitor,
        id,
        occurrence,
        min(t) FILTER (WHERE kind = 'view') AS t,
        count(*) FILTER (WHERE kind = 'view') AS deliveries,
        max(t) FILTER (WHERE part = first_part) AS active_until,
        max(t) AS last_activity,
        greatest(max(engagement), CASE WHEN sum(added) < $most_engagement THEN sum(added)::INTEGER
                                       WHEN sum(added) IS NOT NULL THEN $most_engagement END) AS engagement,
        max(scroll) AS scroll,
        load_time_of_view(kind, t, load_time) AS load_time,
        arg_min(identifier, (t, identifier)) FILTER (WHERE identifier IS NOT NULL) AS identifier,
        min(t) FILTER (WHERE identifier IS NOT NULL) AS identified
    FROM long_activity
    GROUP BY day, visitor, id, occurrence
)
SELECT * EXCLUDE (last_activity) REPLACE (
    greatest(active_until, least(t + coalesce(engagement, 0), last_activity)) AS active_until
)
FROM occurrences;

-- Views and custom events are a visitor's activity. A session is activity without a pause longer than $gap. A session
-- with views is a visit, and its events belong to the visit, including those before the first view: of two requests
-- sent at the same time, either may arrive first. A late leave (`late`) can extend a session, but does not begin one.
CREATE OR REPLACE TEMP TABLE activity AS
WITH told AS (
    SELECT
        day, visitor, id, occurrence, t, active_until, NULL::BOOLEAN AS interactive, NULL::VARCHAR AS identifier,
        false AS late
    FROM view_activity
    UNION ALL BY NAME
    SELECT DISTINCT
        day, visitor, t, t AS active_until, coalesce(interactive, false) AS interactive, identifier, false AS late
    FROM hits
    WHERE kind = 'event'
    UNION ALL BY NAME
    SELECT DISTINCT day, visitor, t, t AS active_until, true AS late
    FROM long_activity
    WHERE part > first_part
),
before AS (
    SELECT
        *,
        max(active_until) OVER (
            PARTITION BY day, visitor ORDER BY t, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS active_before
    FROM told
)
SELECT
    * EXCLUDE (active_before),
    -- Of activity at the same instant, the row that the window above saw first begins the session.
    (sum(CASE WHEN active_before IS NULL OR t - active_before > $gap THEN 1 ELSE 0 END) OVER (
        PARTITION BY day, visitor ORDER BY t, active_before NULLS FIRST
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ))::INTEGER AS session
FROM before;

CREATE OR REPLACE TEMP TABLE views_in_sessions AS
SELECT
    day, visitor, id, occurrence, session,
    (dense_rank() OVER (PARTITION BY day, visitor ORDER BY session))::INTEGER AS visit,
    row_number() OVER (PARTITION BY day, visitor, session ORDER BY t, id, occurrence) = 1 AS first_of_visit
FROM activity
WHERE id IS NOT NULL;

-- What events and late leaves say about a visit is attached to its first view.
CREATE OR REPLACE TEMP TABLE views_with_visits AS
WITH other_activity AS (
    SELECT
        day, visitor, session, max(t) AS active_until, bool_or(interactive) AS interactive,
        arg_min(identifier, (t, identifier)) FILTER (WHERE identifier IS NOT NULL) AS identifier,
        min(t) FILTER (WHERE identifier IS NOT NULL) AS identified
    FROM activity
    WHERE id IS NULL
    GROUP BY day, visitor, session
)
SELECT
    view_activity.* REPLACE (
        greatest(view_activity.active_until, other.active_until) AS active_until,
        CASE WHEN other.identified < coalesce(view_activity.identified, other.identified + 1)
             THEN other.identifier ELSE view_activity.identifier END AS identifier,
        least(view_activity.identified, other.identified) AS identified
    ),
    coalesce(other.interactive, false) AS interactive,
    placed.visit
FROM view_activity
JOIN views_in_sessions AS placed USING (day, visitor, id, occurrence)
LEFT JOIN other_activity AS other
    ON placed.first_of_visit AND other.day = placed.day AND other.visitor = placed.visitor
    AND other.session = placed.session;

CREATE OR REPLACE TEMP TABLE views AS
WITH delivered AS (
    SELECT
        numbered.* EXCLUDE (deliveries, occurrence)
            REPLACE (CASE WHEN occurrence = 0 THEN numbered.id ELSE numbered.id || '~' || occurrence END AS id),
        hits.hour, hits.page, hits.referrer, hits.source, hits.channel, hits.tracker, hits.utm_source, hits.utm_medium,
        hits.utm_campaign, hits.utm_term, hits.utm_content, hits.host, hits.screen, visitors.robot, visitors.visitor_number,
        numbered.deliveries
    FROM views_with_visits AS numbered
    JOIN hits
        ON hits.kind = 'view' AND hits.day = numbered.day AND hits.visitor = numbered.visitor AND hits.id = numbered.id
        AND hits.t = numbered.t
    JOIN visitors ON visitors.day = numbered.day AND visitors.visitor = numbered.visitor
)
SELECT * EXCLUDE (deliveries) FROM delivered WHERE deliveries = 1
UNION ALL
SELECT DISTINCT ON (day, visitor, id) * EXCLUDE (deliveries)
FROM (FROM delivered WHERE deliveries > 1 ORDER BY ALL);
