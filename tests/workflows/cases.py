"""The mails of tests/mail/workflows that somebody writes to the owner: in what circumstances each comes, what comes of
it, and what would have stopped it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.service.house import MONDAY

MAILS = Path(__file__).parents[1] / "mail" / "workflows"
BOB = "Bob Client <bob@client.example>"
EVENING = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
GOOD_FRIDAY = datetime(2026, 4, 3, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Around:
    """What holds when the mail comes.

    `known` is whom the owner knows, `plan` the plan of Bob, `settings` are those of [acknowledge].
    """

    at: datetime = MONDAY
    known: str = BOB
    away: bool = False
    plan: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A mail, the rule that it shows, and all that comes of it.

    The client gets the template `gets` (None for none), in which `says` stands; `state` is what became of it when the
    grace time was over. The owner sees `told` and finds the mail under `tag`; `rings` is the title of the notice that
    rings. The ledger holds a promise in these states. With `without` (passages of the mail and what stands there
    instead) or in the circumstances `unless` the rule would not have spoken, or, where `still` says so, would have
    spoken and nothing been sent.
    """

    file: str
    rule: str
    gets: str | None = None
    says: str = ""
    state: str = "sent"
    ledger: tuple[str, ...] = ("open",)
    told: str = ""
    tag: str = ""
    rings: str = ""
    around: Around = Around()
    without: tuple[tuple[bytes, bytes], ...] = ()
    unless: Around | None = None
    still: bool = False

    @property
    def raw(self) -> bytes:
        return letter(self.file)


def letter(file: str) -> bytes:
    """One mail of the folder."""
    return (MAILS / f"{file}.eml").read_bytes()


CLIENT = Around()
LATE = Around(at=EVENING)
GOLD_LATE = Around(at=EVENING, plan="gold")
STRANGER = Around(known="")
NOTHING: tuple[str, ...] = ()

CASES = (
    Case("office-hours", "office hours", unless=LATE),
    Case(
        "delayed-beyond-normal",
        "office hours",
        gets="acknowledge",
        says="by the end of Tuesday 3 March, 17:30 Zurich",
        around=replace(CLIENT, settings={"normal_expectation": timedelta(hours=4)}),
        unless=CLIENT,
        still=True,
    ),
    Case(
        "after-hours",
        "after hours",
        gets="after-hours",
        says="My office",
        around=LATE,
        unless=CLIENT,
    ),
    Case(
        "after-hours-with-a-plan",
        "after hours with a plan",
        gets="after-hours",
        says="URGENT",
        around=GOLD_LATE,
        unless=LATE,
    ),
    Case(
        "urgent-from-a-plan-client",
        "urgent from a plan client",
        gets="after-hours",
        says="by the end of Tuesday 3 March",
        tag="urgent",
        rings="Urgent mail from a client",
        around=GOLD_LATE,
        unless=LATE,
    ),
    Case(
        "holiday",
        "holiday",
        gets="after-hours",
        says="Good Friday",
        around=Around(at=GOOD_FRIDAY),
        unless=CLIENT,
    ),
    Case("away", "away", gets="away", says="I am away", around=Around(away=True), unless=CLIENT),
    Case(
        "first-mail-of-a-stranger",
        "new sender",
        gets="new-sender",
        says="my answer",
        around=STRANGER,
        unless=Around(known="Eve Newcomer <eve@newcomer.example>"),
    ),
    Case(
        "nothing-works",
        "nothing works",
        gets="three-questions",
        says="What exactly does not work",
        tag="nothing-works",
        without=((b"nothing works since", b"all works again since"),),
    ),
    Case(
        "asks-for-a-call",
        "asks for a call",
        gets="call-back",
        says="Tuesday 3 March, 10:00 Zurich",
        tag="call-back",
        around=LATE,
        without=((b"please call me tomorrow at 10:00 about", b"you can call me if you have questions about"),),
    ),
    Case(
        "complaint",
        "complaint",
        told="a complaint: call rather than write",
        tag="complaint",
        without=((b"I am very disappointed with the last delivery. This is unacceptable.", b"No complaints here."),),
    ),
    Case(
        "payment-reminder-received",
        "payment reminder",
        gets="after-hours",
        says="my answer",
        state="awaiting",
        tag="payment-reminder",
        around=LATE,
        without=((b"Payment reminder", b"Statement"), (b"an outstanding", b"a")),
    ),
    Case(
        "invoice-received",
        "invoice received",
        gets="after-hours",
        says="my answer",
        state="awaiting",
        tag="invoice",
        around=LATE,
        without=((b'application/pdf\nContent-Disposition: attachment; filename="Invoice-2026-88.pdf"', b"text/plain"),),
    ),
    Case(
        "thanks",
        "thanks",
        ledger=NOTHING,
        tag="thanks",
        without=((b"quick reply.", b"quick reply. Could you call me?"),),
    ),
    Case(
        "thanks-in-french",
        "thanks in French or Italian",
        ledger=NOTHING,
        tag="thanks",
        without=((b"merci beaucoup pour", b"merci d'avance pour"),),
    ),
    Case(
        "thanks-in-spanish",
        "thanks in Spanish or Portuguese",
        ledger=NOTHING,
        tag="thanks",
        without=((b" Perfecto.", " ¿Cuándo puede venir?".encode()),),
    ),
    Case(
        "thanks-in-dutch",
        "thanks in Dutch or Japanese",
        ledger=NOTHING,
        tag="thanks",
        without=((b"hartelijk dank voor", b"alvast bedankt voor"),),
    ),
    Case(
        "for-your-information",
        "for your information",
        ledger=NOTHING,
        tag="for-your-information",
        without=((b"we open at seven.", b"we open at seven. Please confirm."),),
    ),
    Case(
        "invoice-instruction",
        "invoice instruction",
        told="says to whom the invoice goes: see inboxcrm commitments",
        tag="invoice-instruction",
        without=((b"please send the invoice to my company, Larch Ltd", b"one word before you write it"),),
    ),
    Case(
        "newsletter",
        "newsletter",
        ledger=NOTHING,
        tag="newsletter",
        without=((b"To unsubscribe, reply with the word leave.", b"See you there."),),
    ),
    Case(
        "social-network-notice",
        "social-network notice",
        ledger=NOTHING,
        tag="social",
        without=((b"<notifications-noreply@linkedin.com>", b"<notifications-noreply@network.example>"),),
    ),
    Case(
        "robot",
        "robot",
        ledger=NOTHING,
        tag="robot",
        without=((b"From: Backup <root@", b"From: Ruth Oak <ruth@"), (b"Auto-Submitted: auto-generated\r\n", b"")),
    ),
)
