"""The commands of the record and of calendars, as a person types them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inboxcrm import bootstrap
from inboxcrm.cli.root import cli
from inboxcrm.clock import SystemClock
from inboxcrm.domain.office_hours import Away
from inboxcrm.errors import UserError
from inboxcrm.service import actions
from inboxcrm.store import home as memory
from inboxcrm.testing.clock import FakeClock
from tests.config.conftest import SMALLEST
from tests.promise.conftest import answers
from tests.service.house import House, mail

for _commands in ("calendars", "desk", "duties", "outgoing", "absence", "holidays", "judging", "reading", "record"):
    import_module(f"inboxcrm.cli.{_commands}")

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONFIG = SMALLEST + '\n[office]\nhours = { mon = ["09:00-17:30"], tue = ["09:00-17:30"], wed = ["09:00-17:30"] }\n'
NEVER_CLOSED = f"{SMALLEST}\n[office]\n" + "\n".join(f'hours.{day} = ["00:00-24:00"]' for day in DAYS) + "\n"
LAST_MONTH = timedelta(days=21)


@pytest.fixture
async def lived_in(tmp_path: Path) -> Path:
    """A home in which eight mails were answered within two hours, three weeks ago, and one waits."""
    now = SystemClock().now()
    monday = now - LAST_MONTH - timedelta(days=now.weekday())
    house = House(tmp_path, clock=FakeClock(monday.replace(hour=9, minute=0, second=0, microsecond=0)))
    await answers(house, 8, after=timedelta(hours=2))
    house.close()
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


def run(home: Path, *words: str) -> Result:
    result = CliRunner().invoke(cli, ["--home", str(home), *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_a_new_home_has_no_record(empty: Path) -> None:
    assert "No promise was made" in run(empty, "stats").output
    assert "would have made a promise" in run(empty, "simulate").output


async def test_the_record_is_shown_by_month_and_with_its_calibration(lived_in: Path) -> None:
    output = run(lived_in, "stats").output

    assert "By month" in output
    assert "Bob Client" in output
    assert "told times that were held" in output


async def test_the_record_as_json_names_its_scopes(lived_in: Path) -> None:
    lines = [json.loads(line) for line in run(lived_in, "stats", "--json").output.splitlines()]

    assert {line["scope"] for line in lines} >= {"all", "month", "plan", "contact", "organisation", "calibration"}
    assert lines[0]["made"] == 8


async def test_expect_says_from_whose_answers_the_time_was_learned(lived_in: Path) -> None:
    output = run(lived_in, "expect", "--at", "2026-03-02T10:00", "--from", "bob@client.example").output

    assert "learned from your answers to this contact" in output
    assert "8 answers" in output


async def test_simulate_counts_what_would_have_been_kept(lived_in: Path) -> None:
    output = run(lived_in, "simulate").output

    assert "Told:    4 promises: 4 kept" in output, "of Wednesday, Thursday and Friday"
    assert "Silent:  4 promises: 4 kept" in output


async def test_explain_names_the_source_of_the_target(lived_in: Path) -> None:
    reference = json.loads(run(lived_in, "promises", "--json", "--limit", "1").output)["message_id"]

    assert "too few answers yet" in run(lived_in, "explain", str(reference)).output


def test_a_calendar_is_written_for_the_owner_s_eyes_alone(empty: Path) -> None:
    target = empty / "feed.ics"

    assert "0 events" in run(empty, "calendar", "--out", str(target)).output
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_a_calendar_file_is_entered_once(empty: Path) -> None:
    begins = SystemClock().now().date() + timedelta(days=30)
    ends = begins + timedelta(days=5)
    (empty / "mine.ics").write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Away\r\n"
        f"DTSTART;VALUE=DATE:{begins:%Y%m%d}\r\nDTEND;VALUE=DATE:{ends:%Y%m%d}\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nSUMMARY:Away all day\r\nRRULE:FREQ=HOURLY\r\n"
        f"DTSTART;VALUE=DATE:{begins:%Y%m%d}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )

    first = run(empty, "away", "--ics", str(empty / "mine.ics"), "--word", "away").output
    again = run(empty, "away", "--ics", str(empty / "mine.ics"), "--word", "away").output

    with bootstrap.household(empty) as house:
        ((_, away),) = house.database.reading(memory.absences)
        zone = house.config.owner.timezone
    assert away.start_at == datetime(begins.year, begins.month, begins.day, tzinfo=zone)
    assert "oftener than daily: Away all day" in first
    assert "Nothing new" not in first
    assert "Nothing new" in again


SWISS = 'hours = { mon = ["09:00-17:30"], tue = ["09:00-17:30"], wed = ["09:00-17:30"] }'


@pytest.fixture
def swiss(empty: Path) -> Path:
    (empty / "config.toml").write_text(CONFIG.replace(SWISS, f'{SWISS}\nholidays = "CH-STADT ZURICH"'))
    return empty


def test_holidays_are_listed_with_a_tick_where_they_are_adopted(swiss: Path) -> None:
    output = run(swiss, "holidays").output

    assert re.search(r"\[x\] \w{3} \d{4}-12-25  Christmas Day\n", output)
    assert re.search(r"\[ \] \w{3} \d{4}-\d\d-\d\d  Sechseläuten  \(half day\)\n", output)


def test_a_kind_of_holiday_is_dropped_and_adopted_by_name(swiss: Path) -> None:
    assert "an ordinary day" in run(swiss, "holidays", "drop", "christmas day").output
    dropped = run(swiss, "holidays").output
    assert "adopted, the office is closed" in run(swiss, "holidays", "adopt", "Weihnachten").output

    assert re.search(r"\[-\] \w{3} \d{4}-12-25  Christmas Day", dropped)
    assert "so already" in run(swiss, "holidays", "adopt", "Christmas Day").output


def test_a_half_holiday_says_when_the_office_closes(swiss: Path) -> None:
    output = run(swiss, "holidays", "adopt", "Knabenschiessen", "--category", "half_day").output

    assert "the office closes at 12:00" in output


def test_holidays_as_json_say_what_each_is_to_the_office(swiss: Path) -> None:
    lines = [json.loads(line) for line in run(swiss, "holidays", "--json").output.splitlines()]

    assert {line["standing"] for line in lines} == {"adopted", "possible"}
    assert {"region", "on", "name", "kind", "category"} < lines[0].keys()


def test_nothing_is_proposed_by_a_library_of_the_day_the_region_was_named(swiss: Path) -> None:
    assert "Nothing is proposed" in run(swiss, "holidays", "adopt", "--all").output


def test_adopting_needs_to_know_what(swiss: Path) -> None:
    with pytest.raises(UserError, match="say which"):
        cli.main(["--home", str(swiss), "holidays", "adopt"], standalone_mode=False)


async def test_what_can_hardly_be_kept_is_listed_and_extended_by_one_command(tmp_path: Path) -> None:
    now = SystemClock().now()
    house = House(tmp_path, clock=FakeClock(now))
    await house.arrive(mail(at=now))
    house.close()
    (tmp_path / "config.toml").write_text(NEVER_CLOSED)
    day = (now + timedelta(days=14)).date()

    assert "can hardly be kept" not in run(tmp_path, "queue").output
    run(tmp_path, "away", "--until", str(day))
    assert "1 promise can hardly be kept" in run(tmp_path, "queue").output
    listed = [json.loads(line) for line in run(tmp_path, "promises", "--unlikely", "--json").output.splitlines()]
    extended = run(tmp_path, "promises", "--unlikely", "--extend").output

    assert [line["unlikely"] for line in listed] == ["you are away then (away)"]
    assert "the promise now stands at" in extended
    assert "Every promise can be kept" in run(tmp_path, "promises", "--unlikely").output


async def test_back_names_the_mails_that_say_no_longer_that_one_is_away(tmp_path: Path) -> None:
    now = SystemClock().now()
    house = House(tmp_path, clock=FakeClock(now))
    actions.go_away(house.household, Away(now - timedelta(minutes=5), now + timedelta(days=10)))
    await house.arrive(mail(at=now))
    house.close()
    (tmp_path / "config.toml").write_text(CONFIG)

    said = run(tmp_path, "back").output.splitlines()

    assert said == ["Back. 1 absence ended.", "Item 1 to bob@client.example says no longer that you are away."]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("extend", "--until", "9999-12-31"), "nobody means the year 9999"),
        (("snooze", "--until", "9999-12-31"), "nobody means the year 9999"),
        (("extend", "--until", "999999d"), "is no time"),
        (("extend", "--until", "3000d"), "more than a year away"),
        (("snooze", "--until", "2020-01-01"), "2020-01-02 00:00 is not in the future"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
async def test_a_time_that_nobody_means_is_refused_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    house = House(tmp_path, clock=FakeClock(SystemClock().now()))
    await house.arrive(mail())
    house.close()
    (tmp_path / "config.toml").write_text(CONFIG)

    result = CliRunner().invoke(cli, ["--home", str(tmp_path), words[0], "1", *words[1:]])

    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)
