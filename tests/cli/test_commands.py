"""Every command on a home with something in it: for people, for programs, and what is refused."""

from __future__ import annotations

import os
import pkgutil
import sqlite3
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

import inboxcrm.cli
from inboxcrm.cli import root
from inboxcrm.home import HomeLock, note_trouble
from tests.cli.conftest import Run

USAGE, TEMPORARY = 2, 75


def first_owed(run: Run, home: Path) -> str:
    """The row id of the most urgent message."""
    return str(run("--home", home, "queue", "--json").rows[0]["message_id"])


# -- reading


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        pytest.param(["queue"], {"state", "due_at", "contact", "subject", "message_id"}, id="queue"),
        pytest.param(["promises"], {"state", "due_at", "ended_at", "ended_how"}, id="promises"),
        pytest.param(["outbox", "--all"], {"state", "recipient", "template", "text"}, id="outbox"),
        pytest.param(["contacts"], {"name", "organisation", "addresses", "owed"}, id="contacts"),
        pytest.param(["search", "the"], {"subject", "snippet", "message_id"}, id="search"),
        pytest.param(["status"], {"home", "pid", "mode", "paused_at", "braked_at", "owed", "mailboxes"}, id="status"),
    ],
)
def test_a_listing_is_a_table_for_people_and_json_for_programs(
    run: Run, kept: Path, command: list[str], keys: set[str]
) -> None:
    told = run("--home", kept, *command)
    rows = run("--home", kept, *command, "--json").rows

    assert told.code == 0
    assert len(told.out.splitlines()) > 1
    assert rows
    assert all(keys <= row.keys() for row in rows)


def test_a_message_is_shown_by_its_row_and_by_its_message_id(run: Run, kept: Path) -> None:
    reference = first_owed(run, kept)
    (by_row,) = run("--home", kept, "show", reference, "--json").rows
    (by_id,) = run("--home", kept, "show", by_row["message_id"], "--json").rows
    bare = run("--home", kept, "show", by_row["message_id"].strip("<>"))

    assert by_row == by_id
    assert by_row["text"]
    assert by_row["subject"] in bare.out


def test_the_raw_mail_comes_out_as_it_came_in(run: Run, kept: Path) -> None:
    raw = run("--home", kept, "show", first_owed(run, kept), "--raw")

    assert "\nMessage-ID: " in raw.out.replace("\r", "")


def test_a_contact_is_found_by_id_address_and_name(run: Run, kept: Path) -> None:
    row = next(each for each in run("--home", kept, "contacts", "--json").rows if "," not in each["addresses"])

    said = [run("--home", kept, "contact", str(row[key]), "--json").rows[0] for key in ("id", "addresses", "name")]

    assert [{key: each[key] for key in row} for each in said] == [row] * 3
    assert row["name"] in run("--home", kept, "contact", str(row["id"])).out


def test_explain_prints_the_gate_the_walk_and_the_speech(run: Run, kept: Path) -> None:
    reference = first_owed(run, kept)
    told = run("--home", kept, "explain", reference).out
    (row,) = run("--home", kept, "explain", reference, "--json").rows

    assert all(word in told for word in ("Gate:", "Expected time:", "cknowledged", "Promise: "))
    assert row["decision"]["gate"]["asked"]
    assert row["decision"]["expectation"]["walk"]


def test_explain_says_of_old_mail_that_it_was_there_before(run: Run, kept: Path) -> None:
    assert "It was there before the mailbox was added" in run("--home", kept, "explain", "1").out


# -- acting


@pytest.mark.parametrize(
    ("how", "state", "ended_how"),
    [
        pytest.param(["--phoned"], "kept", "phone", id="phoned"),
        pytest.param(["--met"], "kept", "met", id="met"),
        pytest.param(["--other", "by letter"], "kept", "by letter", id="otherwise"),
        pytest.param(["--not-needed"], "moot", "needless", id="not needed"),
    ],
)
def test_a_promise_ends_by_another_channel(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, how: list[str], state: str, ended_how: str
) -> None:
    at_the_time_of(run, home, monkeypatch)
    reference = first_owed(run, home)

    said = run("--home", home, "done", reference, *how)

    assert said.code == 0, said.err
    ended = next(row for row in run("--home", home, "promises", "--json").rows if str(row["message_id"]) == reference)
    assert (ended["state"], ended["ended_how"]) == (state, ended_how)
    again = run("--home", home, "done", reference, "--phoned")
    assert (again.code, "nothing is owed" in again.err) == (USAGE, True)


