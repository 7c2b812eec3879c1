"""Times as people type them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from inboxcrm_tui.app import light_terminal
from inboxcrm_tui.words import ago

from inboxcrm.cli import times
from inboxcrm.domain.when import future, past
from inboxcrm.errors import UserError
from tests.tui.home import NOW

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "2026-03-03T11:00"),
        ("now", "2026-03-03T11:00"),
        ("20m", "2026-03-03T10:40"),
        ("10:15", "2026-03-03T10:15"),
        ("yesterday 16:00", "2026-03-02T16:00"),
        ("fri 12:00", "2026-02-27T12:00"),
        ("2026-02-28 09:30", "2026-02-28T09:30"),
    ],
)
def test_the_past(text: str, expected: str) -> None:
    assert past(text, ZURICH, NOW).astimezone(ZURICH).isoformat()[:16] == expected


@pytest.mark.parametrize(
    ("text", "ends", "expected"),
    [
        ("now", True, "2026-03-03T11:00"),
        ("2d", True, "2026-03-05T11:00"),
        ("fri", True, "2026-03-07T00:00"),
        ("fri", False, "2026-03-06T00:00"),
        ("tuesday", False, "2026-03-10T00:00"),
        ("tomorrow 9:00", False, "2026-03-04T09:00"),
        ("2026-03-29", True, "2026-03-30T00:00"),
        ("2026-03-29T16:30", True, "2026-03-29T16:30"),
        ("2026-03-27T16:30+00:00", True, "2026-03-27T17:30"),
        ("2026-03-27T16:30:15", True, "2026-03-27T16:30"),
        ("2026-03-27T15:30Z", True, "2026-03-27T16:30"),
        ("20260329", True, "2026-03-30T00:00"),
        ("16:30", True, "2026-03-03T16:30"),
    ],
)
def test_the_future_at_the_desk_and_on_the_command_line(text: str, ends: bool, expected: str) -> None:
    on_the_command_line = times.until if ends else times.beginning

    assert future(text, ZURICH, NOW, day_ends=ends).astimezone(ZURICH).isoformat()[:16] == expected
    assert on_the_command_line(text, ZURICH, NOW, option="--until").astimezone(ZURICH).isoformat()[:16] == expected


NO_TIMES = ["soon", "25:00", "10:75", "2026-02-30", "d2", "mon-ish", "9999-12-31", "0001-01-01", "999999d"]


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="2026-03-27"):
        future(text, ZURICH, NOW, day_ends=True)
    with pytest.raises(ValueError, match="2026-03-27"):
        past(text, ZURICH, NOW)
    with pytest.raises(UserError, match=r"^--until: .*write it like 2d, 17:30, fri, tomorrow"):
        times.until(text, ZURICH, NOW, option="--until")


@pytest.mark.parametrize(("said", "light"), [("15;0", False), ("0;15", True), ("0;default;7", True), ("", False)])
def test_a_light_terminal_is_believed(said: str, light: bool) -> None:
    assert light_terminal({"COLORFGBG": said}) is light


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        pytest.param(0, "just now", id="now"),
        pytest.param(-1, "just now", id="a clock a little ahead"),
        pytest.param(5, "5 min ago", id="minutes"),
        pytest.param(180, "3 h ago", id="hours"),
        pytest.param(4_320, "3 days ago", id="days"),
        pytest.param(-525_600, "by a clock ahead of this one", id="a clock that was set back by a year"),
    ],
)
def test_how_long_ago_something_was_is_told_roughly(minutes: int, told: str) -> None:
    assert ago(NOW - timedelta(minutes=minutes), NOW) == told


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        pytest.param("2026-03-27T09:00+01:00", "3d", "2026-03-30T09:00+02:00", id="over the night that loses an hour"),
        pytest.param("2026-10-23T09:00+02:00", "3d", "2026-10-26T09:00+01:00", id="over the one that gains one"),
        pytest.param("2026-03-27T09:00+01:00", "72h", "2026-03-30T10:00+02:00", id="hours pass"),
        pytest.param("2026-03-28T02:30+01:00", "1d", "2026-03-29T03:30+02:00", id="an hour that there is not"),
        pytest.param("2026-03-28T09:00+01:00", "1d 2h", "2026-03-29T11:00+02:00", id="days and hours"),
    ],
)
def test_days_are_counted_by_the_calendar_when_the_clocks_change(now: str, text: str, expected: str) -> None:
    at = datetime.fromisoformat(now)

    found = future(text, ZURICH, at, day_ends=False)

    assert found.astimezone(ZURICH).isoformat() == datetime.fromisoformat(expected).astimezone(ZURICH).isoformat()
    assert times.until(text, ZURICH, at, option="--until") == found
