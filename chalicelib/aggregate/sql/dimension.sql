-- A dimension of visits: visitors, visits and pageviews by the value of one column of `visits`, which the caller
-- names in place of {column}. What is unknown has the name ''.
SELECT
    coalesce({column}, '') AS name,
    count(DISTINCT (day, visitor))::BIGINT AS visitors,
    count(*)::BIGINT AS visits,
    sum(pageviews)::BIGINT AS pageviews
FROM human_visits
WHERE {condition}
GROUP BY name
ORDER BY visitors DESC, pageviews DESC, visits DESC, name;
