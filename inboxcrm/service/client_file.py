"""A contact's whole file, for the person who asks for their data: the mail, all that is noted, and a page to read.

What a person may ask for by articles 15 and 20 of the GDPR: their data, readable for people and for programs. It holds
the mail they wrote or got, as they know it, and what is kept about them. What is noted of others is not in it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from inboxcrm.archives.writing import Layout
from inboxcrm.errors import UserError
from inboxcrm.render.client_page import Entry, Page, Table, page
from inboxcrm.service import exporting
from inboxcrm.service.household import Household
from inboxcrm.store import dossier, home, selection, views
from inboxcrm.store.dossier import Record
from inboxcrm.store.selection import Selection

MAIL, DATA, PAGE = "mail.mbox", "contact.json", "index.html"

_DIRECTIONS = {"in": "received", "out": "sent", "auto": "sent by the machine"}

_TITLES = {
    "facts": "What was noted",
    "commitments": "What was agreed, or asked for",
    "occasions": "Days that return every year",
    "greetings": "When they were greeted",
    "told_occasions": "Days they mentioned",
    "interactions": "Calls, meetings and other contact",
    "preferences": "How they like to be reached",
    "phones": "Telephone numbers",
    "card_lines": "What an address book said of them besides",
    "relations": "How they stand to others",
    "matter_roles": "What they are in a matter",
    "promises": "Answers that were promised",
    "promise_events": "What became of the promises",
    "outbox": "Automatic mail to them",
    "listed": "Mail on the server that is not read yet",
    "touches": "Give and take",
    "rhythms": "How often they give word",
    "profiles": "Pages on social networks",
    "social_notices": "Notices of social networks",
    "workflows": "What rules began",
    "workflow_steps": "What rules did",
}

_LEFT_OFF = (
    "id",
    "contact_id",
    "walk",
    "detail",
    "step",
    "condition",
    "from_state",
    "to_state",
    "target_minutes",
    "fingerprint",
)
"""Columns that say nothing to a reader of the page; the data has them."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written about whom, and where."""

    contact: str
    mails: int
    records: int
    to: str


def write(
    household: Household, contact: views.ContactRow, folder: Path, *, look: Callable[[int, int], None]
) -> Written:
    """Write a contact's file into a new folder. Raises UserError where something lies there already, and where
    the disk takes no more.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already, and nothing is written over. Give another name with --to.")
    if not folder.absolute().parent.is_dir():
        raise UserError(f"{folder.parent} is no folder")
    part = folder.with_name(f"{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    try:
        part.mkdir(mode=0o700)
        written = _write(household, contact, part, look)
        part.rename(folder)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror or error}. Nothing of it was kept") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    now = household.clock.now()
    with household.database.write() as connection:
        home.journal(connection, "export-contact", f"contact {contact.id}", {"mails": written.mails}, now=now)
    return Written(written.contact, written.mails, written.records, str(folder))


def _write(household: Household, contact: views.ContactRow, folder: Path, look: Callable[[int, int], None]) -> Written:
    wanted = Selection(contact_id=contact.id)
    exported = exporting.write(household, wanted, folder / MAIL, Layout.MBOX, look=look)
    with household.database.read() as connection:
        mails = [
            (row, views.text(connection, row.id))
            for each in selection.ids(connection, wanted)
            if (row := views.message(connection, each)) is not None
        ]
        records = dossier.records(connection, contact.id)
        addresses = dossier.addresses(connection, contact.id)
        unread = views.listed_of(connection, contact.id, limit=-1)
        outgoing: list[Record] = [
            _plain(row)
            for matter in {row.matter_id for row, _ in mails if row.matter_id is not None}
            for row in views.outbox_of_matter(connection, matter)
            if row.contact_id == contact.id
        ]
    if outgoing:
        records["outbox"] = outgoing
    if unread:
        records["listed"] = [_plain(row) for row in unread]
    told = {
        "made_at": household.clock.now().isoformat(),
        "made_by": household.config.owner.name,
        "contact": _plain(contact),
        "addresses": addresses,
        "mail": [{**_plain(row), "text": text} for row, text in mails],
        "records": records,
    }
    text = json.dumps(told, ensure_ascii=False, indent=1, default=_json)
    (folder / DATA).write_text(text, encoding="utf-8", errors="replace")
    (folder / PAGE).write_text(_page(household, contact, addresses, mails, records), "utf-8", errors="replace")
    for name in (DATA, PAGE):
        (folder / name).chmod(0o600)
    return Written(contact.name, exported.mails, sum(map(len, records.values())), str(folder))


def _plain(row: Any) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else str(value)


def _page(
    household: Household,
    contact: views.ContactRow,
    addresses: list[Record],
    mails: list[tuple[views.MessageRow, str]],
    records: Mapping[str, list[Record]],
) -> str:
    zone = household.config.owner.timezone

    def when(at: datetime) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"

    timeline = [
        (
            row.received_at,
            Entry(
                when=when(row.received_at),
                what=_DIRECTIONS[row.direction],
                title=row.subject or "(no subject)",
                people=f"{row.sender} → {row.recipients}",
                files=tuple(f"{each['name'] or each['type']} ({each['size']} octets)" for each in row.attachments),
                text=text,
            ),
        )
        for row, text in mails
    ]
    for each in records.get("interactions", []):
        at = datetime.fromisoformat(str(each["at"]))
        side = f"by {household.config.owner.name}" if each["from_owner"] else f"by {contact.name}"
        timeline.append((at, Entry(when(at), str(each["channel"]), side, "", (), str(each["note"]))))
    timeline.sort(key=lambda pair: pair[0])
    card = {
        "Name": contact.name,
        "Organisation": contact.organisation,
        "Addresses": ", ".join(str(each["address"]) for each in addresses),
        "Language": contact.language,
        "Time zone": contact.timezone,
        "Plan": contact.plan,
        "Known": None if contact.known_since is None else f"since {when(contact.known_since)}",
    }
    return page(
        Page(
            name=contact.name,
            made_at=when(household.clock.now()),
            made_by=household.config.owner.name,
            zone=str(zone),
            card=tuple((name, str(value)) for name, value in card.items() if value),
            timeline=tuple(entry for _, entry in timeline),
            tables=tuple(_table(name, rows) for name, rows in records.items()),
            mail_file=MAIL,
            data_file=DATA,
        )
    )


def _table(name: str, rows: list[Record]) -> Table:
    """A table of what is told, without columns that are empty throughout."""
    columns = [
        column
        for column in rows[0]
        if column not in _LEFT_OFF
        and not column.endswith("_id")
        and any(row.get(column) not in (None, "", [], {}) for row in rows)
    ]
    return Table(
        title=_TITLES.get(name, name.replace("_", " ").capitalize()),
        heads=tuple(column.removesuffix("_at").replace("_", " ") for column in columns),
        rows=tuple(tuple("" if row.get(column) is None else str(row[column]) for column in columns) for row in rows),
    )
