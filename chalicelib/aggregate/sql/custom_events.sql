-- Custom events, one row each however often delivered, with the visit in which they happened (none, for a visitor
-- without a view before). Robots' are in no figure.
CREATE OR REPLACE TEMP TABLE custom_events AS
WITH happened AS (
    SELECT DISTINCT ON (day, visitor, id) day, visitor, id, t, page, event_name, props, amount, currency
    FROM hits
    WHERE kind = 'event' AND NOT robot
    ORDER BY day, visitor, id, t, event_name, props, amount, currency, page
)
SELECT happened.*, human_views.visit
FROM happened
ASOF LEFT JOIN human_views
    ON happened.day = human_views.day AND happened.visitor = human_views.visitor AND happened.t >= human_views.t;
