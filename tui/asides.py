"""What lies on the desk below the promises: what is asked of the owner, each with its one key for yes and for no."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from textual.content import Content

from inboxcrm.service import actions, asked, commitments, keeping, social, told_days
from inboxcrm.service.household import Household
from inboxcrm.store.commitments import CommitmentRow
from inboxcrm.store.facts import FactRow
from inboxcrm.store.social import SocialRow
from inboxcrm.store.told_occasions import ToldRow
from inboxcrm.store.unowed import Unowed
from inboxcrm.store.views import FollowUpRow, QuestionRow

from .words import ACCENT, BAD, DOT, MUTED, SOON, fit, moment, said, short

Aside = SocialRow | QuestionRow | FollowUpRow | Unowed | CommitmentRow | ToldRow | FactRow

Row = TypeVar("Row", CommitmentRow, ToldRow, FactRow)


@dataclass(frozen=True, slots=True)
class _Look:
    """How one is shown: its sign, who, what is asked, of what, why, and the keys that answer."""

    sign: str
    who: str
    organisation: str | None
    asks: str
    subject: str
    because: str
    keys: str
    style: str = ACCENT


def key(aside: Aside) -> Hashable:
    """What it stays when the list is read anew."""
    match aside:
        case FollowUpRow():
            return "follow-up", aside.matter_id
        case Unowed():
            return "unowed", aside.message.id
        case SocialRow():
            return "social", aside.message_id
        case _:
            return type(aside).__name__, aside.id


def message_of(aside: Aside) -> int | None:
    """The mail it is about; None for what was heard."""
    return aside.message.id if isinstance(aside, Unowed) else aside.message_id


def contact_of(aside: Aside) -> int | None:
    """The contact, where it is about one and not about a mail."""
    return aside.contact_id if isinstance(aside, SocialRow | CommitmentRow | ToldRow | FactRow) else None


def paint(aside: Aside, zone: ZoneInfo, now: datetime, width: int) -> Sequence[Content]:
    """Two lines: who and what is asked, the subject and why."""
    look = _look(aside, zone, now)
    name = Content.styled(f"{look.sign} ", ACCENT) + said(look.who, "bold")
    if look.organisation and width >= 70:
        name += DOT + said(look.organisation, MUTED)
    return (
        fit(name, Content.styled(look.asks, look.style), width),
        fit(Content("  ") + said(look.subject or "(no subject)"), said(look.because, MUTED), width),
    )


def note(aside: Aside, zone: ZoneInfo, now: datetime) -> Content:
    """The keys that answer it, above the mail."""
    look = _look(aside, zone, now)
    because = f" ({look.because})" if look.because else ""
    return said(f"{look.asks[:1].upper()}{look.asks[1:]}{because}  {look.keys}", SOON)


def page(aside: Aside, zone: ZoneInfo, now: datetime) -> Content:
    """What stands on the sheet of one that is about no mail."""
    look = _look(aside, zone, now)
    return said(look.who, "bold") + Content("\n\n") + said(look.subject) + Content("\n\n") + note(aside, zone, now)


def _look(aside: Aside, zone: ZoneInfo, now: datetime) -> _Look:
    yes_no = "y yes   n no"
    match aside:
        case SocialRow():
            by = "" if aside.due_at is None else f", by {moment(aside.due_at, zone, now)}"
            late = aside.due_at is not None and aside.due_at <= now
            keys = f"{'' if aside.contact else 'y say who it is   '}d answered there   n in no need of it"
            who, asks = aside.contact or f"{aside.who}?", f"{aside.what} on {aside.network}{by}"
            return _Look("@", who, None, asks, aside.profile, "never told", keys, BAD if late else SOON)
        case QuestionRow():
            return _Look("?", aside.contact, aside.organisation, aside.words, aside.subject, aside.because, yes_no)
        case FollowUpRow():
            since = f"no word since {short(aside.since_at, zone, now)}"
            keys = "u another day   U wait no longer   s it is over"
            return _Look("…", aside.contact, aside.organisation, since, aside.subject, aside.because, keys, SOON)
        case Unowed():
            row = aside.message
            who, keys = row.contact or row.sender, "n none   s it is over   O an answer is owed"
            asks = "no answer needed?"
            return _Look("–", who, row.organisation, asks, row.subject, aside.because, keys, MUTED)
        case CommitmentRow():
            until = f" by {aside.due_on:%a} {aside.due_on.day} {aside.due_on:%b}" if aside.due_on else ""
            asks = f"{'yours' if aside.side == 'mine' else 'theirs'} to do{until}?"
            who = aside.contact or "nobody on record"
            return _Look("+", who, aside.organisation, asks, aside.quote, aside.detail, yes_no)
        case ToldRow():
            month = f"{date(2000, aside.month, 1):%b}"
            day = f"{aside.day} {month}" if aside.day else f"in {month}, which day"
            asks = f"{aside.kind.replace('-', ' ')}, {day}?"
            return _Look("*", aside.contact, "", asks, aside.quote, aside.source, yes_no)
        case FactRow():
            because = f"said {short(aside.said_at, zone, now)}"
            return _Look("~", aside.contact, "", "still true?", aside.text, because, yes_no)


def answers(aside: Aside) -> tuple[str | None, str]:
    """What y and n mean for it, in a word or two; y is None where there is nothing to say yes to."""
    match aside:
        case FollowUpRow():
            return None, "Wait no longer"
        case Unowed():
            return None, "None needed"
        case SocialRow():
            return None if aside.contact else "Who is it", "None needed"
        case _:
            return "Yes", "No"


def agree(aside: Aside, household: Household) -> Callable[[], str] | None:
    """The owner's yes; None where there is nothing to say yes to, or more is asked for it (a day)."""
    match aside:
        case QuestionRow(id=question):
            return lambda: asked.agree(household, question)
        case CommitmentRow():
            return _told(lambda row: commitments.confirm(household, row.id), aside, f"Kept: {aside.quote}")
        case FactRow():
            yes = f"{aside.contact}: kept for another year."
            return _told(lambda row: keeping.still_true(household, row.id, true=True), aside, yes)
        case _:
            return None


