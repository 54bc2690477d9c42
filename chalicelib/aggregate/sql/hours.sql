-- The same sums by hour of the day. A visit, its bounce and its duration belong to the hour in which it began, a
-- view and its load time to its own. `visitors` are those with a view in the hour, which do not add up over hours;
-- `arrivals` are those whose first view of the day it was, which do.
WITH seen AS (
    SELECT hour, count(DISTINCT visitor) AS visitors, count(*) AS pageviews, count(load_time) AS loads,
           coalesce(sum(load_time), 0) AS load_time
    FROM human_views
    GROUP BY hour
),
begun AS (
    SELECT hour, count(*) FILTER (WHERE first_of_visitor) AS arrivals, count(*) AS visits,
           count(*) FILTER (WHERE bounce) AS bounces, sum(duration) AS duration
    FROM human_visits
    GROUP BY hour
)
SELECT
    hour::INTEGER,
    coalesce(visitors, 0)::BIGINT,
    coalesce(arrivals, 0)::BIGINT,
    coalesce(visits, 0)::BIGINT,
    coalesce(pageviews, 0)::BIGINT,
    coalesce(bounces, 0)::BIGINT,
    coalesce(duration, 0)::BIGINT,
    coalesce(loads, 0)::BIGINT,
    coalesce(load_time, 0)::BIGINT
FROM seen
FULL JOIN begun USING (hour)
ORDER BY hour;
