"""When to ask after a word: by their rhythm, else by open days; worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.follow_up import asks, propose
from inboxcrm.domain.office_hours import Interval, OfficeCalendar

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WEEK = dict.fromkeys(range(5), (Interval(time(9), time(17, 30)),))


def calendar(**changes: object) -> OfficeCalendar:
    return OfficeCalendar(zone=ZURICH, weekly=WEEK, **changes)  # type: ignore[arg-type]  # a table of cases


@pytest.mark.parametrize(
    ("waits", "due", "because"),
    [
        pytest.param([], datetime(2026, 3, 9, 8, tzinfo=UTC), "5 open days", id="nothing known: the fifth open day"),
        pytest.param([1, 1, 1], datetime(2026, 3, 9, 8, tzinfo=UTC), "5 open days", id="three answers are no rhythm"),
        pytest.param([1, 1, 1, 1], datetime(2026, 3, 3, 8, tzinfo=UTC), "within 1 day", id="they answer in a day"),
        pytest.param([0.1] * 9, datetime(2026, 3, 3, 8, tzinfo=UTC), "within 1 day", id="never on the same day"),
        pytest.param([1, 2, 3, 4, 9], datetime(2026, 3, 6, 8, tzinfo=UTC), "within 4 days", id="four in five"),
        pytest.param([5, 5, 5, 5], datetime(2026, 3, 9, 8, tzinfo=UTC), "within 5 days", id="a Saturday: Monday"),
        pytest.param([300] * 4, datetime(2026, 4, 1, 7, tzinfo=UTC), "within 30 days", id="a month is the most; DST"),
    ],
)
def test_the_day_follows_their_rhythm_or_the_open_days(waits: list[float], due: datetime, because: str) -> None:
    found = propose(MONDAY, [timedelta(days=each) for each in waits], calendar(), open_days=5)

    assert found.due_at == due
    assert because in found.because


def test_a_closed_day_is_not_counted() -> None:
    found = propose(MONDAY, [], calendar(exceptions={date(2026, 3, 4): ()}), open_days=5)

    assert found.due_at == datetime(2026, 3, 10, 8, tzinfo=UTC)


def test_an_office_that_never_opens_waits_ordinary_days() -> None:
    found = propose(MONDAY, [], OfficeCalendar(zone=ZURICH, weekly={}), open_days=5)

    assert found.due_at == MONDAY + timedelta(days=5)


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        pytest.param("Shall we meet on Tuesday?", True, id="a question"),
        pytest.param("Wann passt es Ihnen?\n\nAnn", True, id="and a greeting"),
        pytest.param("いつがよろしいでしょうか？", True, id="a wide mark"),
        pytest.param("متى يناسبك؟", True, id="an Arabic mark"),
        pytest.param('He said "why?" and left.', True, id="inside quotation marks"),
        pytest.param("See https://example.org/page?id=7 for more.", False, id="the mark of a link"),
        pytest.param("Done, attached.", False, id="a statement"),
    ],
)
def test_a_question_is_known_by_its_mark(text: str, asking: bool) -> None:
    assert asks(text) is asking
