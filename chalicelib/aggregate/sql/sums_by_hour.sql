-- The sums of the catalogue by hour of the day. A visit belongs to the hour in which it began, a page view to its own.
-- {visit_sums} and {view_sums} are the aggregates, {sums} their names in the order in which they are stored. `active` are
-- the visitors with a view in the hour, who do not add up over hours; the sum `visitors` counts each in their first hour.
WITH seen AS (
    SELECT hour, count(DISTINCT visitor) AS active, {view_sums}
    FROM human_views
    GROUP BY hour
),
begun AS (
    SELECT hour, {visit_sums}
    FROM human_visits
    GROUP BY hour
)
SELECT hour::INTEGER, coalesce(active, 0)::BIGINT, {sums}
FROM seen
FULL JOIN begun USING (hour)
ORDER BY hour;
