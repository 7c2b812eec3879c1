"""What the clock of a sender shows, of whom the offset of one mail is known."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.sender_clock import holds, zone_of

ZURICH = ZoneInfo("Europe/Zurich")


def written(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("at", "zone"),
    [
        ("2026-03-27T15:00+01:00", ZURICH),
        ("2026-07-01T15:00+02:00", ZURICH),
        ("2026-07-01T15:00+01:00", timezone(timedelta(hours=1))),
        ("2026-03-27T15:00-05:00", timezone(timedelta(hours=-5))),
        ("2026-03-27T15:00+00:00", None),
    ],
    ids=["the owner's in winter", "the owner's in summer", "not the owner's in summer", "another", "none told"],
)
def test_who_writes_by_the_owner_s_clock_lives_by_it(at: str, zone: tzinfo | None) -> None:
    assert zone_of(written(at), home=ZURICH) == zone


@pytest.mark.parametrize(
    ("since", "at", "certain"),
    [
        ("2026-03-02T10:00-05:00", "2026-03-03T17:00+01:00", True),
        ("2026-03-06T10:00-05:00", "2026-03-09T17:00+01:00", False),
        ("2026-03-27T10:00-04:00", "2026-03-30T17:00+02:00", True),
        ("2026-10-23T10:00+01:00", "2026-10-26T17:00+01:00", False),
        ("2026-04-03T10:00+11:00", "2026-04-07T17:00+02:00", False),
        ("2026-03-27T10:00+05:30", "2026-11-02T17:00+01:00", True),
    ],
    ids=["one week", "New York changes", "only the owner changes", "London changes", "Sydney changes", "India never"],
)
def test_an_offset_holds_until_the_clocks_change_where_it_is_known(since: str, at: str, certain: bool) -> None:
    offset = written(since).tzinfo
    assert offset is not None

    assert holds(offset, since=written(since), at=written(at)) is certain


def test_a_zone_with_a_name_holds_for_good() -> None:
    since, at = written("2026-03-06T10:00-05:00"), written("2026-03-09T17:00+01:00")

    assert holds(ZoneInfo("America/New_York"), since=since, at=at)
