"""A contact's file as one page that opens without a network: everything strangers wrote is text in it, never markup."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

from jinja2 import Environment, StrictUndefined, Template

from inboxcrm.domain.text import one_line, visible

LONGEST_SHOWN = 20_000
"""Characters of a letter on the page; the mail beside it has all of it."""

LONGEST_CELL = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `text` is a letter or a note as it was written."""

    when: str
    what: str
    title: str
    people: str
    files: tuple[str, ...]
    text: str

    @property
    def runs(self) -> list[tuple[bool, str]]:
        """The text in runs of lines, each quoted or not."""
        text = self.text[:LONGEST_SHOWN]
        if len(self.text) > LONGEST_SHOWN:
            text += "\n\n[The letter goes on in the mail itself.]"
        lines = text.splitlines()
        runs = [(quoted, "\n".join(run)) for quoted, run in groupby(lines, lambda line: line.lstrip().startswith(">"))]
        return [(quoted, run.strip("\n")) for quoted, run in runs if run.strip()]


@dataclass(frozen=True, slots=True)
class Table:
    """What is kept of one kind."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page says."""

    name: str
    made_at: str
    made_by: str
    zone: str
    card: tuple[tuple[str, str], ...]
    timeline: tuple[Entry, ...]
    tables: tuple[Table, ...]
    mail_file: str
    data_file: str


def page(told: Page) -> str:
    """The page as HTML. Characters that steer or hide are gone; nothing in it fetches or runs anything."""
    return _template().render(page=_made_safe(told))


def _made_safe(told: Page) -> Page:
    return Page(
        name=one_line(told.name, 200),
        made_at=told.made_at,
        made_by=one_line(told.made_by, 200),
        zone=told.zone,
        card=tuple((name, one_line(value, LONGEST_CELL)) for name, value in told.card),
        timeline=tuple(_safe_entry(each) for each in told.timeline),
        tables=tuple(
            Table(
                each.title, each.heads, tuple(tuple(visible(cell[:LONGEST_CELL]) for cell in row) for row in each.rows)
            )
            for each in told.tables
        ),
        mail_file=told.mail_file,
        data_file=told.data_file,
    )


def _safe_entry(entry: Entry) -> Entry:
    return Entry(
        when=entry.when,
        what=entry.what,
        title=one_line(entry.title, 300),
        people=one_line(entry.people, LONGEST_CELL),
        files=tuple(one_line(each, 200) for each in entry.files),
        text=visible(entry.text[: LONGEST_SHOWN + 1]),
    )


@cache
def _template() -> Template:
    text = resources.files("inboxcrm.render").joinpath("pages").joinpath("client.html.j2").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
