"""Address books in and out: every change is shown first, nothing is overwritten, and nothing is lost on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import vobject  # type: ignore[import-untyped]  # it has no types
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain import card_tables, vcards
from inboxcrm.domain.cards import Card, Day, Labelled, read_day
from inboxcrm.domain.text import plain
from inboxcrm.errors import UserError
from inboxcrm.service import actions, address_books
from tests.contacts.test_merging import BOB, BOB_AT_HOME, contact_of
from tests.memory.conftest import Run
from tests.service.house import ME, House, mail

ANNA = Card(
    name="Anna Berger, Dr; \\ of Larch",
    addresses=(Labelled("anna@larch.example", "work"), Labelled("anna@home.example")),
    phones=(Labelled("+41446681800", "mobile"), Labelled("+41446681801")),
    pages=("https://network.example/in/anna",),
    organisation="Larch & Söhne, Ltd",
    language="de",
    timezone="Europe/Zurich",
    birthday=Day(3, 7),
    anniversary=Day(5, 4, 2012),
    note="likes tea; not before ten, please",
)


def plainly(card: Card) -> Card:
    """A card without what tells of its file."""
    return replace(card, where="")


@pytest.mark.parametrize("version", vcards.VERSIONS)
def test_a_card_comes_back_as_it_was(version: str) -> None:
    (read,) = vcards.read(vcards.write([ANNA], version))

    assert plainly(read) == (ANNA if version == "4.0" else replace(ANNA, language=""))


def test_a_table_comes_back_as_it_was_and_runs_no_formula() -> None:
    text = card_tables.write([ANNA, Card(name="=cmd()", addresses=(Labelled("x@y.example"),))])

    assert "'=cmd()" in text
    assert "'+41446681800" in text
    anna, odd = card_tables.read(text)
    assert plainly(anna) == ANNA
    assert odd.name == "=cmd()"


def test_another_program_reads_what_we_write() -> None:
    card = vobject.readOne(vcards.write([ANNA], "3.0"))

    assert card.fn.value == ANNA.name
    assert [each.value for each in card.email_list] == ["anna@larch.example", "anna@home.example"]
    assert card.tel.value == "+41446681800"
    assert card.bday.value == "1604-03-07"
    assert card.note.value == ANNA.note


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=90).filter(
    lambda word: plain(word, 90) == word  # a mark that nothing shows is left out on the way in
)


@settings(max_examples=60)
@given(WORDS, st.lists(WORDS, max_size=3), st.sampled_from(vcards.VERSIONS))
def test_any_name_survives_folding_and_escaping(name: str, more: list[str], version: str) -> None:
    note = " ".join(more)
    text = vcards.write([Card(name=name, note=note)], version)

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (read,) = vcards.read(text)
    assert (read.name, read.note) == (name, note)


@settings(max_examples=60)
@given(st.text(st.sampled_from('BEGIN:VCARD\r\nEND;=",\\ TELQP@1é')))
def test_no_file_is_too_ugly_to_read(text: str) -> None:
    vcards.read(f"BEGIN:VCARD\r\n{text}\r\nEND:VCARD\r\n")


OLD_TELEPHONE = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg=
 Peter;;;
TEL;CELL:+41 79 321 00 11
TEL;WORK;FAX:+41 44 668 18 01
EMAIL;INTERNET:joerg@client.example
BDAY:1604-03-07
END:VCARD
BEGIN:VCARD
VERSION:3.0
X-ADDRESSBOOKSERVER-KIND:group
FN:Everybody
END:VCARD
"""


def test_what_telephones_write_is_read() -> None:
    (card,) = vcards.read(OLD_TELEPHONE)

    assert card.name == "Jörg Peter Müller"
    assert card.phones == (Labelled("+41 79 321 00 11", "mobile"),), "a fax is no telephone"
    assert card.birthday == Day(3, 7)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("19800307", Day(3, 7, 1980)),
        ("1980-03-07T00:00:00Z", Day(3, 7, 1980)),
        ("--0307", Day(3, 7)),
        ("03-07", Day(3, 7)),
        ("1980-13-01", None),
        ("in spring", None),
        ("", None),
    ],
)
def test_days_are_read_as_address_books_write_them(text: str, day: Day | None) -> None:
    assert read_day(text) == day


