"""What is kept of an account, and how long it lasts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chartlake.errors import StorageError
from chartlake.extract.spotify.auth.accounts import AccountKey, Accounts
from chartlake.extract.spotify.auth.grants import Grant
from tests.extract.spotify.auth.fakes import KEY, START, account


def test_an_account_is_kept_whole(accounts: Accounts) -> None:
    kept = account(access_token="access-one", access_ends_at=START)
    accounts.save(kept)
    assert accounts.get(KEY) == kept
    assert accounts.keys() == [KEY]
    accounts.forget(KEY)
    assert accounts.get(KEY) is None
    assert accounts.keys() == []


def test_accounts_of_two_apps_and_two_people_stay_apart(accounts: Accounts) -> None:
    keys = [AccountKey(name, app) for name in ("ada", "default") for app in ("app-1", "app/../2@")]
    for number, key in enumerate(keys):
        accounts.save(account(name=key.name, client_id=key.client_id, user_id=f"user-{number}"))
    assert accounts.keys() == keys
    kept = [accounts.get(key) for key in keys]
    assert [each.user_id for each in kept if each] == [f"user-{n}" for n in range(4)]


def test_what_cannot_be_read_is_named_with_the_way_out(accounts: Accounts, folder: Path) -> None:
    accounts.save(account())
    (file,) = folder.glob("*.json")
    file.write_text('{"name": "planted-half')
    with pytest.raises(StorageError, match="of account default cannot be read") as problem:
        accounts.get(KEY)
    assert "chartlake logout --account default, then chartlake login" in str(problem.value.fix)
    accounts.forget(KEY)
    assert accounts.get(KEY) is None


@pytest.mark.parametrize(
    ("signed_in", "ends"),
    [
        (datetime(2026, 6, 9, 12, tzinfo=UTC), "2026-12-09"),
        (datetime(2026, 8, 31, tzinfo=UTC), "2027-02-28"),
        (datetime(2027, 8, 31, tzinfo=UTC), "2028-02-29"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2027-06-30"),
    ],
)
def test_a_sign_in_lasts_six_months_of_the_calendar(signed_in: datetime, ends: str) -> None:
    kept = account(authorized_at=signed_in)
    assert f"{kept.expires_at:%Y-%m-%d}" == ends
    assert kept.expires_at.timetz() == signed_in.timetz()


def test_from_the_fifth_month_on_there_is_a_warning() -> None:
    kept = account(authorized_at=datetime(2026, 6, 9, 12, tzinfo=UTC))
    assert kept.warning(datetime(2026, 11, 9, 11, 59, tzinfo=UTC)) is None
    assert kept.warning(datetime(2026, 11, 20, 12, tzinfo=UTC)) == (
        "signed in 164 days ago: sign in again before 2026-12-09 (chartlake login)"
    )
    assert kept.warning(datetime(2026, 12, 9, 12, tzinfo=UTC)) == (
        "the sign-in ended on 2026-12-09: sign in again (chartlake login)"
    )


def test_the_warning_names_the_account_and_an_ended_sign_in() -> None:
    kept = account(name="ada").without_tokens()
    assert kept.warning(START) == (
        "the sign-in has ended: sign in again (chartlake login --account ada)"
    )


def test_a_grant_without_a_refresh_token_keeps_the_old_one() -> None:
    kept = account()
    assert kept.with_grant(Grant("two"), START).refresh_token == "refresh-one"
    assert kept.with_grant(Grant("two", 3600, "other"), START).refresh_token == "other"
    assert kept.with_grant(Grant("two"), START).authorized_at == START


def test_an_account_hides_its_tokens() -> None:
    shown = f"{account(access_token='planted-access')!r} {account(access_token='planted-access')}"
    assert "planted-access" not in shown
    assert "refresh-one" not in shown
    assert "ada-1" in shown
