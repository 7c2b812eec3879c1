"""Each mailbox sends by itself: a server that does not answer holds up no other mailbox's mail."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inboxcrm.domain.outbox import Step
from inboxcrm.errors import InternalError, TransientError
from inboxcrm.ports import Batch, Deferred, Delivery, InDoubt, Outgoing, Rejected, Sent, StepRecorder
from inboxcrm.service import actions, deliver, outgoing
from inboxcrm.service.deliver import Deliver, Lane, Office
from inboxcrm.service.ingest import Taken
from tests.service.conftest import OpenHouse
from tests.service.house import MAILBOX, MONDAY, CrashError, FakeMailbox, FakeTransport, House, letter_id, mail, own

SECOND = "second"
OTHER = "Eve New <eve@new.example>"


class StalledTransport(FakeTransport):
    """A submission server that says nothing until `answers` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        await self.answers.wait()
        return await super().send(item, step)


@pytest.fixture
def stalled() -> StalledTransport:
    return StalledTransport()


@pytest.fixture
def two(house: House, stalled: StalledTransport) -> House:
    """A home of two mailboxes; the server of the first does not answer."""
    settings = house.household.config
    house.household.config = replace(settings, mailboxes=(MAILBOX, replace(MAILBOX, name=SECOND)))
    offices = {
        "main": Office(FakeMailbox(), stalled, house.clock),
        SECOND: Office(house.mailbox, house.transport, house.clock),
    }
    house.deliver = Deliver(house.household, house.ingest, offices)
    return house


async def arrive_at_second(house: House, raw: bytes) -> None:
    await house.ingest.take(replace(house.batch(raw), mailbox=SECOND))


def recipients(transport: FakeTransport) -> list[str]:
    return [each.recipient for each in transport.sent]


async def test_a_server_that_does_not_answer_holds_up_no_other_mailbox(two: House, stalled: StalledTransport) -> None:
    await two.arrive(mail(1))
    two.clock.advance(timedelta(minutes=10))
    (first,) = await two.deliver.look()
    waiting = asyncio.create_task(two.deliver.send(first))
    await arrive_at_second(two, mail(2, sender=OTHER))
    two.clock.advance(timedelta(minutes=10))

    (second,) = await two.deliver.look()
    await two.deliver.send(second)

    assert (first.mailbox, second.mailbox) == ("main", SECOND)
    assert (recipients(stalled), recipients(two.transport)) == ([], ["eve@new.example"])
    stalled.answers.set()
    await waiting
    assert recipients(stalled) == ["bob@client.example"]


async def test_a_mailbox_that_is_sending_has_no_second_lane(two: House, stalled: StalledTransport) -> None:
    await two.arrive(mail(1))
    two.clock.advance(timedelta(minutes=10))
    (lane,) = await two.deliver.look()
    waiting = asyncio.create_task(two.deliver.send(lane))
    await two.arrive(mail(2, sender=OTHER))
    two.clock.advance(timedelta(minutes=10))

    assert await two.deliver.look() == []
    assert await two.household.read(two.deliver.look_at_once) is None
    assert await two.deliver.look() == []
    next_at = await two.deliver.next_look()
    assert next_at is not None
    assert next_at > two.clock.now()

    stalled.answers.set()
    await waiting
    await two.deliver.run_once()
    assert recipients(stalled) == ["bob@client.example", "eve@new.example"]


async def test_a_mailbox_rests_after_a_fault_and_the_other_goes_on(two: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await two.arrive(mail(1))
    await arrive_at_second(two, mail(2, sender=OTHER))
    two.clock.advance(timedelta(minutes=10))
    lanes = {lane.mailbox: lane for lane in await two.deliver.look()}

    async def fails(*_: Any, **__: Any) -> None:
        raise TransientError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(two.deliver, "_take", fails)
        with pytest.raises(TransientError):
            await two.deliver.send(lanes["main"])
    await two.deliver.send(lanes[SECOND])

    assert recipients(two.transport) == ["eve@new.example"]
    assert await two.deliver.look() == []
    two.clock.advance(deliver.AFTER_FAULT)
    assert [lane.mailbox for lane in await two.deliver.look()] == ["main"]


async def test_what_became_of_a_mail_is_written_down_once_the_disk_takes_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "AFTER_FAULT", timedelta(milliseconds=1))
    await house.arrive(mail())
    refusals = iter([TransientError("full"), TransientError("still full")])
    write = house.household.write

    async def refusing(work: Any, *values: Any, **named: Any) -> Any:
        refusal = next(refusals, None) if getattr(work, "__name__", "") == "_record" else None
        if refusal is not None:
            raise refusal
        return await write(work, *values, **named)

    monkeypatch.setattr(type(house.household), "write", staticmethod(refusing))
    await house.pass_time(minutes=10)
    await house.pass_time(minutes=10)

    assert next(refusals, None) is None
    assert (house.item().state, len(house.transport.sent)) == ("sent", 1)


