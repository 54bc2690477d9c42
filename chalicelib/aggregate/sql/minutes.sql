-- The sums of hours.sql by minute since the day began ($start, epoch ms): what a day had until some time of it.
WITH seen AS (
    SELECT (t - $start) // 60000 AS minute, count(*) AS pageviews, count(load_time) AS loads,
           coalesce(sum(load_time), 0) AS load_time
    FROM human_views
    GROUP BY minute
),
begun AS (
    SELECT (started - $start) // 60000 AS minute, count(*) FILTER (WHERE first_of_visitor) AS arrivals,
           count(*) AS visits, count(*) FILTER (WHERE bounce) AS bounces, sum(duration) AS duration
    FROM human_visits
    GROUP BY minute
)
SELECT
    minute::INTEGER,
    coalesce(arrivals, 0)::BIGINT,
    coalesce(visits, 0)::BIGINT,
    coalesce(pageviews, 0)::BIGINT,
    coalesce(bounces, 0)::BIGINT,
    coalesce(duration, 0)::BIGINT,
    coalesce(loads, 0)::BIGINT,
    coalesce(load_time, 0)::BIGINT
FROM seen
FULL JOIN begun USING (minute)
ORDER BY minute;
