"""What lies on the desk below the promises: questions, follow-ups whose day has come, mail that may need no answer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.content import Content

from inboxcrm.store.unowed import Unowed
from inboxcrm.store.views import FollowUpRow, QuestionRow

from .words import ACCENT, DOT, MUTED, SOON, fit, said, short

Aside = QuestionRow | FollowUpRow | Unowed


def key(aside: Aside) -> Hashable:
    """What it stays when the list is read anew."""
    match aside:
        case QuestionRow():
            return "question", aside.id
        case FollowUpRow():
            return "follow-up", aside.matter_id
        case Unowed():
            return "unowed", aside.message.id


def message_of(aside: Aside) -> int:
    """The mail it is about."""
    return aside.message.id if isinstance(aside, Unowed) else aside.message_id


def paint(aside: Aside, zone: ZoneInfo, now: datetime, width: int) -> Sequence[Content]:
    """Two lines: who and what is asked, the subject and why."""
    match aside:
        case QuestionRow():
            sign, who, organisation, subject = "? ", aside.contact, aside.organisation, aside.subject
            asks, why = Content.styled(aside.words, ACCENT), said(aside.because, MUTED)
        case FollowUpRow():
            sign, who, organisation, subject = "… ", aside.contact, aside.organisation, aside.subject
            asks = Content.styled(f"no word since {short(aside.since_at, zone, now)}", SOON)
            why = said(aside.because, MUTED)
        case Unowed():
            row = aside.message
            sign, who, organisation, subject = "– ", row.contact or row.sender, row.organisation, row.subject
            asks, why = Content.styled("no answer needed?", MUTED), said(aside.because, MUTED)
    name = Content.styled(sign, ACCENT) + said(who, "bold")
    if organisation and width >= 70:
        name += DOT + said(organisation, MUTED)
    return fit(name, asks, width), fit(Content("  ") + said(subject or "(no subject)"), why, width)


def note(aside: Aside) -> Content:
    """The keys that answer it, above the mail."""
    match aside:
        case QuestionRow():
            words = f"{aside.words} {aside.because}.  y yes   n no"
        case FollowUpRow():
            words = f"No word from them ({aside.because}).  u another day   U wait no longer   s it is over"
        case Unowed():
            words = f"No answer needed? ({aside.because})  n none   s it is over   O an answer is owed"
    return said(words, SOON)
