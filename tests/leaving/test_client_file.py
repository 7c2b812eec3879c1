"""`inboxcrm export-contact`: a person's whole file, and nobody else's."""

from __future__ import annotations

import json
import mailbox
import re
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.errors import UserError
from inboxcrm.store import dossier
from tests.leaving.conftest import BOB, Run, contact
from tests.limits import files_end_at
from tests.service.house import House, mail


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    done = run("export-contact", BOB, "--to", tmp_path / "bob")
    assert done.exit_code == 0, done.output
    return tmp_path / "bob"


def test_the_file_holds_the_mail_they_wrote_and_got(folder: Path) -> None:
    subjects = [each["subject"] for each in mailbox.mbox(folder / "mail.mbox")]

    assert subjects == [
        "Welcome aboard",
        "Question about the offer",
        "Re: Question about the offer",
        "Both of you",
        "Tiles again",
    ]


def test_the_data_holds_all_that_is_noted_of_them_and_nothing_of_others(folder: Path) -> None:
    told: Any = json.loads((folder / "contact.json").read_text())

    assert [each["address"] for each in told["addresses"]] == [BOB]
    assert {"facts", "occasions", "interactions", "preferences", "promises", "promise_events", "outbox"} <= told[
        "records"
    ].keys()
    assert [each["state"] for each in told["records"]["promises"]] == ["kept"]
    assert [each["state"] for each in told["records"]["outbox"]] == ["sent"]
    assert told["mail"][1]["reasons"]
    assert "secret" not in json.dumps(told)


def test_the_page_reads_without_a_network_and_runs_nothing(folder: Path) -> None:
    page = (folder / "index.html").read_text()

    assert "<script" not in page
    assert "Daughter starts school &lt;script&gt;" in page
    assert all(word in page for word in ("until when does the offer", "not before ten", "1980", "the roof"))
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"", page) == ["mail.mbox", "contact.json"]
    assert "default-src 'none'" in page
    assert "secret" not in page


def test_the_file_is_for_the_owner_alone_and_in_the_journal(folder: Path, house: House) -> None:
    assert all(each.stat().st_mode & 0o077 == 0 for each in (folder, *folder.iterdir()))
    assert house.ask("SELECT subject, detail FROM events WHERE kind = 'export-contact'") == [
        (f"contact {contact(house)}", '{"mails": 5}')
    ]


async def test_what_a_stranger_wrote_is_text_on_the_page(run: Run, house: House, tmp_path: Path) -> None:
    text = "</pre><img src=x onerror=alert(1)> \u202egnp.exe\n> quoted\n"
    hostile = mail(9, sender='"<b>Eve</b>" <eve@evil.example>', subject="<svg onload=x>", text=text)
    await house.arrive(hostile)

    run("export-contact", "eve@evil.example", "--to", tmp_path / "eve", catch_exceptions=False)

    page = (tmp_path / "eve" / "index.html").read_text()
    assert not re.search(r"<(?:img|svg|b)\b", page)
    assert "\u202e" not in page
    assert '<pre class="quoted">&gt; quoted</pre>' in page


def test_every_table_about_contacts_is_in_the_data(house: House) -> None:
    with house.household.database.read() as connection:
        about = {key.table for key in dossier.foreign_keys(connection) if key.to == "contacts"}

    assert about > {"facts", "occasions", "interactions", "preferences", "promises", "touches", "rhythms", "profiles"}


def test_nothing_is_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bob").mkdir()

    assert isinstance(run("export-contact", BOB, "--to", tmp_path / "bob").exception, UserError)
    assert list((tmp_path / "bob").iterdir()) == []


@pytest.mark.parametrize("name", ["mail.mbox", "contact.json"])
def test_a_disk_that_fills_up_is_told_and_nothing_half_is_kept(
    folder: Path, run: Run, tmp_path: Path, name: str
) -> None:
    with files_end_at((folder / name).stat().st_size - 1):
        done = run("export-contact", BOB, "--to", tmp_path / "again")

    assert isinstance(done.exception, UserError)
    assert "cannot be written: File too large" in str(done.exception)
    assert not [*tmp_path.glob("again*")]
