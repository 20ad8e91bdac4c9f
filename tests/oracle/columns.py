"""The columns of every mart and view that the oracle knows, in their order."""

_TEXT = """
chart_editions: feed scheduled_at chart_date ordinal previous_scheduled_at previous_chart_date
    days_since_previous missing_before missed_before entry_count length streams
chart_movements: feed scheduled_at chart_date ordinal item_kind item_key track_id item_name
    artist_names position previous_position change movement peak_position peak_date debut_date
    debut_position editions_on_chart streak editions_at_one chart_points streams streams_change
    streams_change_percent streams_7 streams_total streams_share
chart_exits: feed scheduled_at chart_date ordinal item_kind item_key track_id item_name
    artist_names last_chart_date last_position peak_position peak_date debut_date
    editions_on_chart run_length
chart_returns: feed scheduled_at chart_date item_key returned_at returned_date returned_position
    editions_away
chart_turnover: feed scheduled_at chart_date ordinal missing_before items new_entries re_entries
    exits climbers fallers unchanged turnover
artist_momentum: feed week_ending artist_key artist_id artist_name is_text items best_position
    chart_points share points_per_edition_4w points_per_edition_4w_before momentum_4w
market_spread: family market feed item_kind item_key track_id item_name artist_names
    debut_is_known first_chart_date first_position is_first_market days_after_first markets
    peak_position peak_date editions_on_chart last_chart_date last_position position
release_age: feed item_kind item_key track_id item_name artist_names album_id release_date
    release_date_precision debut_is_known debut_date debut_position age_at_debut_days
    peak_position peak_date age_at_peak_days
item_profiles: feed item_kind item_key track_id item_name artist_names debut_is_known debut_date
    debut_position peak_position peak_date editions_at_peak editions_on_chart editions_at_one
    runs longest_streak streak is_on_chart last_chart_date last_position biggest_climb
    biggest_fall chart_points best_streams streams_total
artist_profiles: feed artist_key artist_id artist_name is_text items items_on_chart items_at_one
    most_at_once most_at_once_date best_position best_date first_chart_date last_chart_date
    editions_on_chart editions_at_one chart_points
chart_records: feed record place value item_kind item_key track_id item_name artist_names
    artist_key position since_date chart_date scheduled_at
attribute_history: entity_kind entity_id attribute value value_number valid_from valid_to
    last_observed_at observations
recordings: track_id recording_key matched_by counted_as track_ids isrc item_name artist_names
    first_slot
reported_differences: feed scheduled_at chart_date item_key track_id item_name artist_names
    position measure ours reported explanation
data_health: feed source schedule first_chart_date last_chart_date last_observed_at editions due
    present missing missed longest_gap overdue empty_editions entries unavailable rejects
    lag_seconds
roster_items: feed item_key because
"""


def _read(text: str) -> dict[str, tuple[str, ...]]:
    """By mart; a mart's columns may go on in indented lines."""
    marts = text.strip().replace("\n    ", " ").splitlines()
    pairs = (line.split(": ") for line in marts)
    return {mart: tuple(columns.split()) for mart, columns in pairs}


COLUMNS = _read(_TEXT)

ROUNDED = {
    "chart_turnover": {"turnover"},
    "artist_momentum": {
        "chart_points",
        "share",
        "points_per_edition_4w",
        "points_per_edition_4w_before",
        "momentum_4w",
    },
    "item_profiles": {"chart_points"},
    "artist_profiles": {"chart_points"},
}
"""The ratios that marts give to six places."""
