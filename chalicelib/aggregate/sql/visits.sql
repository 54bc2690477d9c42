-- From page views to visits: one row per visit, with what is known of the visitor.
--
-- Input: `views` and `visitors`; and `clock`, the offsets from UTC in the site's time zone: a row for each day, and one for
-- each change of the clocks, with the instant since when it holds.

CREATE OR REPLACE TEMP TABLE visits AS
WITH visited AS (
    SELECT
        day,
        visitor,
        visit,
        arg_min(id, (t, id)) AS id,
        min(t) AS started,
        min(hour) AS hour,
        max(active_until) AS last_seen,
        count(*) AS pageviews,
        count(*) = 1 AND NOT bool_or(interactive) AS bounce,
        max(active_until) - min(t) AS duration,
        coalesce(arg_min(page, (t, id)), '') AS entry_page,
        coalesce(arg_max(page, (t, id)), '') AS exit_page,
        -- A page of the site itself is not the referrer of a visit; its source is stored as ''.
        nullif(arg_min(CASE WHEN source = '' THEN '' ELSE coalesce(referrer, '') END, (t, id)), '') AS referrer,
        coalesce(nullif(arg_min(coalesce(source, ''), (t, id)), ''), 'Direct') AS source,
        coalesce(nullif(arg_min(coalesce(channel, ''), (t, id)), ''), 'Direct') AS channel,
        nullif(arg_min(coalesce(utm_campaign, ''), (t, id)), '') AS campaign,
        nullif(arg_min(coalesce(utm_source, ''), (t, id)), '') AS utm_source,
        nullif(arg_min(coalesce(utm_medium, ''), (t, id)), '') AS utm_medium,
        nullif(arg_min(coalesce(utm_term, ''), (t, id)), '') AS utm_term,
        nullif(arg_min(coalesce(utm_content, ''), (t, id)), '') AS utm_content,
        -- Of the first view that tells it: not every sender knows the width of the window.
        arg_min(screen, (t, id)) FILTER (WHERE screen IS NOT NULL) AS screen,
        arg_min(identifier, (identified, t, id)) FILTER (WHERE identifier IS NOT NULL) AS identifier
    FROM views
    GROUP BY day, visitor, visit
),
firsts AS (
    SELECT day, visitor, min(visit) AS first_visit
    FROM visited
    GROUP BY day, visitor
)
SELECT
    visited.*,
    visited.visit = firsts.first_visit AS first_of_visitor,
    visitors.* EXCLUDE (day, visitor),
    ((visited.started + clock.offset_ms) // 3600000 % 24)::UTINYINT AS hour_of_day
FROM visited
JOIN visitors USING (day, visitor)
JOIN firsts USING (day, visitor)
ASOF JOIN clock ON visited.day = clock.day AND visited.started >= clock.since;
