-- A dimension of page views: the visitors and visits that viewed a page with each value, and its views. The catalogue
-- says what {expression} and {condition} are. What is unknown has the name ''.
SELECT
    coalesce({expression}, '') AS name,
    count(DISTINCT visitor_number)::BIGINT AS visitors,
    count(DISTINCT (day, visitor, visit))::BIGINT AS visits,
    count(*)::BIGINT AS pageviews
FROM human_views
WHERE {condition}
GROUP BY name
ORDER BY visitors DESC, pageviews DESC, visits DESC, name;
