"""A mailbox that is no longer read does not look like a quiet day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inboxcrm.config import Notify
from inboxcrm.errors import TransientError
from inboxcrm.ports import MailboxState, MailboxStatus
from inboxcrm.service import actions
from inboxcrm.service.deliver import Office
from inboxcrm.service.endings import CERTIFICATE, SIGN_IN
from inboxcrm.service.server_words import SAYS
from inboxcrm.service.vigil import MISSING, UNREAD, Vigil
from inboxcrm.store import folders, home
from tests.service.house import MONDAY, FakeMailbox, FakeTransport, House, no_room_for_an_alarm

MINUTE = timedelta(minutes=1)


class Watched(FakeMailbox):
    """A mailbox that fares as the test says."""

    fares = MailboxStatus(MailboxState.WATCHING, last_checked_at=MONDAY)

    @property
    def status(self) -> MailboxStatus:
        return self.fares


class Night:
    """A house with a vigil, minute after minute."""

    def __init__(self, house: House, *, ping_fails: bool = False) -> None:
        self.house = house
        self.mailbox = Watched()
        self.pings = 0
        self._ping_fails = ping_fails
        household = house.household
        household.config = replace(household.config, notify=Notify(command=("ring",)))
        self.signed_in_until: datetime | None = None
        office = Office(self.mailbox, FakeTransport(), house.clock, sign_in_until=lambda: self.signed_in_until)
        self.vigil = Vigil(household, {"main": office}, self._ping)

    async def _ping(self) -> None:
        self.pings += 1
        if self._ping_fails:
            raise TransientError("hc-ping.example.org answered 500")

    async def minutes(self, count: int, *, checked: bool = False) -> None:
        for _ in range(count):
            self.house.clock.advance(MINUTE)
            if checked:
                self.mailbox.fares = replace(self.mailbox.fares, last_checked_at=self.house.clock.now())
            await self.vigil.run_once()

    def alarms(self, kind: str = UNREAD) -> list[str]:
        return self.house.household.database.reading(
            lambda connection: [one.detail for one in home.alarms(connection) if one.kind == kind]
        )

    def words(self) -> list[str]:
        return [title for (title,) in self.house.ask("SELECT title FROM notices ORDER BY id")]


@pytest.fixture
def night(house: House) -> Night:
    return Night(house)


async def test_a_mailbox_that_is_read_rings_nobody_and_the_watch_outside_is_told(night: Night) -> None:
    await night.minutes(40, checked=True)

    assert night.alarms() == []
    assert night.words() == []
    assert night.pings == 40


async def test_fifteen_open_minutes_without_a_look_are_told_once_and_so_is_their_end(night: Night) -> None:
    night.mailbox.fares = replace(night.mailbox.fares, state=MailboxState.WAITING, cause="no route to host")
    await night.minutes(14)
    before = (night.alarms(), night.pings)
    await night.minutes(30)
    during = (night.alarms(), night.words())
    night.mailbox.fares = replace(night.mailbox.fares, state=MailboxState.WATCHING)
    await night.minutes(2, checked=True)

    assert before == ([], 0)
    assert during[0] == ["main: not read since Mon 10:00. no route to host"]
    assert during[1] == ["Mailbox main has not been read since Mon 10:00"]
    assert night.alarms() == []
    assert night.words() == [*during[1], "Mailbox main is read again"]


async def test_closed_time_does_not_count(night: Night, house: House) -> None:
    house.clock.advance(timedelta(hours=12))  # the evening
    night.mailbox.fares = replace(night.mailbox.fares, last_checked_at=house.clock.now(), state=MailboxState.WAITING)

    await night.minutes(60)

    assert night.alarms() == []


async def test_a_machine_that_slept_gets_a_moment_to_look_again(night: Night, house: House) -> None:
    house.clock.advance(timedelta(hours=2))
    await night.minutes(2)
    await night.minutes(5, checked=True)

    assert night.alarms() == []
    assert night.words() == []


async def test_a_watch_outside_that_cannot_be_reached_stops_nothing(house: House) -> None:
    night = Night(house, ping_fails=True)

    await night.minutes(3, checked=True)

    assert night.pings == 3


async def test_a_certificate_is_spoken_of_two_weeks_before_its_end_until_it_is_renewed(night: Night) -> None:
    night.mailbox.fares = replace(night.mailbox.fares, certificate_until=MONDAY + timedelta(days=60))
    await night.minutes(1, checked=True)
    far = night.alarms(CERTIFICATE)
    night.mailbox.fares = replace(night.mailbox.fares, certificate_until=datetime(2026, 3, 10, tzinfo=UTC))
    await night.minutes(2, checked=True)
    near = (night.alarms(CERTIFICATE), night.words())
    night.mailbox.fares = replace(night.mailbox.fares, certificate_until=MONDAY + timedelta(days=90))
    await night.minutes(1, checked=True)

    assert far == []
    assert len(near[0]) == 1
    assert "10 March 2026" in near[0][0]
    assert len(near[1]) == 1
    assert night.alarms(CERTIFICATE) == []


async def test_a_certificate_that_comes_near_while_the_program_runs_is_spoken_of(night: Night, house: House) -> None:
    night.mailbox.fares = replace(night.mailbox.fares, certificate_until=MONDAY + timedelta(days=30))
    await night.minutes(1, checked=True)
    far = night.alarms(CERTIFICATE)
    house.clock.advance(timedelta(days=17))
    await night.minutes(2, checked=True)

    assert far == []
    assert len(night.alarms(CERTIFICATE)) == 1
    assert sum("certificate" in title for title in night.words()) == 1


async def test_a_sign_in_that_ends_is_spoken_of_three_days_before_with_what_to_type(night: Night, house: House) -> None:
    night.signed_in_until = MONDAY + timedelta(days=7)
    await night.minutes(1, checked=True)
    far = night.alarms(SIGN_IN)
    house.clock.advance(timedelta(days=4))
    await night.minutes(2, checked=True)
    near = night.alarms(SIGN_IN)
    night.signed_in_until = MONDAY + timedelta(days=30)
    await night.minutes(1, checked=True)

    assert far == []
    [told] = near
    assert told == "main: your sign-in ends on 09 March 2026. To renew it type: inboxcrm sign-in main"
    assert night.alarms(SIGN_IN) == []


async def test_a_configured_folder_that_is_gone_is_told_once_until_it_is_back(night: Night) -> None:
    night.mailbox.fares = replace(night.mailbox.fares, missing_folders=("Clients",))
    await night.minutes(3, checked=True)
    gone = (night.alarms(MISSING), night.words())
    night.mailbox.fares = replace(night.mailbox.fares, missing_folders=())
    await night.minutes(2, checked=True)

    [alarm], [word] = gone
    assert alarm.startswith("main: the folder Clients is not on the server any more")
    assert word.startswith("Mailbox main: the folder Clients")
    assert night.alarms(MISSING) == []
    assert night.words() == [word]


async def test_what_the_server_wants_the_owner_to_be_told_is_passed_on_once(night: Night) -> None:
    for alert in (None, *["Your mailbox is 98% full\r\n\x1b[2J"] * 2, "We move on Sunday"):
        night.mailbox.fares = replace(night.mailbox.fares, alert=alert)
        await night.minutes(2, checked=True)

    full, moving = night.words()
    assert full.startswith("The server of mailbox main says: Your mailbox is 98% full")
    assert full.isprintable()
    assert moving.startswith("The server of mailbox main says: We move on Sunday")
    assert night.alarms(SAYS)[1] == "main: the server says: We move on Sunday (Mon 2026-03-02 10:07)"


FULL = "Your mailbox is 98% full"


async def test_what_the_server_says_stands_for_a_day_and_as_long_as_it_says_so(night: Night) -> None:
    night.mailbox.fares = replace(night.mailbox.fares, alert=FULL)
    await night.minutes(1, checked=True)
    night.house.clock.advance(timedelta(days=2))
    await night.minutes(1, checked=True)
    still = night.alarms(SAYS)
    night.mailbox.fares = replace(night.mailbox.fares, alert=None)
    await night.minutes(1, checked=True)

    assert len(still) == 1
    assert night.alarms(SAYS) == []


async def test_what_the_server_said_to_a_process_that_ended_is_shown_for_a_day(night: Night) -> None:
    night.mailbox.fares = replace(night.mailbox.fares, alert=FULL)
    await night.minutes(1, checked=True)
    later = Night(night.house)
    await later.minutes(5, checked=True)
    before = later.alarms(SAYS)
    later.house.clock.advance(timedelta(days=1))
    await later.minutes(1, checked=True)

    assert len(before) == 1
    assert later.alarms(SAYS) == []


async def test_what_the_owner_has_seen_is_not_shown_again_because_the_server_says_it_at_each_login(
    night: Night,
) -> None:
    for alert in (FULL, None, FULL):
        night.mailbox.fares = replace(night.mailbox.fares, alert=alert)
        await night.minutes(1, checked=True)
        actions.clear_alarms(night.house.household, SAYS)

    assert night.alarms(SAYS) == []
    assert len(night.words()) == 1


async def test_a_daemon_that_is_started_anew_has_the_patience_of_the_one_before(night: Night, house: House) -> None:
    """One that falls over every few minutes would be patient for ever."""
    with house.household.database.write() as connection:
        folders.enrol(connection, "main", now=MONDAY)
        folders.note_check(
            connection, "main", state="watching", cause=None, last_checked_at=MONDAY, last_mail_at=None,
            next_attempt_at=None, backlog=0,
        )  # fmt: skip
    house.clock.advance(timedelta(hours=1))
    night.mailbox.fares = MailboxStatus(MailboxState.CONNECTING)
    await night.minutes(4)
    reading = night.words()
    night.mailbox.fares = MailboxStatus(MailboxState.WAITING, cause="no route to host")
    await night.minutes(2)
    patient = night.words()
    await night.minutes(1)

    assert (reading, patient) == ([], [])
    assert night.words() == ["Mailbox main has not been read since Mon 10:00"]


async def test_what_could_not_be_put_on_record_is_said_when_it_can(night: Night, house: House) -> None:
    night.mailbox.fares = replace(night.mailbox.fares, state=MailboxState.WAITING, cause="no route to host")
    await night.minutes(16)
    night.mailbox.fares = replace(night.mailbox.fares, missing_folders=("Clients",), alert=FULL)
    night.signed_in_until = MONDAY + timedelta(days=1)
    with no_room_for_an_alarm(house), pytest.raises(TransientError):
        await night.minutes(1)
    before = night.words()
    await night.minutes(1)

    assert before == []
    assert [len(night.alarms(kind)) for kind in (UNREAD, MISSING, SIGN_IN, SAYS)] == [1, 1, 1, 1]
    assert len(night.words()) == 4
