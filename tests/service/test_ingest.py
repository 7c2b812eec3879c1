"""What becomes of a mail between its arrival and the commit."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from inboxcrm.domain import reply_safety
from inboxcrm.ports import FolderRole
from inboxcrm.service import decide
from inboxcrm.service.acknowledge import write as write_acknowledgement
from inboxcrm.service.ingest import Known
from tests.service.conftest import OpenHouse
from tests.service.house import ME, MONDAY, House, letter_id, mail, moved, own

HOUR = timedelta(hours=1)
TUESDAY_CLOSE = datetime(2026, 3, 3, 16, 30, tzinfo=UTC)
"""Eight open hours after Monday ten o'clock, rounded to the close of the day."""


async def test_a_humans_mail_makes_contact_matter_promise_and_a_held_acknowledgement(house: House) -> None:
    await house.arrive(mail())

    (message,) = house.messages()
    assert (message.contact, message.organisation) == ("Bob Client", "Client")
    assert (message.outcome, message.mail_class) == ("ack", "human")
    assert message.matter_id is not None
    promise, item = house.promise(), house.item()
    assert (promise.state, promise.matter_id, promise.told_due_at) == ("open", message.matter_id, None)
    assert (item.state, item.recipient, item.due_at) == ("held", "bob@client.example", promise.due_at)
    assert item.send_after == MONDAY + timedelta(minutes=10)


async def test_the_folder_position_moves_with_the_mail(house: House) -> None:
    batch = house.batch(mail())

    await house.ingest.take(batch)

    assert await house.position() == batch.position


