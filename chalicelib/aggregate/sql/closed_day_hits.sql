-- All records of a finished day, each with the number of its visit among its visitor's (none for a leave whose view
-- never came): what the compacted segment holds. Sorted, so that the same hits give the same file.
SELECT hits.*, views.visit
FROM hits
LEFT JOIN (
    SELECT day, visitor, id, visit FROM views
    UNION ALL
    SELECT day, visitor, id, visit FROM replaced
) AS views USING (day, visitor, id)
ORDER BY ALL
