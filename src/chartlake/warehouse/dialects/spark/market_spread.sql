-- one row per feed that has a market, and item_key: when it came there, compared with the others
-- key: feed, item_key
-- anew: touched_markets (item_key)
-- a debut in a feed's first edition is not known (debut_is_known): it may have been there before
-- generated from marts/market_spread.sql by scripts/dialects.py: change that, `make dialects`
WITH placed AS (
  SELECT
    m.family,
    m.market,
    p.*
  FROM feed_markets AS m
  INNER JOIN item_profiles AS p
    ON p.feed = m.feed
  INNER JOIN touched_markets AS t
    ON t.item_key = p.item_key
), families AS (
  SELECT
    family,
    item_key,
    min(debut_date) AS first_date,
    count(DISTINCT market) AS markets
  FROM placed
  GROUP BY
    family,
    item_key
)
SELECT
  p.family,
  p.market,
  p.feed,
  p.item_kind,
  p.item_key,
  p.track_id,
  p.item_name,
  p.artist_names,
  p.debut_is_known,
  p.debut_date AS first_chart_date,
  p.debut_position AS first_position,
  p.debut_date = f.first_date AS is_first_market,
  CAST(datediff(DAY, f.first_date, p.debut_date) AS BIGINT) AS days_after_first,
  f.markets,
  p.peak_position,
  p.peak_date,
  p.editions_on_chart,
  p.last_chart_date,
  p.last_position,
  CASE WHEN p.is_on_chart THEN p.last_position END AS position
FROM placed AS p
INNER JOIN families AS f
  ON f.family = p.family AND f.item_key = p.item_key
ORDER BY
  p.family NULLS LAST,
  p.item_key NULLS LAST,
  first_chart_date NULLS LAST,
  p.market NULLS LAST,
  p.feed NULLS LAST
