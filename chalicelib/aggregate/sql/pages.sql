-- Pages: the visitors and visits that viewed each, and its views.
SELECT
    coalesce(page, '') AS name,
    count(DISTINCT (day, visitor))::BIGINT AS visitors,
    count(DISTINCT (day, visitor, visit))::BIGINT AS visits,
    count(*)::BIGINT AS pageviews
FROM human_views
GROUP BY name
ORDER BY visitors DESC, pageviews DESC, visits DESC, name;
