"""What each page shows: rows from the read model in, values for one template out."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from inboxcrm.domain import contents
from inboxcrm.service import brief, lookalike, watched
from inboxcrm.service.listed import how_far
from inboxcrm.service.story import notes, speech_notes, target_line, walk_lines
from inboxcrm.store import call_backs, commitments, told_occasions, views
from inboxcrm.store import messages as mail
from inboxcrm.store.vault import SHOWN
from inboxcrm.web.desk import Desk

Row = TypeVar("Row")

PAGE = 50
PILES = 30
LETTERS = 20
LAST_PAGE = 2_000
MARKS = ("\ue000", "\ue001")
"""Private characters around the words a search found; they mean nothing in a letter."""


@dataclass(frozen=True, slots=True)
class Page:
    """A template, the title, the word of the menu it belongs to, and what the template shows."""

    template: str
    title: str
    place: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: the connection to read from, the row in the address, and the arguments behind the `?`."""

    connection: sqlite3.Connection
    desk: Desk
    now: datetime
    row_id: int
    arguments: Mapping[str, str]

    @property
    def number(self) -> int:
        """Which page of a long list, from 1."""
        given = self.arguments.get("page", "")
        return min(max(int(given), 1), LAST_PAGE) if given.isascii() and given.isdigit() and len(given) < 7 else 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a long list, and the arguments of the sheets before and behind it (None where there is none)."""

    rows: Sequence[Any]
    number: int
    newer: Mapping[str, str] | None
    older: Mapping[str, str] | None


def _sheet(visit: Visit, rows: Sequence[Row], size: int = PAGE) -> Sheet:
    """A sheet from rows that were read with one more than fits."""
    kept = {key: value for key, value in visit.arguments.items() if key in ("q", "state")}
    number = visit.number
    return Sheet(
        rows[:size],
        number,
        {**kept, "page": str(number - 1)} if number > 1 else None,
        {**kept, "page": str(number + 1)} if len(rows) > size else None,
    )


def _window(visit: Visit, size: int = PAGE) -> dict[str, int]:
    return {"limit": size + 1, "offset": (visit.number - 1) * size}


def home(visit: Visit) -> Page:
    """What is owed, how the mailboxes fare, and what came last."""
    connection = visit.connection
    piles = views.piles(connection, now=visit.now, zone=visit.desk.zone)
    start = (visit.number - 1) * PILES
    shown = [
        [row for each in pile.promise_ids[:5] if (row := views.owed(connection, each)) is not None]
        for pile in piles[start : start + PILES + 1]
    ]
    return Page(
        "home.html.j2",
        "Desk",
        "desk",
        {
            "piles": _sheet(visit, shown, PILES),
            "owed": sum(len(pile.promise_ids) for pile in piles),
            "people": len(piles),
            "broken": sum(pile.broken for pile in piles),
            "due_today": sum(pile.due_today for pile in piles),
            "calls": {row.promise_id: row for row in call_backs.live(connection)},
            "waiting": views.outbox(connection, states=("awaiting", "unknown"), limit=10),
            "mailboxes": _how_far(visit),
            "newest": views.newest(connection, limit=8),
        },
    )


def messages(visit: Visit) -> Page:
    """Every mail, newest first, what is listed and not read yet in its place; the first page says how far that is."""
    rows = views.newest_of_all(visit.connection, **_window(visit))
    reading = visit.number == 1 and views.still_reading(visit.connection)
    behind = [(box.name, said) for box, said in _how_far(visit) if said] if reading else []
    return Page("messages.html.j2", "Mail", "mail", {"sheet": _sheet(visit, rows), "behind": behind})


def _how_far(visit: Visit) -> list[tuple[views.MailboxRow, str]]:
    return [(box, how_far(box, visit.desk.zone)) for box in watched.mailboxes(visit.desk.path.parent, visit.connection)]


def contacts(visit: Visit) -> Page:
    """People, the latest correspondents first."""
    like = visit.arguments.get("q", "")[:200]
    rows = views.contacts(visit.connection, like=like, **_window(visit))
    return Page("contacts.html.j2", "Contacts", "contacts", {"sheet": _sheet(visit, rows)})


def contact(visit: Visit) -> Page | None:
    """A person's card, and what went to and fro."""
    card = views.contact(visit.connection, visit.row_id)
    if card is None:
        return None
    rows = views.timeline(visit.connection, card.id, **_window(visit))
    return Page(
        "contact.html.j2",
        card.name,
        "contacts",
        {
            "card": card,
            "owed": views.owed_to(visit.connection, card.id),
            "touch": views.last_touch(visit.connection, card.id),
            "brief": _brief(visit, card),
            "suggested": commitments.listed(visit.connection, contact_id=card.id, states=(commitments.SUGGESTED,)),
            "told_days": told_occasions.listed(visit.connection, card.id),
            "sheet": _sheet(visit, rows),
            "unread": views.count_listed(visit.connection, card.id),
        },
    )


