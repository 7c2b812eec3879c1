"""A batch of old mail is filed together as its mails would be one after the other."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.ports import Batch
from inboxcrm.service import ingest
from inboxcrm.store import views
from inboxcrm.store.register import Register
from tests.service.house import MONDAY, House, letter_id, mail, own

PEOPLE = (
    "Bob Client <bob@client.example>",
    "Eve Client <eve@client.example>",
    "Accounts <accounts@client.example>",
    "Carol <carol@gmail.com>",
    "Robot <noreply@shop.example>",
    "Dave <dave@other.example>",
)
SUBJECTS = ("Question about the offer", "Re: Question about the offer", "Invoice 12", "", "AW: Termin")
LIVE = 6
"""How many mails came live, and are owed an answer, before the backlog is read."""


def _letter(rng: random.Random, number: int) -> tuple[str, bytes, timedelta]:
    """A mail of either side with the folder it lies in and how long ago it came; a few come twice."""
    ago = timedelta(hours=rng.choice((-3, -1, 1, 2, 2, 50, 400, 2000)))
    answers = rng.choice((None, letter_id(rng.randrange(30)), f"<own.{rng.randrange(30)}@example.org>"))
    subject, at = rng.choice(SUBJECTS), MONDAY - ago
    if rng.random() < 0.5:
        cc = rng.choice((None, *PEOPLE))
        return "Sent", own(number, to=rng.choice(PEOPLE), cc=cc, subject=subject, at=at, answers=answers), ago
    text = rng.choice(("Hello", f"Your mail <own.{rng.randrange(30)}@example.org> came back.", "Danke"))
    raw = mail(number, sender=rng.choice(PEOPLE), subject=subject, text=text, at=at, answers=answers)
    if rng.random() < 0.1:
        raw = raw.replace(b"Message-ID:", b"X-Was:")
    return "INBOX", raw, ago


async def _live_through(house: House, seed: int) -> dict[str, list[Any]]:
    """A few live mails, then a backlog in batches of several sizes; answers every row there is."""
    house.household.secret = b"s" * 32
    rng = random.Random(seed)
    for number in range(LIVE):
        await house.arrive(mail(number, sender=rng.choice(PEOPLE[:4]), subject=SUBJECTS[number % 3]))
    house.clock.advance(timedelta(hours=5))
    letters = [_letter(rng, number % 30) for number in range(LIVE, LIVE + 50)]
    while letters:
        some, letters = letters[: rng.choice((1, 5, 20))], letters[5:]
        for folder in ("INBOX", "Sent"):
            there = [(raw, MONDAY - ago) for place, raw, ago in some if place == folder]
            batch = house.batch(*(raw for raw, _ in there), folder=folder, live=False)
            arrivals = [replace(one, received_at=at) for one, (_, at) in zip(batch.arrivals, there, strict=True)]
            await house.ingest.take(replace(batch, arrivals=arrivals))
    return house.household.database.reading(_rows)


def _rows(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'")
    tables = [name for (name,) in names if name not in ("home", "_sqlite_migrations")]
    found = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
    return {name: sorted(map(tuple, rows), key=repr) for name, rows in found.items()}


def _one_by_one(connection: sqlite3.Connection, batch: Batch, *_: object) -> Register:
    del batch
    return Register(connection)


@pytest.mark.parametrize("seed", range(6))
async def test_a_backlog_is_filed_together_as_it_is_filed_mail_by_mail(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [tmp_path / name for name in ("together", "apart")]
    for home in homes:
        home.mkdir()
    together, apart = map(House, homes)
    try:
        found = await _live_through(together, seed)
        monkeypatch.setattr(ingest, "_register", _one_by_one)
        expected = await _live_through(apart, seed)
    finally:
        together.close()
        apart.close()

    assert len(expected["matters"]) > 5
    for name, rows in expected.items():
        assert found[name] == rows, name


async def test_old_mail_is_found_by_the_thousand_while_more_is_coming_and_all_of_it_at_the_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "FOUND_TOGETHER", 4)

    async def found_after(*numbers: int, remaining: int) -> int:
        batch = house.batch(*(mail(number, text="Pelican\n") for number in numbers), live=False)
        await house.ingest.take(replace(batch, remaining=remaining))
        return len(house.household.database.reading(lambda c: views.search(c, "pelican")))

    assert [
        await found_after(1, 2, remaining=5),
        await found_after(3, 4, 5, remaining=2),
        await found_after(6, remaining=1),
        await found_after(7, remaining=0),
    ] == [0, 5, 5, 7]
