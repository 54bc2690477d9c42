-- The sums of the catalogue by hour of the day. A visit belongs to the hour in which it began, a page view to its own.
-- {visit_sums} and {view_sums} are the aggregates. `active` are the visitors with a view in the hour, who do not add up over
-- hours; the sum `visitors` counts each in their first hour.
SELECT {sign} AS sign, 'of hour' AS kind, hour::VARCHAR AS name, count(DISTINCT visitor_number) AS active, {view_sums}
FROM {views}
GROUP BY ALL
UNION ALL BY NAME
SELECT {sign} AS sign, 'of hour' AS kind, hour::VARCHAR AS name, {visit_sums}
FROM {visits}
GROUP BY ALL
