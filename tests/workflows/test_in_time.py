"""What rules do about days that return and about silences: once each, and nothing is sent by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.service import foresight, in_time, keeping, meant, outgoing, quiet
from inboxcrm.service.memory import remember
from inboxcrm.store import home, rules_in_time
from tests.service.house import CrashError, House, mail
from tests.workflows.conftest import Bureau

BOB = "bob@client.example"


async def known(
    bureau: Bureau, kind: Kind = Kind.BIRTHDAY, *, month: int = 3, day: int = 7, year: int | None = None
) -> int:
    """Bob is known, with a day that returns: by default Saturday of the first week. Answers its number."""
    await bureau.know()
    contact = bureau.household.database.reading(lambda connection: meant.contact_of(connection, BOB))
    return keeping.enter_occasion(bureau.household, contact.id, Occasion(kind, month, day, year)).id


def drafts(bureau: House) -> list[tuple[str, str, str]]:
    return [(row.template, row.state, row.recipient) for row in bureau.outbox()]


def told(bureau: House) -> list[str]:
    alarms = bureau.household.database.reading(home.alarms)
    return [alarm.detail for alarm in alarms if alarm.kind == "rule"]


async def on_friday(bureau: Bureau) -> None:
    bureau.clock.advance(timedelta(days=4))
    await remember(bureau.household)


async def test_a_birthday_is_drafted_on_the_last_open_day_before_it_and_once(bureau: Bureau) -> None:
    await known(bureau)
    await remember(bureau.household)
    before = drafts(bureau)
    await on_friday(bureau)
    await bureau.restart()
    await remember(bureau.household)
    bureau.clock.advance(timedelta(days=1))
    await remember(bureau.household)
    await bureau.deliver.run_once()

    assert before == []
    assert drafts(bureau) == [("birthday", "awaiting", BOB)]
    assert told(bureau) == ["c1 Bob Client: a birthday: a greeting is drafted"]
    assert bureau.transport.sent == []


async def test_a_draft_that_is_sent_is_the_years_greeting(bureau: Bureau) -> None:
    occasion = await known(bureau)
    await on_friday(bureau)
    outgoing.approve(bureau.household, bureau.item().id)
    await bureau.deliver.run_once()
    await remember(bureau.household)

    assert [sent.recipient for sent in bureau.transport.sent] == [BOB]
    assert bureau.ask("SELECT occasion_id, year, how FROM greetings") == [(occasion, 2026, "mail")]


async def test_who_was_greeted_otherwise_is_not_greeted_again(bureau: Bureau) -> None:
    occasion = await known(bureau)
    await on_friday(bureau)
    keeping.greeted(bureau.household, occasion, how="phone")
    await remember(bureau.household)

    assert [(row.state, row.reply) for row in bureau.outbox()] == [("cancelled", "greeted meanwhile")]


async def test_a_greeting_is_gone_when_its_day_is_over(bureau: Bureau) -> None:
    await known(bureau)
    await on_friday(bureau)
    bureau.clock.advance(timedelta(days=2))
    await bureau.deliver.run_once()

    assert [row.state for row in bureau.outbox()] == ["expired"]


@pytest.mark.parametrize(
    ("kind", "year", "template"),
    [
        (Kind.FIRST_JOB, 2025, "years-together"),
        (Kind.WEDDING, 2026, "congratulation"),
        (Kind.CONTRACT_START, 2020, "congratulation"),
    ],
)
async def test_each_kind_has_its_letter(bureau: Bureau, kind: Kind, year: int, template: str) -> None:
    await known(bureau, kind, year=year)
    await on_friday(bureau)

    assert drafts(bureau) == [(template, "awaiting", BOB)]


async def test_a_rule_of_ones_own_takes_the_place_and_an_error_in_it_stops_nothing(bureau: Bureau) -> None:
    bureau.rule(
        "[[rule]]\nname = 'mine'\non = 'occasion'\npriority = 5\n"
        "when = 'occasion.number == 46 and language == \"en\"'\n"
        "then = { commitment = { what = 'bring a cake', who = 'me', within = '1d' }, stop = true }\n"
        "[[rule]]\nname = 'errs'\non = 'occasion'\npriority = 9\nwhen = '1 / (occasion.number - 46) > 0'\n"
        "then = { notify = 'owner' }\n"
    )
    await bureau.sweep()
    await known(bureau, year=1980)
    await on_friday(bureau)

    assert drafts(bureau) == []
    assert bureau.ask("SELECT quote, due_on, state FROM commitments") == [("bring a cake", "2026-03-07", "suggested")]


async def test_a_rule_that_is_written_anew_is_asked_on_the_same_day(bureau: Bureau) -> None:
    rule = "[[rule]]\nname = 'mine'\non = 'occasion'\npriority = 5\nwhen = '{}'\nthen = {{ notify = 'owner' }}\n"
    bureau.rule(rule.format('language == "de"'))
    await bureau.sweep()
    await known(bureau, year=1980)
    await on_friday(bureau)
    before = len(told(bureau))

    bureau.rule(rule.format('language == "en"'))
    await bureau.sweep()
    await remember(bureau.household)

    assert len(told(bureau)) == before + 1


async def test_a_contact_without_a_letter_between_you_is_told_of_and_not_drafted_to(bureau: Bureau) -> None:
    await known(bureau)
    with bureau.household.database.write() as connection:
        connection.execute("UPDATE messages SET class = 'machine'")
    await on_friday(bureau)

    assert drafts(bureau) == []
    assert told(bureau) == ["c1 Bob Client: a birthday: a greeting is drafted"]
    (done,) = bureau.household.database.reading(rules_in_time.listed)
    assert "no letter between you" in done.outcome


async def test_a_process_that_dies_in_the_middle_does_it_once(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    await known(bureau)
    bureau.clock.advance(timedelta(days=4))

    def dies(*_: object) -> None:
        raise CrashError

    with monkeypatch.context() as patched:
        patched.setattr(rules_in_time, "end", dies)
        with pytest.raises(CrashError):
            await in_time.ask(bureau.household)
    assert drafts(bureau) == []
    await bureau.restart()
    await remember(bureau.household)

    assert drafts(bureau) == [("birthday", "awaiting", BOB)]


async def quiet_for(bureau: Bureau, days: int) -> None:
    """Bob wrote every fortnight, and then no more."""
    await bureau.know()
    now = bureau.clock.now()
    for number in range(9):
        at = now - timedelta(days=days + 14 * (8 - number))
        await bureau.arrive(mail(100 + number, at=at, subject=f"Matter {number}"), live=False, received_at=at)


async def test_a_quiet_contact_is_told_once_for_each_silence(bureau: Bureau) -> None:
    await quiet_for(bureau, 40)
    await remember(bureau.household)
    bureau.clock.advance(timedelta(days=3))
    await remember(bureau.household)

    assert told(bureau) == ["c1 Bob Client: gone quiet: call them"]
    assert bureau.outbox() == []


async def test_of_silences_older_than_the_mailbox_only_the_latest_are_told(bureau: Bureau) -> None:
    now, people = bureau.clock.now(), [f"P{number} <p{number}@client.example>" for number in range(8)]
    await bureau.know(", ".join(people))
    for number, sender in enumerate(people):
        for letter in range(7):
            at = now - timedelta(days=300 + number - 14 * letter)
            raw = mail(100 + 10 * number + letter, sender=sender, at=at, subject=f"Matter {letter}")
            await bureau.arrive(raw, live=False, received_at=at)
    await remember(bureau.household)

    assert sorted(each.partition(" ")[2][:2] for each in told(bureau)) == ["P0", "P1", "P2", "P3", "P4"]


async def test_a_broken_promise_before_the_silence_is_told_first(bureau: Bureau) -> None:
    await quiet_for(bureau, 40)
    await quiet.measure(bureau.household)
    with bureau.household.database.write() as connection:
        connection.execute("UPDATE rhythms SET broken_at = last_at")
    home_day = "2026-03-02"
    await bureau.household.jot(home.set_value, quiet.MEASURED, home_day)
    await in_time.ask(bureau.household)

    assert told(bureau) == ["c1 Bob Client: gone quiet after a promise to them was broken: call them"]


def ahead(bureau: Bureau) -> list[tuple[str, str, str]]:
    """Day, rule and what it is about."""
    with bureau.household.database.read() as connection:
        return [(str(each.next_on), each.rule, each.about) for each in foresight.ahead(bureau.household, connection)]


async def test_a_return_is_foreseen_until_the_rule_has_done_its_part(bureau: Bureau) -> None:
    await known(bureau)
    before = ahead(bureau)
    await on_friday(bureau)

    assert before == [("2026-03-06", "birthday", "birthday, Sat 7 Mar")]
    assert ahead(bureau) == []


async def test_who_was_greeted_is_not_foreseen(bureau: Bureau) -> None:
    keeping.greeted(bureau.household, await known(bureau), how="phone")

    assert ahead(bureau) == []


async def test_a_silence_is_foreseen_on_the_day_on_which_it_is_told(bureau: Bureau) -> None:
    await quiet_for(bureau, 14)
    await remember(bureau.household)
    ((day, rule, about),) = ahead(bureau)
    before = date.fromisoformat(day) - bureau.clock.now().date() - timedelta(days=1)
    bureau.clock.advance(before)
    await remember(bureau.household)
    assert told(bureau) == []
    bureau.clock.advance(timedelta(days=2))
    await remember(bureau.household)

    assert (rule, about) == ("quiet contact", "silence, writes about every 14 days")
    assert told(bureau) == ["c1 Bob Client: gone quiet: call them"]
    assert ahead(bureau) == []


async def test_nobody_to_whom_an_answer_is_owed_is_foreseen_silent(bureau: Bureau) -> None:
    await quiet_for(bureau, 14)
    await bureau.arrive(mail(300))
    await remember(bureau.household)

    assert ahead(bureau) == []


async def test_a_steady_client_is_not_told(bureau: Bureau) -> None:
    await quiet_for(bureau, 14)
    await remember(bureau.household)

    assert told(bureau) == []


@pytest.mark.parametrize(
    ("then", "fault"),
    [
        ("then = { acknowledge = 'away' }", 'a rule on = "quiet" has no "acknowledge"; it has'),
        ("then = { notify = 'owner' }\n[[rule.step]]\nafter = '2d'\nthen = { notify = 'owner' }", "does at once"),
    ],
    ids=["acknowledge", "step"],
)
def test_what_needs_a_mail_is_refused(
    tmp_path: Path, rulebook_fault: Callable[[str], str], then: str, fault: str
) -> None:
    assert fault in rulebook_fault(f"[[rule]]\nname = 'x'\non = 'quiet'\nwhen = 'true'\n{then}\n")


@pytest.fixture
def rulebook_fault() -> Callable[[str], str]:
    """Reads the text of a file of rules and answers what is wrong with it."""
    from datetime import UTC

    from inboxcrm.errors import RuleError
    from inboxcrm.rulebook import RuleBook
    from tests.rules.situations import TEMPLATES

    def fault(text: str) -> str:
        with pytest.raises(RuleError) as raised:
            RuleBook.of_texts({"x.toml": text}, names=TEMPLATES, zone=UTC)
        return str(raised.value)

    return fault
