"""Absences follow a calendar elsewhere: what it states is entered, moved, taken back; a fault changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from inboxcrm.config import AwayCalendar
from inboxcrm.domain.office_hours import Away
from inboxcrm.errors import InboxcrmError, TransientError, UserError
from inboxcrm.fetching import MOST_OCTETS, fetch
from inboxcrm.service import actions, away_calendars
from inboxcrm.store import away_calendars as store
from inboxcrm.store import home
from tests.promise.test_agenda import FRIDAYS, ics
from tests.service.house import ZONE, House, mail

HOUR = timedelta(hours=1)
TEAM = AwayCalendar("team", url="https://calendar.example.org/ann.ics", word="away", kind="holiday", buffer=4 * HOUR)
NINTH = "UID:a|SUMMARY:Away|DTSTART;VALUE=DATE:20260309|DTEND;VALUE=DATE:20260314"


class Server:
    """Gives what `says` is, or raises it."""

    def __init__(self, *events: str) -> None:
        self.says: bytes | InboxcrmError = ics(*events)
        self.asked = 0

    async def fetch(self, calendar: AwayCalendar) -> bytes:
        self.asked += 1
        if isinstance(self.says, InboxcrmError):
            raise self.says
        return self.says


async def read(house: House, server: Server, *calendars: AwayCalendar, after: timedelta = HOUR) -> list[str]:
    """The absences after the calendar was read, an hour later."""
    house.household.config = replace(house.household.config, away_calendars=calendars or (TEAM,))
    house.clock.advance(after)
    await away_calendars.keep_in_step(house.household, server.fetch)
    return absences(house)


def absences(house: House) -> list[str]:
    with house.household.database.read() as connection:
        found = home.absences(connection, since=house.clock.now())
    periods = [(each.start_at.astimezone(ZONE), each.end_at.astimezone(ZONE), each.kind) for _, each in found]
    return [f"{start:%m-%d}..{end:%m-%d} {kind}" for start, end, kind in periods]


def standing(house: House) -> store.Standing:
    return house.household.database.reading(store.standings)["team"]


async def test_what_a_calendar_states_is_entered_with_the_kind_and_buffer_of_config_toml(house: House) -> None:
    assert await read(house, Server(NINTH, FRIDAYS)) == [
        "03-06..03-07 holiday",
        "03-09..03-14 holiday",
        "03-13..03-14 holiday",
        "03-20..03-21 holiday",
        "03-27..03-28 holiday",
    ]
    assert {each.buffer for _, each in house.household.database.reading(home.absences)} == {4 * HOUR}


async def test_an_event_that_moves_moves_its_absence(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    server.says = ics(NINTH.replace("20260314", "20260317"))

    assert await read(house, server) == ["03-09..03-17 holiday"]


@pytest.mark.parametrize(
    "events",
    [(), (f"{NINTH}|STATUS:CANCELLED",), (NINTH.replace("Away", "Fair"),)],
    ids=["gone", "cancelled", "renamed"],
)
async def test_an_event_that_is_no_absence_any_more_is_taken_back(house: House, events: tuple[str, ...]) -> None:
    server = Server(NINTH)
    await read(house, server)
    server.says = ics(*events)

    assert await read(house, server) == []


async def test_an_event_that_comes_back_is_entered_again(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    server.says = ics()
    await read(house, server)
    server.says = ics(NINTH)

    assert await read(house, server) == ["03-09..03-14 holiday"]


async def test_an_absence_that_runs_ends_when_its_event_goes(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    house.clock.advance(datetime(2026, 3, 10, 12, tzinfo=ZONE) - house.clock.now())
    server.says = ics()
    await read(house, server)

    ((_, away),) = house.household.database.reading(home.absences)
    assert away.end_at == house.clock.now()


async def test_what_is_over_stays_on_record(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    server.says = ics()
    await read(house, server, after=timedelta(days=30))

    ((_, away),) = house.household.database.reading(home.absences)
    assert away.end_at == datetime(2026, 3, 14, tzinfo=ZONE)


async def test_what_the_owner_took_back_stays_so_until_the_event_moves(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    actions.come_back(house.household)
    server.says = ics(NINTH, "UID:b|SUMMARY:Lunch|DTSTART;VALUE=DATE:20260320")
    held = await read(house, server)
    server.says = ics(NINTH.replace("20260314", "20260313"))

    assert (held, await read(house, server)) == ([], ["03-09..03-13 holiday"])


async def test_absences_entered_by_hand_are_left_alone(house: House) -> None:
    own = Away(house.clock.now(), house.clock.now() + timedelta(days=2), "own")
    actions.go_away(house.household, own)

    assert await read(house, Server()) == ["03-02..03-04 own"]


async def test_another_word_in_config_toml_counts_at_the_next_reading(house: House) -> None:
    server = Server(NINTH, NINTH.replace("UID:a", "UID:b").replace("Away", "Course"))
    before = await read(house, server)
    after = await read(house, server, replace(TEAM, word="course", kind="course"))

    assert (before, after) == (["03-09..03-14 holiday"], ["03-09..03-14 course"])


async def test_a_calendar_that_is_taken_out_of_config_toml_takes_its_absences_along(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)

    assert await read(house, server, replace(TEAM, name="other", word="course")) == []


async def test_a_calendar_that_cannot_be_read_leaves_everything_as_it_was_and_says_so(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    server.says = TransientError("calendar.example.org answered 503")

    assert await read(house, server) == ["03-09..03-14 holiday"]
    assert (standing(house).fault, house.alarms()) == ("calendar.example.org answered 503", [])
    await read(house, server, after=7 * HOUR)
    assert house.alarms() == ["away-calendar"]
    server.says = ics(NINTH)
    await read(house, server)
    assert (standing(house).fault, house.alarms()) == (None, [])


async def test_what_is_no_calendar_is_a_fault(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    server.says = b"<html>Please log in</html>"

    assert await read(house, server) == ["03-09..03-14 holiday"]
    assert "no calendar" in (standing(house).fault or "")


async def test_a_calendar_is_read_as_often_as_config_toml_says(house: House) -> None:
    server = Server(NINTH)
    await read(house, server)
    await read(house, server, after=timedelta(minutes=59))
    await read(house, server, after=timedelta(minutes=1))

    assert server.asked == 2


async def test_an_absence_from_a_calendar_marks_the_promises_inside_it(house: House) -> None:
    await house.arrive(mail())
    await read(house, Server("UID:a|SUMMARY:away|DTSTART;VALUE=DATE:20260303"))
    await house.sweep()

    assert house.ask("SELECT unlikely FROM promises") == [("you are away then (holiday)",)]


async def test_the_check_up_reads_each_calendar_and_enters_nothing(house: House) -> None:
    server = Server(NINTH)
    house.household.config = replace(house.household.config, away_calendars=(TEAM,))
    (well,) = await away_calendars.check(house.household, server.fetch)
    server.says = UserError("calendar.example.org answered 404")
    (failed,) = await away_calendars.check(house.household, server.fetch)

    assert (well.ok, well.detail) == (True, "1 absence within 400 days")
    assert (failed.ok, failed.detail) == (False, "calendar.example.org answered 404")
    assert absences(house) == []


# -- fetching


@contextmanager
def web(status: int, body: bytes = b"", location: str = "") -> Iterator[str]:
    """A server on this machine that answers so to /; /good gives a calendar."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path in ("/good", "/M%C3%A4rz%20%26.ics?a=b")
            self.send_response(200 if good else status)
            if location and not good:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(b"BEGIN:VCALENDAR" if good else body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at(url: str) -> AwayCalendar:
    return AwayCalendar("x", url=url)


@pytest.mark.parametrize("location", ["/good", "/M\xc3\xa4rz %26.ics?a=b"], ids=["plain", "raw UTF-8"])
def test_a_calendar_is_fetched_and_a_redirect_is_followed(location: str) -> None:
    with web(302, location=location) as url:
        assert asyncio.run(fetch(at(url))) == b"BEGIN:VCALENDAR"


@pytest.mark.parametrize(
    ("status", "location", "error"),
    [
        (404, "", UserError),
        (503, "", TransientError),
        (302, "file:///etc/passwd", UserError),
        (302, "ftp://example.org/x.ics", UserError),
        (302, "http://calendar.example.org/x.ics", UserError),
        (302, "/again", UserError),
        (302, "", UserError),
        (302, "https://[::1", UserError),
        (302, "https://calendar.example.org:99999/x.ics", UserError),
        (302, "https://a..b.example/x.ics", TransientError),
    ],
    ids=[
        "not there",
        "down",
        "to a file",
        "to ftp",
        "to clear text elsewhere",
        "in a circle",
        "to nowhere",
        "to half an address",
        "to a port that is none",
        "to a name that is none",
    ],
)
def test_what_does_not_give_a_calendar_says_who_must_act(status: int, location: str, error: type[Exception]) -> None:
    with web(status, location=location) as url, pytest.raises(error):
        asyncio.run(fetch(at(url)))


def test_a_calendar_that_is_too_large_is_not_read() -> None:
    with web(200, body=b"x" * (MOST_OCTETS + 1)) as url, pytest.raises(UserError, match="larger than"):
        asyncio.run(fetch(at(url)))


def test_a_host_that_is_not_there_may_come_back() -> None:
    with web(200) as url:
        pass
    with pytest.raises(TransientError, match=r"^127\.0\.0\.1 cannot be reached: Connection refused$"):
        asyncio.run(fetch(at(url)))


def test_a_file_is_read_and_a_missing_one_named(tmp_path: Path) -> None:
    (tmp_path / "away.ics").write_bytes(b"BEGIN:VCALENDAR")

    assert asyncio.run(fetch(AwayCalendar("x", path=tmp_path / "away.ics"))) == b"BEGIN:VCALENDAR"
    with pytest.raises(UserError, match=r"missing\.ics cannot be read"):
        asyncio.run(fetch(AwayCalendar("x", path=tmp_path / "missing.ics")))
