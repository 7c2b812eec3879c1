"""What was sent has another Message-ID in Sent (Microsoft 365), and an answer names that one."""

from __future__ import annotations

import pytest

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.store import outbox
from tests.service.house import House, letter_id, mail, own
from tests.turn.test_questions import INVITATION

RENAMED = "<AM0P190MB0001@prod.outlook.example>"
THURSDAY = "Dear Ann,\n\nThursday is fine.\n\nBob\n"


async def _sent_under_another_id(house: House, raw: bytes) -> None:
    head, _, rest = raw.partition(b"Message-ID: ")
    await house.ingest.take(
        house.batch(
            head + b"Message-ID: " + RENAMED.encode() + b"\r\nX-Microsoft-Original-Message-ID: " + rest, folder="Sent"
        )
    )


@pytest.mark.parametrize("live", [True, False], ids=["live", "old"])
async def test_an_answer_to_an_acknowledgement_that_the_provider_renamed_is_one(house: House, live: bool) -> None:
    await house.arrive(mail(1))
    await house.pass_time(minutes=10)
    (item,) = house.household.database.reading(lambda connection: outbox.in_state(connection, OutboxState.SENT))
    await _sent_under_another_id(house, item.raw)

    await house.arrive(mail(2, subject="Thursday", text=THURSDAY, answers=RENAMED), live=live)

    codes = house.messages()[-1].reasons
    assert ("thread-already-acked" in codes) is live
    assert house.messages()[-1].mail_class == "unknown"
    assert len(house.outbox()) == 1


async def test_an_answer_to_a_letter_that_the_provider_renamed_is_acknowledged(house: House) -> None:
    await _sent_under_another_id(house, own(1))

    await house.arrive(mail(2, subject="Re: Question about the offer", answers=RENAMED))

    assert "thread-already-acked" not in house.messages()[-1].reasons
    assert len(house.outbox()) == 1


async def test_an_accepted_invitation_neither_stops_nor_settles_an_acknowledgement_that_waits(house: House) -> None:
    """Microsoft 365 renames the reply of the owner's calendar too, and it names the letter beside which it lies."""
    await house.arrive(mail(1))
    reply = INVITATION.format(reference=f"In-Reply-To: {letter_id(1)}\r\n", status="ACCEPTED").encode()

    await _sent_under_another_id(house, reply)
    asked = house.ask("SELECT kind FROM questions")
    await house.pass_time(minutes=10)

    assert asked == [("invitation",)]
    assert (house.item().state, len(house.transport.sent)) == ("sent", 1)
    assert house.promise().state == "open"
