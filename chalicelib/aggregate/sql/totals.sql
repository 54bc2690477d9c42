-- The sums every figure is made of; rates and means are ratios of two of them, so that days add up.
--
-- visitors, visits, pageviews, bounces   counts
-- duration                               ms, of all visits together
-- loads, load_time                       views that had a load time; ms, of all of them together
SELECT
    (SELECT count(DISTINCT (day, visitor)) FROM human_visits)::BIGINT AS visitors,
    (SELECT count(*) FROM human_visits)::BIGINT AS visits,
    (SELECT count(*) FROM human_views)::BIGINT AS pageviews,
    (SELECT count(*) FROM human_visits WHERE bounce)::BIGINT AS bounces,
    (SELECT coalesce(sum(duration), 0) FROM human_visits)::BIGINT AS duration,
    (SELECT count(load_time) FROM human_views)::BIGINT AS loads,
    (SELECT coalesce(sum(load_time), 0) FROM human_views)::BIGINT AS load_time;
