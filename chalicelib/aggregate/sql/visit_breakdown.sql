-- The sums of the catalogue by one or two dimensions of visits. {keys} are the columns to group by; {visit_values} and
-- {visit_conditions} are made from the catalogue, {labels} are the names of the rows.
WITH visit_values AS (
    SELECT day, visitor, visit {visit_values}
    FROM human_visits
    WHERE {visit_conditions}
),
visit_rows AS (
    SELECT human_visits.* REPLACE (
        row_number() OVER (PARTITION BY {keys}, day, visitor ORDER BY started, id) = 1 AS first_of_visitor
    ), {keys}
    FROM human_visits
    JOIN visit_values USING (day, visitor, visit)
),
view_rows AS (
    SELECT human_views.*, {keys}
    FROM human_views
    JOIN visit_values USING (day, visitor, visit)
),
begun AS (
    SELECT {keys}, {visit_sums}
    FROM visit_rows
    GROUP BY {keys}
),
seen AS (
    SELECT {keys}, {view_sums}
    FROM view_rows
    GROUP BY {keys}
),
counted AS (
    SELECT {keys}, {sum_columns}
    FROM begun
    LEFT JOIN seen USING ({keys})
)
SELECT {labels}, counted.* EXCLUDE ({keys})
FROM counted
