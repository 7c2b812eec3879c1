"""Each shipped rule on a mail it is for, and on the innocent neighbour."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain import plan as planning
from inboxcrm.domain.linking import Nobody
from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar
from inboxcrm.domain.plan import Acknowledge, Silence, Terms
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.reply_safety import MailClass, Outcome, Verdict
from inboxcrm.domain.rules import Situation, Word
from inboxcrm.domain.threads import Placement
from tests.rules.situations import TUESDAY_AT_TEN, met, situation, word

COMPLAINTS = [
    "This is unacceptable. The site has been down since Monday.",
    "I am very disappointed with the last delivery.",
    "Either this works by noon or my lawyer writes the next letter.",
    "Ich bin sehr enttäuscht von der Lieferung.",
    "Das ist eine Frechheit.",
    "Hiermit möchte ich mich beschweren.",
    "Ich schreibe Ihnen jetzt zum dritten Mal.",
]
NO_COMPLAINTS = [
    "No complaints from our side, all is well.",
    "We had no complaint about the new form so far. Shall we go live?",
    "Keine Beschwerden bisher, alles läuft.",
    "I am a lawyer in Bern and look for somebody who minds our mail server.",
    "The error message says that the value is not accepted. What does that mean?",
    "Mein Vater hat Rückenbeschwerden, können wir den Termin verschieben?",
]


@pytest.mark.parametrize("text", COMPLAINTS)
def test_a_complaint_waits_for_a_person(text: str) -> None:
    said = word(situation(text))

    assert said.quiet
    assert said.matches[0].rule == "complaint"
    assert not said.no_promise


@pytest.mark.parametrize("text", NO_COMPLAINTS)
def test_a_mail_that_only_sounds_like_a_complaint_is_none(text: str) -> None:
    assert "complaint" not in met(situation(text))


def test_a_complaint_for_your_information_still_owes_an_answer() -> None:
    assert not word(situation("FYI, this is unacceptable.")).no_promise


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Payment reminder 2026-114", "Dear customer, the amount is due."),
        ("Account", "Our records show an outstanding balance of 320.00."),
        ("Invoice 88 is overdue", "Kindly settle it this week."),
        ("1. Mahnung zu Rechnung 4711", "Sehr geehrte Frau Example, ..."),
        ("Zahlungserinnerung", "Sicher haben Sie es übersehen."),
        (
            "Konto",
            "Der offene Betrag beträgt 320 Euro; wir bitten um Begleichung des offenen Betrags: offener Betrag 320.",
        ),
    ],
)
def test_a_payment_reminder_waits_for_a_person(subject: str, text: str) -> None:
    said = word(situation(text, subject=subject))

    assert said.hold
    assert said.tags == ("payment-reminder",)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Reminder: workshop on Thursday", "See you at nine."),
        ("Your invoice 12", "Could you put our order number on it?"),
        ("Offene Fragen zur Rechnung", "Ist die Position 3 richtig?"),
        ("Ermahnung an alle", "Bitte die Türen schließen."),
    ],
)
def test_an_ordinary_reminder_or_a_question_about_a_bill_is_none(subject: str, text: str) -> None:
    assert "payment reminder" not in met(situation(text, subject=subject))


@pytest.mark.parametrize(
    ("subject", "file"),
    [("Invoice 2026-31", "doc.pdf"), ("Ihre Rechnung", "scan.pdf"), ("Documents", "Rechnung-31.pdf")],
)
def test_a_bill_with_its_file_waits_for_a_person(subject: str, file: str) -> None:
    assert word(situation("Please find it attached.", subject=subject, attached=file)).hold


@pytest.mark.parametrize(("subject", "file"), [("Invoice 2026-31", None), ("Drawings", "plan.pdf")])
def test_a_bill_without_a_file_or_a_file_without_a_bill_does_not(subject: str, file: str | None) -> None:
    assert "invoice received" not in met(situation("What do you think?", subject=subject, attached=file))


THANKS = [
    "Thanks!",
    "Thank you very much for your quick reply.\n\nBest regards\nBob",
    "Hi Ann,\n\nperfect, thanks a lot. Have a nice weekend!\n\nBob Client",
    "Great, thank you. It works now.\nCheers\nBob",
    "Danke!",
    "Hallo Ann,\n\nvielen Dank für die schnelle Antwort.\n\nViele Grüße\nBob",
    "Super, danke dir! Schönes Wochenende\nLG\nBob",
    "Alles klar, besten Dank.\nFreundliche Grüsse\nBob Client",
]
MORE_THAN_THANKS = [
    "Thanks! Could you send the second file too?",
    "Thanks. Please call me.",
    "Thanks, but it still does not work.",
    "Thanks in advance for the offer.",
    "Thanks for the offer, we would like to start on Monday.",
    "Thanks.\nCall Me",
    "Thank you for calling me back tomorrow.",
    "Danke. Bitte Rückruf.",
    "Danke, aber die Zahlen stimmen nicht.",
    "Danke im Voraus!",
    "Vielen Dank für die Offerte, wir nehmen sie an.",
    "Danke. Wann geht es los",
    "Thanks. The server is down again.",
    "Great.",
]


@pytest.mark.parametrize("text", THANKS)
def test_thanks_need_no_answer(text: str) -> None:
    assert word(situation(text, reply=True)).no_promise


@pytest.mark.parametrize("text", MORE_THAN_THANKS)
def test_more_than_thanks_is_owed_an_answer(text: str) -> None:
    assert not word(situation(text, reply=True)).no_promise


@pytest.mark.parametrize(
    "asked",
    [
        situation("Thanks!", reply=True, known=False),
        situation("Thanks!"),
        situation("Thanks!", reply=True, mail_class="unknown"),
        situation("Thanks!", reply=True, attached="order.pdf"),
    ],
    ids=["of a stranger", "that answer nothing", "of nobody certain", "with a file"],
)
def test_thanks_are_taken_for_thanks_only_from_a_known_person_in_a_conversation(asked: Situation) -> None:
    assert not word(asked).no_promise


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("FYI: new address", "We moved to Elm Street 4."),
        ("New address", "Hi Ann,\n\nfor your information: we moved to Elm Street 4."),
        ("Zur Info: Betriebsferien", "Wir haben vom 3. bis 14. August geschlossen."),
        ("Urlaub", "Nur zur Info, ich bin nächste Woche nicht da."),
        ("Minutes", "The minutes are in the folder. No need to reply."),
        ("Protokoll", "Das Protokoll liegt im Ordner, keine Antwort nötig."),
    ],
)
def test_what_is_for_your_information_needs_no_answer(subject: str, text: str) -> None:
    assert word(situation(text, subject=subject)).no_promise


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("FYI: new address", "Please confirm that you have it."),
        ("FYI", "The server is down, what now?"),
        ("Information", "I would like some information about your prices."),
        ("Zur Info: neuer Termin", "Bitte bis Freitag zusagen."),
        ("Infoveranstaltung", "Ich hätte gern einen Platz."),
        ("FYI", "We need the figures by tomorrow."),
    ],
)
def test_information_with_a_request_is_owed_an_answer(subject: str, text: str) -> None:
    assert not word(situation(text, subject=subject)).no_promise


@pytest.mark.parametrize(
    ("differs", "rule", "template"),
    [
        ({}, "office hours", "acknowledge"),
        ({"known": False}, "new sender", "new-sender"),
        ({"open": False}, "after hours", "after-hours"),
        ({"open": False, "known": False}, "after hours", "after-hours"),
        ({"open": False, "holiday": "Easter Monday"}, "holiday", "after-hours"),
        ({"open": True, "holiday": "Easter Monday"}, "office hours", "acknowledge"),
        ({"open": False, "away": True}, "away", "away"),
        ({"open": False, "away": True, "holiday": "Easter Monday"}, "away", "away"),
    ],
)
def test_one_rule_names_the_text(differs: dict[str, Any], rule: str, template: str) -> None:
    said = word(situation(**differs))

    assert [match.rule for match in said.matches] == [rule]
    assert said.acknowledge == template


def test_machine_mail_is_given_no_text() -> None:
    assert met(situation(mail_class="machine", outcome="suppress")) == ["robot"]


# -- the rules and the plan

NINE_TO_FIVE = (Interval(time(9), time(17)),)
EVENING = TUESDAY_AT_TEN.replace(hour=20)
TERMS = Terms(
    policy=Policy.ALWAYS,
    target=timedelta(hours=8),
    normal_expectation=timedelta(hours=8),
    grace=timedelta(0),
    grace_closed=timedelta(0),
    max_delay=timedelta(days=1),
    new_sender=False,
    acknowledged_today=False,
)


def decided(outcome: Outcome, said: Word, calendar: OfficeCalendar, at: datetime, *, known: bool) -> planning.Plan:
    verdict = Verdict(outcome, MailClass.HUMAN, ("test",), (), None, authenticated=True, private_details_allowed=True)
    return planning.plan(
        verdict,
        Nobody("test"),
        Placement(None, "test"),
        word=said,
        terms=replace(TERMS, new_sender=not known),
        calendar=calendar,
        received_at=at,
        now=at,
        answered=False,
    )


@pytest.mark.parametrize("outcome", [Outcome.ACK, Outcome.ACK_MIN])
@pytest.mark.parametrize(
    ("away", "holiday", "at", "known"),
    list(product([False, True], [False, True], [TUESDAY_AT_TEN, EVENING], [False, True])),
)
def test_the_starter_rules_name_the_text_that_the_plan_would_choose(
    outcome: Outcome, away: bool, holiday: bool, at: datetime, known: bool
) -> None:
    calendar = OfficeCalendar(
        zone=ZoneInfo("UTC"),
        weekly=dict.fromkeys(range(7), NINE_TO_FIVE),
        holidays={at.date(): "Founding Day"} if holiday else {},
        away=(Away(at - timedelta(days=1), at + timedelta(days=1)),) if away else (),
    )
    asked = situation(
        open=calendar.is_open(at), holiday="Founding Day" if holiday else "", away=away, known=known, received_at=at
    )

    with_rules = decided(outcome, word(asked), calendar, at, known=known).speech
    without = decided(outcome, Word(), calendar, at, known=known).speech

    assert isinstance(with_rules, Acknowledge)
    assert with_rules == without


LOUDEST = Word(acknowledge="acknowledge", target=timedelta(days=30))


@pytest.mark.parametrize("outcome", [Outcome.SUPPRESS, Outcome.REVIEW])
@pytest.mark.parametrize(
    "said", [LOUDEST, replace(LOUDEST, hold=True), word(situation(outcome="suppress", open=False))]
)
def test_no_rule_makes_the_machine_speak_where_the_gate_says_no(outcome: Outcome, said: Word) -> None:
    calendar = OfficeCalendar(zone=ZoneInfo("UTC"), weekly={})

    assert isinstance(decided(outcome, said, calendar, TUESDAY_AT_TEN, known=False).speech, Silence)