@pytest.fixture
async def hasty(open_house: OpenHouse) -> House:
    """A home without a grace time, whose Sent was just read."""
    house = open_house(grace=timedelta(0), grace_closed=timedelta(0))
    await house.deliver.read_ahead("main")
    return house


async def test_what_may_leave_at_once_is_claimed_by_the_commit_that_took_it_in(hasty: House) -> None:
    states: list[str] = []
    hasty.deliver.on_found = lambda: states.append(hasty.item().state)

    taken = await hasty.ingest.take(hasty.batch(mail()), hurry=hasty.deliver.look_at_once)

    assert (states, taken.wake) == (["sending"], False)
    assert await hasty.household.run(hasty.deliver._find) == []
    (lane,) = hasty.deliver.found()
    await hasty.deliver.send(lane)
    assert (hasty.item().state, len(hasty.transport.sent)) == ("sent", 1)


async def claimed_in_haste(house: House, *, warm: bool) -> tuple[Lane, str | None]:
    """The lane of a mail that may leave at once, and the step on record when it was taken in."""
    house.deliver.on_found = lambda: None
    house.transport.warm = warm
    await house.ingest.take(house.batch(mail()), hurry=house.deliver.look_at_once)
    (lane,) = house.deliver.found()
    return lane, house.ask("SELECT step FROM outbox")[0][0]


@pytest.mark.parametrize(("warm", "step"), [(True, "body"), (False, "connect")], ids=["open", "to be opened"])
async def test_over_an_open_connection_the_claim_says_that_the_body_may_begin(
    hasty: House, warm: bool, step: str
) -> None:
    lane, recorded = await claimed_in_haste(hasty, warm=warm)

    assert recorded == step
    await hasty.deliver.send(lane)
    assert (hasty.item().state, len(hasty.transport.sent)) == ("sent", 1)


async def test_over_an_open_connection_whose_server_takes_its_time_a_pause_counts_up_to_the_body(hasty: House) -> None:
    def takes_its_time() -> None:
        hasty.clock.advance(timedelta(seconds=20))
        actions.pause(hasty.household)

    lane, recorded = await claimed_in_haste(hasty, warm=True)
    hasty.transport.walk, hasty.transport.before = ("mail", "rcpt", "data", "body"), takes_its_time

    await hasty.deliver.send(lane)

    assert recorded == "body"
    assert (hasty.item().state, hasty.transport.sent) == ("queued", [])


@pytest.mark.parametrize(
    ("walk", "dies_at", "ends", "sent"),
    [
        (["connect"], "connect", "sent", 1),
        (["rcpt", "data", "body", "mail"], "mail", "sent", 1),
        (["mail", "rcpt", "data"], "data", "unknown", 0),
        (["mail", "rcpt", "data", "body"], "body", "unknown", 0),
    ],
    ids=["the connection was gone", "the server took its time", "at DATA", "at the body"],
)
async def test_a_process_that_dies_over_an_open_connection_sends_nothing_twice(
    hasty: House, walk: list[str], dies_at: str, ends: str, sent: int
) -> None:
    lane, _ = await claimed_in_haste(hasty, warm=True)
    hasty.transport.walk = walk
    hasty.transport.dies_at = dies_at
    with pytest.raises(CrashError):
        await hasty.deliver.send(lane)
    hasty.transport.dies_at = None
    await hasty.restart()
    await hasty.pass_time(minutes=1)

    assert (hasty.item().state, len(hasty.transport.sent)) == (ends, sent)


