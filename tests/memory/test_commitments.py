"""What was said is suggested after the mail is on record, kept by one command, and ended by evidence."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.domain.commitments import Kind, Side
from inboxcrm.domain.plan import Silence
from inboxcrm.errors import UserError
from inboxcrm.service import commitments as keeping
from inboxcrm.service import drafting
from inboxcrm.service.memory import remember
from inboxcrm.store import commitments
from inboxcrm.store.commitments import CommitmentRow
from tests.memory.conftest import Run
from tests.memory.letters import own_with_file, with_file
from tests.service.house import MONDAY, House, letter_id, mail, own

BOB = "Bob Client <bob@client.example>"
INSTRUCTION = "Dear Ann,\n\nplease invoice my company, Larch Ltd, for the March work.\n\nBob\n"


async def heard(house: House, *raws: bytes, **how: object) -> list[CommitmentRow]:
    """These mails come, and are read for what they promise."""
    await house.arrive(*raws, **how)
    await remember(house.household)
    return everything(house)


def everything(house: House) -> list[CommitmentRow]:
    states = ("suggested", "open", "done", "dismissed")
    with house.household.database.read() as connection:
        return sorted(commitments.listed(connection, states=states), key=lambda row: row.id)


async def test_what_a_client_promises_is_theirs_and_what_they_ask_is_mine(house: House) -> None:
    text = "Dear Ann,\n\nI'll send you the signed contract by Friday. Could you send me the list of rooms?\n\nBob\n"

    rows = await heard(house, mail(text=text))

    assert [(row.kind, row.side, row.state, row.due_on) for row in rows] == [
        ("deed", "theirs", "suggested", date(2026, 3, 6)),
        ("request", "mine", "suggested", None),
    ]
    assert rows[0].quote == "I'll send you the signed contract by Friday."
    assert rows[0].contact == "Bob Client"


async def test_what_the_owner_promises_is_mine(house: House) -> None:
    await house.know()
    text = "Dear Bob,\n\nI'll send you the plan tomorrow.\n\nAnn\n"

    rows = await heard(house, own(text=text), folder="Sent")

    assert [(row.kind, row.side, row.due_on) for row in rows] == [("deed", "mine", date(2026, 3, 3))]


async def test_nothing_is_suggested_from_what_is_quoted(house: House) -> None:
    text = "Thank you, that is clear.\n\n> I'll send you the signed contract by Friday.\n"

    assert await heard(house, mail(text=text)) == []


async def test_a_day_is_read_by_the_calendar_of_the_writer(house: House) -> None:
    sunday_evening_in_zurich = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    await house.know()
    with house.household.database.write() as connection:
        connection.execute("UPDATE contacts SET timezone = 'Asia/Tokyo'")

    rows = await heard(house, mail(text="I'll send it today.\n"), received_at=sunday_evening_in_zurich)

    assert [row.due_on for row in rows] == [date(2026, 3, 2)]


async def test_a_letter_is_read_once(house: House) -> None:
    await heard(house, mail(text=INSTRUCTION))
    await remember(house.household)

    assert len(everything(house)) == 1


async def test_old_mail_that_comes_with_a_new_mailbox_suggests_nothing(house: House) -> None:
    long_ago = MONDAY - timedelta(days=60)

    assert await heard(house, mail(text=INSTRUCTION, at=long_ago), live=False, received_at=long_ago) == []


async def test_mail_of_machines_suggests_nothing(house: House) -> None:
    raw = mail(text="We'll pay by Friday.\n", fields=["Auto-Submitted: auto-generated", "List-Id: <x.client.example>"])

    assert await heard(house, raw) == []


async def test_a_dismissed_sentence_is_not_suggested_again(house: House) -> None:
    rows = await heard(house, mail(text=INSTRUCTION))
    keeping.dismiss(house.household, rows[0].id)

    rows = await heard(house, mail(2, text=INSTRUCTION, subject="Once more"))

    assert [row.state for row in rows] == ["dismissed"]


async def test_an_invoice_in_sent_ends_the_instruction_and_the_order_number(house: House) -> None:
    text = INSTRUCTION + "\nOur PO number is 4500-12.\n"
    rows = await heard(house, mail(text=text))
    keeping.confirm(house.household, rows[0].id)

    later = MONDAY + timedelta(hours=2)
    house.clock.advance(timedelta(hours=2))
    raw = own_with_file(5, "Invoice-2026-4.pdf", to=BOB, subject="March", at=later)
    rows = await heard(house, raw, folder="Sent")

    assert [(row.kind, row.state, row.ended_how) for row in rows] == [
        ("invoice", "done", "an invoice was sent"),
        ("order-number", "done", "an invoice was sent"),
    ]
    assert rows[0].evidence_id == house.messages()[-1].id


async def test_an_invoice_to_a_colleague_at_the_same_firm_is_evidence(house: House) -> None:
    await heard(house, mail(text=INSTRUCTION))

    later = MONDAY + timedelta(hours=2)
    house.clock.advance(timedelta(hours=2))
    to = "Carol Books <carol@client.example>"
    raw = own_with_file(5, "Rechnung 12.pdf", to=to, subject="March", at=later)
    rows = await heard(house, raw, folder="Sent")

    assert [row.state for row in rows] == ["done"]


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("Offer.pdf", BOB),
        ("Invoice-2026-4.pdf", "Eve Else <eve@other.example>"),
        ("Payment reminder invoice 4.pdf", BOB),
    ],
    ids=["another paper", "somebody else", "a reminder"],
)
async def test_other_mail_is_no_evidence(house: House, name: str, to: str) -> None:
    await heard(house, mail(text=INSTRUCTION))

    later = MONDAY + timedelta(hours=2)
    house.clock.advance(timedelta(hours=2))
    rows = await heard(house, own_with_file(5, name, to=to, subject="March", at=later), folder="Sent")

    assert [row.state for row in rows] == ["suggested"]


async def test_an_invoice_from_before_the_instruction_is_no_evidence(house: House) -> None:
    before = MONDAY - timedelta(days=3)
    await house.arrive(
        own_with_file(5, "Invoice-1.pdf", to=BOB, subject="February", at=before), folder="Sent", received_at=before
    )

    rows = await heard(house, mail(text=INSTRUCTION))

    assert [row.state for row in rows] == ["suggested"]


async def test_a_file_in_the_same_matter_is_noted_and_the_owner_is_asked(house: House) -> None:
    rows = await heard(house, mail(text="I'll send you the signed contract by Friday.\n"))
    house.clock.advance(timedelta(days=1))

    second = with_file(mail(2, text="Here it is.\n", answers=letter_id(1)), "contract.pdf")
    rows = await heard(house, second)

    assert [(row.state, row.evidence_id) for row in rows] == [("suggested", house.messages()[-1].id)]


async def test_what_is_confirmed_and_late_is_overdue(house: House) -> None:
    rows = await heard(house, mail(text="We'll pay your invoice by Friday.\n"))
    friday, saturday = date(2026, 3, 6), date(2026, 3, 7)
    with house.household.database.read() as connection:
        assert keeping.overdue(connection, saturday) == []

    keeping.confirm(house.household, rows[0].id)

    with house.household.database.read() as connection:
        assert keeping.overdue(connection, friday) == []
        assert [row.kind for row in keeping.overdue(connection, saturday)] == ["payment"]


async def test_a_commitment_that_has_ended_does_not_move(house: House) -> None:
    rows = await heard(house, mail(text=INSTRUCTION))
    keeping.done(house.household, rows[0].id, how="by hand")

    for act in (keeping.confirm, keeping.dismiss):
        with pytest.raises(UserError, match="done already"):
            act(house.household, rows[0].id)
    with pytest.raises(UserError, match="only one that is open"):
        keeping.move(house.household, rows[0].id, date(2026, 4, 1))


async def test_something_agreed_by_telephone_is_kept_by_hand(house: House) -> None:
    await heard(house, mail(text="Hello.\n"))

    row = keeping.enter(house.household, 1, "send the keys", side=Side.MINE, kind=Kind.DEED, until=date(2026, 3, 4))

    assert (row.state, row.side, row.due_on, row.contact) == ("open", "mine", date(2026, 3, 4), "Bob Client")


# -- the dunning guard


REMINDER = "Dear Bob,\n\nour invoice is still unpaid. This is a friendly payment reminder.\n\nAnn\n"


async def test_a_reminder_is_stopped_where_no_invoice_was_sent(house: House, run: Run, tmp_path: Path) -> None:
    await heard(house, mail(text=INSTRUCTION))
    letter = tmp_path / "reminder.txt"
    letter.write_text(REMINDER, encoding="utf-8")

    said = run("check", str(letter), "--to", "bob@client.example")

    assert said.exit_code == 1
    assert said.output.startswith("STOP: never invoiced; they asked for it to Larch Ltd on 2 March 2026\n")


async def test_a_reminder_goes_where_the_invoice_was_sent(house: House, run: Run, tmp_path: Path) -> None:
    await heard(house, mail(text=INSTRUCTION))
    house.clock.advance(timedelta(hours=2))
    later = MONDAY + timedelta(hours=2)
    await heard(house, own_with_file(5, "Invoice-4.pdf", to=BOB, subject="March", at=later), folder="Sent")
    letter = tmp_path / "reminder.txt"
    letter.write_text(REMINDER, encoding="utf-8")

    said = run("check", str(letter), "--to", "bob@client.example")

    assert (said.exit_code, said.output) == (0, "Know: this takes; the balance with them is +0.0\n")


async def test_a_reminder_without_instruction_or_invoice_is_stopped_too(house: House, run: Run, tmp_path: Path) -> None:
    await heard(house, mail(text="Hello.\n"))
    letter = tmp_path / "reminder.eml"
    letter.write_bytes(own(7, subject="Zahlungserinnerung", text="Guten Tag,\n\nsiehe oben.\n"))

    said = run("check", str(letter), "--json")

    assert said.exit_code == 1
    assert json.loads(said.output.splitlines()[0])["sentence"] == "no invoice to them is in Sent: was one ever sent?"


async def test_a_rule_does_not_draft_a_reminder_for_what_was_never_invoiced(house: House) -> None:
    folder = house.folder / "templates" / "reminder"
    folder.mkdir(parents=True)
    head = "---\nintent: letter\nsubject: Payment reminder\nneeds: owner_name\n---\n"
    (folder / "en.txt.j2").write_text(f"{head}Our invoice is still unpaid.\n\n{{{{ owner_name }}}}\n", encoding="utf-8")
    await heard(house, mail(text=INSTRUCTION))
    now = house.clock.now()

    def attempt(key: str) -> int | Silence:
        with house.household.database.write() as connection:
            about = drafting.about(house.household, connection, 1)
            assert isinstance(about, drafting.About)
            return drafting.draft(house.household, connection, about, template="reminder", dedupe_key=key, now=now)

    assert attempt("one") == Silence("never invoiced; they asked for it to Larch Ltd on 2 March 2026")

    house.clock.advance(timedelta(hours=2))
    later = MONDAY + timedelta(hours=2)
    await heard(house, own_with_file(5, "Invoice-4.pdf", to=BOB, subject="March", at=later), folder="Sent")

    assert isinstance(attempt("two"), int)


async def test_a_letter_that_demands_nothing_is_let_pass(house: House, run: Run) -> None:
    await heard(house, mail(text=INSTRUCTION))

    said = run("check", "-", "--to", "bob@client.example", input="Thank you for the order. I'll invoice Larch Ltd.\n")

    assert said.exit_code == 0


# -- the commands


async def test_the_commands_list_confirm_move_and_end(house: House, run: Run) -> None:
    text = "I'll send you the contract by Friday. Our PO number is 4500-12.\n"
    await heard(house, mail(text=text))

    listed = [json.loads(line) for line in run("commitments", "--json").output.splitlines()]
    assert [(row["id"], row["kind"], row["detail"]) for row in listed] == [
        (1, "deed", ""),
        (2, "order-number", "4500-12"),
    ]
    assert run("commitments", "confirm", "1", "--by", "2026-03-05").output.startswith("Kept, by 2026-03-05: I'll send")
    assert run("commitments", "move", "1", "--by", "2026-03-03").output.startswith("Now by 2026-03-03")
    house.clock.advance(timedelta(days=3))
    assert "they are late, due 2026-03-03: Bob Client" in run("queue").output
    assert "overdue" in run("commitments").output
    assert run("commitments", "done", "1", "--how", "by post").output == "Done: 1.\n"
    assert run("commitments", "dismiss", "2").output == "Dismissed: 1.\n"
    assert run("commitments").output == "Nobody has said that they would do anything.\n"
    assert run("commitments", "--all").output.count("\n") == 3
    assert run("commitments", "add", "bob", "send keys", "--mine").output == "Kept as 3.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["commitments", "confirm", "77"], "no commitment 77"),
        (["commitments", "add", "bob", "x"], "say who will do it"),
        (["commitments", "move", "1", "--by", "soon"], "is no day"),
        (["check", "-"], "say to whom it goes"),
    ],
    ids=["unknown", "whose", "no day", "to nobody"],
)
async def test_a_command_says_what_is_wrong(house: House, run: Run, arguments: list[str], said: str) -> None:
    await heard(house, mail(text="I'll send you the contract by Friday.\n"))

    assert said in str(run(*arguments, input="").exception)
