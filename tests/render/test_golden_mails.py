"""Every language in every situation, as a reader sees it, kept beside the test and read line by line.

`INBOXCRM_GOLDEN=write pytest tests/render/test_golden_mails.py` writes what is rendered now; read the difference.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.address import address
from inboxcrm.domain.expectation import AwayUntil, Because, Expectation, HolidayOn, OutsideHours
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.outbox import Draft, TemplateValue
from inboxcrm.domain.salutation import Form, first_name
from inboxcrm.domain.wording import Precision, date_phrase, due_phrase, moment_phrase, reason_phrase
from inboxcrm.render.languages import PREFIXES
from inboxcrm.render.lint import MAX_WORDS, words
from tests.render.conftest import OWNER, SHIPPED, drafted, written

GOLDEN = Path(__file__).parent.parent / "golden" / "mail"
ZURICH, NEW_YORK = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York")
RECEIVED_AT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
DUE_AT = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
BACK_AT = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
AWAY = Away(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC))
HOLIDAYS = {
    "en": "Easter Monday",
    "de": "Ostermontag",
    "fr": "Lundi de Pâques",
    "es": "Lunes de Pascua",
    "it": "Lunedì dell’Angelo",
    "pt": "Segunda-feira de Páscoa",
    "nl": "Tweede paasdag",
    "ja": "復活祭の月曜日",
}


BACK = AwayUntil(AWAY, BACK_AT)
CALL_AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
CALL_DUE = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is told, and with which template. `subject` None: a stranger's, of which nothing is repeated."""

    name: str
    template: str
    due_at: datetime | None = DUE_AT
    because: Because | None = None
    previous_due_at: datetime | None = None
    precision: Precision = Precision.DAY
    sender_zone: ZoneInfo | None = None
    phone: str | None = None
    urgent: bool = False
    plan_note: str | None = None
    call_at: datetime | None = None
    subject: str | None = "Roof / Dach 2026"
    sender_name: str | None = "Mia Muster"
    form: Form = Form.FORMAL

    def values(self, language: str) -> dict[str, TemplateValue]:
        """The values as the services make them."""

        def told(at: datetime | None) -> str | None:
            if at is None:
                return None
            return due_phrase(
                at,
                language,
                owner_zone=ZURICH,
                sender_zone=self.sender_zone,
                precision=self.precision,
                said_at=RECEIVED_AT,
                form=self.form,
            )

        because = (self.because,) if self.because else ()
        expectation = Expectation(RECEIVED_AT, self.due_at, self.due_at, timedelta(hours=8), (), because)
        names = {date(2026, 4, 6): HOLIDAYS[language]}
        reason = reason_phrase(expectation, language, owner_zone=ZURICH, holiday_names=names)
        return {
            "due": told(self.due_at),
            "previous_due": told(self.previous_due_at),
            "reason": reason or None,
            "sender_name": self.sender_name,
            "first_name": None if self.form is Form.FORMAL else first_name(self.sender_name or ""),
            "form": self.form,
            "owner_name": OWNER.name,
            "phone": self.phone,
            "urgent_word": "URGENT" if self.urgent else None,
            "plan_note": self.plan_note,
            "call_at": None
            if self.call_at is None
            else moment_phrase(
                self.call_at,
                language,
                owner_zone=ZURICH,
                sender_zone=self.sender_zone,
                said_at=RECEIVED_AT,
                form=self.form,
            ),
            "day": date_phrase(date(2026, 3, 1), language, said_on=RECEIVED_AT.date()),
        }


