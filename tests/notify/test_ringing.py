"""When a notice may go: a table of clocks, caps and quiet hours worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.ringing import Calm, Wait, quiet_span, wait

ZURICH = ZoneInfo("Europe/Zurich")
NIGHT = (time(22), time(7))
HOUR = timedelta(hours=1)


def calm(*, quiet: tuple[time, time] | None = NIGHT, urgent: int = 1, per_hour: int = 2, per_day: int = 3) -> Calm:
    return Calm(ZURICH, quiet, urgent, per_hour, per_day)


def local(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZURICH)


@pytest.mark.parametrize(
    ("now", "span"),
    [
        pytest.param(local(3, 21, 59), None, id="a minute before the night"),
        pytest.param(local(3, 22), (local(3, 22), local(4, 7)), id="the night begins"),
        pytest.param(local(4, 3), (local(3, 22), local(4, 7)), id="after midnight it is still last evening's"),
        pytest.param(local(4, 7), None, id="the very minute it ends"),
        pytest.param(local(29, 5), (local(28, 22), local(29, 7)), id="the night of 23 hours"),
    ],
)
def test_quiet_hours_run_over_midnight(now: datetime, span: tuple[datetime, datetime] | None) -> None:
    assert quiet_span(now.astimezone(UTC), calm()) == span


def test_quiet_hours_within_a_day() -> None:
    siesta = calm(quiet=(time(13), time(15)))

    assert quiet_span(local(3, 14), siesta) == (local(3, 13), local(3, 15))
    assert quiet_span(local(3, 23), siesta) is None


@pytest.mark.parametrize(
    ("now", "urgent", "rang", "expected"),
    [
        pytest.param(local(3, 12), False, [], None, id="by day"),
        pytest.param(local(3, 23), False, [], Wait(local(4, 7), "quiet hours"), id="what is not urgent waits"),
        pytest.param(local(3, 23), True, [], None, id="the first urgent one of the night rings"),
        pytest.param(
            local(4, 2), True, [local(3, 23)], Wait(local(4, 7), "quiet hours"), id="the second of the night waits"
        ),
        pytest.param(local(4, 2), True, [local(3, 21)], None, id="one rung before the night does not count for it"),
        pytest.param(
            local(3, 12), True, [local(3, 11, 10), local(3, 11, 40)], Wait(local(3, 12, 10), "2 an hour"), id="hour"
        ),
        pytest.param(
            local(3, 12),
            False,
            [local(2, 13), local(3, 8), local(3, 10)],
            Wait(local(3, 13), "3 a day"),
            id="the day's are used up",
        ),
        pytest.param(local(3, 12), False, [local(2, 11), local(3, 8), local(3, 10)], None, id="one is a day old"),
    ],
)
def test_caps(now: datetime, urgent: bool, rang: list[datetime], expected: Wait | None) -> None:
    assert wait(now, urgent=urgent, rang_at=rang, calm=calm()) == expected


def test_one_that_is_only_tried_again_was_counted_already() -> None:
    rang = [local(3, 11, 50), local(3, 11, 55)]

    assert wait(local(3, 12), urgent=False, rang_at=rang, calm=calm(), counted=True) is None
    assert wait(local(3, 23), urgent=False, rang_at=rang, calm=calm(), counted=True) is not None
    assert wait(local(3, 23), urgent=True, rang_at=rang, calm=calm(), counted=True) is None


@pytest.mark.parametrize("none", [calm(per_hour=0), calm(per_day=0)], ids=["an hour", "a day"])
def test_a_cap_of_nothing_lets_nothing_out(none: Calm) -> None:
    assert wait(local(3, 12), urgent=True, rang_at=[], calm=none) is not None