def test_tables_of_other_programs_are_read() -> None:
    head = "First Name;Last Name;E-mail 1 - Value;Phone 1 - Value;Company;Notes"
    text = f"{head}\nAnna;Berger;a@b.example ::: c@d.example;;Larch;x\n"

    (card,) = card_tables.read(text)

    assert card.name == "Anna Berger"
    assert [each.value for each in card.addresses] == ["a@b.example", "c@d.example"]
    assert card.organisation == "Larch"


def book(folder: Path, *cards: Card) -> Path:
    """An address book on disk."""
    path = folder / "book.vcf"
    path.write_text(vcards.write(cards), encoding="utf-8")
    return path


async def test_a_dry_run_shows_what_the_import_then_does(house: House, run: Run, tmp_path: Path) -> None:
    await house.arrive(mail(1, sender="anna@larch.example"))
    path = book(tmp_path, ANNA)

    shown = run("contacts", "import", str(path), "--json").output
    assert house.ask("SELECT COUNT(*) FROM addresses") == [(1,)], "nothing is changed yet"
    done = run("contacts", "import", str(path), "--apply", "--json").output

    assert shown == done
    kinds = {(row["kind"], row["what"]) for row in map(json.loads, done.splitlines())}
    assert kinds >= {("add", "address"), ("set", "name"), ("add", "phone"), ("add", "page"), ("suggest", "birthday"),
                     ("set", "language"), ("set", "known"), ("add", "fact"), ("conflict", "organisation")}  # fmt: skip
    assert contact_of(house, "anna@home.example") == contact_of(house, "anna@larch.example")
    assert house.ask("SELECT kind, source FROM told_occasions ORDER BY kind") == [
        ("anniversary", "vcard"), ("birthday", "vcard"),
    ]  # fmt: skip
    assert "known since" in run("brief", "1").output


async def test_what_is_on_record_is_never_overwritten(house: House, tmp_path: Path) -> None:
    await house.arrive(mail(1, sender="Anna Alt <anna@larch.example>"))
    actions.set_contact(house.household, "1", {"language": "fr"})

    taken = address_books.take(house.household, address_books.read_file(book(tmp_path, ANNA)), source="x", apply=True)

    conflicts = {change.what: change.value for change in taken.changes if change.kind == "conflict"}
    assert conflicts["name"] == f"ours Anna Alt, theirs {ANNA.name}"
    assert conflicts["language"] == "ours fr, theirs de"
    assert house.ask("SELECT name, language FROM contacts") == [("Anna Alt", "fr")]


async def test_a_second_import_changes_nothing_but_tells_the_conflicts(house: House, tmp_path: Path) -> None:
    cards = address_books.read_file(book(tmp_path, ANNA))
    address_books.take(house.household, cards, source="x", apply=True)

    taken = address_books.take(house.household, cards, source="x", apply=True)

    assert {change.kind for change in taken.changes} <= {"conflict"}


async def test_an_organisation_that_nobody_knew_is_called_as_the_card_calls_it(house: House, tmp_path: Path) -> None:
    taken = address_books.take(house.household, address_books.read_file(book(tmp_path, ANNA)), source="x", apply=True)

    assert not [each for each in taken.changes if each.kind == "conflict"]
    founded = [each.value for each in taken.changes if (each.kind, each.what) == ("new", "organisation")]
    assert founded == ["Larch & Söhne, Ltd (larch.example)"]
    assert ("Larch & Söhne, Ltd",) in house.ask("SELECT name FROM organisations")


async def test_a_card_of_two_contacts_is_not_guessed_at(house: House, tmp_path: Path) -> None:
    await house.arrive(mail(1, sender=BOB), mail(2, sender=BOB_AT_HOME))
    card = Card("Bob", (Labelled("bob@client.example"), Labelled("bob.home@mail.example")))

    (change,) = address_books.take(house.household, [card], source="x", apply=True).changes

    assert (change.kind, "merge them first" in change.value) == ("skipped", True)


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("c@two.example, d@two.example", ["c@two.example", "d@two.example"]),
        ("Dee Four <g@four.example>", ["g@four.example"]),
        ("mailto:h@five.example", ["h@five.example"]),
        ("l@eight.example.", ["l@eight.example"]),
        ("zed@@x", []),
        ("k@seven..example", []),
    ],
    ids=["several", "with a name", "a link", "with a full stop", "two signs", "two dots"],
)
async def test_addresses_are_taken_as_mail_will_name_them(house: House, value: str, addresses: list[str]) -> None:
    shown = address_books.take(house.household, [Card("Somebody", (Labelled(value),))], source="x", apply=True)

    assert [key for (key,) in house.ask("SELECT key FROM addresses ORDER BY key")] == addresses
    assert bool(addresses) is (shown.changes[0].kind == "new")


