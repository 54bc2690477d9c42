-- The sums of the catalogue by one or two dimensions, of visits or of page views. A visit counts, as a whole, in each row
-- of which it has a view. {keys} are the columns to group by; {visit_values}, {own_values} and their conditions are made
-- from the catalogue, {labels} are the names of the rows. {keys_of_visits} has the keys of each visit: `visit_values`, or,
-- if there are several because of a dimension of page views, `keys_of_views`.
WITH visit_values AS (
    SELECT visitor_number, visit {visit_values}
    FROM human_visits
    WHERE {visit_conditions}
),
view_rows AS (
    SELECT human_views.* {taken_values} {own_values}
    FROM human_views
    JOIN visit_values USING (visitor_number, visit)
    WHERE {own_conditions}
),
keys_of_views AS (
    SELECT DISTINCT visitor_number, visit, {keys}
    FROM view_rows
),
visit_rows AS (
    SELECT human_visits.* REPLACE (
        row_number() OVER (PARTITION BY {keys}, visitor_number ORDER BY visit) = 1 AS first_of_visitor
    ), {keys}
    FROM human_visits
    JOIN {keys_of_visits} USING (visitor_number, visit)
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
