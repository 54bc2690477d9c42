-- Bots that were stored (no metric counts them), by name and by the reason why they are bots. Hits are views and events.
SELECT {sign} AS sign, 'robot' AS kind, name, reason AS detail, count(*) AS visitors, sum(hits) AS hits
FROM {robots}
GROUP BY ALL
