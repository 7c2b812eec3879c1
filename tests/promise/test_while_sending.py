"""What happens to a date, and to what explains it, that changes while the mail that tells it is being sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from inboxcrm.config import Mode
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.outbox import Step
from inboxcrm.ports import Deferred, Delivery, InDoubt, Outgoing, Sent, StepRecorder
from inboxcrm.service import actions, date_letters, outgoing
from inboxcrm.service.deliver import Deliver, Office
from tests.service.house import ZONE, FakeTransport, House, mail

FRIDAY = datetime(2026, 3, 6, 12, tzinfo=ZONE)
NEXT_WEEK = datetime(2026, 3, 10, tzinfo=ZONE)


class Interrupted(FakeTransport):
    """A submission server; before each step that is named in `meanwhile` that is done, once."""

    def __init__(self, meanwhile: Callable[[], object], *, at: Step | None) -> None:
        super().__init__()
        self._meanwhile = meanwhile
        self._at = at
        self._done = False

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        recorded = step

        async def noted(step: str) -> None:
            if step == self._at:
                self._once()
            await recorded(step)

        delivery = await super().send(item, noted)
        if self._at is None:
            self._once()
        return delivery

    def _once(self) -> None:
        if not self._done:
            self._done = True
            self._meanwhile()


def interrupt(house: House, meanwhile: Callable[[], object], *, at: Step | None) -> Interrupted:
    """The server of this house from now on; `at` None interrupts once the body is over."""
    server = Interrupted(meanwhile, at=at)
    house.deliver = Deliver(house.household, house.ingest, {"main": Office(house.mailbox, server, house.clock)})
    return server


@pytest.mark.parametrize("at", [Step.CONNECT, Step.DATA, Step.BODY], ids=str)
async def test_a_date_that_moves_before_the_body_is_told_by_the_acknowledgement_itself(house: House, at: Step) -> None:
    said = []
    server = interrupt(house, lambda: said.append(actions.extend_and_tell(house.household, "1", until=FRIDAY)), at=at)
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(minutes=2)

    (sent,) = server.sent
    assert b"6 March" in sent.raw
    assert (house.item().state, house.promise().told_due_at) == ("sent", FRIDAY)
    assert said[0].sentence("Bob") == "The acknowledgement, which has not left yet, tells it."


async def test_a_date_that_moves_behind_the_body_is_told_by_a_mail_of_its_own(house: House) -> None:
    said = []
    server = interrupt(house, lambda: said.append(actions.extend_and_tell(house.household, "1", until=FRIDAY)), at=None)
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(minutes=2)

    acknowledgement, new_date = server.sent
    assert b"3 March" in acknowledgement.raw
    assert b"6 March" in new_date.raw
    assert b"3 March" in new_date.raw
    assert house.promise().told_due_at == FRIDAY
    assert "is just being sent" in said[0].sentence("Bob")


async def test_it_waits_for_the_key_where_the_mode_asks(house: House) -> None:
    def moves() -> None:
        actions.extend(house.household, "1", until=FRIDAY)
        house.change(mode=Mode.APPROVE)

    server = interrupt(house, moves, at=None)
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(minutes=2)

    assert len(server.sent) == 1
    assert [(row.template, row.state) for row in house.outbox()] == [("new-sender", "sent"), ("extended", "awaiting")]


async def test_where_a_limit_keeps_the_new_date_back_the_owner_is_told(house: House) -> None:
    house.change(grace=timedelta(0))
    server = interrupt(house, lambda: actions.extend(house.household, "1", until=FRIDAY), at=None)
    await house.arrive(mail())
    await house.pass_time(minutes=1)
    await house.pass_time(minutes=2)

    assert len(server.sent) == 1
    assert house.alarms() == [date_letters.ALARM]


async def test_a_date_that_moved_over_a_doubt_is_told_once_the_acknowledgement_is_found(house: House) -> None:
    server = interrupt(house, lambda: None, at=None)
    server.says = [InDoubt("gone"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    said = actions.extend_and_tell(house.household, "1", until=FRIDAY)

    house.mailbox.found.add(house.mail_id())
    await house.deliver.settle_doubtful()
    await house.pass_time(minutes=2)

    assert "Nobody knows whether the acknowledgement left" in said.sentence("Bob")
    (new_date,) = server.sent
    assert b"6 March" in new_date.raw
    assert house.promise().told_due_at == FRIDAY


async def test_a_former_date_that_is_found_late_is_not_the_one_told_last(house: House) -> None:
    house.transport.says = [Sent("250 ok"), InDoubt("gone"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    actions.extend(house.household, "1", until=FRIDAY)
    await house.pass_time(minutes=11)
    house.clock.advance(timedelta(days=5))
    await house.sweep()
    *_, doubtful, apology = house.outbox()
    outgoing.approve(house.household, apology.id)
    await house.pass_time(minutes=1)
    assert [row.state for row in house.outbox()] == ["sent", "unknown", "sent"]

    ((mail_id,),) = house.ask("SELECT mail_id FROM outbox WHERE id = ?", doubtful.id)
    house.mailbox.found.add(mail_id)
    await house.deliver.settle_doubtful()
    await house.pass_time(minutes=1)

    assert house.promise().told_due_at == house.promise().due_at == apology.due_at
    assert [row.state for row in house.outbox()] == ["sent", "sent", "sent"]


@pytest.mark.parametrize("at", [Step.CONNECT, Step.BODY], ids=str)
async def test_who_is_back_while_it_is_being_sent_is_not_said_to_be_away(house: House, at: Step) -> None:
    await house.know()
    actions.go_away(house.household, Away(house.clock.now() - timedelta(minutes=5), NEXT_WEEK))
    server = interrupt(house, lambda: actions.come_back(house.household), at=at)
    await house.arrive(mail())
    assert house.item().template == "away"
    await house.pass_time(minutes=11)
    await house.pass_time(minutes=2)

    (sent,) = server.sent
    assert b"away" not in sent.raw
    assert (house.item().state, house.item().template) == ("sent", "acknowledge")


@pytest.mark.parametrize("greylisted", [False, True], ids=["before the body", "put off"])
async def test_a_time_that_becomes_unlikely_while_it_is_being_sent_waits_for_the_key(
    house: House, *, greylisted: bool
) -> None:
    def goes_away() -> None:
        now = house.clock.now()
        actions.go_away(house.household, Away(now + timedelta(hours=20), now + timedelta(days=8), "illness"))

    server = interrupt(house, goes_away, at=Step.RCPT)
    server.walk = ("connect", "mail", "rcpt") if greylisted else server.walk
    server.says = [Deferred("451 4.7.1 greylisted"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(minutes=5)

    assert server.sent == []
    assert house.item().state == "awaiting"


async def test_the_home_in_shadow_sends_nothing_whose_body_has_not_begun(house: House) -> None:
    server = interrupt(house, lambda: house.change(mode=Mode.SHADOW), at=Step.BODY)
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(minutes=5)

    assert server.sent == []
    assert house.item().state == "cancelled"
