"""What a search finds, in which order, and what it shows of it; held against looking at every mail."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain import mime
from inboxcrm.store import messages, views
from inboxcrm.store.database import Database
from inboxcrm.store.messages import Filed, Pile
from inboxcrm.store.selection import Selection, ids
from inboxcrm.store.views import beginnings, searching, tokens
from inboxcrm.store.views.beginnings import spelled_out
from inboxcrm.store.views.wanted import Term, Wanted, wanted

FIRST = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
SHARES = {"zorg": 0.9, "blum": 0.4, "krim": 0.22, "fost": 0.05, "wulp": 0.003}
"""Words that no stemmer changes, and the share of the mails that hold each."""


@dataclass(frozen=True)
class Mail:
    """One invented mail."""

    id: int
    at: datetime
    sender: str
    words: tuple[str, ...]


def database(mails: Sequence[Mail], path: Path | None = None) -> Database:
    """These mails on record, in rows of their ids."""
    made = Database(path)
    with made.write(durable=False) as connection:
        pile = Pile(connection)
        for each in sorted(mails, key=lambda mail: mail.id):
            raw = f"From: {each.sender} <x@firm.example>\nTo: me@example.org\n\n{' '.join(each.words)}\n".encode()
            assert pile.add(mime.parse(raw), raw, filed(each)) == each.id
        pile.store()
        messages.index(connection)
    return made


def filed(mail: Mail) -> Filed:
    return Filed(
        fingerprint=str(mail.id).encode(),
        origin="backlog",
        direction="in",
        mail_class="human",
        outcome=None,
        reasons=(),
        received_at=mail.at,
        contact_id=None,
        matter_id=None,
        language=None,
        preview="",
    )


def invented(order: str, count: int = 1_600) -> list[Mail]:
    """Mails an hour apart whose rows lie as a first reading of two folders leaves them, or in no order at all."""
    rng = random.Random(order)
    times = [FIRST + timedelta(hours=number // 2) for number in range(count)]
    if order == "folders":
        rows = [*range(count - 101, -1, -2), *range(count - 102, -1, -2), *range(count - 100, count)]
    else:
        rows = rng.sample(range(count), count)
    return [
        Mail(
            row_id,
            times[number],
            rng.choice(("ann", "bob")),
            tuple(word for word, share in SHARES.items() if rng.random() < share),
        )
        for row_id, number in enumerate(rows, start=1)
    ]


@pytest.fixture(scope="module", params=["folders", "no order"])
def library(request: pytest.FixtureRequest) -> Iterator[tuple[list[Mail], sqlite3.Connection]]:
    """Many mails, and the connection to them."""
    mails = invented(request.param)
    made = database(mails)
    with made.read() as connection:
        yield mails, connection
    made.close()


@pytest.mark.parametrize(("limit", "offset"), [(50, 0), (120, 30)], ids=["a page", "further down"])
def test_a_search_finds_what_looking_at_every_mail_finds(
    library: tuple[list[Mail], sqlite3.Connection], limit: int, offset: int
) -> None:
    mails, connection = library
    since, until = datetime(2024, 1, 10, tzinfo=UTC), datetime(2024, 1, 21, tzinfo=UTC)

    for asked in (["zorg"], ["blum"], ["krim"], ["fost"], ["wulp"], ["zorg", "blum"], ["krim", "fost"], ["nowhere"]):
        for sender in (None, "bob"):
            for dated in (False, True):
                meant = [
                    mail
                    for mail in sorted(mails, key=lambda mail: (mail.at, mail.id), reverse=True)
                    if set(asked) <= set(mail.words)
                    and sender in (None, mail.sender)
                    and (not dated or since <= mail.at < until)
                ][offset : offset + limit]
                words = (
                    " ".join(asked)
                    + (" from:bob" if sender else "")
                    + (" since:2024-01-10 until:2024-01-20" if dated else "")
                )
                hits = views.search(connection, words, limit=limit, offset=offset)
                assert [hit.message.id for hit in hits] == [mail.id for mail in meant], words
                assert all(f"[{asked[0]}]" in hit.snippet for hit in hits), words


def test_days_alone_find_all_their_mail(library: tuple[list[Mail], sqlite3.Connection]) -> None:
    mails, connection = library

    hits = views.search(connection, "since:2024-01-10 until:2024-01-10", limit=500)

    assert {hit.message.id for hit in hits} == {mail.id for mail in mails if mail.at.day == 10}
    assert ids(connection, Selection(words="since:2024-01-10 until:2024-01-10")) == sorted(
        (hit.message.id for hit in hits), key=lambda row_id: (mails[row_id - 1].at, row_id)
    )


@pytest.mark.parametrize(("whole", "found"), [(49, 60), (50, 50)], ids=["few hold the word", "a page holds it"])
def test_the_last_word_may_be_a_beginning_where_few_mails_hold_it(whole: int, found: int) -> None:
    words = ["kram"] * whole + ["krammer"] * (60 - whole)
    made = database([Mail(number, FIRST, "ann", (word,)) for number, word in enumerate(words, start=1)])

    with made.read() as connection:
        assert len(views.search(connection, "kram", limit=100)) == found
        assert len(ids(connection, Selection(words="kram"))) == found
    made.close()


@pytest.fixture(scope="module")
def odd_words() -> Iterator[sqlite3.Connection]:
    """Mails of words that begin alike, many with stems that are no words and would be stemmed again."""
    beginnings, endings = (
        ("pro", "gener", "Zür"),
        ("pose", "ously", "es", "s", "ing", "ed", "i", "ational", "y", "ß", "9"),
    )
    rng = random.Random("odd")
    made = database(
        [
            Mail(
                number,
                FIRST + timedelta(hours=number),
                rng.choice(("ann", "bob-prosing")),
                tuple(f"{rng.choice(beginnings)}{''.join(rng.sample(endings, rng.randint(0, 3)))}" for _ in range(3)),
            )
            for number in range(1, 801)
        ]
    )
    with made.read() as connection:
        yield connection
    made.close()


@pytest.mark.parametrize(
    "words",
    [
        "pro",
        "PROP",
        "prosi",
        "gene",
        "zur",
        "züri",
        "proses",
        "from:pro",
        "from:bob-pro",
        "zurs-gen",
        "gener pro",
        "x@pro",
    ],
)
def test_a_beginning_finds_what_the_words_that_begin_so_find(odd_words: sqlite3.Connection, words: str) -> None:
    asked = wanted(words)
    assert asked is not None
    assert asked.open

    expression = spelled_out(odd_words, asked)
    assert expression is not None

    found, meant = (
        odd_words.execute("SELECT rowid FROM search WHERE search MATCH ?", (each,)).fetchall()
        for each in (expression, asked.expression)
    )
    assert [tuple(row) for row in found] == [tuple(row) for row in meant]


@pytest.mark.parametrize(
    ("words", "spelled"),
    [
        pytest.param("prosi", True, id="alone"),
        pytest.param("from:bob-prosi", True, id="behind a sign, of a person"),
        pytest.param("ann prosi", True, id="beside a word"),
        pytest.param("pro", False, id="too many"),
        pytest.param("nowhere", False, id="none"),
    ],
)
def test_a_beginning_is_spelled_out_where_its_words_are_not_too_many(
    odd_words: sqlite3.Connection, words: str, spelled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginnings, "MOST", 20)
    asked = wanted(words)
    assert asked is not None
    expression = spelled_out(odd_words, asked)

    assert (expression is not None and "*" not in expression) is spelled


def test_a_search_shows_one_moment_whatever_another_process_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = database([Mail(number, FIRST, "ann", ("roof",)) for number in range(1, 4)], tmp_path / "inboxcrm.db")
    other = Database(tmp_path / "inboxcrm.db")

    def written_meanwhile(*arguments: Any) -> Any:
        with other.write() as connection:
            connection.execute("UPDATE letters SET text = 'gone'")
            connection.execute("UPDATE messages SET erased_at = '2024-01-02T00:00:00Z'")
        return read(*arguments)

    read = searching._rows
    monkeypatch.setattr(searching, "_rows", written_meanwhile)
    with made.read() as connection:
        hits = views.search(connection, "roof")
        now = views.search(connection, "roof")

    assert [hit.snippet.strip() for hit in hits] == ["[roof]"] * 3
    assert now == []
    other.close()
    made.close()


ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        pytest.param("roof tiles", Wanted((Term("roof"), Term("tiles", open=True))), id="words"),
        pytest.param('"roof tiles"', Wanted((Term("roof tiles"),)), id="a phrase is closed"),
        pytest.param('"roof tiles', Wanted((Term('"roof'), Term("tiles", open=True))), id="a lone quote"),
        pytest.param('""', None, id="nothing between quotes"),
        pytest.param("from:ann roof", Wanted((Term("ann", "sender"), Term("roof", open=True))), id="from"),
        pytest.param("TO:bob", Wanted((Term("bob", "recipients", open=True),)), id="to, in capitals"),
        pytest.param('from:"ann lee"', Wanted((Term("ann lee", "sender"),)), id="a name of two words"),
        pytest.param("from: ann", Wanted((Term("from:"), Term("ann", open=True))), id="from nobody"),
        pytest.param("subject:roof", Wanted((Term("subject:roof", open=True),)), id="no such column"),
        pytest.param("ab", Wanted((Term("ab"),)), id="too short for a beginning"),
        pytest.param("re:ab", Wanted((Term("re:ab"),)), id="too short behind a sign"),
        pytest.param("会議", Wanted((Term("会議", open=True),)), id="two signs that are a word"),
        pytest.param("since:2026", Wanted(since="2025-12-31T23:00:00Z"), id="from a year on"),
        pytest.param("until:2026-03", Wanted(until="2026-03-31T22:00:00Z"), id="to the end of a month, summer time"),
        pytest.param(
            "since:2026-03-29 until:2026-03-29",
            Wanted(since="2026-03-28T23:00:00Z", until="2026-03-29T22:00:00Z"),
            id="a day of 23 hours",
        ),
        pytest.param("since:soon", Wanted((Term("since:soon", open=True),)), id="no day"),
        pytest.param("until:2026-02-30", Wanted((Term("until:2026-02-30"),)), id="no such day"),
        pytest.param("until:9999", Wanted((Term("until:9999", open=True),)), id="no day after the last"),
        pytest.param("   ", None, id="blanks"),
    ],
)
def test_words_are_read_as_a_person_means_them(words: str, meant: Wanted | None) -> None:
    assert wanted(words, ZURICH) == meant


@pytest.fixture(scope="module")
def letters() -> Iterator[sqlite3.Connection]:
    """Mails that hold words in forms of their own."""
    made = database(
        [
            Mail(1, FIRST, "ann", ("Dear", "Bob,", "three", "INVOICES", "are", "late.")),
            Mail(2, FIRST, "ann", ("Das", "Büro", "in", "Zürich", "ist", "zu.")),
            Mail(3, FIRST, "ann", ("report", "repair", "repeat", "reply", "republic", "they", "relate")),
            Mail(4, FIRST, "ann", (*["far"] * 8_000, "harbour", *["away"] * 40)),
            Mail(5, FIRST, "ann", ("the", "roof", "is", "new", "and", "the", "new", "roof", "leaks")),
            Mail(6, FIRST, "ann", ("pay", "at", "the", "Dalmatian", "hotel")),
        ]
    )
    with made.read() as connection:
        yield connection
    made.close()


@pytest.mark.parametrize(
    ("words", "snippet"),
    [
        pytest.param("invoice", "Dear Bob, three <INVOICES> are late.", id="another form, in capitals"),
        pytest.param("zurich buro", "Das <Büro> in <Zürich> ist zu.", id="without accents"),
        pytest.param(
            "relational", "report repair repeat reply republic they <relate>", id="another form of few letters"
        ),
        pytest.param("harbour", " … " + "far " * 6 + "<harbour> " + "away " * 6 + "away … ", id="far behind"),
        pytest.param('"new roof"', "the roof is new and the <new roof> leaks", id="a phrase"),
        pytest.param('"is new and"', "the roof <is new and> the new roof leaks", id="a phrase of small words"),
        pytest.param("repai", "report <repair> repeat reply republic they relate", id="a beginning"),
        pytest.param("invoices.", "Dear Bob, three <INVOICES> are late.", id="a word with its point"),
        pytest.param("zuri", "Das Büro in <Zürich> ist zu.", id="a beginning without accents"),
        pytest.param("dals", "pay at the <Dalmatian> hotel", id="a beginning the index makes shorter"),
        pytest.param("from:ann leaks", "the roof is new and the new roof <leaks>", id="a word rather than a person"),
        pytest.param("from:ann since:2024", "<ann> <x@firm.example>", id="a person"),
    ],
)
def test_a_snippet_shows_what_was_found(letters: sqlite3.Connection, words: str, snippet: str) -> None:
    hits = views.search(letters, words, marks=("<", ">"))

    assert snippet in [hit.snippet.strip("\n") for hit in hits]


def test_words_are_told_apart_in_snippets_as_in_the_index(letters: sqlite3.Connection) -> None:
    (schema,) = letters.execute("SELECT sql FROM sqlite_master WHERE name = 'search'").fetchone()

    assert tokens.TOKENIZER in schema


@given(words=st.text(st.sampled_from('ab"*:()^-+ from:to since:until:2024-01NEAR{}\0é会'), max_size=40))
@settings(max_examples=100)
def test_no_text_is_a_mistake(letters: sqlite3.Connection, words: str) -> None:
    assert len(views.search(letters, words)) <= 6
