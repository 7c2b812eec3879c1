"""Each shipped rule on a mail of its situation, end to end: what the client gets, what the owner sees, what the ledger
holds, and what would have stopped it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions, second_look
from inboxcrm.service.memory import remember
from inboxcrm.store import unowed
from tests.memory.letters import own_with_file
from tests.service.house import MONDAY, House, mail, own
from tests.workflows.conftest import Bureau

MAILS = Path(__file__).parents[1] / "mail" / "workflows"
EVENING = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """A mail, and all that comes of it. `gets` is the template of the acknowledgement, None for none."""

    file: str
    rule: str
    gets: str | None
    promise: bool = True
    told: str = ""
    tag: str = ""
    state: str = "held"
    at: datetime = MONDAY
    known: bool = True
    away: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case("office-hours", "office hours", None),
    Case("after-hours", "after hours", "after-hours", at=EVENING),
    Case("delayed-beyond-normal", "office hours", "acknowledge", settings={"normal_expectation": timedelta(hours=4)}),
    Case("away", "away", "away", away=True),
    Case("first-mail-of-a-stranger", "new sender", "new-sender", known=False),
    Case("nothing-works", "nothing works", "three-questions", tag="nothing-works"),
    Case("asks-for-a-call", "asks for a call", "call-back", tag="call-back", at=EVENING),
    Case("complaint", "complaint", None, told="a complaint: call rather than write", tag="complaint"),
    Case("payment-reminder-received", "payment reminder", "after-hours", tag="payment-reminder", at=EVENING),
    Case("invoice-received", "invoice received", "after-hours", tag="invoice", state="awaiting", at=EVENING),
    Case("thanks", "thanks", None, promise=False, tag="thanks"),
    Case("for-your-information", "for your information", None, promise=False, tag="for-your-information"),
    Case(
        "invoice-instruction",
        "invoice instruction",
        None,
        told="says to whom the invoice goes: see inboxcrm commitments",
        tag="invoice-instruction",
    ),
    Case("newsletter", "newsletter", None, promise=False, tag="newsletter"),
    Case("social-network-notice", "social-network notice", None, promise=False, tag="social"),
    Case("robot", "robot", None, promise=False, tag="robot"),
)


def letter(file: str) -> bytes:
    return (MAILS / f"{file}.eml").read_bytes()


@pytest.fixture
def open_bureau(tmp_path: Path) -> Iterator[Callable[..., Bureau]]:
    """Opens a house in mode auto and, unless told otherwise, under the policy of a new home."""
    opened: list[House] = []

    def make(**settings: Any) -> Bureau:
        opened.append(Bureau(tmp_path, **({"policy": "when-slow"} | settings)))
        return opened[-1]  # type: ignore[return-value]  # what was just put there

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
async def test_a_situation_end_to_end(open_bureau: Callable[..., Bureau], case: Case) -> None:
    house = open_bureau(**case.settings)
    if case.known:
        await house.know()
    if case.away:
        actions.go_away(house.household, Away(MONDAY - timedelta(days=1), MONDAY + timedelta(days=7)))
    house.clock.advance(case.at - MONDAY)
    await house.arrive(letter(case.file))
    await house.sweep()

    story = house.story(house.messages()[-1].id)
    assert case.rule in [rule["rule"] for rule in story["rules"]]
    assert [row.template for row in house.outbox()] == ([case.gets] if case.gets else [])
    assert [row.state for row in house.promises()] == (["open"] if case.promise else [])
    assert [told.partition(": ")[2] for told in house.told()] == ([case.told] if case.told else [])
    assert not case.tag or case.tag in story["tags"]


@pytest.mark.parametrize(
    ("file", "without"),
    [
        (
            "complaint",
            (b"I am very disappointed with the last delivery. This is unacceptable.", b"No complaints here."),
        ),
        ("thanks", (b"quick reply.", b"quick reply. Could you call me?")),
        ("for-your-information", (b"we open at seven.", b"we open at seven. Please confirm.")),
        ("invoice-instruction", (b"please send the invoice to my company, Larch Ltd", b"one word before you write it")),
        ("nothing-works", (b"nothing works since", b"all works again since")),
        (
            "invoice-received",
            (b'application/pdf\nContent-Disposition: attachment; filename="Invoice-2026-88.pdf"', b"text/plain"),
        ),
    ],
)
async def test_what_would_have_stopped_it(
    open_bureau: Callable[..., Bureau], file: str, without: tuple[bytes, bytes]
) -> None:
    rule = next(case.rule for case in CASES if case.file == file)
    house = open_bureau()
    await house.know()
    assert without[0] in letter(file)
    await house.arrive(letter(file).replace(*without))

    story = house.story(house.messages()[-1].id)
    assert rule not in [each["rule"] for each in story["rules"]]


async def test_a_mail_taken_for_needing_no_answer_is_listed_for_one_key(open_bureau: Callable[..., Bureau]) -> None:
    house = open_bureau()
    await house.know()
    await house.arrive(letter("thanks"))

    (pending,) = house.household.database.reading(unowed.pending)
    assert "thanks" in pending.because


async def test_the_sixth_mail_of_a_matter_proposes_the_telephone(open_bureau: Callable[..., Bureau]) -> None:
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
    await house.arrive(letter("back-and-forth"))
    await house.sweep()

    assert [told.partition(": ")[2].partition(": ")[2] for told in house.told()] == [
        "this has gone back and forth more than four times: phone?"
    ]


@pytest.mark.parametrize(
    ("file", "rule", "after", "template"),
    [
        ("offer-sent", "after an offer", 7, "offer-follow-up"),
        ("delivered-work-sent", "after delivered work", 10, "check-in"),
    ],
)
async def test_silence_after_your_own_mail_has_a_draft_written(
    open_bureau: Callable[..., Bureau], file: str, rule: str, after: int, template: str
) -> None:
    house = open_bureau()
    await house.know()
    await house.arrive(letter(file), folder="Sent")
    await house.sweep()
    house.clock.advance(timedelta(days=after - 1))
    await house.sweep()
    before = house.outbox()
    house.clock.advance(timedelta(days=2))
    await house.sweep()

    assert before == []
    assert [(row.template, row.state, row.recipient) for row in house.outbox()] == [
        (template, "awaiting", "bob@client.example")
    ]
    assert [(step.rule, step.state) for step in house.steps()] == [(rule, "done")]
    assert len(house.told()) == 1
    assert house.promises() == []


@pytest.mark.parametrize("file", ["offer-sent", "delivered-work-sent"])
async def test_a_word_of_theirs_stops_it(open_bureau: Callable[..., Bureau], file: str) -> None:
    house = open_bureau()
    await house.know()
    await house.arrive(letter(file), folder="Sent")
    await house.sweep()
    house.clock.advance(timedelta(days=2))
    await house.arrive(mail(40, subject="Something else", at=house.clock.now()))
    house.clock.advance(timedelta(days=12))
    await house.sweep()

    assert [step.state for step in house.steps() if step.step.deeds.draft] == ["moot"]
    assert [row for row in house.outbox() if row.kind == "owner"] == []


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


async def test_a_payment_reminder_to_be_sent_is_stopped_in_every_language_until_an_invoice_went_out(
    open_bureau: Callable[..., Bureau],
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
        return {language: [each.sentence for each in found if each.stops] for language, found in looks.items()}

    assert stopped() == {
        language: ["never invoiced; they asked for it to Larch Ltd on 2 March 2026"] for language in REMINDERS
    }
    house.clock.advance(timedelta(days=1))
    at = house.clock.now()
    raw = own_with_file(50, "Invoice-7.pdf", to="Bob Client <bob@client.example>", subject="Invoice 7", at=at)
    await house.arrive(raw, folder="Sent")
    await remember(house.household)

    assert stopped() == {language: [] for language in REMINDERS}
