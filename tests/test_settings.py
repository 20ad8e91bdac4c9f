"""Settings: where each comes from, and errors that name file or variable, key and valid values."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from chartlake.errors import ConfigError
from chartlake.settings import FILE_NAME, Settings, read_settings
from chartlake.settings.charts import ExcludeSettings, RosterSettings
from chartlake.settings.feeds import (
    ArtistCatalogFeed,
    HydrationFeed,
    PlaylistFeed,
    RecentlyPlayedFeed,
    SavedTracksFeed,
    TopItemsFeed,
)

ID = "3cEYpjA9oz9GiPac4AsH4n"
SECRET = "planted-secret-5f0c"
FEED = f'[feeds.finds]\nsource = "playlist"\nplaylist = "{ID}"\n'

Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a project of these files, in this environment."""

    def read(
        toml: str | None = None, env: str | None = None, environ: Mapping[str, str] | None = None
    ) -> Settings:
        if toml is not None:
            (tmp_path / FILE_NAME).write_text(toml, encoding="utf-8")
        if env is not None:
            (tmp_path / ".env").write_text(env, encoding="utf-8")
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)
        return read_settings(tmp_path)

    return read


def problem(read: Read, *files: Any, **more: Any) -> ConfigError:
    with pytest.raises(ConfigError) as wrong:
        read(*files, **more)
    assert SECRET not in f"{wrong.value} {wrong.value.why} {wrong.value.fix}"
    return wrong.value


# What there is -----------------------------------------------------------------------------


def test_without_any_file_all_is_usual(read: Read, tmp_path: Path) -> None:
    settings = read()
    assert settings.project == tmp_path
    assert settings.lake_url == str(tmp_path / "chartlake-data" / "lake")
    assert settings.warehouse_path == tmp_path / "chartlake-data" / "warehouse.duckdb"
    assert settings.feeds == {}
    spotify = settings.spotify
    assert (spotify.client_id, spotify.client_secret, spotify.access_token) == (None, None, None)
    assert spotify.api_url == "https://api.spotify.com/v1"
    assert spotify.token_url == "https://accounts.spotify.com/api/token"


def test_every_section(read: Read, tmp_path: Path) -> None:
    settings = read(
        """
        [lake]
        url = "s3://bucket/lake"

        [warehouse]
        path = "other/w.duckdb"

        [spotify]
        client_id = "abc"
        api_url = "http://127.0.0.1:1/v1"
        token_url = "http://127.0.0.1:1/token"

        [feeds.finds]
        source = "playlist"
        playlist = "3cEYpjA9oz9GiPac4AsH4n"
        schedule = "30 6 * * 5"
        timezone = "Europe/Berlin"
        cadence = "day"

        [feeds.finds-2]
        source = "playlist"
        playlist = "3cEYpjA9oz9GiPac4AsH4n"
        """
    )
    assert settings.lake_url == "s3://bucket/lake"
    assert settings.warehouse_path == tmp_path / "other" / "w.duckdb"
    assert settings.spotify.client_id == "abc"
    assert settings.spotify.api_url == "http://127.0.0.1:1/v1"
    assert settings.spotify.token_url == "http://127.0.0.1:1/token"
    assert settings.feeds == {
        "finds": PlaylistFeed(
            source="playlist",
            playlist=ID,
            schedule="30 6 * * 5",
            timezone="Europe/Berlin",
            cadence="day",
        ),
        "finds-2": PlaylistFeed(
            source="playlist",
            playlist=ID,
            schedule=None,
            timezone="UTC",
            cadence="edition",
            account="default",
            full_read_every=7,
        ),
    }


ARTIST, OTHER = "0C0XlULifJtAgn6ZNCW2eu", "06HL4z0CvFAxyc27GXpf02"


