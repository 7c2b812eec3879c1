"""What shipped rules do later, or by more than one mail, on mails of their situations; and the two things of the kind
that need no rule: the letter after a courtesy, and the guard before a payment reminder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.domain.quoting import new_text
from inboxcrm.service import in_time, keeping, meant, outgoing, quiet, second_look, told_days
from inboxcrm.service.memory import remember
from inboxcrm.store import home, told_occasions, unowed
from tests.memory.letters import own_with_file
from tests.service.house import House, mail, own
from tests.workflows.cases import letter
from tests.workflows.conftest import Bureau
from tests.workflows.later import (
    BACK_AND_FORTH,
    COURTESY,
    DUNNING_GUARD,
    FIRST_JOB,
    FOLLOW_UPS,
    QUIET,
    QUIET_AFTER_BROKEN,
    RETURNS,
    FollowUp,
    Return,
)

Open = Callable[..., Bureau]
BOB = "bob@client.example"
BEFORE = re.compile(r"c\d+ Bob Client: |\d+ Bob Client, .*?: ")
SUNDAY = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)


def drafts(house: House) -> list[tuple[str, str, str]]:
    """What rules drafted, and not the ledger (an apology): template, state, recipient."""
    return [
        (row.template, row.state, row.recipient)
        for row in house.outbox()
        if row.kind == "owner" and row.promise_id is None
    ]


def words(house: Bureau) -> list[str]:
    """What rules told the owner, without whom and what it is about."""
    return [BEFORE.sub("", told) for told in house.told()]


async def test_a_mail_taken_for_needing_no_answer_is_listed_for_one_key(open_bureau: Open) -> None:
    house = open_bureau()
    await house.know()
    await house.arrive(letter("thanks"))

    (pending,) = house.household.database.reading(unowed.pending)
    assert "thanks" in pending.because


async def test_the_sixth_mail_of_a_matter_proposes_the_telephone(open_bureau: Open) -> None:
    house = open_bureau()
    await house.know()
    answers = None
    for number in range(21, 26):
        at = house.clock.now()
        if number % 2:
            raw = mail(number, subject="Re: The colours", answers=answers, at=at)
            await house.arrive(raw)
            answers = f"<letter.{number}@client.example>"
        else:
            raw = own(number, subject="Re: The colours", answers=answers, at=at)
            await house.arrive(raw, folder="Sent")
            answers = f"<own.{number}@example.org>"
        house.clock.advance(timedelta(minutes=20))
    assert house.told() == []
    await house.arrive(letter(BACK_AND_FORTH.files[0]))
    await house.sweep()

    assert [told.partition(": ")[2].partition(": ")[2] for told in house.told()] == [
        "this has gone back and forth more than four times: phone?"
    ]


@pytest.mark.parametrize("shown", FOLLOW_UPS, ids=lambda each: each.files[0])
async def test_silence_after_your_own_mail_has_a_draft_written(open_bureau: Open, shown: FollowUp) -> None:
    house = open_bureau()
    await house.know()
    await house.arrive(letter(shown.files[0]), folder="Sent")
    await house.sweep()
    house.clock.advance(timedelta(days=shown.after - 1))
    await house.sweep()
    before = house.outbox()
    house.clock.advance(timedelta(days=2))
    await house.sweep()

    assert before == []
    assert drafts(house) == [(shown.template, "awaiting", BOB)]
    assert [(step.rule, step.state) for step in house.steps()] == [(shown.rule, "done")]
    assert words(house) == [shown.told]
    assert house.promises() == []


@pytest.mark.parametrize("shown", FOLLOW_UPS, ids=lambda each: each.files[0])
async def test_a_word_of_theirs_stops_it(open_bureau: Open, shown: FollowUp) -> None:
    house = open_bureau()
    await house.know()
    await house.arrive(letter(shown.files[0]), folder="Sent")
    await house.sweep()
    house.clock.advance(timedelta(days=2))
    await house.arrive(mail(40, subject="Something else", at=house.clock.now()))
    house.clock.advance(timedelta(days=12))
    await house.sweep()

    assert [step.state for step in house.steps() if step.step.deeds.draft] == ["moot"]
    assert drafts(house) == []


async def told_a_day(house: Bureau, shown: Return) -> int:
    """The mail has come and was read along; answers the suggestion that it made."""
    await house.know()
    await house.arrive(letter(shown.files[0]))
    await remember(house.household)
    (told,) = house.household.database.reading(told_occasions.listed)
    assert (told.kind, told.month, told.day, told.year) == (shown.kind, 3, 7, shown.year)
    return told.id


async def on_friday(house: Bureau) -> None:
    house.clock.advance(timedelta(days=4))
    await remember(house.household)


@pytest.mark.parametrize("shown", RETURNS, ids=lambda each: each.files[0])
async def test_a_day_told_in_passing_comes_back_as_a_draft_on_the_last_open_day(
    open_bureau: Open, shown: Return
) -> None:
    house = open_bureau()
    told_days.confirm(house.household, await told_a_day(house, shown))
    before = drafts(house)
    await on_friday(house)

    assert before == []
    assert drafts(house) == [(shown.template, "awaiting", BOB)]
    assert words(house) == [shown.told]
    outgoing.approve(house.household, house.outbox()[-1].id)
    await house.deliver.run_once()
    await remember(house.household)
    assert [sent.recipient for sent in house.transport.sent] == [BOB]
    assert house.ask("SELECT year, how FROM greetings") == [(2026, "mail")]


@pytest.mark.parametrize("shown", RETURNS, ids=lambda each: each.files[0])
async def test_a_day_that_was_not_meant_comes_back_as_nothing(open_bureau: Open, shown: Return) -> None:
    house = open_bureau()
    told_days.dismiss(house.household, await told_a_day(house, shown))
    await on_friday(house)

    assert (drafts(house), house.told()) == ([], [])


async def first_job(open_bureau: Open) -> tuple[Bureau, int]:
    """A year ago, but for three days, the client gave the first order; answers the house and the occasion."""
    house = open_bureau()
    await house.know()
    await house.arrive(letter(FIRST_JOB.files[0]))
    contact = house.household.database.reading(lambda connection: meant.contact_of(connection, BOB))
    occasion = keeping.enter_occasion(house.household, contact.id, Occasion(Kind.FIRST_JOB, 3, 2, 2026)).id
    answer = own(50, subject="Re: Your offer of February", answers="<letter.69@client.example>")
    await house.arrive(answer, folder="Sent")
    house.clock.advance(timedelta(days=362))
    return house, occasion


async def test_a_year_after_the_first_order_a_letter_is_drafted(open_bureau: Open) -> None:
    house, _ = await first_job(open_bureau)
    await in_time.ask(house.household)
    before = drafts(house)
    house.clock.advance(timedelta(days=3))
    await in_time.ask(house.household)

    assert before == []
    assert drafts(house) == [("years-together", "awaiting", BOB)]
    assert words(house) == ["a year more together: a letter is drafted"]
    assert [row.state for row in house.promises()] == ["kept"]


async def test_who_was_thanked_for_the_year_by_telephone_is_not_written_to(open_bureau: Open) -> None:
    house, occasion = await first_job(open_bureau)
    house.clock.advance(timedelta(days=3))
    keeping.greeted(house.household, occasion, how="phone")
    await in_time.ask(house.household)

    assert (drafts(house), house.told()) == ([], [])


async def silent_for_forty_days(open_bureau: Open) -> Bureau:
    """Bob wrote every fortnight, the letter of the folder last, and then no more."""
    house = open_bureau()
    await house.know()
    last = house.clock.now() - timedelta(days=40)
    for number in range(8):
        at = last - timedelta(days=14 * (8 - number))
        await house.arrive(mail(100 + number, at=at, subject=f"Matter {number}"), live=False, received_at=at)
    await house.arrive(letter(QUIET.files[0]), live=False, received_at=last)
    return house


async def test_who_has_gone_quiet_is_told_to_the_owner_and_nobody_is_written_to(open_bureau: Open) -> None:
    house = await silent_for_forty_days(open_bureau)
    await remember(house.household)

    assert words(house) == ["gone quiet: call them"]
    assert house.outbox() == []


async def test_a_broken_promise_before_the_silence_is_spoken_of_first(open_bureau: Open) -> None:
    assert QUIET_AFTER_BROKEN.files == QUIET.files
    house = await silent_for_forty_days(open_bureau)
    await quiet.measure(house.household)
    with house.household.database.write() as connection:
        connection.execute("UPDATE rhythms SET broken_at = last_at")
    today = house.clock.now().astimezone(house.household.config.owner.timezone).date()
    await house.household.jot(home.set_value, quiet.MEASURED, today.isoformat())
    await in_time.ask(house.household)

    assert words(house) == ["gone quiet after a promise to them was broken: call them"]


async def test_a_word_of_theirs_ends_the_silence(open_bureau: Open) -> None:
    house = await silent_for_forty_days(open_bureau)
    await house.arrive(mail(90, subject="Back again"))
    await remember(house.household)

    assert house.told() == []


async def helped_on_sunday(open_bureau: Open, *, plan: str | None) -> Bureau:
    """On Sunday evening Bob asks, and is answered by hand; now it is Monday morning, and the office open."""
    house = open_bureau()
    house.arrange()
    await house.client(plan)
    asked, answered = COURTESY.files
    house.clock.jump(SUNDAY - house.clock.now())
    await house.arrive(letter(asked))
    house.clock.advance(timedelta(minutes=30))
    await house.arrive(letter(answered), folder="Sent", received_at=house.clock.now())
    await house.sweep()
    assert drafts(house) == []
    house.clock.advance(timedelta(hours=14))
    await house.sweep()
    return house


async def test_help_on_a_sunday_is_followed_by_the_letter_about_office_hours(open_bureau: Open) -> None:
    house = await helped_on_sunday(open_bureau, plan=None)

    assert drafts(house) == [("after-hours-policy", "awaiting", BOB)]
    assert "I answered your message of Sunday 1 March outside my office hours" in house.outbox()[-1].text
    assert [row.state for row in house.promises()] == ["kept"]
    assert house.transport.sent == []


async def test_help_to_a_client_with_access_is_followed_by_nothing(open_bureau: Open) -> None:
    house = await helped_on_sunday(open_bureau, plan="gold")

    assert drafts(house) == []


REMINDERS = {
    "en": "Our invoice of February is still unpaid.",
    "de": "Unsere Rechnung vom Februar ist noch offen.",
    "fr": "Notre facture de février reste impayée.",
    "es": "Nuestra factura de febrero sigue pendiente de pago.",
    "it": "La nostra fattura di febbraio risulta ancora da pagare.",
    "pt": "A nossa fatura de fevereiro continua por pagar.",
    "nl": "Onze factuur van februari staat nog open.",
    "ja": "二月分のご請求書のお支払いがまだ確認できておりません。",
}


def in_the_folder() -> second_look.Letter:
    message = parse(letter(DUNNING_GUARD.files[0]))
    return second_look.Letter(1, message.subject, new_text(message.text))


async def test_a_payment_reminder_to_be_sent_is_stopped_in_every_language_until_an_invoice_went_out(
    open_bureau: Open,
) -> None:
    house = open_bureau()
    await house.know()
    await house.arrive(letter("invoice-instruction"))
    await remember(house.household)

    def stopped() -> dict[str, list[str]]:
        with house.household.database.read() as connection:
            looks = {
                language: second_look.look(
                    house.household,
                    connection,
                    second_look.Letter(1, "", text, language),
                    now=house.clock.now(),
                )
                for language, text in REMINDERS.items()
            }
            looks["the mail"] = second_look.look(house.household, connection, in_the_folder(), now=house.clock.now())
        return {language: [each.sentence for each in found if each.stops] for language, found in looks.items()}

    assert stopped() == {
        language: ["never invoiced; they asked for it to Larch Ltd on 2 March 2026"]
        for language in (*REMINDERS, "the mail")
    }
    house.clock.advance(timedelta(days=1))
    at = house.clock.now()
    raw = own_with_file(50, "Invoice-7.pdf", to="Bob Client <bob@client.example>", subject="Invoice 7", at=at)
    await house.arrive(raw, folder="Sent")
    await remember(house.household)

    assert stopped() == {language: [] for language in (*REMINDERS, "the mail")}