async def test_flags_wait_for_no_parser_and_ask_nothing_about_mails(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.arrive(mail())
    batch = replace(house.batch(live=False), flags=((1, frozenset({"\\Seen"})),))
    asked: list[str] = []

    async def busy(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the parser is asked for nothing")

    monkeypatch.setattr(house.parser, "parse_many", busy)
    with house.household.database.read() as connection:
        connection.set_trace_callback(asked.append)
    await house.ingest.take(batch)

    assert house.ask("SELECT flags FROM locations") == [("\\Seen",)]
    assert [one for one in asked if any(table in one for table in ("twins", "outbox", "answered"))] == []


async def test_a_batch_that_fails_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.arrive(mail(1))
    before = await house.position()

    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(decide, "write", broken)
        with pytest.raises(sqlite3.OperationalError):
            await house.arrive(mail(2), mail(3, sender="Eve New <eve@new.example>", subject="Hello"))

    assert await house.position() == before
    assert (len(house.messages()), len(house.promises()), len(house.outbox())) == (1, 1, 1)
    assert house.contacts() == ["Bob Client"]


async def test_a_batch_that_failed_comes_again_and_is_taken_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = house.batch(mail(1), mail(2, sender="Eve New <eve@new.example>"))
    calls = []

    def fails_once(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise sqlite3.OperationalError("disk I/O error")
        return write_acknowledgement(*arguments)  # type: ignore[arg-type] # handed on as they came

    monkeypatch.setattr(decide, "write", fails_once)
    with pytest.raises(sqlite3.OperationalError):
        await house.ingest.take(batch)
    await house.ingest.take(batch)

    assert (len(house.messages()), len(house.promises()), len(house.outbox())) == (2, 2, 2)


async def test_a_parser_that_fails_leaves_the_position_where_it_was(house: House) -> None:
    raw = mail()
    house.parser.deadly.add(raw)

    with pytest.raises(RuntimeError):
        await house.arrive(raw)

    assert await house.position() is None
    assert house.messages() == []


async def test_the_same_bytes_in_two_folders_are_one_message_in_two_places(house: House) -> None:
    await house.arrive(mail())
    await house.arrive(mail(), folder="Archive")

    assert len(house.messages()) == 1
    places = house.ask("SELECT name FROM locations JOIN folders ON folders.id = folder_id ORDER BY name")
    assert places == [("Archive",), ("INBOX",)]
    assert len(house.outbox()) == 1


async def test_a_renamed_folder_keeps_its_mail_and_its_position(house: House) -> None:
    await house.arrive(mail(), folder="Clients")
    batch = house.batch(folder="Clients")
    known = Known(house.household)

    (lost,) = await known.lost("main", batch.position.uid_validity, listed=frozenset({"INBOX"}))
    none = await known.lost("main", batch.position.uid_validity, listed=frozenset({"INBOX", "Clients"}))
    await house.ingest.take(replace(batch, folder="Customers", renamed_from=lost.name))

    assert (lost.name, [uid for uid, _ in lost.samples], list(none)) == ("Clients", [1], [])
    assert house.ask("SELECT name FROM locations JOIN folders ON folders.id = folder_id") == [("Customers",)]
    assert await known.position("main", "Clients") is None


async def test_a_message_the_server_numbers_is_put_into_another_folder_without_its_bytes(house: House) -> None:
    batch = house.batch(mail())
    await house.ingest.take(replace(batch, arrivals=[replace(batch.arrivals[0], server_id="77")]))

    known = await Known(house.household).by_server_id("main", ["77", "78"])
    elsewhere = house.batch(folder="Archive")
    await house.ingest.take(replace(elsewhere, located=[(5, "77", frozenset({"\\Seen"})), (6, "78", frozenset())]))

    places = house.ask("SELECT name, uid, flags FROM locations JOIN folders ON folders.id = folder_id ORDER BY name")
    assert known == {"77"}
    assert places == [("Archive", 5, "\\Seen"), ("INBOX", 1, "")]
    assert len(house.messages()) == 1


async def test_what_the_server_says_was_sent_is_the_owners_in_whatever_folder(house: House) -> None:
    batch = house.batch(own(), folder="All Mail", live=False)
    await house.ingest.take(replace(batch, role=FolderRole.ARCHIVE, arrivals=[replace(batch.arrivals[0], sent=True)]))

    assert house.ask("SELECT direction FROM messages") == [("out",)]


async def test_the_same_bytes_twice_in_one_batch_are_one_message(house: House) -> None:
    await house.arrive(mail(), mail())

    assert len(house.messages()) == 1
    assert house.ask("SELECT uid FROM locations ORDER BY uid") == [(1,), (2,)]


async def test_the_same_message_by_another_route_is_answered_once(house: House) -> None:
    await house.arrive(mail(fields=["X-Route: one"]))
    await house.arrive(mail(fields=["X-Route: two"]))

    assert [row.reasons for row in house.messages()] == [("authenticated",), ("duplicate",)]
    assert len(house.outbox()) == 1
    assert len(house.promises()) == 1


async def test_a_mail_sent_again_under_a_new_id_is_answered_once(house: House) -> None:
    await house.arrive(mail(1))
    house.clock.advance(timedelta(minutes=5))
    await house.arrive(mail(2))

    assert house.messages()[1].reasons == ("duplicate",)
    assert len(house.outbox()) == 1


async def test_a_stranger_cannot_use_up_another_senders_message_id(house: House) -> None:
    await house.arrive(mail(sender="Eve <eve@other.example>", message_id=letter_id()))
    await house.arrive(mail(message_id=letter_id(), subject="Mine"))

    assert [row.recipient for row in house.outbox()] == ["eve@other.example", "bob@client.example"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["Auto-Submitted: auto-generated"], id="robot"),
        pytest.param(["List-Id: <all.client.example>"], id="list"),
        pytest.param(["Precedence: bulk"], id="bulk"),
        pytest.param(["X-Auto-Response-Suppress: All"], id="exchange"),
    ],
)
async def test_machine_mail_makes_no_promise_and_no_contact(house: House, fields: list[str]) -> None:
    taken = await house.arrive(mail(fields=fields))

    (message,) = house.messages()
    assert (message.outcome, message.mail_class) == ("suppress", "machine")
    assert (house.promises(), house.outbox(), house.contacts()) == ([], [], [])
    assert not taken.wake


async def test_machine_mail_in_a_matter_moves_neither_its_turn_nor_its_date(house: House) -> None:
    await house.arrive(mail(1))
    (before,) = house.ask("SELECT turn, last_at FROM matters")
    house.clock.advance(2 * HOUR)

    await house.arrive(mail(2, answers=letter_id(1), subject="Out of office", fields=["Auto-Submitted: auto-replied"]))

    assert house.messages()[1].matter_id == house.messages()[0].matter_id
    assert house.ask("SELECT turn, last_at FROM matters") == [before]
    assert house.events(house.promise().id) == ["made"]


async def test_mail_for_review_has_a_silent_promise(house: House) -> None:
    await house.arrive(mail(to="Carl <carl@client.example>", cc=ME))

    assert house.messages()[0].outcome == "review"
    assert (house.promise().state, house.promise().told_due_at) == ("open", None)
    assert house.outbox() == []


async def test_mail_that_was_there_before_is_filed_and_nothing_is_owed(house: House) -> None:
    await house.arrive(mail(), live=False, received_at=MONDAY - timedelta(days=90))

    (message,) = house.messages()
    assert (message.contact, message.reasons) == ("Bob Client", ("first-sync",))
    assert (house.promises(), house.outbox()) == ([], [])


async def test_inbound_mail_alone_makes_nobody_known(house: House) -> None:
    await house.arrive(mail(), live=False)
    assert house.ask("SELECT known_since FROM contacts") == [(None,)]

    await house.know()

    ((known_since,),) = house.ask("SELECT known_since FROM contacts")
    assert known_since is not None


async def test_a_second_question_on_the_same_matter_is_a_chaser_and_no_second_promise(house: House) -> None:
    await house.arrive(mail(1))
    house.clock.advance(3 * HOUR)

    await house.arrive(mail(2, answers=letter_id(1), subject="Re: Question about the offer", text="Any news?\n"))

    promise = house.promise()
    assert (promise.asked, promise.state) == (2, "open")
    assert len(house.outbox()) == 1
    assert house.events(promise.id) == ["made", "chased"]


async def test_an_answer_after_the_promise_was_kept_makes_a_new_one(house: House) -> None:
    await house.arrive(mail(1))
    house.clock.advance(HOUR)
    await house.arrive(own(answers=letter_id(1)), folder="Sent")
    house.clock.advance(HOUR)

    await house.arrive(
        mail(2, answers="<own.1@example.org>", subject="Re: Question about the offer", text="And May?\n")
    )

    assert [row.state for row in house.promises()] == ["kept", "open"]
    assert len({row.matter_id for row in house.promises()}) == 1


async def test_quarantined_uids_are_on_record(house: House) -> None:
    await house.ingest.take(moved(house.batch(mail()), quarantined=((9, "no body"),)))

    assert house.ask("SELECT uid, why FROM quarantine") == [(9, "no body")]
    assert list(house.ask("SELECT COUNT(*) FROM locations")) == [(1,)]


async def test_what_came_after_all_or_went_is_not_quarantined_any_longer(house: House) -> None:
    await house.ingest.take(moved(house.batch(), quarantined=((1, "no body"), (2, "no body"), (3, "no body"))))

    await house.ingest.take(moved(house.batch(mail()), vanished=[(3, 9)]))

    assert house.ask("SELECT uid FROM quarantine") == [(2,)]


async def test_a_reset_links_known_mail_anew_and_judges_nothing_twice(house: House) -> None:
    await house.arrive(mail(1), mail(2, sender="Eve New <eve@new.example>"))
    size = len(mail(1))
    batch = house.batch()
    position = moved(batch).position.__class__(8, 41, baseline=41)

    await house.ingest.take(
        moved(batch, position=position, reset=True, live=False, relinked=((40, letter_id(1), size),))
    )

    assert house.ask("SELECT uid_validity, uid, message_id FROM locations") == [(8, 40, 1)]
    assert len(house.messages()) == 2
    assert len(house.outbox()) == 2


async def test_an_old_mail_that_lands_in_the_inbox_is_not_acknowledged(open_house: OpenHouse) -> None:
    house = open_house(max_delay=timedelta(hours=24))

    await house.arrive(mail(at=MONDAY - timedelta(days=3)), received_at=MONDAY - timedelta(days=2))

    assert house.messages()[0].reasons == ("stale",)
    assert house.outbox() == []


async def test_a_clock_that_went_back_silences_the_machine(house: House) -> None:
    await house.arrive(mail(1))
    house.clock.jump(timedelta(hours=-5))

    await house.arrive(mail(2, subject="Another matter", text="Other words.\n"))

    assert house.messages()[1].reasons == ("not-safe",)
    assert len(house.outbox()) == 1


async def test_a_clock_behind_the_ledger_is_an_alarm_until_it_is_right_again(house: House) -> None:
    await house.arrive(mail(1))
    house.clock.jump(timedelta(days=-9000))
    await house.sweep()
    told = house.alarms()

    house.clock.jump(timedelta(days=9000))
    await house.sweep()

    assert told == ["clock-went-back"]
    assert house.alarms() == []


async def test_a_clock_that_ran_ahead_for_years_does_not_silence_the_machine_for_years(house: House) -> None:
    house.clock.jump(timedelta(days=3650))
    await house.arrive(mail(1), received_at=MONDAY)
    house.clock.jump(timedelta(days=-3650))
    copied, fresh = MONDAY - timedelta(hours=3), MONDAY

    await house.arrive(mail(2, subject="Copied", text="Old words.\n", at=copied))
    await house.arrive(mail(3, subject="Late", text="Its words.\n", at=fresh), received_at=copied)
    await house.arrive(mail(4, subject="Another matter", text="Other words.\n", at=fresh))
    await house.arrive(mail(5, subject="A third one", text="More words.\n", at=copied))

    assert [row.outcome for row in house.messages()[1:]] == ["suppress", "suppress", "ack", "ack"]
    assert house.messages()[1].reasons == house.messages()[2].reasons == ("not-safe",)


@pytest.mark.parametrize("ahead", [timedelta(hours=6), timedelta(days=3), timedelta(days=900)], ids=str)
async def test_a_server_whose_clock_runs_ahead_puts_off_no_answer(house: House, ahead: timedelta) -> None:
    await house.know()
    await house.arrive(mail(), received_at=MONDAY + ahead)
    await house.pass_time(minutes=11)

    promise = house.promise()
    assert promise.received_at == MONDAY
    assert promise.told_due_at == promise.due_at == TUESDAY_CLOSE
    house.clock.advance(timedelta(hours=1))
    await house.arrive(own(answers=letter_id(), at=house.clock.now()), folder="Sent", received_at=MONDAY + 2 * ahead)
    assert (house.promise().state, house.promise().ended_at) == ("kept", house.clock.now())


async def test_old_mail_from_such_a_server_is_as_old_as_it_says(house: House) -> None:
    written = MONDAY - timedelta(days=300)

    await house.arrive(mail(at=written), live=False, received_at=MONDAY + timedelta(days=30))

    assert house.messages()[0].received_at == written


@pytest.mark.parametrize(
    "written", [MONDAY, None], ids=["as the sender's clock says too", "whatever the sender's clock says"]
)
async def test_a_machine_whose_clock_is_behind_believes_the_server(house: House, written: datetime | None) -> None:
    house.clock.jump(timedelta(days=-9000))
    raw = mail(at=MONDAY)
    if written is None:
        raw = re.sub(rb"\r\nDate: [^\r]*", b"", raw)

    await house.arrive(raw, received_at=MONDAY)

    assert house.messages()[0].received_at == MONDAY


async def test_a_gate_that_fails_is_silent_and_raises_an_alarm(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reply_safety, "ROWS", (("C1", broken), *reply_safety.ROWS))

    await house.arrive(mail())

    assert house.messages()[0].reasons == ("error",)
    assert house.outbox() == []
    assert house.alarms() == ["gate-failed"]


async def test_the_contact_of_a_form_is_whom_it_writes_for(house: House) -> None:
    raw = (Path(__file__).parent.parent / "mail" / "review" / "form-lead-wix.eml").read_bytes()

    await house.arrive(raw)

    (message,) = house.messages()
    assert message.reasons == ("form-lead",)
    assert message.contact == "Carla Nova"
    assert house.promise().contact_id == message.contact_id
