-- From page views to visits: one row per visit, with what is known of the visitor.

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
        arg_min(identifier, (identified, t, id)) FILTER (WHERE identifier IS NOT NULL) AS identifier
    FROM views
    GROUP BY day, visitor, visit
)
SELECT visited.*, visitors.* EXCLUDE (day, visitor)
FROM visited
JOIN visitors USING (day, visitor);

CREATE OR REPLACE TEMP TABLE computed_visits AS
SELECT *, row_number() OVER (PARTITION BY day, visitor ORDER BY started, id) = 1 AS first_of_visitor
FROM visits
WHERE NOT robot;