def test_every_source(read: Read) -> None:
    settings = read(
        f"""
        [feeds.list]
        source = "playlist"
        playlist = "{ID}"
        account = "work"
        full_read_every = 1
        [feeds.top]
        source = "top-items"
        items = "artists"
        time_range = "long"
        length = 99
        [feeds.plays]
        source = "recently-played"
        schedule = "hourly"
        [feeds.saved]
        source = "saved-tracks"
        account = "work"
        [feeds.radar]
        source = "artist-catalog"
        artists = ["https://open.spotify.com/artist/{ARTIST}?si=1", "spotify:artist:{OTHER}"]
        groups = ["album"]
        daily_requests = 50
        [feeds.fill]
        source = "hydration"
        """
    )
    assert settings.feeds == {
        "list": PlaylistFeed(source="playlist", playlist=ID, account="work", full_read_every=1),
        "top": TopItemsFeed(source="top-items", items="artists", time_range="long", length=99),
        "plays": RecentlyPlayedFeed(source="recently-played", schedule="hourly"),
        "saved": SavedTracksFeed(source="saved-tracks", account="work"),
        "radar": ArtistCatalogFeed(
            source="artist-catalog",
            artists=(ARTIST, OTHER),
            groups=("album",),
            daily_requests=50,
        ),
        "fill": HydrationFeed(source="hydration"),
    }


def test_what_is_not_said_is_usual(read: Read) -> None:
    settings = read(
        f"""
        [feeds.top]
        source = "top-items"
        [feeds.radar]
        source = "artist-catalog"
        artists = ["{ARTIST}"]
        [feeds.fill]
        source = "hydration"
        """
    )
    top, radar, fill = settings.feeds.values()
    assert isinstance(top, TopItemsFeed)
    assert (top.items, top.time_range, top.length) == ("tracks", "short", 50)
    assert isinstance(radar, ArtistCatalogFeed)
    assert (radar.groups, radar.daily_requests) == (("album", "single"), 200)
    assert isinstance(fill, HydrationFeed)
    assert fill.daily_requests == 200
    spotify = settings.spotify
    assert (spotify.daily_requests, spotify.workers, spotify.longest_run_minutes) == (None, 4, 30)


@pytest.mark.parametrize(
    ("toml", "source_id"),
    [
        (FEED, ID),
        ('[feeds.x]\nsource = "top-items"', "default/tracks/short_term"),
        (
            '[feeds.x]\nsource = "top-items"\nitems = "artists"\ntime_range = "long"\n'
            'account = "work"',
            "work/artists/long_term",
        ),
        ('[feeds.x]\nsource = "recently-played"\naccount = "work"', "work"),
        ('[feeds.x]\nsource = "saved-tracks"', "default"),
        (f'[feeds.x]\nsource = "artist-catalog"\nartists = ["{ARTIST}"]', "artists"),
        ('[feeds.x]\nsource = "hydration"', "wanted"),
    ],
)
def test_what_a_feed_follows(read: Read, toml: str, source_id: str) -> None:
    """Where this changes, the feed's history would mix two lists."""
    (feed,) = read(toml).feeds.values()
    assert feed.source_id == source_id


def test_the_limits_of_spotify_and_where_sign_ins_are(read: Read, tmp_path: Path) -> None:
    settings = read(
        """
        [spotify]
        daily_requests = 500
        workers = 2
        longest_run_minutes = 0.5
        redirect_port = 8080
        [auth]
        store = "file"
        folder = "accounts"
        """
    )
    spotify = settings.spotify
    assert (spotify.daily_requests, spotify.workers) == (500, 2)
    assert (spotify.longest_run_minutes, spotify.redirect_port) == (0.5, 8080)
    assert (settings.auth.store, settings.auth.folder) == ("file", Path("accounts"))


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f" {ID} ",
        f"spotify:playlist:{ID}",
        f"https://open.spotify.com/playlist/{ID}",
        f"http://open.spotify.com/playlist/{ID}",
        f"https://open.spotify.com/playlist/{ID}?si=0123456789abcdef",
    ],
)
def test_a_playlist_is_given_as_id_uri_or_link(read: Read, text: str) -> None:
    settings = read(FEED.replace(ID, text))
    assert settings.feeds["finds"].source_id == ID


def test_a_playlists_link_may_have_a_language(read: Read) -> None:
    settings = read(FEED.replace(ID, f"https://open.spotify.com/intl-de/playlist/{ID}?si=1"))
    assert settings.feeds["finds"].source_id == ID


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("/elsewhere/lake", "/elsewhere/lake"),
        ("s3://bucket/lake", "s3://bucket/lake"),
        ("memory://", "memory://"),
        ("file:///elsewhere/lake", "file:///elsewhere/lake"),
        ("a/../lake", "{project}/lake"),
        ("../lake", "{above}/lake"),
    ],
)
def test_relative_paths_are_relative_to_the_project(
    read: Read, tmp_path: Path, url: str, where: str
) -> None:
    expected = where.format(project=tmp_path, above=tmp_path.parent)
    assert read(f'[lake]\nurl = "{url}"').lake_url == expected


