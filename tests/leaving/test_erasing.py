"""`inboxcrm erase-contact`: everything of one person goes, nothing of anybody else, and nothing comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.archives import mbox
from inboxcrm.domain.commitments import Kind, Side
from inboxcrm.errors import UserError
from inboxcrm.home import spool_folder
from inboxcrm.service import actions, commitments, erasing, keeping, meant, merging, upgrade
from inboxcrm.service.erasing import Erasure
from inboxcrm.service.importing import Import
from inboxcrm.store import messages, outbox_counts, views
from inboxcrm.store.vault import SHOWN
from tests.leaving.conftest import BOB, DEE, Run, contact
from tests.service.house import MONDAY, House, mail, own
from tests.store.entries import ENTRY


def row_of(house: House, who: str = BOB) -> views.ContactRow:
    with house.household.database.read() as connection:
        return meant.contact_of(connection, who)


def erase(house: House, who: str = BOB) -> Erasure:
    return erasing.erase(house.household, row_of(house, who))


def where_it_says(house: House, words: str) -> list[str]:
    """The columns of any table, and the octets of any mail, that hold these words."""
    found = []
    with house.household.database.read() as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for column in row.keys():  # noqa: SIM118 - iterating a Row gives its values
                    value = row[column]
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    if words.lower() in text.lower():
                        found.append(f"{table}.{column}")
        for (row_id,) in connection.execute("SELECT message_id FROM letters").fetchall():
            raw = messages.raw(connection, row_id)
            if raw is not None and words.lower().encode() in raw.lower():
                found.append(f"octets of {row_id}")
    return found


def sound(house: House) -> None:
    """No row refers to what is not there, the index agrees with the letters, and every view answers."""
    with house.household.database.write() as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
        for view in [*SHOWN, "social_list", "search_source"]:
            connection.execute(f"SELECT * FROM {view}").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


async def test_a_domain_that_was_theirs_alone_goes_with_them(house: House) -> None:
    await house.arrive(mail(31, sender="Eve Lone <me@lone-eve.example>", subject="Stairs"), live=False)

    erase(house, "me@lone-eve.example")
    erase(house, DEE)

    assert where_it_says(house, "lone-eve") == []
    assert house.ask("SELECT domain FROM organisations ORDER BY domain") == [("client.example",)]
    sound(house)


def test_a_preview_counts_to_the_row_and_touches_nothing(house: House) -> None:
    with house.household.database.read() as connection:
        before = list(connection.iterdump())

    shown = erasing.preview(house.household, row_of(house))
    with house.household.database.read() as connection:
        after = list(connection.iterdump())
    done = erase(house)

    assert after == before
    assert not shown.done
    assert done.done
    assert shown.counts == done.counts
    assert {(each.table, each.deed, each.rows) for each in done.counts} >= {
        ("contacts", "deleted", 1),
        ("facts", "deleted", 1),
        ("occasions", "deleted", 1),
        ("interactions", "deleted", 1),
        ("preferences", "deleted", 1),
        ("letters", "deleted", 3),
        ("outbox", "emptied", 1),
        ("messages", "emptied", 3),
    }
    assert (done.erased, done.redacted) == (3, 2)


def test_nothing_names_the_person_any_more(house: House) -> None:
    erase(house)

    assert where_it_says(house, BOB) == []
    assert where_it_says(house, "Bob Client") == []
    assert where_it_says(house, "Daughter starts school") == []
    sound(house)


def test_a_large_mail_that_is_half_read_goes_too(house: House) -> None:
    folder = spool_folder(house.household.config.home)
    folder.mkdir()
    (folder / "INBOX-7").write_bytes(b"From: bob@client.example")

    erasing.preview(house.household, row_of(house))
    assert [each.name for each in folder.iterdir()] == ["INBOX-7"]

    erase(house)
    assert not any(folder.iterdir())


def test_the_backups_from_before_an_upgrade_go_too(house: House) -> None:
    folder = house.household.config.home / upgrade.FOLDER / "inboxcrm-2026-03-02T093000"
    folder.mkdir(parents=True)
    (folder / "inboxcrm.db").write_bytes(b"From: bob@client.example")

    erasing.preview(house.household, row_of(house))
    assert folder.exists()

    erase(house)
    assert not folder.parent.exists()


def test_nothing_of_anybody_else_is_lost(house: House) -> None:
    dee = views_of(house, DEE)

    erase(house)

    assert views_of(house, DEE) == dee
    with house.household.database.read() as connection:
        both = views.search(connection, "yes")[0].message
        again = views.search(connection, "tiles again")[0].message
        raw = messages.raw(connection, again.id) or b""
    assert both.recipients == f"erased@erased.invalid, Dee Elsewhere <{DEE}>"
    assert both.contact == "Dee Elsewhere"
    assert (again.sender, again.recipients) == (
        f"Dee Elsewhere <{DEE}>",
        "Ann Example <ann@example.org>, erased@erased.invalid",
    )
    assert b"\r\nCc: erased@erased.invalid\r\n" in raw
    assert raw.endswith(b"tiles!\r\n")
    assert house.ask("SELECT text FROM facts") == [("Dee has a secret",)]


def views_of(house: House, who: str) -> list[str]:
    with house.household.database.read() as connection:
        found = meant.contact_of(connection, who)
        return [row.subject for row in views.timeline(connection, found.id) if row.sender.startswith("Dee")]


def test_the_ledger_stays_whole_without_the_name(house: House) -> None:
    actions_before = house.events(1)

    erase(house)

    assert [row.state for row in house.promises()] == ["kept"]
    assert house.promise().contact is None
    assert house.events(1) == actions_before
    assert house.ask("SELECT sender, recipients FROM messages WHERE erased_at IS NOT NULL GROUP BY 1, 2") == [
        ("(erased)", "")
    ]


async def test_what_was_erased_does_not_come_back_from_the_server(house: House) -> None:
    raws = [mail(1, text="until when does the offer for the roof stand?\n\nBob\n"), own(900, to=f"Bob Client <{BOB}>")]
    erase(house)
    before = house.ask("SELECT COUNT(*) FROM messages WHERE erased_at IS NULL")

    altered = raws[0].replace(b"Return-Path:", b"X-Moved: yes\r\nReturn-Path:")
    old = mail(77, subject="From long ago", text="never seen here\n", at=MONDAY - timedelta(days=90))
    earlier = house.clock.now() - timedelta(hours=1)
    taken = await house.arrive(*raws, altered, old, live=False, folder="Archive", received_at=earlier)
    moved = await house.arrive(altered + b"\r\n", received_at=earlier)

    assert house.ask("SELECT COUNT(*) FROM messages WHERE erased_at IS NULL") == before
    assert where_it_says(house, BOB) == []
    assert len(house.contacts()) == 2
    assert taken.new == 3
    assert moved.new == 1
    assert await house.position("Archive") is not None
    assert house.ask(
        "SELECT COUNT(*) FROM locations JOIN folders ON folder_id = folders.id WHERE name = 'Archive'"
    ) == [(4,)]
    assert (len(house.promises()), len(house.outbox())) == (1, 1)
    sound(house)


async def test_what_was_erased_does_not_come_back_from_an_archive(house: House, tmp_path: Path) -> None:
    erase(house)
    old = mail(78, subject="Shared", to=f"Ann <ann@example.org>, Bob <{BOB}>", sender=f"Dee Elsewhere <{DEE}>")
    raws = [mail(1).replace(b"\r\n", b"\n"), old, own(79, to=f"Bob Client <{BOB}>, Dee <{DEE}>", text="to both\n")]
    (tmp_path / "old.mbox").write_bytes(
        b"".join(mbox.laid(raw, sender=BOB, received_at=MONDAY - timedelta(days=30)) for raw in raws)
    )

    told = await Import(house.household, house.parser).run([tmp_path / "old.mbox"])

    assert told.quarantined == 0
    assert where_it_says(house, BOB) == []
    assert house.contacts() == ["Cy Client", "Dee Elsewhere"]
    assert "Shared" in [row.subject for row in house.messages()]
    sound(house)


async def test_who_was_erased_may_write_anew_and_is_a_stranger(house: House) -> None:
    erase(house)

    house.clock.advance(timedelta(days=1))
    await house.arrive(mail(90, subject="A new roof", at=house.clock.now()))

    assert house.contacts() == ["Bob Client", "Cy Client", "Dee Elsewhere"]
    assert row_of(house).known_since is None
    assert [row.state for row in house.promises()] == ["kept", "open"]
    assert house.outbox()[-1].recipient == BOB


async def test_nothing_is_acknowledged_twice_for_having_been_erased(house: House) -> None:
    erase(house)

    await house.arrive(mail(1, text="until when does the offer for the roof stand?\n\nBob\n", fields=("X-Again: yes",)))
    await house.pass_time(minutes=30)

    assert [item.recipient for item in house.transport.sent] == [BOB]
    assert house.ask("SELECT COUNT(*) FROM answered")[0][0] >= 2


def test_the_limits_still_count_what_the_person_got(house: House) -> None:
    entry = replace(ENTRY, recipient_base=BOB, subject_key="another")

    def counted() -> tuple[int, int]:
        now = house.clock.now()
        with house.household.database.read() as connection:
            found = outbox_counts.counts(connection, entry, away_text="away", now=now)
        return found.sender_day, found.domain_day

    before = counted()
    erase(house)

    assert before == counted() == (1, 1)


@pytest.mark.parametrize(
    ("first", "why"),
    [
        pytest.param("owed", "an answer is owed", id="an answer is owed"),
        pytest.param("agreed", "is open", id="something agreed is open"),
        pytest.param("held", "a case at court", id="the owner holds them"),
        pytest.param("leaving", "may be on its way", id="mail is in doubt"),
    ],
)
async def test_a_contact_is_kept_while_there_is_a_reason(run: Run, house: House, first: str, why: str) -> None:
    if first == "owed":
        await house.arrive(mail(50, subject="And another thing"))
    elif first == "agreed":
        commitments.enter(house.household, contact(house), "send it", side=Side.MINE, kind=Kind.DEED, until=None)
    elif first == "held":
        run("hold", BOB, "--because", "a case at court", catch_exceptions=False)
    else:
        with house.household.database.write() as connection:
            connection.execute("UPDATE outbox SET state = 'unknown'")
    before = house.ask("SELECT COUNT(*) FROM letters")

    shown = json.loads(run("erase-contact", BOB, "--json").output)
    refused = run("erase-contact", BOB, "--yes")

    assert why in shown["held"][0]
    assert isinstance(refused.exception, UserError)
    assert why in str(refused.exception)
    assert house.ask("SELECT COUNT(*) FROM letters") == before
    assert house.ask("SELECT COUNT(*) FROM tombstones") == [(0,)]


def test_a_hold_is_listed_and_lifted(run: Run, house: House) -> None:
    run("hold", BOB, "--because", "a case at court")

    assert [json.loads(line)["because"] for line in run("hold", "--json").output.splitlines()] == ["a case at court"]
    assert run("hold", BOB, "--lift").exit_code == 0
    assert run("hold").output == "Nobody is held.\n"
    assert isinstance(run("hold", BOB, "--lift").exception, UserError)


async def test_what_waits_to_go_to_them_is_not_sent(house: House) -> None:
    await house.arrive(mail(50, subject="And another thing"))
    actions.done(house.household, str(house.messages()[-1].id), how="phone")
    with house.household.database.write() as connection:
        connection.execute("UPDATE outbox SET state = 'held', ended_at = NULL WHERE id = 2")
    erase(house)

    await house.pass_time(hours=2)

    assert len(house.transport.sent) == 1
    assert [row.state for row in house.outbox()] == ["sent", "cancelled"]


def test_the_command_shows_and_does_and_says_what_it_leaves(run: Run, house: House) -> None:
    shown = run("erase-contact", BOB, catch_exceptions=False).output
    done = run("erase-contact", BOB, "--yes", catch_exceptions=False).output

    assert "nothing is erased" in shown
    assert "To do it: inboxcrm erase-contact c" in shown
    assert "Nothing was deleted on the mail server" in done
    assert isinstance(run("erase-contact", BOB).exception, UserError)


def test_it_is_in_the_journal_without_the_name(house: House) -> None:
    number = contact(house)
    erase(house)

    assert house.ask("SELECT subject, detail FROM events WHERE kind = 'erase-contact'") == [
        (f"contact {number}", '{"erased": 3, "redacted": 2}')
    ]


def test_the_words_are_gone_from_the_file_itself(house: House) -> None:
    path = house.household.config.database
    keeping.note_of(house.household, contact(house), "Zebrafinkenzucht")
    with house.household.database.write() as connection:
        connection.execute("SELECT 1")
    logged = path.read_bytes() + path.with_name(path.name + "-wal").read_bytes()

    erase(house)

    left = path.read_bytes() + path.with_name(path.name + "-wal").read_bytes()
    assert b"Zebrafinkenzucht" in logged
    assert b"Zebrafinkenzucht" not in left
    assert BOB.encode() not in left


async def test_who_was_put_together_of_two_is_erased_as_both(house: House) -> None:
    await house.arrive(mail(60, sender="Robert Client <robert@home.example>"), live=False)
    merging.merge(house.household, contact(house), contact(house, "robert@home.example"))

    erase(house)

    for words in (BOB, "robert@home.example", "Bob Client", "Robert Client"):
        assert where_it_says(house, words) == []
    sound(house)


def test_a_day_that_was_told_and_kept_goes_too(house: House) -> None:
    with house.household.database.write() as connection:
        connection.execute(
            """
            INSERT INTO told_occasions (contact_id, kind, month, day, quote, source, told_at, state, occasion_id,
                                        decided_at)
            SELECT contact_id, kind, month, day, 'my birthday', 'mail', created_at, 'kept', id, created_at
            FROM occasions
            """
        )

    erase(house)

    assert house.ask("SELECT COUNT(*) FROM told_occasions") == [(0,)]
    sound(house)
