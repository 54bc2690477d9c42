-- The views of given visits ($visits: texts "day visitor visit"), in their order.
SELECT views.day, views.visitor, views.visit, views.id, t, page, referrer, engagement, load_time, tracker, scroll
FROM human_views AS views
WHERE concat_ws(' ', views.day, views.visitor, views.visit) IN (SELECT unnest($visits))
ORDER BY t, views.id;
