"""The row types: each is a table, its fields are the columns with what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, NamedTuple

__all__ = [
    "AlbumArtist",
    "AlbumObservation",
    "ArtistObservation",
    "Edition",
    "Entry",
    "MissedSlot",
    "PlayObservation",
    "Reading",
    "Reject",
    "SlotRows",
    "TrackArtist",
    "TrackObservation",
]


class Edition(NamedTuple):
    """One row per feed and slot: a snapshot of a ranked list, with or without entries."""

    scheduled_at: Annotated[datetime | None, "time it was due, UTC; null for an undated file"]
    chart_date: Annotated[date | None, "its date in the feed's time zone"]
    observed_at: Annotated[datetime, "time the source was read, UTC"]
    source: Annotated[str, "kind of feed: playlist, charts-csv, top-items, saved-tracks"]
    source_id: Annotated[str, "what is followed there: a playlist id, a chart, an account's list"]
    schedule: Annotated[str | None, "hourly, daily, weekly or a cron line; null: irregular"]
    timezone: Annotated[str, "time zone of schedule and chart_date"]
    cadence: Annotated[str, "edition: every edition is ranked; day: the last of each chart_date"]
    title: Annotated[str | None, "the list's name as given"]
    owner: Annotated[str | None, "the list's owner as given"]
    item_count: Annotated[int, "records that the source gave: entries plus rejects"]
    spotify_snapshot_id: Annotated[str | None, "Spotify's version of a playlist"]
    unchanged_from: Annotated[
        str | None, "slot whose pages these are, as nothing had changed since; null when read whole"
    ]


class Reading(NamedTuple):
    """One row per feed and slot of a feed that is no ranked list: what was read then."""

    scheduled_at: Annotated[datetime | None, "time it was due, UTC"]
    chart_date: Annotated[date | None, "its date in the feed's time zone"]
    observed_at: Annotated[datetime, "time the source was read, UTC"]
    source: Annotated[str, "kind of feed: recently-played, artist-catalog, hydration"]
    source_id: Annotated[str, "what is followed there: an account, a name"]
    schedule: Annotated[str | None, "hourly, daily, weekly or a cron line; null: irregular"]
    timezone: Annotated[str, "time zone of schedule and chart_date"]
    cadence: Annotated[str, "edition: every reading counts; day: the last of each chart_date"]
    item_count: Annotated[int, "records that the source gave, usable or not"]
    covers_from: Annotated[datetime | None, "of plays: time of the oldest one seen, UTC"]
    covers_to: Annotated[datetime | None, "of plays: time of the newest one seen, UTC"]
    joins_previous: Annotated[
        bool | None, "of plays: false where some may be missing between since and covers_from"
    ]
    since: Annotated[datetime | None, "of plays: how far earlier readings had got, UTC"]


class Entry(NamedTuple):
    """One row per feed, slot and position: what stood there, as received."""

    position: Annotated[int, "rank in the list, 1-based, never renumbered"]
    item_kind: Annotated[str, "track, artist, album, episode, audiobook, local or unavailable"]
    item_key: Annotated[
        str | None, "Spotify id, else uri, else a hash of the text; null when unavailable"
    ]
    track_id: Annotated[str | None, "Spotify id of a track; null unless a track"]
    item_name: Annotated[str | None, "name as given"]
    artist_names: Annotated[str | None, "artist text as given; never split at commas"]
    added_at: Annotated[datetime | None, "time it was added to a playlist, UTC"]
    label: Annotated[str | None, "label or distributor as a charts file gives it"]
    streams: Annotated[int | None, "plays counted by the source for this edition"]
    reported_rank: Annotated[int | None, "the source's own rank"]
    reported_previous_rank: Annotated[int | None, "the source's own previous rank; -1: new or back"]
    reported_peak: Annotated[int | None, "the source's own best rank so far"]
    reported_time_on_chart: Annotated[int | None, "the source's own days or weeks on the chart"]
    page: Annotated[int, "0-based page of the slot in raw"]
    item: Annotated[int, "0-based record of that page"]


class PlayObservation(NamedTuple):
    """One row per feed, slot and position: a play as this reading saw it; others may see it too."""

    position: Annotated[int, "place in the answer, 1-based, newest first"]
    account: Annotated[str, "whose play, by the account's name here"]
    played_at: Annotated[datetime, "time as Spotify gives it, UTC"]
    item_kind: Annotated[str, "track, episode, audiobook, local or unavailable"]
    item_key: Annotated[
        str | None, "Spotify id, else uri, else a hash of the text; null when unavailable"
    ]
    track_id: Annotated[str | None, "Spotify id of a track; null unless a track"]
    item_name: Annotated[str | None, "name as given"]
    artist_names: Annotated[str | None, "artist text as given; never split at commas"]
    duration_ms: Annotated[int | None, "length of the item in milliseconds, not of the listening"]
    context_type: Annotated[
        str | None, "what it was played from, such as album, artist or playlist"
    ]
    context_uri: Annotated[str | None, "Spotify's address of that"]
    page: Annotated[int, "0-based page of the slot in raw"]
    item: Annotated[int, "0-based record of that page"]


class TrackObservation(NamedTuple):
    """One row per feed, slot and track_id: what was seen of a track."""

    track_id: Annotated[str, "Spotify id"]
    track_name: Annotated[str | None, "name"]
    album_id: Annotated[str | None, "Spotify id of the album it was listed with"]
    isrc: Annotated[str | None, "International Standard Recording Code"]
    disc_number: Annotated[int | None, "1-based"]
    track_number: Annotated[int | None, "1-based on its disc"]
    duration_ms: Annotated[int | None, "length in milliseconds"]
    explicit: Annotated[bool | None, "marked explicit"]
    popularity: Annotated[int | None, "0 to 100; null where Spotify does not tell"]
    observed_at: Annotated[datetime, "time seen, UTC"]


class AlbumObservation(NamedTuple):
    """One row per feed, slot and album_id: what was seen of an album."""

    album_id: Annotated[str, "Spotify id"]
    album_name: Annotated[str | None, "name"]
    album_type: Annotated[str | None, "album, single or compilation"]
    total_tracks: Annotated[int | None, "number of tracks"]
    release_date: Annotated[date | None, "first day of the stated period; null when not a date"]
    release_date_text: Annotated[str | None, "as given, such as 1999 or 0000"]
    release_date_precision: Annotated[str | None, "day, month or year"]
    upc: Annotated[str | None, "Universal Product Code"]
    label: Annotated[str | None, "label"]
    popularity: Annotated[int | None, "0 to 100; null where Spotify does not tell"]
    image_url: Annotated[str | None, "largest cover"]
    observed_at: Annotated[datetime, "time seen, UTC"]


class ArtistObservation(NamedTuple):
    """One row per feed, slot and artist_id: what was seen of an artist."""

    artist_id: Annotated[str, "Spotify id"]
    artist_name: Annotated[str | None, "name"]
    popularity: Annotated[int | None, "0 to 100; null where Spotify does not tell"]
    followers: Annotated[int | None, "number of followers; null where Spotify does not tell"]
    image_url: Annotated[str | None, "largest picture"]
    observed_at: Annotated[datetime, "time seen, UTC"]


class TrackArtist(NamedTuple):
    """One row per feed, slot, track_id and artist_position: who is credited, in order."""

    track_id: Annotated[str, "Spotify id"]
    artist_position: Annotated[int, "1-based order of the credit"]
    artist_id: Annotated[str | None, "Spotify id"]
    artist_name: Annotated[str | None, "name as credited"]


class AlbumArtist(NamedTuple):
    """One row per feed, slot, album_id and artist_position: who is credited, in order."""

    album_id: Annotated[str, "Spotify id"]
    artist_position: Annotated[int, "1-based order of the credit"]
    artist_id: Annotated[str | None, "Spotify id"]
    artist_name: Annotated[str | None, "name as credited"]


class Reject(NamedTuple):
    """One row per feed, slot, page and item that could not be used, with the reason."""

    page: Annotated[int, "0-based page of the slot in raw"]
    item: Annotated[int, "0-based record of that page"]
    reason: Annotated[str, "why it could not be used"]
    payload: Annotated[str, "the record as received, cut at 4,000 characters"]


class MissedSlot(NamedTuple):
    """One row per feed and slot that was due and that nobody read while it could be read."""

    scheduled_at: Annotated[datetime, "time it was due, UTC"]
    chart_date: Annotated[date | None, "its date in the feed's time zone"]
    noted_at: Annotated[datetime, "time the gap was noted, UTC"]
    source: Annotated[str, "kind of feed, such as playlist"]
    why: Annotated[str, "why nobody read it, as far as is known"]


@dataclass
class SlotRows:
    """The rows that one slot became; one list per table, named like it."""

    editions: list[Edition] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    play_observations: list[PlayObservation] = field(default_factory=list)
    track_observations: list[TrackObservation] = field(default_factory=list)
    album_observations: list[AlbumObservation] = field(default_factory=list)
    artist_observations: list[ArtistObservation] = field(default_factory=list)
    track_artists: list[TrackArtist] = field(default_factory=list)
    album_artists: list[AlbumArtist] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    missed_slots: list[MissedSlot] = field(default_factory=list)
