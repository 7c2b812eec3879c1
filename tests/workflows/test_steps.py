"""Steps of rules: begun with the mail, dropped when moot, taken once when their time has come, by their own text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from inboxcrm.clock import SystemClock
from inboxcrm.domain.address import address
from inboxcrm.domain.deeds import Deeds, Step, Unless, Wait, plain, step_of
from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.domain.office_hours import Away
from inboxcrm.errors import UserError
from inboxcrm.service import actions, drafting, outgoing, workflows
from inboxcrm.store import contacts, home, occasions
from inboxcrm.store import workflows as store
from inboxcrm.store.database import Database
from tests.service.house import MONDAY, CrashError, House, letter_id, mail, own
from tests.workflows.conftest import NUDGE, OFFER, Bureau


async def begun(bureau: Bureau, rule: str = NUDGE) -> None:
    """Bob, who is known, writes about the offer, and the rule begins its steps."""
    bureau.rule(rule)
    await bureau.know()
    await bureau.arrive(mail())


def drafts(bureau: House) -> list[tuple[str, str, str]]:
    """What rules drafted, and not the ledger (an apology): state, recipient, text."""
    return [
        (row.state, row.recipient, row.text)
        for row in bureau.outbox()
        if row.kind == "owner" and row.promise_id is None
    ]


async def test_a_step_waits_and_is_taken_when_its_time_has_come(bureau: Bureau) -> None:
    await begun(bureau)
    bureau.clock.advance(timedelta(days=1, hours=23))
    await bureau.sweep()
    (waiting,) = bureau.steps()

    bureau.clock.advance(timedelta(hours=1))
    await bureau.sweep()

    (step,) = bureau.steps()
    assert waiting.state == "waiting"
    assert waiting.due_at == MONDAY + timedelta(days=2)
    assert step.state == "done"
    assert drafts(bureau) == [
        ("awaiting", "bob@client.example", "Hello Bob Client,\n\nyou wrote on Monday 2 March.\n\nAnn Example\n")
    ]
    assert bureau.told() == ["2 Bob Client, Question about the offer: still no word to them"]


async def test_a_draft_never_goes_out_by_itself(bureau: Bureau) -> None:
    await begun(bureau)
    await bureau.pass_time(days=3)
    await bureau.sweep()
    await bureau.pass_time(days=1)

    assert [state for state, _, _ in drafts(bureau)] == ["awaiting"]
    assert [sent.recipient for sent in bureau.transport.sent if b"you wrote on" in sent.raw] == []


async def test_an_answer_makes_the_step_moot(bureau: Bureau) -> None:
    await begun(bureau)
    bureau.clock.advance(timedelta(hours=2))
    await bureau.arrive(own(answers=letter_id(), at=bureau.clock.now()), folder="Sent")
    bureau.clock.advance(timedelta(days=3))
    await bureau.sweep()

    (step,) = bureau.steps()
    assert (step.state, step.outcome) == ("moot", "answered meanwhile")
    assert drafts(bureau) == []


async def test_a_call_makes_the_step_moot_as_a_mail_does(bureau: Bureau) -> None:
    await begun(bureau)
    bureau.clock.advance(timedelta(hours=2))
    actions.done(bureau.household, letter_id(), how="phone")
    await bureau.sweep()

    assert [step.state for step in bureau.steps()] == ["moot"]


async def test_what_went_to_others_only_does_not(bureau: Bureau) -> None:
    await begun(bureau)
    bureau.clock.advance(timedelta(hours=2))
    aside = own(to="Sub Contractor <sub@builder.example>", answers=letter_id(), at=bureau.clock.now())
    await bureau.arrive(aside, folder="Sent")
    await bureau.sweep()

    assert [step.state for step in bureau.steps() if step.rule == "nudge"] == ["waiting"]


async def test_an_answer_takes_a_waiting_draft_out_of_the_outbox_again(bureau: Bureau) -> None:
    await begun(bureau)
    bureau.clock.advance(timedelta(days=2))
    await bureau.sweep()
    await bureau.arrive(own(answers=letter_id(), at=bureau.clock.now()), folder="Sent")
    await bureau.sweep()

    assert [(row.state, row.reply) for row in bureau.outbox() if row.template == "word"] == [
        ("cancelled", "answered meanwhile")
    ]
    assert bureau.told() == []


@pytest.mark.parametrize("where", ["before", "drafted", "ended"])
async def test_a_process_that_dies_in_the_middle_of_a_step_does_it_once(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    await begun(bureau)
    bureau.clock.advance(timedelta(days=2))

    def dies(*args: object, **more: object) -> None:
        raise CrashError(where)

    def ends_and_dies(*args: object, **more: object) -> None:
        store_end(*args, **more)  # type: ignore[arg-type]  # whatever it is given
        raise CrashError(where)

    store_end = store.end
    with monkeypatch.context() as patched:
        if where == "before":
            patched.setattr(drafting, "draft", dies)
        else:
            patched.setattr(store, "end", dies if where == "drafted" else ends_and_dies)
        with pytest.raises(CrashError):
            await bureau.sweep()
    assert drafts(bureau) == []
    await bureau.restart()
    await bureau.sweep()
    await bureau.sweep()

    assert len(drafts(bureau)) == 1
    assert [step.state for step in bureau.steps()] == ["done"]


async def test_what_has_begun_finishes_by_the_text_it_started_with(bureau: Bureau) -> None:
    await begun(bureau)
    bureau.rule(NUDGE.replace('draft = "word", ', "").replace("still no word to them", "by the new text"))
    bureau.clock.advance(timedelta(days=2))
    await bureau.sweep()
    await bureau.arrive(mail(2, sender="Eve <eve@other.example>", at=bureau.clock.now()))
    bureau.clock.advance(timedelta(days=2))
    await bureau.sweep()

    assert [told.partition(": ")[2] for told in bureau.told()] == ["still no word to them", "by the new text"]
    assert len(drafts(bureau)) == 1


async def test_a_rule_that_is_gone_still_finishes_what_it_began(bureau: Bureau) -> None:
    await begun(bureau)
    bureau.rule("")
    bureau.clock.advance(timedelta(days=2))
    await bureau.sweep()

    assert [step.state for step in bureau.steps()] == ["done"]


async def test_a_step_does_not_come_while_the_office_is_closed(bureau: Bureau) -> None:
    friday_evening = datetime(2026, 3, 6, 19, 0, tzinfo=UTC)
    bureau.rule(NUDGE.replace("2d", "1d"))
    await bureau.know()
    bureau.clock.advance(friday_evening - MONDAY)
    await bureau.arrive(mail(at=friday_evening))
    bureau.clock.advance(timedelta(days=1, hours=1))
    await bureau.sweep()
    (waiting,) = bureau.steps()
    calendar = bureau.household.database.reading(lambda c: bureau.household.calendar(c, friday_evening, None))
    foretold = workflows.next_at(waiting, calendar, bureau.clock.now())

    bureau.clock.advance(datetime(2026, 3, 9, 8, 0, tzinfo=UTC) - bureau.clock.now())
    await bureau.sweep()

    assert waiting.state == "waiting"
    assert foretold == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    assert [step.state for step in bureau.steps()] == ["done"]


async def test_an_absence_entered_later_puts_the_step_off(bureau: Bureau) -> None:
    await begun(bureau)
    actions.go_away(bureau.household, Away(MONDAY + timedelta(days=1), MONDAY + timedelta(days=7)))
    bureau.clock.advance(timedelta(days=3))
    await bureau.sweep()

    assert [step.state for step in bureau.steps()] == ["waiting"]


async def test_what_a_rule_does_at_once_does_not_wait_for_the_office(bureau: Bureau) -> None:
    at_night = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)
    bureau.clock.advance(at_night - MONDAY)
    await begun(bureau, "[[rule]]\nname = 'a'\nwhen = 'true'\nthen = { notify = 'owner', note = 'look' }\n")
    await bureau.sweep()

    assert [told.partition(": ")[2] for told in bureau.told()] == ["look"]


async def test_the_owners_own_mail_begins_what_waits_for_their_answer(bureau: Bureau) -> None:
    bureau.rule(OFFER)
    await bureau.arrive(own(subject="Our bargain", at=MONDAY), folder="Sent")
    await bureau.sweep()
    bureau.clock.advance(timedelta(days=7))
    await bureau.sweep()

    assert [step.state for step in bureau.steps()] == ["done"]
    assert [(state, to) for state, to, _ in drafts(bureau)] == [("awaiting", "bob@client.example")]


async def test_their_answer_to_the_owners_mail_ends_it(bureau: Bureau) -> None:
    bureau.rule(OFFER)
    await bureau.arrive(own(subject="Our bargain", at=MONDAY), folder="Sent")
    await bureau.sweep()
    bureau.clock.advance(timedelta(days=2))
    await bureau.arrive(mail(subject="Re: Our bargain", answers="<own.1@example.org>", at=bureau.clock.now()))
    await bureau.sweep()

    assert [step.state for step in bureau.steps() if step.rule == "offer"] == ["moot"]


async def test_a_draft_that_the_owner_sends_begins_nothing_anew(bureau: Bureau) -> None:
    bureau.rule(OFFER)
    await bureau.arrive(own(subject="Our bargain", at=MONDAY), folder="Sent")
    await bureau.sweep()
    bureau.clock.advance(timedelta(days=7))
    await bureau.sweep()
    (item,) = bureau.outbox()
    outgoing.approve(bureau.household, item.id)
    await bureau.deliver.run_once()
    await bureau.arrive(bureau.mailbox.filed[0], folder="Sent")
    await bureau.sweep()

    assert len(bureau.steps()) == 1
    assert len(bureau.outbox()) == 1


async def test_mail_sent_before_the_home_was_there_begins_nothing(bureau: Bureau) -> None:
    bureau.rule(OFFER)
    await bureau.arrive(own(subject="Our bargain", at=MONDAY), folder="Sent", live=False)
    await bureau.sweep()

    assert bureau.steps() == []


async def test_a_machine_is_never_drafted_to(bureau: Bureau) -> None:
    bureau.rule("[[rule]]\nname = 'a'\nwhen = 'true'\nthen = { draft = 'word' }\n")
    await bureau.arrive(mail(fields=("Auto-Submitted: auto-generated",)))
    await bureau.sweep()

    assert drafts(bureau) == []
    assert [(step.state, step.outcome) for step in bureau.steps()] == [("failed", "a machine wrote the mail")]


async def test_cancelling_stops_what_waits(bureau: Bureau) -> None:
    await begun(bureau)
    (step,) = bureau.steps()
    workflows.cancel(bureau.household, step.workflow_id)
    bureau.clock.advance(timedelta(days=3))
    await bureau.sweep()

    assert [each.state for each in bureau.steps()] == ["cancelled"]
    assert drafts(bureau) == []
    with pytest.raises(UserError, match="nothing of workflow 1 waits any more"):
        workflows.cancel(bureau.household, step.workflow_id)
    with pytest.raises(UserError, match="there is no workflow 7"):
        workflows.cancel(bureau.household, 7)


def test_days_are_those_of_the_calendar_across_a_change_of_clocks(bureau: Bureau) -> None:
    calendar = bureau.household.database.reading(lambda c: bureau.household.calendar(c, MONDAY, None))
    friday = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)

    assert Wait(timedelta(days=3)).after(friday, calendar) == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
    assert Wait(timedelta(hours=72)).after(friday, calendar) == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
    assert Wait(timedelta(hours=8), open=True).after(friday, calendar) == datetime(2026, 3, 30, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "step",
    [
        Step(Deeds(draft="word")),
        Step(Deeds(notify=True, note="phone?"), Wait(timedelta(days=2)), (Unless.ANSWERED, Unless.WRITTEN)),
        Step(Deeds(draft="word", notify=True), Wait(timedelta(hours=8), open=True)),
    ],
    ids=str,
)
def test_a_step_is_read_back_as_it_was_kept(step: Step) -> None:
    assert step_of(json.loads(json.dumps(plain(step)))) == step


async def test_what_was_remembered_is_in_force_after_a_start_over_a_faulty_file(bureau: Bureau) -> None:
    await begun(bureau)
    await bureau.sweep()
    bureau.rule(NUDGE.replace("message.subject", "message.subjekt"))
    await bureau.restart()
    await bureau.arrive(mail(2, sender="Eve <eve@other.example>"))
    await bureau.sweep()

    assert [step.rule for step in bureau.steps()] == ["nudge", "nudge"]
    (alarm,) = [each for each in bureau.household.database.reading(home.alarms) if each.kind == "rules-fault"]
    assert 'unknown name "message.subjekt". Did you mean "message.subject"?' in alarm.detail


def test_the_command_lists_what_happens_next(tmp_path_factory: pytest.TempPathFactory) -> None:
    from inboxcrm.cli import workflows as registered
    from inboxcrm.cli.root import cli
    from tests.rules.test_commands import CONFIG

    place = tmp_path_factory.mktemp("home")
    (place / "config.toml").write_text(CONFIG)

    assert registered.workflows_group.name == "workflows"
    said = CliRunner().invoke(cli, ["--home", str(place), "workflows"])
    assert said.output == "No step of a rule waits.\n"
    now = SystemClock().now()
    soon = now.date() + timedelta(days=10)
    book = Database(place / "inboxcrm.db")
    with book.write() as connection:
        ada = contacts.add_contact(connection, address("Ada", "ada@client.example"), None, now=now)
        occasions.add(connection, ada, Occasion(Kind.BIRTHDAY, soon.month, soon.day), note="", source="hand", now=now)
    book.close()
    foreseen = CliRunner().invoke(cli, ["--home", str(place), "workflows", "--json"])
    assert [json.loads(line)["rule"] for line in foreseen.output.splitlines()] == ["birthday"]
    assert "Ahead, by rules in time:" in CliRunner().invoke(cli, ["--home", str(place), "workflows"]).output
    refused = CliRunner().invoke(cli, ["--home", str(place), "workflows", "cancel", "3"])
    assert isinstance(refused.exception, UserError)


async def test_a_contact_who_is_addressed_familiarly_is_drafted_to_by_first_name(bureau: Bureau) -> None:
    await begun(bureau, NUDGE.replace('draft = "word"', 'draft = "offer-follow-up"'))
    actions.set_contact(bureau.household, "Bob Client", {"form": "familiar", "language": "de"})
    bureau.clock.advance(timedelta(days=2))
    await bureau.sweep()

    ((_, _, text),) = drafts(bureau)
    assert text.startswith("Hallo Bob,\n\nam Montag, 2. März habe ich dir ein Angebot geschickt.")
    assert text.endswith("Liebe Grüße\nAnn Example\n")


async def test_a_rule_keeps_what_is_to_be_remembered_once(bureau: Bureau) -> None:
    await begun(
        bureau,
        "[[rule]]\nname = 'a'\nwhen = 'true'\nthen.occasion = 'first-job'\nthen.interaction = 'post'\n"
        "then.commitment = { what = 'send the plan', who = 'me', within = '3d' }\n",
    )
    await bureau.sweep()
    await bureau.sweep()

    assert bureau.ask("SELECT side, quote, due_on, state FROM commitments WHERE quote = 'send the plan'") == [
        ("mine", "send the plan", "2026-03-05", "suggested")
    ]
    assert bureau.ask("SELECT kind, month, day, year FROM occasions") == [("first-job", 3, 2, 2026)]
    assert bureau.ask("SELECT channel, from_owner FROM interactions") == [("post", 0)]
    assert bureau.outbox()[0].kind == "auto"