@pytest.mark.parametrize(
    ("address", "why"), [("", "no mail address"), (ME, "your own"), ("info@larch.example", "an office")]
)
async def test_who_is_no_contact_is_not_imported(house: House, address: str, why: str) -> None:
    card = Card("Somebody", (Labelled(address),) if address else ())

    (change,) = address_books.take(house.household, [card], source="x", apply=True).changes

    assert change.kind == "skipped"
    assert why in change.value
    assert house.contacts() == []


async def test_a_home_moves_into_another_by_file(house: House, run: Run, tmp_path: Path) -> None:
    address_books.take(house.household, [ANNA], source="x", apply=True)
    for name in ("all.vcf", "all.csv"):
        assert run("contacts", "export", str(tmp_path / name)).exit_code == 0

        (card,) = address_books.read_file(tmp_path / name)
        assert {each.value for each in card.addresses} == {"anna@larch.example", "anna@home.example"}
        assert {each.value for each in card.phones} == {"+41446681800", "+41446681801"}

    refused = run("contacts", "export", str(tmp_path / "all.vcf"))
    assert isinstance(refused.exception, UserError)
    assert "FN:Anna Berger" in run("contacts", "export", "-", "anna").output


PICTURE = "/9j/4AAQSkZJRgABAQ" * 20_000
RICH = f"""BEGIN:VCARD
VERSION:2.1
N:Berger;Anna
EMAIL;INTERNET:anna@larch.example
item1.ADR;WORK;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;Elmstra=C3=9Fe 4=0AHof;Z=C3=BCrich;;8000;CH
PHOTO;ENCODING=BASE64;TYPE=JPEG:{PICTURE}
RELATED;TYPE=spouse;VALUE=text:Karl Berger
X-JUNK:left out
END:VCARD
"""


@pytest.mark.parametrize("version", vcards.VERSIONS)
async def test_addresses_pictures_and_relatives_are_shown_kept_and_given_back(house: House, version: str) -> None:
    read = vcards.read(RICH)
    shown = address_books.take(house.household, read, source="x", apply=False).changes
    address_books.take(house.household, read, source="x", apply=True)
    again = address_books.take(house.household, read, source="x", apply=True)

    assert [(each.what, each.value) for each in shown if each.what in ("postal address", "picture", "relative")] == [
        ("postal address", "Elmstraße 4 Hof, Zürich, 8000, CH"),
        ("picture", "jpeg, 270 kB"),
        ("relative", "Karl Berger"),
    ]
    assert again.unchanged == 1
    written = vcards.write(house.household.database.reading(address_books.cards_of), version)
    assert max(len(line.encode()) for line in written.split("\r\n")) <= 75
    (card,) = vcards.read(written)
    assert card.kept == read[0].kept
    assert card.kept[1].value == f"data:image/jpeg;base64,{PICTURE}"
    unfolded = written.replace("\r\n ", "")
    assert (f"PHOTO;ENCODING=b;TYPE=JPEG:{PICTURE}" in unfolded) is (version == "3.0")
    assert f"{'X-' if version == '3.0' else ''}RELATED;TYPE=spouse;VALUE=text:Karl Berger" in unfolded


async def test_what_a_card_had_besides_goes_where_its_contact_goes(house: House, run: Run) -> None:
    await house.arrive(mail(1, sender=BOB))
    address_books.take(house.household, vcards.read(RICH), source="x", apply=True)

    assert run("contacts", "merge", "bob@client.example", "anna@larch.example").exit_code == 0

    (card,) = house.household.database.reading(address_books.cards_of)
    assert [line.name for line in card.kept] == ["ADR", "PHOTO", "RELATED"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("Dear Ann,\n", "Dear Ann,"), ("", "it is empty"), ("\x7fELF" + "\x02\x01" * 400, "…")],
    ids=["a letter", "nothing", "a program"],
)
def test_a_file_that_is_no_address_book_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(text)

    with pytest.raises(UserError, match="neither vCard nor a table") as refused:
        address_books.read_file(path)

    assert str(refused.value).endswith(told)
    assert len(str(refused.value)) < 300
