-- Custom events by their name, a property, and dimensions of visits: how often, by how many visitors, in how many visits, and
-- their revenue as a list of (currency, millionths, number of amounts). {keys} are the columns to group by; {visit_values},
-- {own_values} and their conditions are made from the catalogue, {labels} are the names of the rows.
WITH visit_values AS (
    SELECT visitor_number, visit {visit_values}
    FROM human_visits
    WHERE {visit_conditions}
),
event_rows AS (
    SELECT custom_events.* {known_values} {own_values}
    FROM custom_events
    LEFT JOIN visit_values USING (visitor_number, visit)
    WHERE {needed_values}
),
happened AS (
    SELECT
        {keys},
        count(*) AS events,
        count(DISTINCT visitor_number) AS visitors,
        count(DISTINCT (visitor_number, visit)) FILTER (WHERE visit IS NOT NULL) AS visits
    FROM event_rows
    GROUP BY {keys}
),
amounts AS (
    SELECT {keys}, currency, sum(amount) AS amount, count(*) AS times
    FROM event_rows
    WHERE amount IS NOT NULL AND currency IS NOT NULL
    GROUP BY {keys}, currency
),
revenues AS (
    SELECT {keys}, list((currency, amount, times) ORDER BY currency) AS revenue
    FROM amounts
    GROUP BY {keys}
),
counted AS (
    SELECT {keys}, events, visitors, visits, revenue
    FROM happened
    LEFT JOIN revenues USING ({keys})
)
SELECT {labels}, events, visitors, visits, revenue
FROM counted
