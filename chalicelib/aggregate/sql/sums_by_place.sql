-- The sums of figures_by_hour.sql by day and by a place in it ({place_of_view} and {place_of_visit} are SQL), of visits that
-- meet {visits_before} and views that meet {views_before}, if they end at an instant.
WITH seen AS (
    SELECT day, {place_of_view} AS place, count(DISTINCT visitor_number) AS active, {view_sums}
    FROM human_views
    WHERE {views_before}
    GROUP BY ALL
),
begun AS (
    SELECT day, {place_of_visit} AS place, {visit_sums}
    FROM human_visits
    WHERE {visits_before}
    GROUP BY ALL
)
SELECT day, place::BIGINT, coalesce(active, 0)::BIGINT, {sums}
FROM seen
FULL JOIN begun USING (day, place)
ORDER BY day, place;
