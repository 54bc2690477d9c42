-- The tables of docs/data.md for Athena. Replace <bucket> and the first day; site is always given in a query.
CREATE DATABASE IF NOT EXISTS shylight;

CREATE EXTERNAL TABLE shylight.visits (
  visitor string, visit int, id string, started bigint, hour smallint, last_seen bigint, pageviews bigint, bounce boolean,
  duration bigint, entry_page string, exit_page string, referrer string, source string, channel string, campaign string,
  utm_source string, utm_medium string, utm_term string, utm_content string, screen string,
  identifier string, browser string, system string, device_type string, country string, network string, region string,
  city string, latitude float, longitude float, timezone string, browser_version string,
  system_version string, language string, visitor_number int, hour_of_day smallint, first_of_visitor boolean, events array<string>
)
PARTITIONED BY (site string, day string)
STORED AS PARQUET
LOCATION 's3://<bucket>/segments/visits/'
TBLPROPERTIES (
  'projection.enabled' = 'true', 'projection.site.type' = 'injected',
  'projection.day.type' = 'date', 'projection.day.format' = 'yyyy-MM-dd', 'projection.day.range' = '2026-01-01,NOW',
  'storage.location.template' = 's3://<bucket>/segments/visits/site=${site}/day=${day}/'
);

CREATE EXTERNAL TABLE shylight.views (
  visitor string, id string, t bigint, active_until bigint, engagement int, scroll smallint, load_time int, visit int,
  hour smallint, page string, referrer string, source string, channel string, tracker string, utm_source string,
  utm_medium string, utm_campaign string, utm_term string, utm_content string, host string, screen string,
  visitor_number int
)
PARTITIONED BY (site string, day string)
STORED AS PARQUET
LOCATION 's3://<bucket>/segments/views/'
TBLPROPERTIES (
  'projection.enabled' = 'true', 'projection.site.type' = 'injected',
  'projection.day.type' = 'date', 'projection.day.format' = 'yyyy-MM-dd', 'projection.day.range' = '2026-01-01,NOW',
  'storage.location.template' = 's3://<bucket>/segments/views/site=${site}/day=${day}/'
);

CREATE EXTERNAL TABLE shylight.events (
  visitor string, id string, t bigint, page string, event_name string, props string, amount bigint, currency string, visit int,
  visitor_number int
)
PARTITIONED BY (site string, day string)
STORED AS PARQUET
LOCATION 's3://<bucket>/segments/events/'
TBLPROPERTIES (
  'projection.enabled' = 'true', 'projection.site.type' = 'injected',
  'projection.day.type' = 'date', 'projection.day.format' = 'yyyy-MM-dd', 'projection.day.range' = '2026-01-01,NOW',
  'storage.location.template' = 's3://<bucket>/segments/events/site=${site}/day=${day}/'
);
