-- one row per account of which a touched slot tells plays
-- of: tables
-- generated from state/touched_accounts.sql by scripts/dialects.py: change that, `make dialects`
SELECT DISTINCT
  p.account
FROM play_observations AS p
INNER JOIN touched_slots AS s
  ON s.feed = p.feed AND s.slot = p.slot
