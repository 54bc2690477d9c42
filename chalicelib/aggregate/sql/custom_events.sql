-- Custom events, one row each however often delivered, with the visit in which they happened (see `activity` in
-- views.sql). An event outside of any visit belongs to the visitor's previous visit, if there is one. Events of bots
-- are not counted.
CREATE OR REPLACE TEMP TABLE computed_events AS
WITH happened AS (
    SELECT DISTINCT ON (day, visitor, id) day, visitor, id, t, page, event_name, props, amount, currency
    FROM hits
    WHERE kind = 'event' AND NOT robot
    ORDER BY day, visitor, id, t, event_name, props, amount, currency, page
),
events AS (
    SELECT happened.*, within.visit
    FROM happened
    JOIN (SELECT DISTINCT day, visitor, t, session FROM activity WHERE id IS NULL AND NOT late) USING (day, visitor, t)
    LEFT JOIN (SELECT DISTINCT day, visitor, session, visit FROM views_in_sessions) AS within
        USING (day, visitor, session)
)
SELECT events.* REPLACE (coalesce(events.visit, human_views.visit) AS visit), visitors.visitor_number
FROM events
JOIN visitors ON events.day = visitors.day AND events.visitor = visitors.visitor
ASOF LEFT JOIN (FROM views WHERE NOT robot) AS human_views
    ON events.day = human_views.day AND events.visitor = human_views.visitor AND events.t >= human_views.t;