def at_the_time_of(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the minute after the last mail of the story, which plays on a day to come."""
    from datetime import datetime, timedelta

    from inboxcrm.clock import SystemClock

    last = max(row["received_at"] for row in run("--home", home, "queue", "--json").rows)
    now = datetime.fromisoformat(last) + timedelta(minutes=1)
    monkeypatch.setattr(SystemClock, "now", lambda _: now)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        pytest.param([], "say how", id="not said how"),
        pytest.param(["--phoned", "--other", "both"], "say how", id="said twice"),
        pytest.param(["--phoned", "--at", "2001-01-01T10:00"], "before the mail", id="before the mail"),
        pytest.param(["--phoned", "--at", "2199-01-01T10:00"], "in the future", id="in the future"),
        pytest.param(["--phoned", "--at", "yesterday-ish"], "--at", id="no time at all"),
    ],
)
def test_done_refuses(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, how: list[str], why: str) -> None:
    at_the_time_of(run, home, monkeypatch)

    said = run("--home", home, "done", first_owed(run, home), *how)

    assert (said.code, why in said.err) == (USAGE, True), said


def test_snooze_extend_and_withdraw(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_time_of(run, home, monkeypatch)
    one, two, *_ = (str(row["message_id"]) for row in run("--home", home, "queue", "--json").rows)

    assert run("--home", home, "extend", one, "--until", "20d").code == 0
    assert run("--home", home, "snooze", one, "--until", "2d").code == 0
    assert "1 promise snoozed, back on" in run("--home", home, "queue").out
    assert run("--home", home, "withdraw", two).code == 0

    states = {str(row["message_id"]): row["state"] for row in run("--home", home, "promises", "--json").rows}
    assert (states[one], states[two]) == ("extended", "withdrawn")
    assert not {one, two} & {str(row["message_id"]) for row in run("--home", home, "queue", "--json").rows}


def test_the_status_says_what_keeps_the_daemon_from_writing(run: Run, home: Path) -> None:
    with HomeLock(home):
        note_trouble(home, "the disk is full")
        told = run("--home", home, "status")
        (row,) = run("--home", home, "status", "--json").rows

    assert "what comes is not on record, and not lost; inboxcrm doctor looks closer\n    the disk is full\n" in told.out
    assert row["not_written"] == "the disk is full"


def test_the_status_says_that_the_daemon_began_with_other_settings(run: Run, home: Path) -> None:
    with sqlite3.connect(home / "inboxcrm.db") as connection:
        connection.execute("INSERT OR REPLACE INTO home (key, value) VALUES ('began_with', 'others')")
    connection.close()
    with HomeLock(home):
        told = run("--home", home, "status")

    assert "config.toml has others since the daemon began" in told.out
    assert "since the daemon began" not in run("--home", home, "status").out


def test_pause_shows_a_banner_everywhere_until_resume(run: Run, home: Path) -> None:
    run("--home", home, "pause")

    assert all("PAUSED" in run("--home", home, command).out for command in ("queue", "status", "outbox"))
    assert run("--home", home, "status", "--json").rows[0]["paused_at"] is not None

    assert "flows again" in run("--home", home, "resume").out
    assert "PAUSED" not in run("--home", home, "queue").out


def test_away_lists_the_promises_inside_it_and_back_ends_it(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_time_of(run, home, monkeypatch)

    said = run("--home", home, "away", "--until", "14d", "--kind", "holiday")

    assert "Promises that fall due inside it" in said.out
    (absence,) = run("--home", home, "away", "--json").rows
    assert absence["kind"] == "holiday"
    assert run("--home", home, "back").out == "Back. 1 absence ended.\n"
    assert run("--home", home, "away", "--json").rows == []
    assert "You were not away" in run("--home", home, "back").out
    assert "no absence with the id 99" in run("--home", home, "back", "99").err


def test_a_sent_mail_cannot_be_approved_or_rejected(run: Run, home: Path) -> None:
    item = str(run("--home", home, "outbox", "--all", "--json").rows[0]["id"])

    for command in ("approve", "reject"):
        said = run("--home", home, command, item)
        assert (said.code, "cannot be decided about" in said.err) == (USAGE, True)


# -- refusals


@pytest.mark.parametrize(
    ("command", "why"),
    [
        pytest.param(["show", "999999"], "no message", id="no such row"),
        pytest.param(["explain", "<no@such.example>"], "no message", id="no such id"),
        pytest.param(["contact", "Nobody At All"], "no contact answers", id="no such contact"),
        pytest.param(["approve", "999999"], "no item", id="no such item"),
        pytest.param(["import", "/nowhere/at/all"], "no such file", id="no such file"),
        pytest.param(["expect", "--at", "noon"], "--at", id="no such time"),
        pytest.param(["expect", "--at", "2026-03-27T16:30+01:00", "--plan", "gold"], "no plan", id="no such plan"),
        pytest.param(["away", "--until", "2001-01-01"], "has passed", id="an absence that is over"),
        pytest.param(["queue", "--colour"], "No such option", id="no such option"),
        pytest.param(["frobnicate"], "No such command", id="no such command"),
    ],
)
def test_what_the_operator_must_mend_is_one_sentence_and_exit_2(
    run: Run, home: Path, command: list[str], why: str
) -> None:
    said = run("--home", home, *command)

    assert (said.code, why in said.err) == (USAGE, True), said
    assert "Traceback" not in said.err


def test_a_folder_that_is_no_home_is_refused(run: Run, tmp_path: Path) -> None:
    said = run("--home", tmp_path / "empty", "queue")

    assert said.code == USAGE
    assert "config.toml" in said.err
    assert not (tmp_path / "empty").exists()


def test_a_home_that_runs_already_is_exit_75(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INBOXCRM_DEMO_PASSWORD", "unused")

    with HomeLock(home):
        said = run("--home", home, "run")

    assert said.code == TEMPORARY
    assert f"process {os.getpid()}" in said.err


def test_a_password_that_cannot_be_read_is_refused_before_anything_runs(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INBOXCRM_DEMO_PASSWORD", raising=False)

    said = run("--home", home, "run")

    assert (said.code, "INBOXCRM_DEMO_PASSWORD" in said.err) == (USAGE, True)


def test_a_mailbox_that_cannot_be_reached_is_exit_75(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INBOXCRM_DEMO_PASSWORD", "unused")

    said = run("--home", home, "run", "--once")

    assert said.code == TEMPORARY
    assert "Traceback" not in said.err


def _all_of(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield above or name, command
        if isinstance(command, click.Group):
            yield from _all_of(command, above or name)


def test_every_command_stands_in_one_section_of_the_help() -> None:
    for module in pkgutil.iter_modules(inboxcrm.cli.__path__):
        import_module(f"inboxcrm.cli.{module.name}")

    listed = [name for _, names in root.SECTIONS for name in names.split()]

    assert sorted(listed) == sorted(root.cli.commands)


def test_every_command_is_found_in_the_modules_that_are_imported_for_it() -> None:
    for module in pkgutil.iter_modules(inboxcrm.cli.__path__):
        import_module(f"inboxcrm.cli.{module.name}")

    held = {(name, command.callback.__module__) for name, command in _all_of(root.cli) if command.callback}

    assert held == {
        (name, f"inboxcrm.cli.{module}") for module, names in root.MODULES.items() for name in names.split()
    }


def test_help_reads_like_a_page(run: Run) -> None:
    said = run("--help")

    assert said.code == 0
    for section in ("Begin:", "The desk:", "Absence and calm:", "Reading:", "Why:", "Setting up:"):
        assert section in said.out
