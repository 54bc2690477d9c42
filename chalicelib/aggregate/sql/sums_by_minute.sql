-- The sums of figures_by_hour.sql by minute since the day began ($start, epoch ms), so that a
-- day can be compared up to a given minute.
WITH seen AS (
    SELECT (t - $start) // 60000 AS minute, {view_sums}
    FROM human_views
    GROUP BY minute
),
begun AS (
    SELECT (started - $start) // 60000 AS minute, {visit_sums}
    FROM human_visits
    GROUP BY minute
)
SELECT minute::INTEGER, {sums}
FROM seen
FULL JOIN begun USING (minute)
ORDER BY minute;
