"""What the program asks: each kind by a mail that raises it, and what a yes and a no do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.service import asked
from inboxcrm.service.meant import NotFoundError
from inboxcrm.store import unowed, views
from inboxcrm.store.views import QuestionRow
from tests.service.house import MONDAY, House, letter_id, mail, own

INVITATION = (
    "From: Ann Example <ann@example.org>\r\nTo: Bob Client <bob@client.example>\r\n"
    "Subject: Accepted: Meeting\r\nDate: Mon, 2 Mar 2026 12:00:00 +0000\r\nMessage-ID: <accepted@example.org>\r\n"
    "{reference}MIME-Version: 1.0\r\nContent-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n"
    "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "ATTENDEE;CN=Ann Example;PARTSTAT={status}:mailto:ann@exa\r\n mple.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def questions(house: House) -> list[QuestionRow]:
    return house.household.database.reading(views.questions)


def reply_to_invitation(status: str, *, answers: str = "") -> bytes:
    reference = f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if answers else ""
    return INVITATION.format(status=status, reference=reference).encode()


async def settled(house: House, text: str = "Never mind, the problem is solved.\n\nBob\n") -> None:
    await house.know()
    await house.arrive(mail())
    await house.pass_time(hours=1)
    await house.arrive(mail(2, text=text, subject="Re: Question about the offer", answers=letter_id()))


async def test_a_client_who_says_it_is_settled_is_no_chaser_and_the_owner_is_asked(house: House) -> None:
    await settled(house)

    (question,) = questions(house)
    assert (question.kind, question.because) == ("settled", "Never mind, the problem is solved.")
    assert (house.promise().state, house.promise().asked) == ("open", 1)
    assert house.household.database.reading(unowed.pending) == []
    assert house.story(question.message_id)["speech"]["because"].startswith("they seem to say")


async def test_thanks_and_settled_in_one_is_asked_as_settled(house: House) -> None:
    await settled(house, "It works now. Thank you very much!\n")

    assert [each.kind for each in questions(house)] == ["settled"]


async def test_yes_withdraws_the_promise(house: House) -> None:
    await settled(house)

    said = asked.agree(house.household, questions(house)[0].id)

    assert said == "The promise is withdrawn."
    assert house.promise().state == "withdrawn"
    assert questions(house) == []
    assert house.ask("SELECT turn FROM matters WHERE subject_key = 'question about the offer'") == [("nobody",)]


async def test_no_leaves_the_promise_where_it_was(house: House) -> None:
    await settled(house)
    question = questions(house)[0].id

    asked.decline(house.household, question)

    assert house.promise().state == "open"
    assert questions(house) == []
    with pytest.raises(NotFoundError):
        asked.agree(house.household, question)


async def test_a_question_whose_promise_has_ended_is_not_asked_any_more(house: House) -> None:
    await settled(house)

    await house.arrive(own(answers=letter_id(), at=house.clock.now()), folder="Sent")

    assert house.promise().state == "kept"
    assert questions(house) == []


async def test_nothing_is_asked_where_nothing_is_owed(house: House) -> None:
    await house.know()
    await house.arrive(mail(text="Never mind, the problem is solved.\n"))

    assert questions(house) == []
    assert house.promise().state == "open"


@pytest.mark.parametrize("answers", ["", letter_id()], ids=["by the only promise owed to them", "by its thread"])
async def test_an_accepted_invitation_is_asked_about_and_keeps_the_promise(house: House, answers: str) -> None:
    await house.know()
    await house.arrive(mail())
    await house.pass_time(hours=3)
    await house.arrive(reply_to_invitation("ACCEPTED", answers=answers), folder="Sent")
    before = house.promise().state

    said = asked.agree(house.household, questions(house)[0].id)

    assert before == "open"
    assert said == "The promise is kept."
    assert (house.promise().state, house.promise().ended_how) == ("kept", "invitation")
    assert house.promise().ended_at == MONDAY + timedelta(hours=3)


@pytest.mark.parametrize("status", ["DECLINED", "TENTATIVE", "NEEDS-ACTION"])
async def test_another_reply_to_an_invitation_is_not_asked_about(house: House, status: str) -> None:
    await house.know()
    await house.arrive(mail())

    await house.arrive(reply_to_invitation(status, answers=letter_id()), folder="Sent")

    assert questions(house) == []


async def old_thread(house: House, *, subject: str, days: int) -> None:
    """A matter that was answered, taken up again after so many days."""
    await house.know()
    await house.arrive(mail(subject="Offer for the website"))
    await house.arrive(
        own(subject="Re: Offer for the website", answers=letter_id(), at=house.clock.now()), folder="Sent"
    )
    house.clock.advance(timedelta(days=days))
    await house.arrive(mail(2, subject=subject, answers="<own.1@example.org>", at=house.clock.now()))


@pytest.mark.parametrize(
    ("subject", "days", "asks"),
    [
        pytest.param("Broken printer", 20, True, id="an old thread under another subject"),
        pytest.param("Broken printer", 10, False, id="a thread that is not old"),
        pytest.param("Re: Offer for the website", 20, False, id="the same subject"),
        pytest.param("Website offer, second version", 20, False, id="much in common"),
        pytest.param("", 20, False, id="no subject at all"),
    ],
)
async def test_a_changed_subject_on_an_old_thread_is_proposed_as_a_new_matter(
    house: House, subject: str, days: int, asks: bool
) -> None:
    await old_thread(house, subject=subject, days=days)

    assert [each.kind for each in questions(house)] == (["new-matter"] if asks else [])


async def test_yes_makes_a_matter_of_it_with_its_promise(house: House) -> None:
    await old_thread(house, subject="Broken printer", days=20)
    (question,) = questions(house)

    said = asked.agree(house.household, question.id)

    assert said == "It is a matter of its own now (1 mail)."
    matters = house.ask("SELECT subject, turn FROM matters WHERE subject <> 'Welcome aboard' ORDER BY id")
    assert matters == [("Offer for the website", "theirs"), ("Broken printer", "mine")]
    assert [row.subject for row in house.promises()] == ["Offer for the website", "Broken printer"]
    assert [row.state for row in house.promises()] == ["kept", "open"]
