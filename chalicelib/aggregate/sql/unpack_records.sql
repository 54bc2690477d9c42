-- The relation `hits` from lines of JSON: what a visitor's records have in common, and the packed record, whose
-- columns by their place the caller names in place of {record}.
SELECT
    day,
    hour,
    visitor,
    CASE record[1] WHEN 'v' THEN 'view' WHEN 'l' THEN 'leave' ELSE 'event' END AS kind,
    {record},
    browser, system, device_type, country, network, region, city, latitude, longitude, timezone,
    coalesce(robot, false) AS robot, robot_reason
FROM read_json(
    '{lines}',
    format = 'newline_delimited',
    columns = {
        day: 'VARCHAR', hour: 'UTINYINT', visitor: 'VARCHAR', record: 'VARCHAR[]', browser: 'VARCHAR', system: 'VARCHAR',
        device_type: 'VARCHAR', country: 'VARCHAR', network: 'VARCHAR', region: 'VARCHAR', city: 'VARCHAR',
        latitude: 'FLOAT', longitude: 'FLOAT', timezone: 'VARCHAR', robot: 'BOOLEAN', robot_reason: 'VARCHAR'
    }
)
