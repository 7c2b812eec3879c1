"""The demo as a stranger meets it: one command, an account of the main job, and a home to look around in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm import demonstration
from inboxcrm.store import views
from tests.conftest import Played
from tests.whole.program import inboxcrm, rows


@pytest.fixture
def kept(played: Played) -> Played:
    """The demo, and the home it left."""
    return played


def test_the_demo_ends_well(kept: Played) -> None:
    assert (kept.done.returncode, kept.done.stderr) == (0, "")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("mails of eighteen months were read over IMAP", id="the backlog"),
        pytest.param("came:", id="what came"),
        pytest.param("linked to:", id="whom it was linked to"),
        pytest.param("verdict:           ack (human), because: authenticated", id="a client's verdict"),
        pytest.param("verdict:           suppress (machine), because: list", id="a list's verdict"),
        pytest.param("verdict:           suppress (machine), because: auto-submitted", id="a robot's verdict"),
        pytest.param("verdict:           review (unknown), because: auth-fail", id="a forger's verdict"),
        pytest.param("│ MAIL FROM:<>  RCPT TO:<", id="the acknowledgement as sent"),
        pytest.param("You can expect my answer by", id="its words"),
        pytest.param("told to the sender", id="the promise told"),
        pytest.param("silent, for your eyes", id="the promise kept to oneself"),
        pytest.param("none: nobody waits for an answer", id="no promise to a machine"),
        pytest.param("answers with another program", id="the owner's answer"),
        pytest.param("promise:           kept", id="the promise kept"),
    ],
)
def test_the_account_tells_of(kept: Played, said: str) -> None:
    assert said in kept.done.stdout


def test_a_list_a_robot_and_a_forger_are_sent_nothing(kept: Played) -> None:
    blocks = kept.done.stdout.split("\n\n")

    silent = [
        block for block in blocks if "verdict:           suppress" in block or "verdict:           review" in block
    ]

    assert len(silent) >= 3
    assert not any("sent:" in block for block in silent)


def test_the_home_that_was_kept_can_be_read(kept: Played) -> None:
    owed = rows(kept.home, "queue")
    ledger = rows(kept.home, "promises")

    assert {row["state"] for row in owed} <= {"open", "broken"}
    assert "kept" in {row["state"] for row in ledger}
    assert len(ledger) == len(owed) + 1


def test_what_people_said_in_passing_waits_for_a_yes_or_no(kept: Played) -> None:
    assert {row["state"] for row in rows(kept.home, "commitments")} == {"suggested"}
    assert "What people said in passing:" in kept.done.stdout


def test_nobody_watches_a_mailbox_once_the_daemon_has_ended(kept: Played) -> None:
    assert {row["state"] for row in rows(kept.home, "status")[0]["mailboxes"]} == {"offline"}


async def test_no_page_says_that_the_mailbox_was_looked_at_long_ago_because_the_story_went_on(tmp_path: Path) -> None:
    with demonstration.place(tmp_path / "home") as folder:
        told = demonstration.prepare(folder, seed=1)
        async with demonstration.started(folder, replace(told, letters=told.letters[:5])) as running:
            await running.read_backlog()
            await running.move_to(running.house.clock.now() + timedelta(hours=3))

            (row,) = running.house.database.reading(views.mailboxes)
            now = running.house.clock.now()

    assert row.last_checked_at is not None
    assert now - row.last_checked_at < timedelta(minutes=2)


@pytest.mark.slow
def test_another_seed_tells_another_story(kept: Played, tmp_path: Path) -> None:
    other = tmp_path / "other"

    done = inboxcrm("demo", "--once", "--seed", "2", "--home", other)

    assert done.returncode == 0, done.stderr
    subjects = [{row["subject"] for row in rows(home, "promises")} for home in (kept.home, other)]
    owners = [done.stdout.splitlines()[0] for done in (kept.done, done)]
    # The dates in a subject follow today, so that two stories may share one by chance, never most of them.
    assert len(subjects[0] & subjects[1]) <= len(subjects[0]) // 2
    assert owners[0] != owners[1]


def test_a_folder_that_holds_a_home_is_left_as_it_is(kept: Played) -> None:
    before = (kept.home / "config.toml").read_bytes()

    done = inboxcrm("demo", "--once", "--home", kept.home)

    assert done.returncode == 2
    assert f"{kept.home} holds a home already" in done.stderr
    assert "Traceback" not in done.stderr
    assert (kept.home / "config.toml").read_bytes() == before
