"""An answer that left from the desk counts when it has left, and before its copy is read from Sent."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from inboxcrm.errors import TransientError
from inboxcrm.ports import Deferred, InDoubt, Rejected, Sent
from inboxcrm.service import actions, outgoing, writing
from inboxcrm.service.writing import Words
from tests.service.house import House, letter_id, mail

ANSWER = Words("Re: Question about the offer", "Until the end of April.")
COLLEAGUE = "Ann's Colleague <carl@example.net>"


def let_go(house: House, reference: str = letter_id()) -> None:
    """An answer is written at the desk, and approved."""
    outgoing.approve(house.household, writing.answer(house.household, reference, ANSWER))


def no_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def file_sent(raw: bytes, sent_at: datetime) -> None:
        raise TransientError("NO [OVERQUOTA] no room")

    monkeypatch.setattr(house.mailbox, "file_sent", file_sent)


def states(house: House) -> list[tuple[str, str]]:
    return [(row.template, row.state) for row in house.outbox()]


async def test_an_answer_without_a_copy_keeps_its_promise_and_nothing_is_said_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room(house, monkeypatch)
    await house.arrive(mail())
    await house.pass_time(minutes=5)
    let_go(house)
    await house.pass_time(minutes=1)
    answered = house.promise().state

    await house.pass_time(minutes=10)
    await house.pass_time(days=3)
    await house.sweep()

    assert (answered, house.promise().state) == ("kept", "kept")
    assert states(house) == [("new-sender", "cancelled"), ("by-hand", "sent")]
    assert house.ask("SELECT turn FROM matters") == [("theirs",)]


async def test_its_copy_is_what_kept_it_once_it_is_read(house: House) -> None:
    await house.arrive(mail())
    let_go(house)
    await house.pass_time(minutes=1)
    (sent,) = house.transport.sent

    await house.arrive(sent.raw, folder="Sent")

    assert house.ask("SELECT state, ended_how, ended_by FROM promises") == [("kept", "mail", 2)]
    assert house.events(house.promise().id) == ["made", "answered"]


async def test_no_mail_is_answered_before_it_came_where_the_servers_clock_is_fast(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room(house, monkeypatch)
    await house.arrive(mail(), received_at=house.clock.now() + timedelta(minutes=40))
    let_go(house)

    await house.pass_time(minutes=1)

    assert house.promise().state == "kept"
    assert house.ask("SELECT ended_at >= received_at FROM promises") == [(1,)]


async def test_what_was_asked_after_it_left_is_owed_whenever_its_copy_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room(house, monkeypatch)
    await house.arrive(mail())
    let_go(house)
    await house.pass_time(minutes=1)
    left_at, (sent,) = house.clock.now(), house.transport.sent
    house.clock.advance(timedelta(hours=1))
    await house.arrive(mail(2, at=house.clock.now(), answers=letter_id()))

    await house.arrive(sent.raw, folder="Sent", received_at=left_at)

    assert [promise.state for promise in house.promises()] == ["kept", "open"]
    assert house.ask("SELECT ended_by FROM promises ORDER BY id") == [(3,), (None,)]


async def test_what_went_to_somebody_else_in_the_matter_keeps_nothing(house: House) -> None:
    await house.arrive(mail())
    await house.arrive(mail(2, sender=COLLEAGUE, answers=letter_id(), cc="bob@client.example"))
    let_go(house, letter_id(2, "example.net"))
    await house.pass_time(minutes=1)

    assert house.transport.sent[0].recipient == "carl@example.net"
    assert {promise.state for promise in house.promises()} == {"open"}


async def test_an_acknowledgement_does_not_overtake_the_answer_that_was_let_go(house: House) -> None:
    """Nothing could be sent for a while, and both are due."""
    await house.arrive(mail())
    let_go(house)

    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1
    assert states(house) == [("new-sender", "cancelled"), ("by-hand", "sent")]


async def test_it_waits_while_nobody_knows_whether_the_answer_left_and_goes_when_it_did_not(house: House) -> None:
    house.transport.says = [InDoubt("gone"), Sent("250 ok")]
    await house.arrive(mail())
    let_go(house)
    await house.pass_time(minutes=1)
    await house.pass_time(minutes=20)
    waits = states(house)

    outgoing.dismiss(house.household, 2)
    await house.pass_time(minutes=1)

    assert waits == [("new-sender", "queued"), ("by-hand", "unknown")]
    assert states(house) == [("new-sender", "sent"), ("by-hand", "failed")]


async def test_a_letter_of_which_nobody_ever_knew_holds_up_nothing_that_is_asked_later(house: House) -> None:
    house.transport.says = [InDoubt("gone"), Sent("250 ok")]
    await house.arrive(mail())
    let_go(house)
    await house.pass_time(days=9)
    actions.done(house.household, letter_id(), how="phone")

    await house.arrive(mail(2, at=house.clock.now(), answers=letter_id()))
    await house.pass_time(minutes=11)

    assert [row.state for row in house.outbox()] == ["expired", "unknown", "sent"]


@pytest.mark.parametrize("says", [Rejected("554 no"), Deferred("451 later")], ids=["refused", "put off"])
async def test_what_has_not_left_answers_nothing(house: House, says: Rejected | Deferred) -> None:
    house.transport.says = [says, Sent("250 ok")]
    await house.arrive(mail())
    let_go(house)
    await house.pass_time(seconds=1)

    assert house.promise().state == "open"
    assert states(house)[0] == ("new-sender", "held")
