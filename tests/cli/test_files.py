"""Commands that read mail files: verdict, import; and the time that would be promised."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.mail_builders import BORDER, MAIL, ME, cases

PLAIN = [case for case in cases() if not case.options.automatic_ids and case.settings.own_addresses == (ME,)][::40]
TRUST = ("--authserv-id", BORDER, "--border", BORDER)


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_verdict_says_of_a_file_what_the_gate_says(run: Run, case: object) -> None:
    from tests.mail_builders import Case

    assert isinstance(case, Case)
    options = case.options
    flags = [*(f"--known={each}" for each in options.known), *(f"--sent-id={each}" for each in options.sent_ids)]

    (row,) = run("verdict", case.path, "--me", ME, *TRUST, *flags, "--json").rows

    assert row == {
        "file": str(case.path),
        "verdict": case.outcome,
        "class": case.mail_class,
        "reasons": row["reasons"],
    }
    assert case.reason in row["reasons"]


def test_several_files_are_several_lines(run: Run) -> None:
    files = sorted((MAIL / "suppress").glob("list-*.eml"))[:5]

    rows = run("verdict", *files, "--me", ME, *TRUST, "--json").rows

    assert [row["file"] for row in rows] == [str(path) for path in files]
    assert {row["verdict"] for row in rows} == {"suppress"}


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="empty"),
        pytest.param(bytes(range(256)) * 40, id="octets"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, id="a picture"),
        pytest.param(b"\n" * 5000, id="empty lines"),
        pytest.param(b"From: a@b.example\n" * 20_000, id="one field over and over"),
    ],
)
def test_a_file_that_is_no_mail_is_a_verdict_too(run: Run, tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "what.eml"
    path.write_bytes(octets)

    (row,) = run("verdict", path, "--me", ME, "--json").rows

    assert row["verdict"] == "suppress"
    assert row["reasons"]


def test_expect_gives_a_line_for_each_moment(run: Run, home: Path) -> None:
    moments = ["2026-03-27T16:30+01:00", "2026-03-28T12:00", "2026-03-29T02:30+01:00"]

    rows = run("--home", home, "expect", *(f"--at={each}" for each in moments), "--json").rows

    assert [row["received_at"] for row in rows] == [
        "2026-03-27T15:30:00Z",
        "2026-03-28T11:00:00Z",
        "2026-03-29T01:30:00Z",
    ]
    assert all(row.keys() >= {"received_at", "due_at", "words", "walk"} for row in rows)
    assert all(row["words"] and row["walk"] and row["due_at"] > row["received_at"] for row in rows)


LETTER = (
    "From: Old Friend <old@friend.example>\nTo: {me}\nSubject: Letter {n}\nMessage-ID: <{n}@friend.example>\n"
    "Date: Mon, 2 Jun 2025 10:00:00 +0200\n\nDear friend, this is letter {n}.\n"
)


def letters(owner: str) -> list[bytes]:
    return [LETTER.format(me=owner, n=n).encode() for n in range(3)]


def as_mbox(folder: Path, raws: list[bytes]) -> Path:
    path = folder / "old.mbox"
    box = mailbox.mbox(path)
    for raw in raws:
        box.add(mailbox.mboxMessage(raw))
    box.flush()
    box.close()
    return path


def as_maildir(folder: Path, raws: list[bytes]) -> Path:
    path = folder / "Maildir"
    box = mailbox.Maildir(path)
    for raw in raws:
        box.add(mailbox.MaildirMessage(raw))
    return path


def as_eml(folder: Path, raws: list[bytes]) -> Path:
    (folder / "eml").mkdir()
    for n, raw in enumerate(raws):
        (folder / "eml" / f"{n}.eml").write_bytes(raw)
    return folder / "eml"


@pytest.mark.parametrize("form", [as_mbox, as_maildir, as_eml])
def test_what_is_imported_is_on_record_and_nothing_is_owed_for_it(
    run: Run, home: Path, tmp_path: Path, form: object
) -> None:
    assert callable(form)
    owed = run("--home", home, "queue", "--json").out
    waiting = run("--home", home, "outbox", "--all", "--json").out
    path = form(tmp_path, letters("ann@example.org"))

    first = run("--home", home, "import", path, "--json").rows
    again = run("--home", home, "import", path, "--json").rows

    told = [[(row["seen"], row["new"], row["known"]) for row in rows] for rows in (first, again)]
    assert told == [[(3, 3, 0)], [(3, 0, 3)]]
    assert len(run("--home", home, "search", "Dear", "friend", "letter", "--json").rows) >= 3
    assert run("--home", home, "queue", "--json").out == owed
    assert run("--home", home, "outbox", "--all", "--json").out == waiting
