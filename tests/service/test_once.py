"""Exactly once enough: by whatever way a mail comes again, and however much later, it is acknowledged once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.errors import TransientError
from inboxcrm.ports import Deferred, Sent
from inboxcrm.service import outgoing
from inboxcrm.service.importing import Import
from tests.service.house import MAILBOX, ME, House, letter_id, mail, moved, own


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.household.config = replace(made.household.config, mailboxes=(MAILBOX, replace(MAILBOX, name="second")))
    yield made
    made.close()


async def acknowledged(house: House, raw: bytes) -> None:
    """The mail came and was answered by the machine."""
    await house.arrive(raw)
    await house.pass_time(minutes=11)
    assert len(house.transport.sent) == 1


async def bring_in(house: House, file: Path) -> None:
    """`inboxcrm import FILE`."""
    assert (await Import(house.household, house.parser).run([file])).new == 1


def again(house: House, *, way: str = "by another way", to: str = ME) -> bytes:
    """The same mail as `mail()`, come now and over other hosts: other bytes, the same Message-ID."""
    raw = mail(at=house.clock.now(), to=to)
    return raw.replace(b"with ESMTPS id 1;", f"with ESMTPS id {way};".encode())


@pytest.mark.parametrize("days", [1, 100, 400], ids=lambda days: f"{days} days later")
async def test_a_key_stands_for_400_days(house: House, days: int) -> None:
    await acknowledged(house, mail())
    await house.pass_time(days=days)
    await house.arrive(again(house))
    await house.pass_time(hours=1)

    assert len(house.transport.sent) == 1
    assert house.messages()[-1].reasons == ("duplicate",)


def by_way_of(way: str) -> bytes:
    """The very same mail as `mail()`, over other hosts."""
    return mail().replace(b"with ESMTPS id 1;", f"with ESMTPS id {way};".encode())


async def test_the_very_same_mail_by_another_way_asks_nothing_again(house: House) -> None:
    await house.arrive(mail())
    await house.ingest.take(moved(house.batch(by_way_of("one")), mailbox="second"))
    asked = house.promise().asked
    await house.pass_time(hours=1)
    await house.arrive(own(answers=letter_id(), at=house.clock.now()), folder="Sent")
    await house.pass_time(hours=1)
    await house.ingest.take(moved(house.batch(by_way_of("other")), mailbox="second"))

    assert asked == 1
    assert house.promise().state == "kept"
    assert [row.reasons for row in house.messages()[1:]] == [("duplicate",), (), ("duplicate",)]


async def test_other_words_under_the_same_id_ask_again(house: House) -> None:
    await house.arrive(mail())
    await house.arrive(mail(text="Dear Ann,\n\nand until when does the second offer stand?\n\nBob\n"))

    assert house.promise().asked == 2


async def test_a_client_who_writes_to_two_mailboxes_is_answered_once(house: House) -> None:
    await house.arrive(mail(to=f"{ME}, ann.example@example.com"))
    copy = again(house, to=f"{ME}, ann.example@example.com")

    await house.ingest.take(moved(house.batch(copy), mailbox="second"))
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1
    assert len(house.outbox()) == 1


@pytest.mark.parametrize("folder", ["INBOX", "Projects"])
async def test_a_mail_that_lies_in_two_folders_is_answered_once(house: House, folder: str) -> None:
    await acknowledged(house, mail())

    await house.arrive(mail(), folder=folder)
    await house.arrive(again(house, way="in another folder"), folder=folder)
    await house.pass_time(hours=1)

    assert len(house.transport.sent) == 1


@pytest.mark.parametrize("live", [True, False], ids=["as new", "as found there"])
async def test_a_renumbered_folder_brings_nothing_to_be_answered_again(house: House, *, live: bool) -> None:
    await acknowledged(house, mail())

    batch = house.batch(again(house), live=live)
    await house.ingest.take(moved(batch, reset=True, position=replace(batch.position, uid_validity=8)))
    await house.pass_time(hours=1)

    assert len(house.transport.sent) == 1


async def test_what_was_imported_is_not_answered_when_it_comes(house: House, tmp_path: Path) -> None:
    file = tmp_path / "old.eml"
    file.write_bytes(mail())
    await bring_in(house, file)

    await house.arrive(again(house))
    await house.pass_time(hours=1)

    assert house.transport.sent == []


async def test_what_was_answered_is_not_answered_when_it_is_imported(house: House, tmp_path: Path) -> None:
    await acknowledged(house, mail())
    file = tmp_path / "old.eml"
    file.write_bytes(again(house))

    await bring_in(house, file)
    await house.pass_time(hours=1)

    assert len(house.transport.sent) == 1


async def restored(house: House, *, at: str) -> None:
    """The home as it was when it was copied to `at`, in the place of what it has become."""
    database = house.household.config.database
    house.close()
    for beside in database.parent.glob("inboxcrm.db*"):
        beside.unlink()
    shutil.copy(at, database)
    house._open()
    await house.deliver.recover()


def copied(house: House, name: str) -> str:
    """A backup of the home."""
    place = house.folder / name
    with closing(sqlite3.connect(house.household.config.database)) as source, closing(sqlite3.connect(place)) as target:
        source.backup(target)
    return str(place)


async def test_a_restored_backup_finds_its_acknowledgement_in_sent(house: House) -> None:
    before = copied(house, "before.db")
    await acknowledged(house, mail())
    ours = house.transport.sent[0].raw

    await restored(house, at=before)
    await house.arrive(mail())
    await house.refresh_brings(ours)
    await house.pass_time(minutes=11)
    await house.pass_time(hours=2)

    assert len(house.transport.sent) == 1
    assert house.item().state == "cancelled"
    assert house.promise().told_due_at is not None


@pytest.mark.parametrize("live", [True, False], ids=["live", "old"])
async def test_a_restored_backup_knows_its_acknowledgement_under_the_id_of_the_provider(
    house: House, live: bool
) -> None:
    before = copied(house, "before.db")
    await acknowledged(house, mail())
    head, rest = house.transport.sent[0].raw.split(b"Message-ID: ", 1)
    renamed = b"%bMessage-ID: <AM0P1@prod.example>\r\nX-Microsoft-Original-Message-ID: %b" % (head, rest)

    await restored(house, at=before)
    await house.ingest.take(house.batch(renamed, folder="Sent", live=live))
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(hours=2)

    assert len(house.transport.sent) == 1
    assert house.promise().told_due_at is not None


async def test_a_restored_backup_finds_the_owners_answer_in_sent(house: House) -> None:
    before = copied(house, "before.db")
    await house.arrive(mail())

    await restored(house, at=before)
    await house.arrive(mail())
    await house.refresh_brings(own(answers=letter_id(), at=house.clock.now()))
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert house.promise().state == "kept"


async def test_a_backup_taken_while_an_acknowledgement_waited_does_not_send_it_twice(house: House) -> None:
    await house.arrive(mail())
    waiting = copied(house, "waiting.db")
    await house.pass_time(minutes=11)
    ours = house.transport.sent[0].raw

    await restored(house, at=waiting)
    await house.refresh_brings(ours)
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1


@pytest.mark.parametrize("renamed", [False, True], ids=["as it left", "under the id of the provider"])
async def test_a_restored_backup_does_not_send_the_owners_letter_again(house: House, *, renamed: bool) -> None:
    """It waited for the server when the home was copied, and left after that."""
    await acknowledged(house, mail())
    house.clock.advance(timedelta(days=2))
    await house.sweep()
    (apology,) = [row for row in house.outbox() if row.template == "apology"]
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    outgoing.approve(house.household, apology.id)
    await house.pass_time(minutes=1)
    waiting = copied(house, "waiting.db")
    await house.pass_time(minutes=1)
    letter = house.transport.sent[-1].raw
    if renamed:
        letter = letter.replace(
            b"Message-ID: ", b"Message-ID: <AM0P1@prod.example>\r\nX-Microsoft-Original-Message-ID: "
        )

    await restored(house, at=waiting)
    await house.refresh_brings(letter)
    await house.pass_time(minutes=1)
    await house.pass_time(hours=1)

    assert len(house.transport.sent) == 2
    assert [row.state for row in house.outbox() if row.id == apology.id] == ["cancelled"]


async def test_a_letter_from_before_the_start_waits_for_the_look_into_sent(house: House) -> None:
    await acknowledged(house, mail())
    house.clock.advance(timedelta(days=2))
    await house.sweep()
    (apology,) = [row for row in house.outbox() if row.template == "apology"]
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    outgoing.approve(house.household, apology.id)
    await house.pass_time(minutes=1)
    await house.restart()
    house.mailbox.broken = TransientError("throttled")

    await house.pass_time(minutes=1)
    unread = len(house.transport.sent)
    house.mailbox.broken = None
    await house.pass_time(minutes=1)

    assert (unread, len(house.transport.sent)) == (1, 2)


async def test_an_apology_that_the_provider_renamed_keeps_no_promise(house: House) -> None:
    await acknowledged(house, mail())
    house.clock.advance(timedelta(days=2))
    await house.sweep()
    (apology,) = [row for row in house.outbox() if row.template == "apology"]
    outgoing.approve(house.household, apology.id)
    await house.pass_time(minutes=1)
    told = house.promise().told_due_at
    letter = house.transport.sent[-1].raw
    copy = letter.replace(b"Message-ID: ", b"Message-ID: <AM0P1@prod.example>\r\nX-Microsoft-Original-Message-ID: ")

    await house.ingest.take(house.batch(copy, folder="Sent"))

    assert (house.promise().state, house.promise().told_due_at) == ("extended", told)
    assert house.ask("SELECT turn FROM matters") == [("mine",)]


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data", "body"])
async def test_a_death_at_any_step_and_a_second_copy_of_the_mail_send_at_most_one(house: House, step: str) -> None:
    house.transport.dies_at = step
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=11))
    await house.crash()
    house.transport.dies_at = None

    await house.arrive(again(house))
    await house.pass_time(minutes=11)
    await house.pass_time(hours=2)

    assert len(house.transport.sent) == (0 if step == "body" else 1)
    assert len(house.outbox()) == 1


async def test_what_answers_our_acknowledgement_under_the_providers_id_is_not_acknowledged(house: House) -> None:
    """Microsoft 365 gives mail ids of its own: ours is learnt from Sent. The promise of the first mail has ended."""
    provider = "<GV1P278MB0001@prod.example>"
    await acknowledged(house, mail())
    copy = house.transport.sent[0].raw.replace(house.mail_id().encode(), provider.encode())
    await house.arrive(copy, folder="Sent")
    house.clock.advance(timedelta(hours=1))
    await house.arrive(own(answers=letter_id()), folder="Sent")
    house.clock.advance(timedelta(hours=1))

    await house.arrive(mail(2, subject="Notice", text="The building is closed for the move.\n", answers=provider))
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1
    assert house.messages()[-1].reasons == ("thread-already-acked",)
