"""The page docs/how-it-decides.md says what the code does."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.expectation import expect
from inboxcrm.domain.office_hours import Interval, OfficeCalendar
from inboxcrm.domain.reply_safety import ROWS, Reason

PAGE = (Path(__file__).parents[2] / "docs" / "how-it-decides.md").read_text("utf-8")
ZURICH = ZoneInfo("Europe/Zurich")
HOURS = (Interval(time(9), time(12, 30)), Interval(time(13, 30), time(17, 30)))
CALENDAR = OfficeCalendar(ZURICH, dict.fromkeys(range(5), HOURS))


def test_every_reason_code_stands_on_the_page() -> None:
    assert {reason.value for reason in Reason} <= set(re.findall(r"`([a-z-]+)`", PAGE))


def test_every_row_of_the_gate_stands_in_the_table_in_its_order() -> None:
    told = list(dict.fromkeys(re.findall(r"^\| ([A-D][0-9]+b?|RCPT) ", PAGE, re.MULTILINE)))
    asked = list(dict.fromkeys(row.split()[0].split("-")[0] for row, _ in ROWS))

    assert [row for row in told if row not in {"D2", "D3", "D4"}] == asked


@pytest.mark.parametrize(
    ("received", "exact", "due"),
    [
        ("2026-03-10 10:12", "2026-03-11 10:42", "2026-03-11 17:30"),
        ("2026-03-10 19:40", "2026-03-12 09:30", "2026-03-12 17:30"),
        ("2026-03-13 16:30", "2026-03-16 17:00", "2026-03-16 17:30"),
        ("2026-03-13 17:30", "2026-03-17 09:30", "2026-03-17 17:30"),
    ],
    ids=["Tuesday morning", "Tuesday evening", "Friday afternoon", "Friday at closing"],
)
def test_the_worked_times_are_what_the_program_says(received: str, exact: str, due: str) -> None:
    moment = datetime.fromisoformat(received).replace(tzinfo=ZURICH)

    found = expect(moment, target=timedelta(hours=8), calendar=CALENDAR)

    assert found.exact_at == datetime.fromisoformat(exact).replace(tzinfo=ZURICH)
    assert found.due_at == datetime.fromisoformat(due).replace(tzinfo=ZURICH)
