-- A dimension of visits whose names people write, each in their own way: one row a spelling. Those that differ in case
-- only become one row when days are summed (`rollup_sums.sum_days`), which needs two things of these: that they add up, so a
-- visitor is counted under the spelling they came with first; and how often each was written, to show it as most did.
WITH told AS (
    SELECT coalesce({expression}, '') AS name, day, visitor, started, pageviews
    FROM human_visits
    WHERE {condition}
),
first_told AS (
    SELECT arg_min(name, started) AS name
    FROM told
    GROUP BY day, visitor, translate(lower(name), 'ς', 'σ')
),
visitors AS (
    SELECT name, count(*) AS visitors
    FROM first_told
    GROUP BY name
)
SELECT
    name,
    coalesce(any_value(visitors), 0)::BIGINT AS visitors,
    count(*)::BIGINT AS visits,
    sum(pageviews)::BIGINT AS pageviews
FROM told
LEFT JOIN visitors USING (name)
GROUP BY name
ORDER BY visitors DESC, pageviews DESC, visits DESC, name;
