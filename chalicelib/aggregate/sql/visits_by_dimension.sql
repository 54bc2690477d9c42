-- A dimension of visits: visitors, visits and page views by its value. The catalogue says what {expression} and
-- {condition} are. What is unknown has the name ''.
SELECT
    coalesce({expression}, '') AS name,
    count(DISTINCT visitor_number)::BIGINT AS visitors,
    count(*)::BIGINT AS visits,
    sum(pageviews)::BIGINT AS pageviews
FROM human_visits
WHERE {condition}
GROUP BY name
ORDER BY visitors DESC, pageviews DESC, visits DESC, name;