async def test_what_nobody_took_at_the_end_is_certainly_unsent(hasty: House) -> None:
    hasty.deliver.on_found = lambda: None
    hasty.transport.warm = True
    await hasty.ingest.take(hasty.batch(mail()), hurry=hasty.deliver.look_at_once)

    await hasty.deliver.put_back()
    await hasty.restart()
    await hasty.pass_time(minutes=1)

    assert (hasty.item().state, len(hasty.transport.sent)) == ("sent", 1)


async def set_out(house: House, batch: Batch, commit: Callable[[], object]) -> tuple[Lane, asyncio.Task[Taken]]:
    """The lane of a mail whose transaction is not committed yet: `commit` is asked first, on the store's thread."""
    database, write, found = house.household.database, house.household.database.write, asyncio.Event()
    loop = asyncio.get_running_loop()
    house.deliver.on_found = lambda: loop.call_soon_threadsafe(found.set)
    house.transport.warm, house.transport.walk = True, ["mail", "rcpt", "data", "body"]

    @contextmanager
    def slow(*, durable: bool = True) -> Iterator[sqlite3.Connection]:
        with write(durable=durable) as connection:
            yield connection
            commit()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(database, "write", slow)
        taking = asyncio.create_task(house.ingest.take(batch, hurry=house.deliver.look_at_once), name="take")
        await found.wait()
    (lane,) = house.deliver.found()
    return lane, taking


async def test_the_server_hears_of_a_mail_while_the_disk_writes_and_its_body_waits_for_that(hasty: House) -> None:
    written = threading.Event()
    lane, taking = await set_out(hasty, hasty.batch(mail()), written.wait)
    sending = asyncio.create_task(hasty.deliver.send(lane), name="send")
    async with asyncio.timeout(60):
        while "data" not in hasty.transport.walked:
            await asyncio.sleep(0.001)
    early = list(hasty.transport.sent)

    written.set()
    taken = await taking
    await sending

    assert (early, taken.wake) == ([], False)
    assert (hasty.item().state, len(hasty.transport.sent)) == ("sent", 1)


