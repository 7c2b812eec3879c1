"""Reads and writes address books as tables (CSV), our own columns and those of the usual programs.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, which is taken off again when read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from inboxcrm.domain.cards import LONGEST_VALUE, MOST_VALUES, Card, Labelled, read_day
from inboxcrm.domain.spreadsheets import harmless, harmless_no_more
from inboxcrm.domain.text import one_line, plain

COLUMNS = (
    "name", "addresses", "phones", "pages", "organisation", "language", "timezone", "birthday", "anniversary", "note",
)  # fmt: skip
"""The columns we write; several values of one cell are parted by semicolons, a label stands in brackets."""

_ELSEWHERE: Mapping[str, re.Pattern[str]] = {
    column: re.compile(pattern, re.IGNORECASE)
    for column, pattern in {
        "name": r"name|full name|display name|file as|anzeigename|nom complet",
        "given": r"first name|given name|vorname|prénom",
        "family": r"last name|family name|surname|nachname|nom",
        "addresses": r"addresses|address|e-?mail(?: address)?(?: \d)?(?: - value| address)?|e-mail-adresse",
        "phones": r"phones?|(?:mobile|business|home|primary|other)? ?phone(?: \d)?(?: - value)?|telefon|mobil",
        "pages": r"pages?|web ?(?:site|page)(?: \d)?(?: - value)?|url",
        "organisation": r"organi[sz]ation(?: name)?(?: \d - name)?|company|firma|société",
        "language": r"language|sprache",
        "timezone": r"time ?zone",
        "birthday": r"birthday|geburtstag|anniversaire",
        "anniversary": r"anniversary",
        "note": r"notes?|notizen",
    }.items()
}


def read(text: str) -> list[Card]:
    """Every row that names somebody, in the file's order. Raises ValueError where no column says who or where."""
    text = text.lstrip("\ufeff")
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        titles = next(rows, [])
        places = [_column(title.strip()) for title in titles]
        if not {"name", "addresses", "given", "family"} & set(places):
            found = one_line(", ".join(titles), 60) or "it is empty"
            raise ValueError(f"no column is called {' or '.join(COLUMNS[:2])}: {found}")
        return [card for number, row in enumerate(rows, 2) if (card := _card(places, row, f"row {number}")) is not None]
    except csv.Error as error:
        raise ValueError(f"this is no table: {error}") from error


def _column(title: str) -> str | None:
    return next((column for column, pattern in _ELSEWHERE.items() if pattern.fullmatch(title)), None)


def _card(places: Sequence[str | None], row: Sequence[str], where: str) -> Card | None:
    cells: dict[str, list[str]] = {}
    for column, cell in zip(places, row, strict=False):
        said = plain(harmless_no_more(cell), LONGEST_VALUE)
        if column is not None and said:
            cells.setdefault(column, []).append(said)

    def first(column: str) -> str:
        return next(iter(cells.get(column, ())), "")

    def several(column: str) -> tuple[Labelled, ...]:
        values = (each.strip() for cell in cells.get(column, ()) for each in re.split(r"\s*(?:;|:::)\s*", cell))
        return tuple(_labelled(each) for each in values if each)[:MOST_VALUES]

    name = first("name") or " ".join(filter(None, (first("given"), first("family"))))
    if not name and not cells.get("addresses"):
        return None
    return Card(
        name=name,
        addresses=several("addresses"),
        phones=several("phones"),
        pages=tuple(each.value for each in several("pages")),
        organisation=first("organisation"),
        language=first("language").partition("-")[0].lower(),
        timezone=first("timezone"),
        birthday=read_day(first("birthday")),
        anniversary=read_day(first("anniversary")),
        note=first("note"),
        where=where,
    )


_LABEL = re.compile(r"(.+?)\s*\[([^\[\]]{1,30})\]")


def _labelled(value: str) -> Labelled:
    match = _LABEL.fullmatch(value)
    return Labelled(value) if match is None else Labelled(match[1], match[2])


def write(cards: Iterable[Card]) -> str:
    """A table of cards, with a byte order mark so that spreadsheets read it as UTF-8."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for card in cards:
        cells = (
            card.name, _cell(card.addresses), _cell(card.phones), "; ".join(card.pages), card.organisation,
            card.language, card.timezone, card.birthday.text() if card.birthday else "",
            card.anniversary.text() if card.anniversary else "", card.note,
        )  # fmt: skip
        table.writerow([harmless(each) for each in cells])
    return "\ufeff" + out.getvalue()


def _cell(values: Sequence[Labelled]) -> str:
    return "; ".join(f"{each.value} [{each.label}]" if each.label else each.value for each in values)
