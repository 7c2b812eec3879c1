"""What the owner's own mail in Sent does: it keeps promises, and cancels acknowledgements that have become idle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inboxcrm.service import actions
from tests.service.house import ME, MONDAY, House, letter_id, mail, own

HOUR = timedelta(hours=1)
SUBCONTRACTOR = "Sue Sub <sue@workshop.example>"
COLLEAGUE = "Cora Colleague <cora@client.example>"


async def test_an_answer_cancels_the_held_acknowledgement_and_keeps_the_promise(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=5))

    await house.arrive(own(answers=letter_id()), folder="Sent")
    await house.pass_time(hours=1)

    assert house.item().state == "cancelled"
    assert house.transport.sent == []
    promise = house.promise()
    assert (promise.state, promise.ended_how) == ("kept", "mail")
    assert house.messages()[1].direction == "out"


async def test_the_time_of_an_answer_is_that_of_the_act_not_of_the_reading(house: House) -> None:
    await house.arrive(mail())
    acted_at = MONDAY + 2 * HOUR
    house.clock.advance(timedelta(days=3))
    await house.sweep()
    assert house.promise().state == "broken"

    await house.arrive(own(answers=letter_id(), at=acted_at), folder="Sent", received_at=acted_at)

    assert (house.promise().state, house.promise().ended_at) == ("kept", acted_at)


async def test_an_answer_after_the_due_time_keeps_it_late(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(days=3))

    await house.arrive(own(answers=letter_id()), folder="Sent")

    assert house.promise().state == "kept_late"


async def test_an_answer_that_is_read_before_the_mail_it_answers_counts_as_well(house: House) -> None:
    house.clock.advance(HOUR)
    await house.arrive(own(answers=letter_id()), folder="Sent")

    await house.arrive(mail(), received_at=MONDAY)

    assert house.outbox() == []
    assert house.promise().state == "kept"
    assert len({row.matter_id for row in house.messages()}) == 1


async def test_an_answer_found_in_the_last_look_at_sent_stops_the_acknowledgement(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=9))
    await house.refresh_brings(own(answers=letter_id()))

    await house.pass_time(minutes=2)

    assert house.mailbox.asked == 1
    assert (house.item().state, house.transport.sent) == ("cancelled", [])


async def test_an_answer_to_a_colleague_of_the_same_organisation_keeps_it(house: House) -> None:
    await house.arrive(mail(cc=COLLEAGUE))

    await house.arrive(own(answers=letter_id(), to=COLLEAGUE), folder="Sent")

    assert house.promise().state == "kept"


async def test_a_new_mail_to_the_client_on_the_same_subject_keeps_it(house: House) -> None:
    await house.arrive(mail())

    await house.arrive(own(subject="Question about the offer"), folder="Sent")

    assert house.promise().state == "kept"


async def test_a_mail_to_the_client_about_something_else_keeps_nothing(house: House) -> None:
    await house.arrive(mail())

    await house.arrive(own(subject="Season's greetings"), folder="Sent")

    assert house.promise().state == "open"
    assert house.item().state == "held"


async def test_forwarding_to_a_subcontractor_keeps_nothing_and_the_client_is_still_told(house: House) -> None:
    await house.arrive(mail())

    await house.arrive(
        own(answers=letter_id(), to=SUBCONTRACTOR, subject="Fwd: Question about the offer"), folder="Sent"
    )
    await house.pass_time(hours=1)

    assert house.promise().state == "open"
    assert [each.recipient for each in house.transport.sent] == ["bob@client.example"]


async def test_a_word_with_a_third_party_of_the_matter_keeps_nothing(house: House) -> None:
    await house.arrive(mail(cc=SUBCONTRACTOR))

    await house.arrive(own(answers=letter_id(), to=SUBCONTRACTOR), folder="Sent")
    await house.pass_time(hours=1)

    assert house.messages()[0].matter_id == house.messages()[1].matter_id
    assert house.promise().state == "open"
    assert [each.recipient for each in house.transport.sent] == ["bob@client.example"]


async def test_forwarding_that_is_read_before_the_mail_itself_keeps_nothing(house: House) -> None:
    house.clock.advance(HOUR)
    forwarded = own(answers=letter_id(), to=SUBCONTRACTOR, subject="Fwd: Question about the offer")
    await house.arrive(forwarded, folder="Sent")

    await house.arrive(mail(), received_at=MONDAY)

    assert house.promise().state == "open"
    assert [row.state for row in house.outbox()] == ["held"]


async def test_an_answer_to_a_colleague_that_is_read_before_the_mail_keeps_it(house: House) -> None:
    house.clock.advance(HOUR)
    await house.know()
    await house.arrive(own(answers=letter_id(), to=COLLEAGUE), folder="Sent")

    await house.arrive(mail(cc=COLLEAGUE), received_at=MONDAY)

    assert house.promise().state == "kept"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["Auto-Submitted: auto-replied"], id="auto-replied"),
        pytest.param(["Auto-Submitted: auto-generated (rejected)"], id="with a comment"),
    ],
)
async def test_automatic_mail_of_ours_in_sent_keeps_nothing(house: House, fields: list[str]) -> None:
    await house.arrive(mail())

    await house.arrive(own(answers=letter_id(), fields=fields), folder="Sent")

    assert house.promise().state == "open"
    assert house.messages()[1].direction == "auto"


async def test_auto_submitted_no_is_a_persons_mail(house: House) -> None:
    await house.arrive(mail())

    await house.arrive(own(answers=letter_id(), fields=["Auto-Submitted: no (a person)"]), folder="Sent")

    assert house.promise().state == "kept"


async def test_our_own_acknowledgement_found_in_sent_keeps_nothing(house: House) -> None:
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    (acknowledgement,) = house.mailbox.filed

    await house.arrive(acknowledgement, folder="Sent")

    assert house.promise().state == "open"
    assert (house.messages()[1].direction, house.messages()[1].mail_class) == ("auto", "machine")
    assert house.messages()[1].matter_id == house.messages()[0].matter_id


async def test_a_calendar_reply_in_sent_keeps_nothing(house: House) -> None:
    await house.arrive(mail())
    reply = own(answers=letter_id()).replace(
        b"text/plain; charset=utf-8", b'text/calendar; charset=utf-8; method="REPLY"'
    )

    await house.arrive(reply, folder="Sent")

    assert house.promise().state == "open"


async def test_a_forged_mail_from_the_owner_in_the_inbox_keeps_nothing(house: House) -> None:
    await house.arrive(mail())
    forged = mail(2, sender=f"Ann Example <{ME}>", to="Bob Client <bob@client.example>", answers=letter_id())

    await house.arrive(forged)

    assert house.promise().state == "open"
    assert house.item().state == "held"
    assert house.messages()[1].direction == "in"


async def test_a_strangers_mail_moved_into_sent_keeps_nothing(house: House) -> None:
    await house.arrive(mail(cc=COLLEAGUE))
    await house.arrive(
        mail(2, sender=COLLEAGUE, to="Bob Client <bob@client.example>", answers=letter_id()), folder="Sent"
    )

    assert house.promise().state == "open"
    assert house.messages()[1].direction == "in"


async def test_an_answer_from_an_alias_that_nobody_configured_counts(house: House) -> None:
    await house.arrive(mail())

    await house.arrive(own(answers=letter_id(), sender="Ann <ann@old-name.example>"), folder="Sent")

    assert house.promise().state == "kept"


async def test_an_answer_that_came_before_sent_was_read_for_the_first_time_counts(house: House) -> None:
    """A long first reading of INBOX ends after the owner has answered new mail: Sent is then history as a whole."""
    await house.arrive(mail())
    house.clock.advance(HOUR)

    await house.arrive(own(answers=letter_id()), folder="Sent", live=False)

    assert house.promise().state == "kept"
    assert house.item().state == "cancelled"


async def test_an_older_mail_of_the_owners_keeps_no_later_promise(house: House) -> None:
    earlier = MONDAY - timedelta(days=2)
    await house.arrive(mail())

    await house.arrive(
        own(subject="Question about the offer", at=earlier), folder="Sent", live=False, received_at=earlier
    )

    assert house.promise().state == "open"
    assert house.item().state == "held"


async def test_whoever_the_owner_writes_to_is_known_from_then_on(house: House) -> None:
    await house.arrive(own(to="New Lead <lead@new.example>", cc=COLLEAGUE), folder="Sent")

    assert house.contacts() == ["Cora Colleague", "New Lead"]
    assert house.ask("SELECT COUNT(*) FROM addresses WHERE known_since IS NULL") == [(0,)]


async def test_a_bcc_makes_nobody_known(house: House) -> None:
    await house.arrive(own(fields=["Bcc: Secret <secret@hidden.example>"]), folder="Sent")

    assert house.contacts() == ["Bob Client"]


async def test_what_was_asked_after_an_answer_and_read_before_it_is_owed_an_answer_of_its_own(house: House) -> None:
    await house.know()
    house.clock.advance(5 * HOUR)
    await house.arrive(mail(1), received_at=MONDAY)
    for number, hours in ((2, 1), (3, 3), (4, 4)):
        again = mail(number, answers=letter_id(1), text=f"And what of page {number}?\n", at=MONDAY + hours * HOUR)
        await house.arrive(again, received_at=MONDAY + hours * HOUR)

    answered_at = MONDAY + 2 * HOUR
    await house.arrive(own(answers=letter_id(1), at=answered_at), folder="Sent", received_at=answered_at)

    first, second = house.promises()
    assert (first.state, first.ended_at) == ("kept", answered_at)
    assert (second.state, second.received_at, second.told_due_at) == ("open", MONDAY + 3 * HOUR, None)
    assert house.events(second.id) == ["made", "chased"]
    assert house.ask("SELECT turn FROM matters WHERE id = ?", second.matter_id) == [("mine",)]


async def test_an_answer_to_the_second_mail_that_is_read_before_both_keeps_the_promise(house: House) -> None:
    await house.know()
    house.clock.advance(5 * HOUR)
    answer = own(answers=letter_id(2), subject="The price", at=MONDAY + 3 * HOUR)
    await house.arrive(answer, folder="Sent", received_at=MONDAY + 3 * HOUR)

    await house.arrive(mail(1), received_at=MONDAY)
    again = mail(2, answers=letter_id(1), text="And what of the price?\n", at=MONDAY + HOUR)
    await house.arrive(again, received_at=MONDAY + HOUR)
    await house.pass_time(hours=1)

    assert (house.promise().state, house.promise().ended_at) == ("kept", MONDAY + 3 * HOUR)
    assert house.transport.sent == []


@pytest.mark.parametrize(
    ("sender", "asked"),
    [
        pytest.param("Carl Colleague <carl@example.org>", False, id="a-colleague-of-the-owner"),
        pytest.param(SUBCONTRACTOR, False, id="a-subcontractor"),
        pytest.param(COLLEAGUE, True, id="a-colleague-of-the-client"),
    ],
)
async def test_only_the_client_s_side_asks_again(house: House, sender: str, asked: bool) -> None:
    await house.know()
    await house.arrive(mail(1))

    answer = mail(
        2, sender=sender, to="Bob Client <bob@client.example>", cc=ME, answers=letter_id(1), text="One word.\n"
    )
    await house.arrive(answer)

    assert house.events(house.promise().id) == (["made", "chased"] if asked else ["made"])
    assert house.promise().state == "open"


async def test_a_call_that_is_noted_late_does_not_answer_what_was_asked_after_it(house: House) -> None:
    await house.know()
    await house.arrive(mail(1))
    house.clock.advance(2 * HOUR)
    await house.arrive(mail(2, answers=letter_id(1), text="And what of the price?\n"))
    house.clock.advance(2 * HOUR)

    actions.done(house.household, letter_id(1), how="phone", at=MONDAY + HOUR)

    first, second = house.promises()
    assert (first.state, first.ended_at) == ("kept", MONDAY + HOUR)
    assert (second.state, second.received_at) == ("open", MONDAY + 2 * HOUR)


@pytest.mark.parametrize("first", ["letter", "answer"])
async def test_an_answer_counts_though_the_clock_of_the_mail_program_is_slow(house: House, first: str) -> None:
    """It cites the mail, so it was written later; a wrong zone makes hours of it."""
    slow = MONDAY - timedelta(hours=5)
    answer = house.batch(own(answers=letter_id(), at=slow), folder="Sent", received_at=slow)
    letter = house.batch(mail())

    for batch in (letter, answer) if first == "letter" else (answer, letter):
        await house.ingest.take(batch)
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert (house.promise().state, house.promise().ended_at) == ("kept", MONDAY)


async def test_an_answer_without_in_reply_to_that_was_read_first_is_known_by_its_subject(house: House) -> None:
    house.clock.advance(HOUR)
    await house.arrive(own(), folder="Sent", received_at=MONDAY + timedelta(minutes=5))

    await house.arrive(mail(), received_at=MONDAY)
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert house.messages()[1].reasons == ("answered",)
    assert house.promise().state == "kept"


@pytest.mark.parametrize(
    "other",
    [
        {"subject": "Something else"},
        {"to": "Dora <dora@elsewhere.example>"},
        {"at": MONDAY},
    ],
    ids=["another subject", "another client", "not later"],
)
async def test_another_mail_of_the_owners_answers_nothing(house: House, other: dict[str, Any]) -> None:
    at = other.pop("at", MONDAY + timedelta(minutes=5))
    house.clock.advance(HOUR)
    await house.arrive(own(**other), folder="Sent", received_at=at)

    await house.arrive(mail(), received_at=MONDAY)
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1
    assert house.promise().state == "open"


async def test_a_second_mail_under_the_same_id_is_not_answered_by_the_answer_to_the_first(house: House) -> None:
    """Devices and forms send one id each time."""
    await house.arrive(mail())
    house.clock.advance(HOUR)
    await house.arrive(own(answers=letter_id()), folder="Sent")
    house.clock.advance(HOUR)

    await house.arrive(mail(subject="Another matter", text="And this?\n"))

    assert [one.state for one in house.promises()] == ["kept", "open"]
