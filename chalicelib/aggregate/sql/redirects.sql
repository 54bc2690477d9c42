-- Redirects by a script: a page that a script replaced immediately is not counted as a view of its own. See
-- docs/adr/0034.
--
-- Input:
--   hits, views
--   $at_once    ms: a page that is replaced later than this was viewed
--   $within     ms: the longest time from a replaced view to the view that takes its place
--   $jitter     ms by which requests of one browser may overtake each other
-- Output:
--   views       without the replaced ones
--   replaced    (day, visitor, id) of the replaced ones, with the number of their visit
--
-- A view was replaced if all of its leaves say so within $at_once, and the visitor's next view begins within $within.
-- The next view may be replaced in turn; one view is left of such a chain. It is the last one, with the start, the
-- source and the referrer of the first one, and the engagement of all. If nothing is known about the source of the
-- first one, the campaign tags of the last one count.

CREATE OR REPLACE TEMP TABLE chained AS
WITH told AS (
    SELECT day, visitor, id, bool_and(coalesce(redirect, false)) AS moved, max(t) AS left_at
    FROM hits
    WHERE kind = 'leave' AND (day, visitor, id) IN (SELECT (day, visitor, id) FROM hits WHERE redirect)
    GROUP BY day, visitor, id
),
lined_up AS (
    SELECT
        day, visitor, id, t, coalesce(moved AND left_at - t <= $at_once + $jitter, false) AS was_moved,
        row_number() OVER (
            PARTITION BY day, visitor ORDER BY t + CASE WHEN was_moved THEN 0 ELSE $jitter END, t, id
        ) AS place
    FROM views
    LEFT JOIN told USING (day, visitor, id)
    WHERE (day, visitor) IN (SELECT (day, visitor) FROM told WHERE moved)
),
judged AS (
    SELECT
        *,
        was_moved AND coalesce(lead(t) OVER (PARTITION BY day, visitor ORDER BY place) - t <= $within, false)
            AS replaced
    FROM lined_up
)
SELECT
    *,
    place - coalesce(sum(CASE WHEN replaced THEN 1 ELSE 0 END) OVER (
        PARTITION BY day, visitor ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS chain
FROM judged;

CREATE OR REPLACE TEMP TABLE replaced AS
SELECT day, visitor, id, visit
FROM chained
JOIN views USING (day, visitor, id)
WHERE replaced;

CREATE OR REPLACE TEMP TABLE successors AS
WITH members AS (
    SELECT
        views.*, chain, replaced,
        coalesce(utm_source, utm_medium, utm_campaign) IS NOT NULL AS tagged,
        row_number() OVER (PARTITION BY day, visitor, chain ORDER BY views.t, id) AS number,
        count(*) OVER (PARTITION BY day, visitor, chain) AS members
    FROM chained
    JOIN views USING (day, visitor, id)
),
sums AS (
    SELECT
        day, visitor, chain,
        min(t) AS t,
        arg_min(hour, number) AS hour,
        nullif(arg_min(coalesce(referrer, ''), number), '') AS referrer,
        max(active_until) AS active_until,
        CASE WHEN sum(engagement) < $most_engagement THEN sum(engagement)::INTEGER
             WHEN sum(engagement) IS NOT NULL THEN $most_engagement END AS engagement,
        arg_min(load_time, number) AS load_time,
        bool_or(interactive) AS interactive,
        arg_min(identifier, (identified, number)) FILTER (WHERE identifier IS NOT NULL) AS identifier,
        min(identified) AS identified,
        bool_or(number = 1 AND source IS NULL AND NOT tagged) AS came_from_nowhere
    FROM members
    WHERE members > 1
    GROUP BY day, visitor, chain
),
tellers AS (
    SELECT members.*
    FROM members
    JOIN sums USING (day, visitor, chain)
    QUALIFY row_number() OVER (PARTITION BY day, visitor, chain ORDER BY tagged AND came_from_nowhere DESC, number) = 1
)
SELECT
    last.* EXCLUDE (chain, replaced, tagged, number, members) REPLACE (
        sums.t AS t, sums.hour AS hour, sums.referrer AS referrer, sums.active_until AS active_until,
        sums.engagement AS engagement, coalesce(last.load_time, sums.load_time) AS load_time,
        sums.interactive AS interactive, sums.identifier AS identifier, sums.identified AS identified,
        tellers.source AS source, tellers.channel AS channel, tellers.utm_source AS utm_source,
        tellers.utm_medium AS utm_medium, tellers.utm_campaign AS utm_campaign, tellers.utm_term AS utm_term,
        tellers.utm_content AS utm_content
    )
FROM members AS last
JOIN sums USING (day, visitor, chain)
JOIN tellers USING (day, visitor, chain)
WHERE NOT last.replaced;

DELETE FROM views
WHERE (day, visitor, id) IN (
    SELECT (day, visitor, id) FROM replaced UNION ALL SELECT (day, visitor, id) FROM successors
);
INSERT INTO views BY NAME FROM successors;
