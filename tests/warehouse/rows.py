"""Which rows of the curated tables the facts of a world are."""

from __future__ import annotations

from datetime import date, datetime

from chartlake.schema import (
    AlbumArtist,
    AlbumObservation,
    ArtistObservation,
    Edition,
    Entry,
    MissedSlot,
    Reading,
    SlotRows,
    TrackArtist,
    TrackObservation,
)
from tests.oracle import facts
from tests.oracle.facts import World


def rows_of(world: World) -> dict[tuple[str, datetime], SlotRows]:
    """The rows of each slot of a world, by feed and time."""
    found: dict[tuple[str, datetime], SlotRows] = {}
    for edition in world.editions:
        rows = found.setdefault((edition.feed, edition.scheduled_at), SlotRows())
        feed = world.feed(edition.feed)
        rows.editions.append(_edition(feed, edition))
        rows.entries += [entry(one, place) for place, one in enumerate(edition.entries)]
    for reading in world.readings:
        rows = found.setdefault((reading.feed, reading.scheduled_at), SlotRows())
        rows.readings.append(_reading(world.feed(reading.feed), reading))
    for missed in world.missed:
        rows = found.setdefault((missed.feed, missed.scheduled_at), SlotRows())
        rows.missed_slots.append(_missed(world.feed(missed.feed), missed, world.now))
    for seen in world.seen:
        _observe(found[seen.feed, seen.slot], seen)
    return found


def entry(one: facts.OracleEntry, place: int) -> Entry:
    """An entry; `place` is its record in the page."""
    return Entry(
        position=one.position,
        item_kind=one.item_kind,
        item_key=one.item_key,
        track_id=one.track_id,
        item_name=one.item_name,
        artist_names=one.artist_names,
        added_at=None,
        label=None,
        streams=one.streams,
        reported_rank=None,
        reported_previous_rank=one.previous_rank,
        reported_peak=one.peak,
        reported_time_on_chart=one.time_on_chart,
        page=0,
        item=place,
    )


def _edition(feed: facts.OracleFeed, one: facts.OracleEdition) -> Edition:
    return Edition(
        scheduled_at=one.scheduled_at,
        chart_date=one.chart_date,
        observed_at=one.observed_at,
        source=feed.source,
        source_id=feed.source_id,
        schedule=feed.schedule,
        timezone=feed.timezone,
        cadence=feed.cadence,
        title=None,
        owner=None,
        item_count=len(one.entries),
        spotify_snapshot_id=None,
        unchanged_from=None,
    )


def _reading(feed: facts.OracleFeed, one: facts.Reading) -> Reading:
    return Reading(
        scheduled_at=one.scheduled_at,
        chart_date=one.chart_date,
        observed_at=one.observed_at,
        source=feed.source,
        source_id=feed.source_id,
        schedule=feed.schedule,
        timezone=feed.timezone,
        cadence=feed.cadence,
        item_count=one.item_count,
        covers_from=None,
        covers_to=None,
        joins_previous=None,
        since=None,
    )


def _missed(feed: facts.OracleFeed, one: facts.Missed, now: datetime) -> MissedSlot:
    return MissedSlot(
        scheduled_at=one.scheduled_at,
        chart_date=one.chart_date,
        noted_at=now,
        source=feed.source,
        why="nobody read it",
    )


def _observe(rows: SlotRows, seen: facts.Seen) -> None:
    if seen.kind == "track":
        rows.track_observations.append(_track(seen))
        rows.track_artists += [
            TrackArtist(seen.key, place, credit.artist_id, credit.artist_name)
            for place, credit in enumerate(seen.credits, start=1)
        ]
    elif seen.kind == "album":
        rows.album_observations.append(_album(seen, seen.release_date))
        rows.album_artists += [
            AlbumArtist(seen.key, place, credit.artist_id, credit.artist_name)
            for place, credit in enumerate(seen.credits, start=1)
        ]
    else:
        rows.artist_observations.append(
            ArtistObservation(
                artist_id=seen.key,
                artist_name=seen.name,
                popularity=seen.popularity,
                followers=seen.followers,
                image_url=None,
                observed_at=seen.observed_at,
            )
        )


def _track(seen: facts.Seen) -> TrackObservation:
    return TrackObservation(
        track_id=seen.key,
        track_name=seen.name,
        album_id=seen.album_id,
        isrc=seen.isrc,
        disc_number=None,
        track_number=None,
        duration_ms=None,
        explicit=None,
        popularity=seen.popularity,
        observed_at=seen.observed_at,
    )


def _album(seen: facts.Seen, released: date | None) -> AlbumObservation:
    return AlbumObservation(
        album_id=seen.key,
        album_name=seen.name,
        album_type=None,
        total_tracks=None,
        release_date=released,
        release_date_text=str(released) if released else None,
        release_date_precision=seen.release_date_precision,
        upc=None,
        label=None,
        popularity=seen.popularity,
        image_url=None,
        observed_at=seen.observed_at,
    )
