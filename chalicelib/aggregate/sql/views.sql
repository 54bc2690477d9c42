-- From records, as delivered, to page views: one row each, with the number of its visit.
--
-- in   hits      one row a stored record, of one site and one or more days
--      $gap      ms without a sign of life after which the next view begins a new visit
--      $most_engagement  ms a view can be read at most
-- out  visitors  one row a visitor of a day: what is known of them
--      views     one row a page view, however often its records were delivered
--
-- A view's records meet by the visitor's key and the view's id. They are its signs of life: repeated views (a heartbeat,
-- a retry) and leaves. Any of them may be the first to name the visitor. The load time is
-- what the first view says, else the first leave: a heartbeat repeats it or makes it up. Ties are broken by every column,
-- so that the result depends on the set of records alone. What has to be sorted is kept narrow: a day of 100,000 visits
-- fits 1 GB.

CREATE OR REPLACE TEMP TABLE visitors AS
SELECT
    day,
    visitor,
    bool_or(robot) AS robot,
    max(robot_reason) AS robot_reason,
    max(browser) AS browser,
    max(system) AS system,
    max(device_type) AS device_type,
    max(country) AS country,
    max(network) AS network,
    max(region) AS region,
    max(city) AS city,
    max(latitude) AS latitude,
    max(longitude) AS longitude,
    max(timezone) AS timezone
FROM hits
GROUP BY day, visitor;

CREATE OR REPLACE TEMP TABLE lives AS
SELECT
    day,
    visitor,
    id,
    0::USMALLINT AS run,
    min(t) FILTER (WHERE kind = 'view') AS t,
    count(*) FILTER (WHERE kind = 'view') AS times,
    max(t) AS alive_until,
    max(engagement) AS engagement,
    max(scroll) AS scroll,
    coalesce(
        nullif(arg_min(coalesce(load_time, 0), (t, coalesce(load_time, 0))) FILTER (WHERE kind = 'view'), 0),
        arg_min(load_time, (t, load_time)) FILTER (WHERE kind = 'leave' AND load_time IS NOT NULL)
    ) AS load_time,
    arg_min(identifier, (t, identifier)) FILTER (WHERE identifier IS NOT NULL) AS identifier,
    min(t) FILTER (WHERE identifier IS NOT NULL) AS identified
FROM hits
WHERE kind != 'event' AND id != ''
GROUP BY day, visitor, id
HAVING times > 0;

-- Our tracker's leaves name their view and say how long it was read in all: the largest counts. Those of clients
-- that know no ids say how long it was read since the last of them: they are added to the latest view of the page.
CREATE OR REPLACE TEMP TABLE nameless AS
SELECT seen.day, seen.visitor, seen.id, leaves.t, leaves.engagement, leaves.scroll
FROM (SELECT DISTINCT day, visitor, page, t, engagement, scroll FROM hits WHERE kind = 'leave' AND id = '') AS leaves
ASOF JOIN (SELECT day, visitor, page, id, t FROM hits WHERE kind = 'view') AS seen
    ON leaves.day = seen.day AND leaves.visitor = seen.visitor AND leaves.page = seen.page AND leaves.t >= seen.t;

CREATE OR REPLACE TEMP TABLE lives AS
WITH added AS (
    SELECT
        day, visitor, id, max(t) AS alive_until, max(scroll) AS scroll,
        least(sum(coalesce(engagement, 0)), $most_engagement)::INTEGER AS engagement
    FROM nameless
    GROUP BY day, visitor, id
)
SELECT
    lives.* REPLACE (
        greatest(lives.alive_until, added.alive_until) AS alive_until,
        greatest(lives.engagement, added.engagement) AS engagement,
        greatest(lives.scroll, added.scroll) AS scroll
    )
FROM lives
LEFT JOIN added USING (day, visitor, id);