def decline(aside: Aside, household: Household) -> Callable[[], str] | None:
    """The owner's no; None where it is said in another way."""
    match aside:
        case SocialRow():
            return closed(aside, household, "in no need of an answer.")
        case QuestionRow(id=question):
            return lambda: asked.decline(household, question)
        case Unowed(message=row):
            said_no = f"{row.contact or row.sender}: no answer is needed."
            return _after(lambda: actions.not_needed(household, str(row.id)), said_no)
        case CommitmentRow():
            return _told(lambda row: commitments.dismiss(household, row.id), aside, "Dismissed: it was not meant.")
        case ToldRow():
            return dismissed(aside, household)
        case FactRow():
            no = f"{aside.contact}: no longer kept."
            return _told(lambda row: keeping.still_true(household, row.id, true=False), aside, no)
        case FollowUpRow():
            return None


def closed(notice: SocialRow, household: Household, how: str) -> Callable[[], str]:
    """Nothing is to be done any more about what somebody did on a social network."""
    return _after(lambda: social.close(household, str(notice.message_id)), f"{notice.contact or notice.who}: {how}")


def dismissed(day: ToldRow, household: Household) -> Callable[[], str]:
    """A day that somebody mentioned is none to keep."""
    return _told(lambda row: told_days.dismiss(household, row.id), day, "Dismissed; it is not suggested again.")


def _told(work: Callable[[Row], object], row: Row, words: str) -> Callable[[], str]:
    return _after(lambda: work(row), words)


def _after(work: Callable[[], object], words: str) -> Callable[[], str]:
    def done() -> str:
        work()
        return words

    return done