ON_THE_PAGE = frozenset(("who", "last touch", "away", "said", "day?"))
"""What the page says already, on the card or with what waits for a yes or no."""


def _brief(visit: Visit, card: views.ContactRow) -> list[brief.Line]:
    """The brief without what the page says. Hours are not known here: an occasion stands out on its day alone."""
    zone = visit.desk.zone
    found = brief.read(visit.connection, card, now=visit.now, zone=zone, is_open=lambda _: True)
    said = brief.lines(found, lambda at: f"{at.astimezone(zone):%a %Y-%m-%d}")
    return [line for line in said if line.name not in ON_THE_PAGE and not line.text.startswith("an answer to ")]


def matter(visit: Visit) -> Page | None:
    """A whole correspondence, oldest first, with what was promised in it and what the machine said."""
    found = views.matter(visit.connection, visit.row_id)
    if found is None:
        return None
    rows = views.of_matter(visit.connection, found.id, **_window(visit, LETTERS))
    sheet = _sheet(visit, rows, LETTERS)
    return Page(
        "matter.html.j2",
        found.subject or "(no subject)",
        "mail",
        {
            "matter": found,
            "sheet": sheet,
            "texts": {row.id: views.text(visit.connection, row.id) for row in sheet.rows},
            "promises": views.promises_of_matter(visit.connection, found.id),
        },
    )


def message(visit: Visit) -> Page | None:
    """One mail, and why it was decided about as it was."""
    connection = visit.connection
    row = views.message(connection, visit.row_id)
    if row is None:
        return None
    story = views.decision(connection, row.id)
    expectation = (story or {}).get("expectation")
    outgoing = [] if row.matter_id is None else views.outbox_of_matter(connection, row.matter_id)
    raw = mail.raw(connection, row.id)
    return Page(
        "message.html.j2",
        row.subject or "(no subject)",
        "mail",
        {
            "row": row,
            "text": views.text(connection, row.id),
            "has_html": raw is not None and contents.html(raw) is not None,
            "as_html": "html" in visit.arguments,
            "defects": views.defects(connection, row.id),
            "cautions": lookalike.cautions_about_message(connection, row),
            "story": story,
            "notes": [] if story is None else notes(story),
            "speech_notes": [] if story is None else speech_notes(story, visit.desk.zone),
            "target": target_line(story["target"]) if story and story.get("target") else "",
            "walk": [] if not expectation else walk_lines(expectation["walk"], visit.desk.zone),
            "stories": [
                (promise, views.promise_story(connection, promise.id))
                for promise in views.promises_of_message(connection, row.id)
            ],
            "outgoing": [item for item in outgoing if item.message_id == row.id],
            "instant": datetime.fromisoformat,
        },
    )


def search(visit: Visit) -> Page:
    """The newest mails that hold all the words; below the last of them those that are not read yet."""
    words = visit.arguments.get("q", "")[:500]
    try:
        hits = views.search(visit.connection, words, marks=MARKS, zone=visit.desk.zone, **_window(visit))
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise
        hits = []
    people = views.contacts(visit.connection, like=words.strip(), limit=6) if words.strip() else []
    sheet = _sheet(visit, hits)
    unread = [] if sheet.older else views.listed(visit.connection, words, zone=visit.desk.zone)
    return Page("search.html.j2", "Search", "search", {"sheet": sheet, "people": people, "unread": unread})


def promises(visit: Visit) -> Page:
    """The record: what was promised, and what became of it."""
    connection = visit.connection
    return Page(
        "promises.html.j2",
        "Promises",
        "promises",
        {
            "sheet": _sheet(visit, views.promises(connection, **_window(visit))),
            "record": views.record(connection, months=12),
        },
    )


def outbox(visit: Visit) -> Page:
    """Outgoing mail, with the text exactly as it goes, went or would go out."""
    rows = views.outbox(visit.connection, limit=LETTERS + 1, offset=(visit.number - 1) * LETTERS)
    return Page("outbox.html.j2", "Outbox", "outbox", {"sheet": _sheet(visit, rows, LETTERS)})


def data(_visit: Visit) -> Page:
    """The views as tables, for sorting, filtering, counting and taking away."""
    return Page("data.html.j2", "Data", "data", {"shown": SHOWN})