-- Few views have signs of life for longer than $gap; what becomes of those is told by their signs one after the other.
--
-- run    A heartbeat is one of a view that is still remembered. A view that is repeated after a longer pause is seen
--        anew: it is another view, which has the id and the number of the run.
-- part   Where no sign was for longer than $gap, a part ends. A view lives as long as its first part, or as long as it
--        was read, and that is all that a later leave says of it. The visitor may have been elsewhere meanwhile.
CREATE OR REPLACE TEMP TABLE long_signs AS
WITH told AS (
    SELECT
        hits.day, hits.visitor, hits.id, hits.kind, hits.t, hits.engagement, NULL::INTEGER AS added, hits.scroll,
        hits.load_time, hits.identifier
    FROM hits
    JOIN lives USING (day, visitor, id)
    WHERE hits.kind != 'event' AND lives.alive_until - lives.t > $gap
    UNION ALL BY NAME
    SELECT
        nameless.day, nameless.visitor, nameless.id, 'leave' AS kind, nameless.t, nameless.engagement AS added,
        nameless.scroll
    FROM nameless
    JOIN lives USING (day, visitor, id)
    WHERE lives.alive_until - lives.t > $gap
),
before AS (
    SELECT
        *,
        max(CASE WHEN kind = 'view' THEN t END) OVER so_far AS viewed_before,
        max(t) OVER so_far AS alive_before
    FROM told
    WINDOW so_far AS (
        PARTITION BY day, visitor, id ORDER BY t, kind DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
counted AS (
    SELECT
        *,
        (sum(CASE WHEN kind = 'view' AND t - viewed_before > $gap THEN 1 ELSE 0 END) OVER so_far)::USMALLINT AS run,
        sum(CASE WHEN t - alive_before > $gap THEN 1 ELSE 0 END) OVER so_far AS part
    FROM before
    WINDOW so_far AS (
        PARTITION BY day, visitor, id ORDER BY t, kind DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
SELECT *, min(CASE WHEN kind = 'view' THEN part END) OVER (PARTITION BY day, visitor, id, run) AS first_part
FROM counted;

DELETE FROM lives WHERE alive_until - t > $gap;
INSERT INTO lives BY NAME
WITH runs AS (
    SELECT
        day,
        visitor,
        id,
        run,
        min(t) FILTER (WHERE kind = 'view') AS t,
        count(*) FILTER (WHERE kind = 'view') AS times,
        max(t) FILTER (WHERE part = first_part) AS alive_until,
        max(t) AS last_sign,
        greatest(max(engagement), CASE WHEN sum(added) < $most_engagement THEN sum(added)::INTEGER
                                       WHEN sum(added) IS NOT NULL THEN $most_engagement END) AS engagement,
        max(scroll) AS scroll,
        coalesce(
            nullif(arg_min(coalesce(load_time, 0), (t, coalesce(load_time, 0))) FILTER (WHERE kind = 'view'), 0),
            arg_min(load_time, (t, load_time)) FILTER (WHERE kind = 'leave' AND load_time IS NOT NULL)
        ) AS load_time,
        arg_min(identifier, (t, identifier)) FILTER (WHERE identifier IS NOT NULL) AS identifier,
        min(t) FILTER (WHERE identifier IS NOT NULL) AS identified
    FROM long_signs
    GROUP BY day, visitor, id, run
)
SELECT * EXCLUDE (last_sign) REPLACE (greatest(alive_until, least(t + coalesce(engagement, 0), last_sign)) AS alive_until)
FROM runs;

-- Views and custom events are signs of life, one after the other: where none is for longer than $gap, a stretch ends. A
-- stretch with views is a visit, and its events are the visit's, those before the first view too: of two requests that are
-- sent at once, either may come first. A late leave (`late`) keeps alive what is alive, and begins nothing.
CREATE OR REPLACE TEMP TABLE signs AS
WITH told AS (
    SELECT day, visitor, id, run, t, alive_until, NULL::BOOLEAN AS interactive, NULL::VARCHAR AS identifier, false AS late
    FROM lives
    UNION ALL BY NAME
    SELECT DISTINCT
        day, visitor, t, t AS alive_until, coalesce(interactive, false) AS interactive, identifier, false AS late
    FROM hits
    WHERE kind = 'event'
    UNION ALL BY NAME
    SELECT DISTINCT day, visitor, t, t AS alive_until, true AS late
    FROM long_signs
    WHERE part > first_part
),
before AS (
    SELECT
        *,
        max(alive_until) OVER (
            PARTITION BY day, visitor ORDER BY t, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS alive_before
    FROM told
)
SELECT
    * EXCLUDE (alive_before),
    -- Of signs at one time, whichever was looked at first began the stretch: it has the least before it.
    (sum(CASE WHEN alive_before IS NULL OR t - alive_before > $gap THEN 1 ELSE 0 END) OVER (
        PARTITION BY day, visitor ORDER BY t, alive_before NULLS FIRST
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ))::INTEGER AS stretch
FROM before;

CREATE OR REPLACE TEMP TABLE placed AS
SELECT
    day, visitor, id, run, stretch,
    (dense_rank() OVER (PARTITION BY day, visitor ORDER BY stretch))::INTEGER AS visit,
    row_number() OVER (PARTITION BY day, visitor, stretch ORDER BY t, id, run) = 1 AS first_of_visit
FROM signs
WHERE id IS NOT NULL;

-- What the events and late leaves of a visit say of it is told by its first view.
CREATE OR REPLACE TEMP TABLE numbered AS
WITH stirred AS (
    SELECT
        day, visitor, stretch, max(t) AS alive_until, bool_or(interactive) AS interactive,
        arg_min(identifier, (t, identifier)) FILTER (WHERE identifier IS NOT NULL) AS identifier,
        min(t) FILTER (WHERE identifier IS NOT NULL) AS identified
    FROM signs
    WHERE id IS NULL
    GROUP BY day, visitor, stretch
)
SELECT
    lives.* REPLACE (
        greatest(lives.alive_until, stirred.alive_until) AS alive_until,
        CASE WHEN stirred.identified < coalesce(lives.identified, stirred.identified + 1)
             THEN stirred.identifier ELSE lives.identifier END AS identifier,
        least(lives.identified, stirred.identified) AS identified
    ),
    coalesce(stirred.interactive, false) AS interactive,
    placed.visit
FROM lives
JOIN placed USING (day, visitor, id, run)
LEFT JOIN stirred
    ON placed.first_of_visit AND stirred.day = placed.day AND stirred.visitor = placed.visitor
    AND stirred.stretch = placed.stretch;

CREATE OR REPLACE TEMP TABLE views AS
WITH delivered AS (
    SELECT
        numbered.* EXCLUDE (times, run)
            REPLACE (CASE WHEN run = 0 THEN numbered.id ELSE numbered.id || '~' || run END AS id),
        hits.hour, hits.page, hits.referrer, hits.source, hits.channel, hits.tracker, hits.utm_source, hits.utm_medium,
        hits.utm_campaign, hits.utm_term, hits.utm_content, hits.host, visitors.robot, numbered.times
    FROM numbered
    JOIN hits
        ON hits.kind = 'view' AND hits.day = numbered.day AND hits.visitor = numbered.visitor AND hits.id = numbered.id
        AND hits.t = numbered.t
    JOIN visitors ON visitors.day = numbered.day AND visitors.visitor = numbered.visitor
)
SELECT * EXCLUDE (times) FROM delivered WHERE times = 1
UNION ALL
SELECT DISTINCT ON (day, visitor, id) * EXCLUDE (times)
FROM (FROM delivered WHERE times > 1 ORDER BY ALL);

-- Robots are kept, and kept apart: no figure counts them.
CREATE OR REPLACE TEMP VIEW human_views AS
FROM views WHERE NOT robot;
