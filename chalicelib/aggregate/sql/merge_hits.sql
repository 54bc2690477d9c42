-- New hits joined with those that are known of the same visitors: what a part of a day is computed from.
--
-- Input:
--   fresh            hits as they were read from the table; they may be known already, or be there twice
--   earlier          the hits of the same visitors in the parts of the day
--   earlier_beyond   (hour, visitor, digest): records of the same visitors that were left out before
--   $most_records, $most_bytes   what of a visitor's hour is kept, the earliest
-- Output:
--   hits             the hits of visitors of whom anything has changed
--   changed          these visitors
--   beyond           (hour, visitor, digest): their records that are left out
CREATE OR REPLACE TEMP TABLE merged AS
SELECT day, hour, visitor, {record_columns}, {merged_traits}
FROM (FROM fresh UNION ALL BY NAME FROM earlier)
GROUP BY day, hour, visitor, {record_columns};

CREATE OR REPLACE TEMP TABLE crowded AS
SELECT hour, visitor
FROM merged
GROUP BY hour, visitor
HAVING count(*) > $most_records OR sum({record_bytes}) > $most_bytes
UNION
SELECT hour, visitor FROM earlier_beyond;

CREATE OR REPLACE TEMP TABLE ranked AS
SELECT
    *,
    row_number() OVER in_order <= $most_records AND sum(bytes) OVER in_order <= $most_bytes AS kept,
    md5_number_lower(to_json([{record_texts}])::VARCHAR) AS digest
FROM (SELECT merged.*, {record_bytes} AS bytes FROM merged SEMI JOIN crowded USING (hour, visitor))
WINDOW in_order AS (
    PARTITION BY hour, visitor ORDER BY t, {record_columns} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
);

CREATE OR REPLACE TEMP TABLE all_beyond AS
SELECT hour, visitor, digest FROM ranked WHERE NOT kept
UNION
SELECT hour, visitor, digest
FROM earlier_beyond
ANTI JOIN (FROM ranked WHERE kept) USING (hour, visitor, digest);

CREATE OR REPLACE TEMP TABLE all_kept AS
SELECT {hit_columns} FROM merged ANTI JOIN crowded USING (hour, visitor)
UNION ALL
SELECT {hit_columns} FROM ranked WHERE kept;

CREATE OR REPLACE TEMP TABLE changed AS
WITH before AS (
    SELECT visitor, count(*) AS records, bit_xor(hash({hit_columns})) AS content FROM earlier GROUP BY visitor
    UNION ALL
    SELECT visitor, -count(*) AS records, bit_xor(hash(hour, digest)) AS content FROM earlier_beyond GROUP BY visitor
),
after AS (
    SELECT visitor, count(*) AS records, bit_xor(hash({hit_columns})) AS content FROM all_kept GROUP BY visitor
    UNION ALL
    SELECT visitor, -count(*) AS records, bit_xor(hash(hour, digest)) AS content FROM all_beyond GROUP BY visitor
)
SELECT DISTINCT visitor FROM (FROM after EXCEPT FROM before);

CREATE OR REPLACE TEMP TABLE hits AS
SELECT {hit_columns} FROM all_kept SEMI JOIN changed USING (visitor);

CREATE OR REPLACE TEMP VIEW beyond AS
FROM all_beyond SEMI JOIN changed USING (visitor);
