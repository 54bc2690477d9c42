-- The relation `hits` from lines of JSON: what a visitor's records have in common, and the packed record, whose columns
-- follow from their places (`hit_columns`). The caller names the file in place of {lines}.
SELECT
    day,
    hour,
    visitor,
    CASE record[1] WHEN 'v' THEN 'view' WHEN 'l' THEN 'leave' ELSE 'event' END AS kind,
    {record},
    {traits}
FROM read_json('{lines}', format = 'newline_delimited', columns = {{line_columns}})
