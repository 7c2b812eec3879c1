"""How the desk says things: moments, states and people, as styled text that no mail can put markup into."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from textual.content import Content

from inboxcrm.domain.text import one_line
from inboxcrm.store.views import MailboxRow, MessageRow, OwedRow

MUTED = "$quiet"
STRONG = "bold $foreground"
BAD = "bold $text-error"
SOON = "bold $text-warning"
GOOD = "$text-success"
ACCENT = "$text-accent"

EMPTY = Content("")
DOT = Content.styled(" · ", MUTED)
LONGEST_FIELD = 300


def said(text: str | None, style: str = "") -> Content:
    """Anything from outside as one safe, styled line."""
    return Content.styled(one_line(text or "", LONGEST_FIELD), style)


def join(parts: Iterable[Content], by: Content = DOT) -> Content:
    """The parts that say something, with a mark between them."""
    return by.join([part for part in parts if part.plain])


def fit(left: Content, right: Content, width: int) -> Content:
    """One line of `width` cells: `left` cut where it must be, `right` whole at the end (gone below 16 cells)."""
    room = width - right.cell_length - 2 if right.plain else width
    if room < 16:
        return left.truncate(width, ellipsis=True, pad=True)
    padded = left.truncate(room, ellipsis=True, pad=True)
    return padded + "  " + right if right.plain else padded


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`today 17:30`, `Tue 24 Nov 17:30`, and the year where it is another one; by the owner's clock."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"today {local:%H:%M}"
    return f"{_day(local, today.year)} {local:%H:%M}"


def full_moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The same with the weekday also for today, as a sender is told it."""
    local = at.astimezone(zone)
    return f"{_day(local, now.astimezone(zone).year)} {local:%H:%M}"


def short(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """For lists: the time today, else the day, else the date with its year."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def _day(local: datetime, year: int) -> str:
    said_year = "" if local.year == year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{said_year}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, roughly. What was noted by a clock that has been set back since is not called new."""
    minutes = round((now - at) / timedelta(minutes=1))
    if minutes <= -2:
        return "by a clock ahead of this one"
    if minutes < 2:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60)} days ago"


def urgency(row: OwedRow, zone: ZoneInfo, now: datetime) -> str:
    """The style of a row by its state: broken, due today, or neither."""
    if row.state == "broken":
        return BAD
    if row.due_at is not None and row.due_at.astimezone(zone).date() <= now.astimezone(zone).date():
        return SOON
    return ""


def due(row: OwedRow, zone: ZoneInfo, now: datetime) -> Content:
    """Where the promise stands in time."""
    style = urgency(row, zone, now)
    if row.due_at is None:
        return Content.styled("no date", MUTED)
    at = moment(row.due_at, zone, now)
    if row.state == "broken":
        return Content.styled(f"broken {at}", style)
    return Content.styled(f"due {at}" if style else at, style or MUTED)


def told(row: OwedRow, zone: ZoneInfo, now: datetime) -> Content:
    """What the sender was told."""
    if row.told_due_at is not None:
        return Content.styled(f"told: {full_moment(row.told_due_at, zone, now)}", GOOD)
    if row.told_at is not None:
        return Content.styled("told: no date", GOOD)
    waiting = {
        "held": "silent, in its grace time",
        "awaiting": "silent, waits for your a",
        "queued": "silent, on its way",
        "sending": "silent, on its way",
        "unknown": "told? look at the outbox",
        "shadow": "silent (shadow)",
    }
    return Content.styled(waiting.get(row.acknowledgement or "", "silent"), MUTED)


def badges(row: OwedRow) -> Content:
    """What sets a row apart: asked twice, unlikely to be kept, a verdict to review, a new sender, a plan."""
    asked = {1: "", 2: "asked twice"}.get(row.asked, f"asked {row.asked} times")
    return join(
        (
            Content.styled(asked, SOON),
            Content.styled("unlikely" if row.shown_state == "unlikely" else "", BAD),
            Content.styled("review" if row.outcome == "review" else "", ACCENT),
            Content.styled("new" if row.stranger else "", ACCENT),
            said(row.plan, ACCENT),
        )
    )


ARROWS = {"in": ("→", ACCENT), "out": ("←", GOOD), "auto": ("⇠", MUTED)}
"""Towards the owner, from the owner, and from the machine."""


def arrow(row: MessageRow) -> Content:
    """Which way a message went."""
    sign, style = ARROWS[row.direction]
    return Content.styled(sign, style)


STALE = timedelta(minutes=15)


def mailbox(row: MailboxRow, now: datetime) -> Content:
    """How a mailbox fares, in a few words."""
    checked = "never checked" if row.last_checked_at is None else f"checked {ago(row.last_checked_at, now)}"
    stale = row.last_checked_at is None or now - row.last_checked_at > STALE
    if row.state == "needs_user":
        state = Content.styled("needs you: ", BAD) + said(row.cause, BAD)
    elif row.state == "watching":
        state = Content.styled("watching", MUTED if stale else GOOD)
    elif row.state == "offline":
        state = Content.styled("not read: ", SOON) + said(row.cause, SOON)
    else:
        state = Content.styled(row.state.replace("_", " "), SOON)
    whole = ", all listed" if row.listed_whole else ""
    backlog = Content.styled(f"{row.backlog:,} still to read{whole}" if row.backlog else "", ACCENT)
    name = said(row.name, "bold")
    return name + " " + join((state, backlog, Content.styled(checked, SOON if stale else MUTED)))
