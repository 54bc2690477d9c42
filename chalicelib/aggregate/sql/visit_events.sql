-- The custom events of given visits ($visits: texts "day visitor visit"), in their order.
SELECT day, visitor, visit, id, t, event_name, page, props, amount, currency
FROM custom_events
WHERE concat_ws(' ', day, visitor, visit) IN (SELECT unnest($visits))
ORDER BY t, id;
