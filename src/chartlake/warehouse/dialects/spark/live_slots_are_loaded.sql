-- error: every slot in the load history has its edition or reading, or was missed
-- generated from checks/live_slots_are_loaded.sql by scripts/dialects.py: change that, `make dialects`
SELECT
  l.feed,
  l.slot
FROM live_attempts AS l
LEFT JOIN slots AS s
  ON s.feed = l.feed AND s.slot = l.slot
LEFT JOIN missed_slots AS m
  ON m.feed = l.feed AND m.slot = l.slot
WHERE
  s.feed IS NULL AND m.feed IS NULL
