-- A dimension of visits whose values vary in case: one row per spelling. Spellings that differ only in case are merged
-- when days are summed (`rollup_sums.sum_days`). So that they can be added, a visitor is counted under the first spelling
-- of the day only; the number of visits tells which spelling is the most frequent one.
WITH labelled AS (
    SELECT coalesce({expression}, '') AS name, day, visitor, started, pageviews
    FROM human_visits
    WHERE {condition}
),
first_labelled AS (
    SELECT arg_min(name, started) AS name
    FROM labelled
    GROUP BY day, visitor, translate(lower(name), 'ς', 'σ')
),
visitors AS (
    SELECT name, count(*) AS visitors
    FROM first_labelled
    GROUP BY name
)
SELECT
    name,
    coalesce(any_value(visitors), 0)::BIGINT AS visitors,
    count(*)::BIGINT AS visits,
    sum(pageviews)::BIGINT AS pageviews
FROM labelled
LEFT JOIN visitors USING (name)
GROUP BY name
ORDER BY visitors DESC, pageviews DESC, visits DESC, name;
