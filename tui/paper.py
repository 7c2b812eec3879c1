"""A message as it lies on the desk: its head, its letter, what was quoted dimmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.content import Content

from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.text import many, visible
from inboxcrm.service.brief import Line
from inboxcrm.store.views import ContactRow, MessageRow, OutboxRow, OwedRow, Touch

from .words import ACCENT, BAD, EMPTY, GOOD, MUTED, SOON, STRONG, due, join, moment, said, short, told

LONGEST_LETTER = 60_000
"""Characters of a letter that are laid out; `inboxcrm show` prints the rest."""

FIELD = 11


def field(name: str, value: Content, width: int) -> Content:
    """A name and its value, folded under itself within `width` cells; nothing where there is no value."""
    if not value.plain:
        return EMPTY
    folded = value.wrap(max(12, width - FIELD))
    return Content.styled(f"{name:<{FIELD}}", MUTED) + Content(f"\n{'':<{FIELD}}").join(folded)


def lines(parts: Sequence[Content]) -> Content:
    """The lines that say something."""
    return Content("\n").join([part for part in parts if part.plain])


def brief(contact: ContactRow | None, touch: Touch | None, zone: ZoneInfo, now: datetime) -> Content:
    """One line on who this is: known or not, last touch, what is owed, undeliverable, away."""
    if contact is None:
        return Content.styled("nobody on record: a role, a robot or a list", MUTED)
    known = Content.styled("known", MUTED)
    if contact.known_since is None:
        known = Content.styled("stranger so far", ACCENT)
    how = "" if touch is None or touch.how == "mail" else f" ({touch.how})"
    touched = "you never wrote" if touch is None else f"last touch {short(touch.at, zone, now)}{how}"
    away = contact.away_until
    return join(
        (
            known,
            said(touched, MUTED),
            Content.styled(many(contact.owed, "open promise") if contact.owed else "", ""),
            Content.styled("undeliverable" if contact.undeliverable_at else "", BAD),
            Content.styled(f"away until {short(away, zone, now)}" if away and away > now else "", SOON),
        )
    )


def memory(said_of_them: Sequence[Line], width: int) -> Content:
    """What is remembered of the writer, a line each; what stands out in another colour."""
    return lines(
        [field(line.name, said(line.at_desk or line.text, SOON if line.urgent else ""), width) for line in said_of_them]
    )


def head(row: MessageRow, zone: ZoneInfo, now: datetime, width: int) -> Content:
    """Subject, people, time, verdict and files of a message."""
    names = {"in": "received", "out": "sent", "auto": "sent"}
    by = " by the machine" if row.direction == "auto" else ""
    verdict = EMPTY
    if row.outcome is not None:
        style = {"review": SOON, "suppress": MUTED}.get(row.outcome, GOOD)
        because = Content.styled("  ? says why", MUTED)
        verdict = (
            join((Content.styled(row.outcome, style), said(row.mail_class), said(", ".join(row.reasons)))) + because
        )
    files = [
        f"{each.get('name') or 'unnamed'} ({each.get('type')}, {_size(each.get('size'))})" for each in row.attachments
    ]
    return lines(
        (
            said(row.subject or "(no subject)", STRONG),
            field("from", said(row.sender), width),
            field("to", said(row.recipients), width),
            field(names[row.direction], said(moment(row.received_at, zone, now) + by), width),
            field("verdict", verdict, width),
            *(field("file", said(name), width) for name in files),
        )
    )


def _size(octets: object) -> str:
    number = octets if isinstance(octets, int) else 0
    return f"{number:,} bytes" if number < 10_000 else f"{number // 1024:,} kB"


def promise(row: OwedRow, zone: ZoneInfo, now: datetime, width: int) -> Content:
    """What is owed and what the sender was told."""
    snoozed = row.snoozed_until
    return field(
        "promise",
        join(
            (
                due(row, zone, now),
                told(row, zone, now),
                Content.styled(f"asked {row.asked} times" if row.asked > 1 else "", SOON),
                Content.styled(
                    f"snoozed until {moment(snoozed, zone, now)}" if snoozed and snoozed > now else "", MUTED
                ),
            )
        ),
        width,
    )


def letter(text: str) -> Content:
    """A letter with the writer's own words plain and everything quoted or signed dimmed."""
    shown = visible(text[:LONGEST_LETTER]).rstrip()
    own = [line.strip() for line in new_text(shown).split("\n") if line.strip()]
    painted: list[Content] = []
    at = 0
    for line in shown.split("\n"):
        bare = line.strip()
        fresh = at < len(own) and bare == own[at]
        at += fresh
        painted.append(Content.styled(line.expandtabs(4), "" if fresh or not bare else MUTED))
    if len(text) > LONGEST_LETTER:
        painted.append(Content.styled(f"… {len(text) - LONGEST_LETTER:,} characters more: inboxcrm show", SOON))
    return Content("\n").join(painted)


def draft(row: OutboxRow, zone: ZoneInfo, now: datetime, width: int) -> Content:
    """An outgoing mail exactly as it goes out, under what is known of its journey."""
    state = {
        "held": "held for its grace time",
        "awaiting": f"waits for you: a lets it go, r drops it{', E changes it' if row.kind == 'owner' else ''}",
        "shadow": "shadow: shown, not sent",
        "queued": "on its way",
        "sending": "on its way",
        "unknown": "sent? The connection ended too early to know",
    }.get(row.state, row.state)
    style = {"awaiting": SOON, "unknown": BAD, "failed": BAD, "sent": GOOD}.get(row.state, MUTED)
    waiting = row.state in ("held", "awaiting", "queued")
    return (
        lines(
            (
                said(row.subject, STRONG),
                field("to", said(row.recipient), width),
                field("state", Content.styled(state, style), width),
                field("note", said(row.reply), width),
                field("template", said(row.template), width),
                field("goes", said(f"after {moment(row.send_after, zone, now)}" if waiting else ""), width),
                field("useless", said(f"after {moment(row.expires_at, zone, now)}" if waiting else ""), width),
                field("ended", said(moment(row.ended_at, zone, now) if row.ended_at else ""), width),
            )
        )
        + Content("\n\n")
        + Content(visible(row.text).rstrip())
    )
