-- The tables of dimensions ($kinds) from figures: the $most values with most visitors, and the sum of the others under NULL.
WITH placed AS (
    SELECT
        kind, name, visitors, visits, pageviews,
        row_number() OVER (PARTITION BY kind ORDER BY visitors DESC, pageviews DESC, visits DESC, name) AS place
    FROM figures
    WHERE list_contains($kinds, kind)
)
SELECT
    kind,
    CASE WHEN place <= $most THEN name END AS named,
    sum(visitors)::BIGINT,
    sum(visits)::BIGINT,
    sum(pageviews)::BIGINT
FROM placed
GROUP BY kind, named
ORDER BY kind, min(place);
