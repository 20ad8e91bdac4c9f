"""Conditional requests: who has an answer already is told so, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chartlake.simulator import World
from tests.simulator.service import Service, serving


@pytest.fixture(scope="module")
def world() -> World:
    return World(days=10)


@pytest.fixture
def service(world: World) -> Iterator[Service]:
    with serving(world) as service:
        yield service


def path_of(world: World) -> str:
    return f"/playlists/{world.playlists[0].playlist_id}"


def test_what_is_known_is_not_sent_again(service: Service, world: World) -> None:
    first = service.ask(path_of(world))
    tag = first.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"another", {tag}', "*"):
        again = service.ask(path_of(world), headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for unknown in ('"another"', 'W/"another"', tag.strip('W/"')):
        other = service.ask(path_of(world), headers={"If-None-Match": unknown})
        assert (other.status_code, other.content) == (200, first.content)


def test_another_day_is_another_answer(service: Service, world: World) -> None:
    tag = service.ask(path_of(world)).headers["etag"]
    service.now += timedelta(hours=1)
    known = {"If-None-Match": tag}
    assert service.ask(path_of(world), headers=known).status_code == 304
    service.now += timedelta(days=1)
    changed = service.ask(path_of(world), headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_connection_goes_on_after_a_304(service: Service, world: World) -> None:
    tag = service.ask(path_of(world)).headers["etag"]
    for _ in range(3):
        assert service.ask(path_of(world), headers={"If-None-Match": tag}).status_code == 304
        assert service.get(path_of(world))["name"] == world.playlists[0].name


def test_a_refusal_has_no_tag(service: Service) -> None:
    missing = service.ask(f"/tracks/{'0' * 22}", headers={"If-None-Match": "*"})
    assert missing.status_code == 404
    assert "etag" not in missing.headers


def test_tags_can_be_left_out(world: World) -> None:
    with serving(world, etags=False) as service:
        answer = service.ask(path_of(world), headers={"If-None-Match": "*"})
        assert answer.status_code == 200
        assert "etag" not in answer.headers