def test_the_folder_of_the_process_does_not_matter(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here" / "project").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    settings = read_settings(Path("project"))
    monkeypatch.chdir(tmp_path)
    project = tmp_path / "here" / "project"
    assert settings.project == project
    assert settings.warehouse_path == project / "chartlake-data" / "warehouse.duckdb"
    assert settings.lake_url == str(project / "chartlake-data" / "lake")


# What counts in the charts ---------------------------------------------------------------------


def test_the_roster_is_read_as_ids_links_and_uris(read: Read) -> None:
    roster = read(
        f"""
        [roster]
        artists = ["https://open.spotify.com/intl-de/artist/{ARTIST}?si=1", "{OTHER}"]
        tracks = ["spotify:track:{ID}"]
        albums = ["https://open.spotify.com/album/{ID}"]
        isrcs = ["us-rc1-76-07839", "GB AYE 68 00011"]
        names = [" Tyler, The Creator "]
        """
    ).roster
    assert roster == RosterSettings(
        artists=(ARTIST, OTHER),
        tracks=(ID,),
        albums=(ID,),
        isrcs=("USRC17607839", "GBAYE6800011"),
        names=("Tyler, The Creator",),
    )


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (ID, ID),
        (f"spotify:episode:{ID}", ID),
        (f"https://open.spotify.com/intl-de/track/{ID}?si=1", ID),
        ("spotify:local:A:B:C%20D:120", "spotify:local:A:B:C%20D:120"),
        (f" text:{'0a' * 16} ", f"text:{'0a' * 16}"),
    ],
)
def test_an_item_is_excluded_by_what_stands_for_it(read: Read, written: str, key: str) -> None:
    assert read(f'[exclude]\nitems = ["{written}"]').exclude.items == (key,)


def test_what_counts_in_the_charts(read: Read) -> None:
    settings = read(
        f"""
        [exclude]
        artists = ["spotify:artist:{ARTIST}"]
        names = ["White Noise"]
        kinds = ["episode"]
        [charts]
        recordings = "as-one"
        [checks]
        as_warnings = ["records_add_up"]
        [markets.top-50]
        us = "top-50-us"
        global = "top-50"
        [markets.viral]
        us = "viral-us"
        [warehouse]
        memory_limit = "1.5 GiB"
        threads = 2
        """
    )
    assert settings.exclude.artists == (ARTIST,)
    assert (settings.exclude.names, settings.exclude.kinds) == (("White Noise",), ("episode",))
    assert settings.charts.recordings == "as-one"
    assert settings.checks.as_warnings == ("records_add_up",)
    assert settings.markets == {
        "top-50": {"us": "top-50-us", "global": "top-50"},
        "viral": {"us": "viral-us"},
    }
    assert (settings.warehouse.memory_limit, settings.warehouse.threads) == ("1.5 GiB", 2)


def test_of_the_charts_nothing_is_left_out_unless_told(read: Read) -> None:
    settings = read()
    assert settings.roster == RosterSettings()
    assert settings.exclude == ExcludeSettings()
    assert settings.charts.recordings == "apart"
    assert (settings.checks.as_warnings, settings.markets) == ((), {})
    assert (settings.warehouse.memory_limit, settings.warehouse.threads) == (None, None)


def test_lists_from_the_environment(read: Read) -> None:
    environ = {"CHARTLAKE_ROSTER__NAMES": '["A", "B"]', "CHARTLAKE_MARKETS__TOP-50__US": "us-50"}
    settings = read('[markets.top-50]\nde = "de-50"', environ=environ)
    assert settings.roster.names == ("A", "B")
    assert settings.markets == {"top-50": {"de": "de-50", "us": "us-50"}}


def test_a_wrong_value_in_a_list_of_a_variable_is_not_blamed_on_the_file(read: Read) -> None:
    wrong = problem(read, environ={"CHARTLAKE_ROSTER__ISRCS": '["GBAYE6800011", "x"]'})
    assert wrong.what.startswith("environment (CHARTLAKE_ROSTER__ISRCS): roster.isrcs.1: 'x' is no")


# What goes before what ------------------------------------------------------------------------


