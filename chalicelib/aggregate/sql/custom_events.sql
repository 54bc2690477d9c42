-- Custom events, one row each however often delivered, with the visit in which they happened. Robots' are in no figure.
--
-- An event belongs to the visit that was going on, else to one that began soon after it ($gap, as in views.sql), else to
-- the visit before; a visitor without a view has none.
CREATE OR REPLACE TEMP TABLE custom_events AS
WITH happened AS (
    SELECT DISTINCT ON (day, visitor, id) day, visitor, id, t, page, event_name, props, amount, currency
    FROM hits
    WHERE kind = 'event' AND NOT robot
    ORDER BY day, visitor, id, t, event_name, props, amount, currency, page
),
followed AS (
    SELECT happened.*, human_views.visit AS visit_before, human_views.alive_until
    FROM happened
    ASOF LEFT JOIN human_views
        ON happened.day = human_views.day AND happened.visitor = human_views.visitor AND happened.t >= human_views.t
)
SELECT
    followed.* EXCLUDE (visit_before, alive_until),
    CASE
        WHEN followed.t - followed.alive_until <= $gap THEN visit_before
        WHEN human_views.t - followed.t <= $gap THEN human_views.visit
        ELSE visit_before
    END AS visit
FROM followed
ASOF LEFT JOIN human_views
    ON followed.day = human_views.day AND followed.visitor = human_views.visitor AND followed.t < human_views.t;
