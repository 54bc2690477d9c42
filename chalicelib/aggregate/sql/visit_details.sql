-- What lists of visits leave out, of one visit.
SELECT channel, campaign AS utm_campaign, utm_source, utm_medium, utm_term, utm_content, screen
FROM human_visits
WHERE day = $day AND visitor = $visitor AND visit = $visit;