def test_the_environment_goes_before_dotenv_before_the_file(read: Read) -> None:
    toml, env = '[lake]\nurl = "s3://toml"', "CHARTLAKE_LAKE__URL=s3://dotenv\n"
    assert read(toml).lake_url == "s3://toml"
    assert read(toml, env).lake_url == "s3://dotenv"
    assert read(toml, env, {"CHARTLAKE_LAKE__URL": "s3://environment"}).lake_url == (
        "s3://environment"
    )


def test_keys_of_one_section_may_come_from_everywhere(read: Read) -> None:
    settings = read(
        '[spotify]\nclient_id = "toml"\napi_url = "http://toml"\ntoken_url = "http://toml"\n',
        f"CHARTLAKE_SPOTIFY__CLIENT_SECRET={SECRET}\nCHARTLAKE_SPOTIFY__API_URL=http://dotenv\n",
        {"CHARTLAKE_SPOTIFY__API_URL": "http://environment"},
    )
    assert settings.spotify.client_id == "toml"
    assert settings.spotify.client_secret
    assert settings.spotify.client_secret.get_secret_value() == SECRET
    assert settings.spotify.api_url == "http://environment"
    assert settings.spotify.token_url == "http://toml"


def test_a_key_of_its_source_from_the_environment(read: Read) -> None:
    environ = {"CHARTLAKE_FEEDS__X__LENGTH": "20", "CHARTLAKE_SPOTIFY__WORKERS": "1"}
    settings = read('[feeds.x]\nsource = "top-items"', environ=environ)
    feed = settings.feeds["x"]
    assert isinstance(feed, TopItemsFeed)
    assert (feed.length, settings.spotify.workers) == (20, 1)


def test_a_wrong_key_of_its_source_from_the_environment(read: Read) -> None:
    wrong = problem(read, TOP, environ={"CHARTLAKE_FEEDS__X__LENGTH": "many"})
    assert wrong.what.startswith("environment (CHARTLAKE_FEEDS__X__LENGTH): feeds.x.length: ")


def test_a_feeds_key_from_the_environment(read: Read) -> None:
    toml = FEED.replace("finds", "friday-finds")
    settings = read(toml, environ={"CHARTLAKE_FEEDS__FRIDAY-FINDS__SCHEDULE": "weekly"})
    assert settings.feeds["friday-finds"].schedule == "weekly"
    assert settings.feeds["friday-finds"].source_id == ID


def test_a_whole_section_as_json(read: Read) -> None:
    environ = {"CHARTLAKE_SPOTIFY": f'{{"client_id": "abc", "client_secret": "{SECRET}"}}'}
    assert read(environ=environ).spotify.client_id == "abc"


def test_an_empty_variable_of_the_template_is_no_secret(read: Read) -> None:
    spotify = read(env="CHARTLAKE_SPOTIFY__CLIENT_ID=\nCHARTLAKE_SPOTIFY__CLIENT_SECRET=\n").spotify
    assert not spotify.client_id
    assert not spotify.client_secret


@pytest.mark.parametrize("place", ["environ", "env"])
def test_the_projects_folder_is_the_one_that_is_read(
    read: Read, tmp_path: Path, place: str
) -> None:
    """--project goes before CHARTLAKE_PROJECT; else its file is read, and data lie elsewhere."""
    given: dict[str, Any] = {"environ": {"CHARTLAKE_PROJECT": "/elsewhere"}}
    if place == "env":
        given = {"env": "CHARTLAKE_PROJECT=/elsewhere\n"}
    assert read('[lake]\nurl = "lake"', **given).lake_url == str(tmp_path / "lake")


def test_dotenv_may_hold_what_is_for_others(read: Read) -> None:
    settings = read(env="AWS_PROFILE=charts\nLAKE=x\nCHARTLAKE_LAKE__URL=s3://bucket\n")
    assert settings.lake_url == "s3://bucket"


# Secrets ------------------------------------------------------------------------------------------


def test_secrets_do_not_show(read: Read) -> None:
    settings = read(
        env=f"CHARTLAKE_SPOTIFY__CLIENT_SECRET={SECRET}\nCHARTLAKE_SPOTIFY__ACCESS_TOKEN={SECRET}2\n"
    )
    assert settings.spotify.access_token
    assert settings.spotify.access_token.get_secret_value() == f"{SECRET}2"
    for shown in (repr(settings), str(settings), settings.model_dump_json(), f"{settings.spotify}"):
        assert SECRET not in shown