SITUATIONS = (
    Situation("slow", "acknowledge"),
    Situation("abroad", "acknowledge", precision=Precision.HOUR, sender_zone=NEW_YORK, sender_name=None),
    Situation(
        "holiday",
        "acknowledge",
        due_at=datetime(2026, 4, 7, 15, 0, tzinfo=UTC),
        because=HolidayOn(date(2026, 4, 6), "Ostermontag"),
    ),
    Situation("no-date", "acknowledge", due_at=None),
    Situation("evening", "after-hours", because=OutsideHours(datetime(2026, 3, 3, 8, 0, tzinfo=UTC))),
    Situation("evening-with-phone", "after-hours", phone="+41 44 555 01 00"),
    Situation("evening-with-urgent-word", "after-hours", urgent=True, plan_note="Gold: 24/7."),
    Situation("three-questions", "three-questions"),
    Situation(
        "three-questions-away-with-phone",
        "three-questions",
        due_at=datetime(2026, 3, 17, 16, 0, tzinfo=UTC),
        phone="+41 44 555 01 00",
        because=BACK,
    ),
    Situation("call-back", "call-back", due_at=CALL_DUE, precision=Precision.HOUR, call_at=CALL_AT),
    Situation(
        "call-back-abroad",
        "call-back",
        due_at=CALL_DUE,
        precision=Precision.HOUR,
        call_at=CALL_AT,
        sender_zone=NEW_YORK,
        urgent=True,
    ),
    Situation("call-back-at-no-time", "call-back"),
    Situation("call-back-without-a-date", "call-back", due_at=None),
    Situation("within-the-week", "acknowledge", due_at=LATER),
    Situation("away", "away", due_at=datetime(2026, 3, 17, 16, 0, tzinfo=UTC), because=AwayUntil(AWAY, BACK_AT)),
    Situation("away-without-return", "away", due_at=None, because=AwayUntil(AWAY, None), urgent=True),
    Situation("stranger", "new-sender", subject=None, sender_name=None),
    Situation("minimal", "minimal", subject=None),
    Situation("minimal-no-date", "minimal", due_at=None, subject=None),
    Situation("extended", "extended", due_at=LATER, previous_due_at=DUE_AT),
    Situation("moved", "moved", due_at=LATER, previous_due_at=DUE_AT, because=AwayUntil(AWAY, None)),
)
FAMILIAR = tuple(
    replace(one, name=f"{one.name}-familiar", form=Form.FAMILIAR)
    for one in SITUATIONS
    if one.name
    in (
        "slow",
        "no-date",
        "evening",
        "evening-with-urgent-word",
        "away",
        "three-questions-away-with-phone",
        "call-back-abroad",
        "call-back-at-no-time",
        "extended",
        "moved",
    )
)


@pytest.mark.parametrize("language", list(PREFIXES))
def test_the_mail_reads_as_it_was_reviewed(language: str) -> None:
    for situation in (*SITUATIONS, *FAMILIAR):
        draft = drafted(
            to=address("Mia Muster", "mia@example.com"),
            template=situation.template,
            language=language,
            values=situation.values(language),
            original_subject=situation.subject,
        )
        _compare(GOLDEN / language / f"{situation.name}.txt", draft)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("name", ["apology", "late-answer", "after-hours-policy", "congratulation"])
@pytest.mark.parametrize("language", list(PREFIXES))
def test_what_is_drafted_for_the_owner_reads_as_it_was_reviewed(language: str, name: str, form: Form) -> None:
    situation = Situation(name, name, due_at=LATER, previous_due_at=DUE_AT, form=form)
    text = SHIPPED.render(name, language, situation.values(language))

    letter = written(subject=text.subject, text=text.text, language=text.language)
    suffix = "" if form is Form.FORMAL else f"-{form}"
    _compare(GOLDEN / language / f"{name}{suffix}.txt", letter)


def _compare(golden: Path, draft: Draft) -> None:
    """The subject and the text with what is kept, or keep them now."""
    rendered = f"{draft.subject}\n\n{draft.text}"
    if os.environ.get("INBOXCRM_GOLDEN") == "write":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")
    assert words(draft.text) <= MAX_WORDS


@pytest.mark.parametrize("name", ["minimal", "slow"])
def test_the_bytes_are_those_that_were_reviewed(name: str) -> None:
    situation = next(one for one in SITUATIONS if one.name == name)
    draft = drafted(
        to=address("Mia Müller", "mia@example.com"),
        template=situation.template,
        language="de",
        values=situation.values("de"),
        original_subject=situation.subject,
        owner=replace(OWNER, name="Ann Exämple"),
    )
    golden = GOLDEN / f"{name}.eml"
    if os.environ.get("INBOXCRM_GOLDEN") == "write":
        golden.write_bytes(draft.raw)

    assert draft.raw == golden.read_bytes()