@pytest.mark.parametrize("answer", [None, Rejected("550 5.1.1 unknown")], ids=["go on", "refused"])
async def test_what_was_claimed_by_a_commit_that_failed_is_sent_once(
    hasty: House, answer: Rejected | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that fills up between the claim and its commit: the mail comes again, under the same number, and what
    became of the first claim concerns nobody.
    """

    def full() -> None:
        raise TransientError("the disk is full")

    batch = hasty.batch(mail())
    lane, taking = await set_out(hasty, batch, full)
    with pytest.raises(TransientError):
        await taking
    taken = await hasty.ingest.take(batch, hurry=hasty.deliver.look_at_once)
    entered = hasty.outbox()

    if answer is not None:
        hasty.transport.walk, hasty.transport.says = ["mail", "rcpt"], [answer, Sent("250 ok")]
    with caplog.at_level("INFO"):
        await hasty.deliver.send(lane)
    unchanged = hasty.outbox() == entered and "outbox.attempt" not in caplog.messages
    await hasty.deliver.run_once()
    await hasty.deliver.run_once()

    assert (entered[0].id, entered[0].state, taken.wake) == (lane.items[0][0].id, "queued", True)
    assert unchanged
    assert (hasty.item().state, len(hasty.transport.sent)) == ("sent", 1)


async def test_what_is_claimed_while_the_program_ends_is_put_back_too(
    hasty: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, ended = threading.Event(), threading.Event()
    look = hasty.deliver._look

    def slow(connection: sqlite3.Connection, **how: Any) -> list[Lane]:
        looking.set()
        ended.wait()
        return look(connection, **how)

    monkeypatch.setattr(hasty.deliver, "_look", slow)
    hasty.deliver.on_found, hasty.transport.warm = lambda: None, True
    async with asyncio.TaskGroup() as group:
        group.create_task(hasty.ingest.take(hasty.batch(mail()), hurry=hasty.deliver.look_at_once), name="take")
        await asyncio.to_thread(looking.wait)
        hasty.deliver.on_found = None
        group.create_task(hasty.deliver.put_back(), name="put back")
        await asyncio.sleep(0.02)
        ended.set()

    assert hasty.ask("SELECT state, step FROM outbox") == [("sending", "connect")]


async def test_at_the_end_nothing_is_put_back_that_never_was(hasty: House) -> None:
    def full() -> None:
        raise TransientError("the disk is full")

    batch = hasty.batch(mail())
    lane, taking = await set_out(hasty, batch, full)
    with pytest.raises(TransientError):
        await taking
    hasty.deliver.on_found = None
    await hasty.ingest.take(batch, hurry=hasty.deliver.look_at_once)
    hasty.deliver._found.append(lane)

    await hasty.deliver.put_back()

    assert hasty.ask("SELECT step FROM outbox") == [(None,)]


async def test_a_fault_in_the_look_at_the_outbox_costs_no_mail(hasty: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(connection: sqlite3.Connection, **_: Any) -> None:
        connection.execute("UPDATE outbox SET state = 'cancelled'")
        raise InternalError("no such move")

    with monkeypatch.context() as patched:
        patched.setattr(hasty.deliver, "_look", fails)
        taken = await hasty.ingest.take(hasty.batch(mail()), hurry=hasty.deliver.look_at_once)

    assert (hasty.item().state, taken.new, taken.wake) == ("held", 1, True)
    await hasty.deliver.run_once()
    assert (hasty.item().state, len(hasty.transport.sent)) == ("sent", 1)


async def test_a_sent_folder_that_does_not_answer_leaves_no_other_mailbox_in_doubt(
    two: House, stalled: StalledTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled.answers.set()
    stalled.says = two.transport.says = [InDoubt("lost after the body")]
    await two.arrive(mail(1))
    await arrive_at_second(two, mail(2, sender=OTHER))
    await two.pass_time(minutes=10)
    two.mailbox.found = {mail_id for (mail_id,) in two.ask("SELECT mail_id FROM outbox")}
    never = asyncio.Event()

    async def hangs(_: FakeMailbox, mail_id: str) -> bool:
        await never.wait()
        return bool(mail_id)  # found, as soon as anything is said

    first = two.deliver._offices["main"].mailbox
    monkeypatch.setattr(first, "find_sent", hangs.__get__(first))
    settling = asyncio.create_task(two.deliver.settle_doubtful())
    async with asyncio.timeout(60):
        while [row.state for row in two.outbox() if row.recipient == "eve@new.example"] != ["sent"]:
            await asyncio.sleep(0.01)
    never.set()
    await settling

    assert {row.state for row in two.outbox()} == {"sent"}


async def test_what_the_owner_let_go_leaves_while_sent_cannot_be_read(house: House) -> None:
    """An account that reads too much pauses; what a person decided does not wait for a look into Sent."""
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    house.clock.advance(timedelta(days=2))
    await house.sweep()
    (apology,) = [row for row in house.outbox() if row.template == "apology"]
    house.mailbox.broken = TransientError("throttled")

    outgoing.approve(house.household, apology.id)
    await house.pass_time(minutes=1)

    assert len(house.transport.sent) == 2


async def test_a_lane_says_what_is_claimed_already(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=10))
    await house.deliver.read_ahead("main")

    (lane,) = await house.deliver.look()

    assert isinstance(lane, Lane)
    assert [at for _, at in lane.items] == [Step.CONNECT]
    assert house.item().state == "sending"
    await house.deliver.send(lane)
    assert house.item().state == "sent"


async def answered_from_second(two: House) -> None:
    """The client is written to from both mailboxes, writes to the first, and is answered from the second."""
    two.deliver = Deliver(
        two.household,
        two.ingest,
        {
            "main": Office(FakeMailbox(), two.transport, two.clock),
            SECOND: Office(two.mailbox, FakeTransport(), two.clock),
        },
    )
    earlier = replace(two.batch(own(900, at=MONDAY - timedelta(days=9)), folder="Sent", live=False), mailbox=SECOND)
    await two.ingest.take(earlier)
    await two.arrive(mail())
    answer = own(answers=letter_id(), at=two.clock.now() + timedelta(minutes=10))
    two.mailbox.news.append(replace(two.batch(answer, folder="Sent"), mailbox=SECOND))


async def test_an_answer_from_another_mailbox_is_looked_for_before_the_acknowledgement_leaves(two: House) -> None:
    await answered_from_second(two)

    await two.pass_time(minutes=11)

    assert two.transport.sent == []
    assert two.promise().state == "kept"


async def test_another_mailbox_that_cannot_be_read_holds_up_nothing(two: House) -> None:
    await answered_from_second(two)
    two.mailbox.broken = TransientError("throttled")

    await two.pass_time(minutes=11)

    assert [each.recipient for each in two.transport.sent] == ["bob@client.example"]


async def test_a_first_mail_is_not_claimed_before_the_other_mailbox_was_read(two: House) -> None:
    await answered_from_second(two)
    two.clock.advance(timedelta(minutes=11))
    await two.deliver.read_ahead("main")

    await two.deliver.run_once()

    assert two.transport.sent == []


async def test_an_account_that_sends_again_is_not_said_to_be_stopped(house: House) -> None:
    house.transport.says = [Deferred("550 5.4.5 daily limit", pause_all=True), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    stopped = house.alarms()

    await house.pass_time(minutes=61)

    assert (stopped, house.alarms()) == ([deliver.STOPPED], [])
    assert len(house.transport.sent) == 1


class Interrupted(FakeTransport):
    """A submission server; `meanwhile` is awaited before the body, or after it where `late`."""

    def __init__(self, meanwhile: Callable[[], Awaitable[object]], *, late: bool) -> None:
        super().__init__()
        self._meanwhile = meanwhile
        self._late = late

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        if self._late:
            said = await super().send(item, step)
            await self._meanwhile()
            return said
        await self._meanwhile()
        return await super().send(item, step)


@pytest.mark.parametrize("late", [False, True], ids=["before the body", "after it, deferred"])
async def test_what_is_answered_while_it_is_being_sent_is_not_tried_again(house: House, *, late: bool) -> None:
    async def answers() -> None:
        await house.arrive(own(answers=letter_id(), at=house.clock.now()), folder="Sent")

    server = Interrupted(answers, late=late)
    server.says = [Deferred("451 4.7.1 greylisted"), Sent("250 ok")] if late else [Sent("250 ok")]
    house.deliver = Deliver(house.household, house.ingest, {"main": Office(house.mailbox, server, house.clock)})
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(minutes=5)

    assert server.sent == []
    assert (house.item().state, house.promise().state) == ("expired", "kept")


async def test_a_pause_stops_what_is_being_sent_up_to_its_body(house: House) -> None:
    async def pause() -> None:
        actions.pause(house.household)

    server = Interrupted(pause, late=False)
    house.deliver = Deliver(house.household, house.ingest, {"main": Office(house.mailbox, server, house.clock)})
    await house.arrive(mail())
    await house.pass_time(minutes=11)

    assert server.sent == []
    assert house.item().state == "queued"


async def test_the_end_gives_a_body_under_way_time_to_be_accepted_and_begins_no_other(two: House) -> None:
    """The first server has the body and thinks; the mail behind it in the lane is not begun."""
    begun, answers = asyncio.Event(), asyncio.Event()

    class Thinks(FakeTransport):
        async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
            await step(Step.BODY)
            begun.set()
            await answers.wait()
            return await super().send(item, step)

    server = Thinks(walk=())
    two.deliver = Deliver(two.household, two.ingest, {"main": Office(FakeMailbox(), server, two.clock)})
    await two.arrive(mail(), mail(2, sender=OTHER))
    two.clock.advance(timedelta(minutes=11))

    async with asyncio.TaskGroup() as group:
        sending = group.create_task(two.deliver.run_once(), name="send")
        await begun.wait()
        ending = group.create_task(two.deliver.finish(within=timedelta(seconds=60)), name="finish")
        await asyncio.sleep(0.02)
        waits = not ending.done()
        answers.set()
        await ending
        states = sorted(row.state for row in two.outbox())
        sending.cancel()

    assert waits
    assert states == ["queued", "sent"]
    assert len(server.sent) == 1


async def test_the_end_does_not_wait_for_ever(two: House) -> None:
    begun = asyncio.Event()

    class Silent(FakeTransport):
        async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
            await step(Step.BODY)
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError("not reached")

    two.deliver = Deliver(two.household, two.ingest, {"main": Office(FakeMailbox(), Silent(), two.clock)})
    await two.arrive(mail())
    two.clock.advance(timedelta(minutes=11))
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(two.deliver.run_once(), name="send")
        await begun.wait()
        await two.deliver.finish(within=timedelta(seconds=0.02))
        sending.cancel()

    await two.deliver.recover()
    assert [row.state for row in two.outbox()] == ["unknown"]