@pytest.mark.parametrize(
    "given",
    [
        {"toml": f'[spotify]\nclient_secret = ["{SECRET}"]'},
        {"toml": f'[spotify]\nclient_secrt = "{SECRET}"'},
        {"env": f"CHARTLAKE_SPOTIFY__CLIENT_SECRT={SECRET}"},
        {"environ": {"CHARTLAKE_SPOTIFY__CLIENT_SECRT": SECRET}},
        {"environ": {"CHARTLAKE_SPOTIFYCLIENT_SECRET": SECRET}},
    ],
)
def test_secrets_are_not_in_errors(read: Read, given: dict[str, Any]) -> None:
    problem(read, **given)


@pytest.mark.parametrize("key", ["client_secret", "access_token"])
def test_secrets_do_not_belong_in_the_file(read: Read, key: str) -> None:
    wrong = problem(read, f'[spotify]\n{key} = "{SECRET}"')
    assert f"CHARTLAKE_SPOTIFY__{key.upper()}" in str(wrong.fix)


# Errors -------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder") as wrong:
        read_settings(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in wrong.value.what


def test_a_file_that_is_not_toml(read: Read, tmp_path: Path) -> None:
    wrong = problem(read, "[lake\n")
    assert wrong.what == f"{tmp_path / FILE_NAME}: not valid TOML"
    assert "line 1" in str(wrong.why)


def test_a_file_that_is_not_utf8(read: Read, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"# caf\xe9\n")
    assert problem(read).what == f"{tmp_path / FILE_NAME}: not valid TOML"


@pytest.mark.parametrize(("name", "folder"), [(FILE_NAME, True), (".env", False)])
def test_a_file_that_can_not_be_read(read: Read, tmp_path: Path, name: str, folder: bool) -> None:
    if folder:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_bytes(b"A=\xff\n")
    assert str(tmp_path / name) in problem(read).what


SECTIONS = (
    "valid here: lake, warehouse, retention, transform, spotify, auth, aws, charts, roster, "
    "exclude, checks, markets, feeds"
)
SPOTIFY = (
    "valid here: client_id, client_secret, access_token, api_url, token_url, authorize_url, "
    "redirect_port, daily_requests, workers, longest_run_minutes"
)
WAREHOUSE = "valid here: path, memory_limit, threads"
TRANSFORM = "valid here: engine, processes, spark_master"
AWS = (
    "valid here: name, region, profile, bucket, curated_bucket, lake_prefix, kms_key, "
    "permissions_boundary, subnets, security_groups, tags, schedule, timezone, alert_email, "
    "monthly_budget, scan_limit_gb, log_retention_days, stale_after_hours, "
    "glue_workers, workgroup"
)
ROSTER = "valid here: artists, tracks, albums, isrcs, names"
OF_ALL = "valid here: schedule, timezone, cadence, account, source"
A_FEED = f"{OF_ALL}, playlist, full_read_every"
A_TOP = f"{OF_ALL}, items, time_range, length"
FILL = '[feeds.playlist]\nsource = "hydration"\n'  # a feed may be named like a source
DAILY = "daily_requests"
A_RADAR = f"{OF_ALL}, artists, groups, {DAILY}"
SOURCES = "valid: playlist, top-items, recently-played, saved-tracks, artist-catalog, hydration"
TOP, RADAR = '[feeds.x]\nsource = "top-items"\n', '[feeds.x]\nsource = "artist-catalog"\n'
LINES = "valid: hourly, daily, weekly, or a cron line such as '30 6 * * *'"


@pytest.mark.parametrize(
    ("toml", "what", "fix"),
    [
        ('lak = "x"', "unknown key 'lak'", SECTIONS),
        ('project = "x"', "unknown key 'project'", SECTIONS),
        ('[lake]\nulr = "x"', "unknown key 'lake.ulr'", "valid here: url"),
        ('[warehouse]\nurl = "x"', "unknown key 'warehouse.url'", WAREHOUSE),
        ("[transform]\ncpus = 5", "unknown key 'transform.cpus'", TRANSFORM),
        ('[spotify]\nid = "x"', "unknown key 'spotify.id'", SPOTIFY),
        (f'{FEED}every = "day"', "unknown key 'feeds.finds.every'", A_FEED),
        ('[feeds.x]\nsource = "playlist"', "key 'feeds.x.playlist' is missing", A_FEED),
        (f'[feeds.x]\nplaylist = "{ID}"', "feeds.x: key 'source' is missing", SOURCES),
        ("[lake]\nurl = 5", "lake.url: Input should be a valid string", None),
        ("[warehouse]\npath = 5", "warehouse.path: Input is not a valid path", None),
        ('lake = "x"', "lake: Input should be a valid dictionary", None),
        ("feeds = [1]", "feeds: Input should be a valid dictionary", None),
        ("[feeds]\nx = 5", "feeds.x: Input should be a valid dictionary", None),
        (
            FEED.replace('"playlist"', '"chart"'),
            "feeds.finds: 'chart' is no source",
            SOURCES,
        ),
        ("[feeds.x]\nsource = 5", "feeds.x: '5' is no source", SOURCES),
        # each source has keys of its own
        (f'{TOP}playlist = "{ID}"', "unknown key 'feeds.x.playlist'", A_TOP),
        (f"{FEED}length = 5", "unknown key 'feeds.finds.length'", A_FEED),
        (
            '[feeds.playlist]\nsource = "hydration"\nx = 1',
            "'feeds.playlist.x'",
            f"{OF_ALL}, {DAILY}",
        ),
        (RADAR, "key 'feeds.x.artists' is missing", A_RADAR),
        (f"{RADAR}artists = []", "feeds.x.artists: Tuple should have at least 1 item", None),
        (f'{RADAR}artists = "{ARTIST}"', "feeds.x.artists: Input should be a valid tuple", None),
        (
            f'{RADAR}artists = ["{ARTIST}", "spotify:album:{OTHER}"]',
            f"feeds.x.artists.1: 'spotify:album:{OTHER}' is not an artist: give its link",
            None,
        ),
        (
            f'{RADAR}artists = ["{ARTIST}"]\ngroups = ["live"]',
            "feeds.x.groups.0: Input should be 'album', 'single', 'compilation' or 'appears_on'",
            None,
        ),
        (f'{TOP}time_range = "all"', "feeds.x.time_range: Input should be 'short', 'medium'", None),
        (f"{TOP}length = 1001", "feeds.x.length: Input should be less than or equal to 1000", None),
        (f"{FEED}full_read_every = 0", "feeds.finds.full_read_every: Input should be gr", None),
        (f'{TOP}account = "Ada L"', "'Ada L': an account's name has small letters, digits", None),
        (f'{TOP}schedule = "often"', "feeds.x.schedule: 'often' is neither hourly", LINES),
        ("[spotify]\nworkers = 0", "spotify.workers: Input should be greater", None),
        ("[spotify]\nworkers = 17", "spotify.workers: Input should be less", None),
        ("[spotify]\ndaily_requests = 0", "spotify.daily_requests: Input should be greater", None),
        ("[spotify]\nlongest_run_minutes = 0", "spotify.longest_run_minutes: Input should", None),
        (
            '[auth]\nstore = "vault"',
            "auth.store: Input should be 'auto', 'keyring', 'file' or 'aws'",
            None,
        ),
        ("[auth]\nkey = 1", "unknown key 'auth.key'", "valid here: store, folder"),
        ('[aws]\nregions = "x"', "unknown key 'aws.regions'", AWS),
        ('[aws]\nname = "My-Stack"', "aws.name: 'My-Stack': 2 to 20 small letters", None),
        ('[aws]\nbucket = "s3://b"', "aws.bucket: 's3://b' is no name of a bucket", None),
        ('[aws]\nlake_prefix = "/lake/"', "aws.lake_prefix: '/lake/': small letters, digits", None),
        ('[aws]\nsubnets = ["subnet-1"]', "aws: subnets and security_groups are given", None),
        ('[aws]\nkms_key = "alias/mine"', "aws.kms_key: 'alias/mine' is no key's ARN", None),
        ('[aws]\nschedule = "daily"', "aws.schedule: 'daily' is none of AWS: rate(1 hour)", None),
        ('[aws]\nschedule = "cron(30 6 * * *)"', "of 6 fields", None),
        ('[aws]\ntimezone = "Berlin"', "aws.timezone: 'Berlin' is not a time zone", None),
        ('[aws]\nalert_email = "nobody"', "aws.alert_email: 'nobody' is no mail address", None),
        ("[aws]\nmonthly_budget = 5", "monthly_budget needs alert_email", None),
        ('[lake]\nurl = ""', "lake.url: no place is named", None),
        ("[aws]\nmonthly_budget = 0", "aws.monthly_budget: Input should be greater", None),
        ('[roster]\nlabels = ["x"]', "unknown key 'roster.labels'", ROSTER),
        ('[roster]\nartists = "x"', "roster.artists: Input should be a valid tuple", None),
        (
            f'[roster]\ntracks = ["{ID}", "spotify:album:{OTHER}"]',
            f"roster.tracks.1: 'spotify:album:{OTHER}' is not a track: give its link, its URI, or",
            None,
        ),
        ('[roster]\nalbums = ["37i9"]', "roster.albums.0: '37i9' is not an album: give", None),
        ('[roster]\nisrcs = ["USRC17607"]', "roster.isrcs.0: 'USRC17607' is no ISRC: it", None),
        ('[roster]\nnames = [" "]', "roster.names.0: an empty name", None),
        ('[exclude]\nitems = ["x"]', "exclude.items.0: 'x' is no item: give its link, its", None),
        (
            f'[exclude]\nitems = ["https://open.spotify.com/playlist/{ID}"]',
            "exclude.items.0: 'https://open.spotify.com/playlist",
            None,
        ),
        (
            '[exclude]\nkinds = ["podcast"]',
            "exclude.kinds.0: Input should be 'track', 'artist', 'album', 'episode', 'audiobook' "
            "or 'local'",
            None,
        ),
        (
            '[charts]\nrecordings = "one"',
            "charts.recordings: Input should be 'apart' or 'as-one'",
            None,
        ),
        ("[checks]\nignore = []", "unknown key 'checks.ignore'", "valid here: as_warnings"),
        (
            '[markets.top-50]\nus = "Top 50"',
            "markets.top-50.us: 'Top 50': a feed's name has small letters",
            None,
        ),
        ('[markets.top-50]\nUS = "x"', "'US': a market's name has small letters", None),
        ('[markets."Top 50"]\nus = "x"', "'Top 50': a family's name has small letters", None),
        ('[markets]\nus = "x"', "markets.us: Input should be a valid dictionary", None),
        (
            '[markets.top-50]\nus = "a"\n[markets.viral]\nus = "a"',
            "markets: feed 'a' is one market's list, and here of top-50.us, viral.us",
            None,
        ),
        (
            '[markets.top-50]\nus = "a"\nuk = "a"',
            "markets: feed 'a' is one market's list, and here of top-50.us, top-50.uk",
            None,
        ),
        (
            '[warehouse]\nmemory_limit = "much"',
            "warehouse.memory_limit: 'much' is no amount of memory such as 4GB or 512MB",
            None,
        ),
        ("[warehouse]\nthreads = 0", "warehouse.threads: Input should be greater than", None),
        (
            f'{FEED}cadence = "week"',
            "feeds.finds.cadence: Input should be 'edition' or 'day'",
            None,
        ),
        (
            f'{FEED}timezone = "Mars/Olympus"',
            "feeds.finds.timezone: 'Mars/Olympus' is not a time zone such as UTC or Europe/Berlin",
            None,
        ),
        (f'{FEED}timezone = "Europe"', "feeds.finds.timezone: 'Europe' is not a time zone", None),
        (f'{FEED}timezone = "../UTC"', "feeds.finds.timezone: '../UTC' is not a time zone", None),
        (f'{FEED}timezone = ""', "feeds.finds.timezone: '' is not a time zone", None),
        (
            f'{FEED}schedule = "often"',
            "feeds.finds.schedule: 'often' is neither hourly, daily, weekly nor a cron line",
            LINES,
        ),
        (f'{FEED}schedule = "0 0 31 2 *"', "feeds.finds.schedule: '0 0 31 2 *' is neither", LINES),
        (
            FEED.replace(ID, f"https://open.spotify.com/album/{ID}"),
            "is not a playlist: give its link, its URI, or its id of 22 letters and digits",
            None,
        ),
        (FEED.replace(ID, "37i9"), "feeds.finds.playlist: '37i9' is not a playlist", None),
        (FEED.replace(ID, "é" * 22), f"'{'é' * 22}' is not a playlist", None),
        (
            FEED.replace("finds", "'Friday Finds'"),
            "'Friday Finds': a feed's name has small letters, digits and single hyphens",
            None,
        ),
    ],
)
def test_what_is_wrong_in_the_file(
    read: Read, tmp_path: Path, toml: str, what: str, fix: str | None
) -> None:
    wrong = problem(read, toml)
    assert wrong.what.startswith(f"{tmp_path / FILE_NAME}: ")
    assert what in wrong.what
    assert wrong.fix == fix


@pytest.mark.parametrize("name", ["../up", "a_b", "Ä", "a--b", ""])
def test_names_that_feeds_can_not_have(read: Read, name: str) -> None:
    wrong = problem(read, FEED.replace("finds", f"'{name}'"))
    assert f"{name!r}: a feed's name has small letters" in wrong.what


VARIABLES = (
    "valid here: CHARTLAKE_LAKE__…, CHARTLAKE_WAREHOUSE__…, CHARTLAKE_RETENTION__…, "
    "CHARTLAKE_TRANSFORM__…, CHARTLAKE_SPOTIFY__…, CHARTLAKE_AUTH__…, CHARTLAKE_AWS__…, "
    "CHARTLAKE_CHARTS__…, CHARTLAKE_ROSTER__…, CHARTLAKE_EXCLUDE__…, CHARTLAKE_CHECKS__…, "
    "CHARTLAKE_MARKETS__…, CHARTLAKE_FEEDS__…"
)


@pytest.mark.parametrize(
    "name", ["CHARTLAKE_LAK__URL", "CHARTLAKE_LAKE_URL", "CHARTLAKE_", "CHARTLAKE_CLIENT_ID"]
)
def test_an_unknown_variable(read: Read, tmp_path: Path, name: str) -> None:
    wrong = problem(read, environ={name: "x"})
    assert (wrong.what, wrong.fix) == (f"environment: unknown variable {name}", VARIABLES)


def test_an_unknown_variable_of_dotenv(read: Read, tmp_path: Path) -> None:
    wrong = problem(read, env="CHARTLAKE_LAK__URL=x\n")
    assert wrong.what == f"{tmp_path / '.env'}: unknown variable CHARTLAKE_LAK__URL"
    assert wrong.fix == VARIABLES


@pytest.mark.parametrize("place", ["environ", "env"])
@pytest.mark.parametrize(
    ("name", "what", "fix"),
    [
        ("CHARTLAKE_LAKE__ULR", "unknown key 'lake.ulr'", "valid here: url"),
        ("CHARTLAKE_SPOTIFY__ID", "unknown key 'spotify.id'", SPOTIFY),
    ],
)
def test_an_unknown_key_of_a_variable(
    read: Read, place: str, name: str, what: str, fix: str
) -> None:
    given = {"environ": {name: "x"}} if place == "environ" else {"env": f"{name}=x\n"}
    wrong = problem(read, **given)
    assert what in wrong.what
    assert name in wrong.what
    assert wrong.fix == fix


@pytest.mark.parametrize("toml", [FEED, FEED + 'schedule = "daily"\n'])
def test_a_wrong_value_of_a_variable_is_not_blamed_on_the_file(read: Read, toml: str) -> None:
    wrong = problem(read, toml, environ={"CHARTLAKE_FEEDS__FINDS__SCHEDULE": "often"})
    assert "CHARTLAKE_FEEDS__FINDS__SCHEDULE" in wrong.what
    assert FILE_NAME not in wrong.what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHARTLAKE_LAKE", "s3://bucket/lake"),
        ("CHARTLAKE_WAREHOUSE", "w.duckdb"),
        ("CHARTLAKE_SPOTIFY", SECRET),
        ("CHARTLAKE_FEEDS", "finds"),
    ],
)
def test_a_section_that_is_no_json(read: Read, name: str, value: str) -> None:
    wrong = problem(read, environ={name: value})
    assert name in wrong.what


def test_of_two_whole_sections_the_wrong_one_is_named(read: Read) -> None:
    environ = {"CHARTLAKE_SPOTIFY": '{"client_id": "x"}', "CHARTLAKE_LAKE": "s3://bucket"}
    assert "CHARTLAKE_LAKE" in problem(read, environ=environ).what


def test_an_unknown_variable_in_small_letters(read: Read) -> None:
    problem(read, environ={"chartlake_lak__url": "x"})
