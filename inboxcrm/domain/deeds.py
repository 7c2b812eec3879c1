"""What a rule has done besides the acknowledgement, at once or after a while: its steps, as plain values.

A step waits, is dropped when what it waits against has happened, and otherwise has its deeds done. None of them sends
anything: a draft waits for the owner's hand, the rest is for the owner alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from inboxcrm.domain.durations import format_duration, format_hours
from inboxcrm.domain.office_hours import OfficeCalendar

CHANNELS = ("phone", "meeting", "letter", "post", "chat", "other")
"""How people turn to one another beside mail."""

AT_ONCE = timedelta(0)
_DAY = timedelta(days=1)


class On(StrEnum):
    """What has a rule asked."""

    RECEIVED = "received"
    """A mail came."""
    SENT = "sent"
    """The owner's own mail was found in Sent, written by hand."""
    OCCASION = "occasion"
    """A day that returns has come near enough to be told, and was not greeted yet."""
    QUIET = "quiet"
    """A contact has fallen silent for longer than is usual with them, and the owner is to hear of it."""


IN_TIME = frozenset((On.OCCASION, On.QUIET))
"""What no mail but time brings about."""


class Unless(StrEnum):
    """What makes a waiting step moot."""

    ANSWERED = "answered"
    """The one whose word it was has spoken: the owner answered the mail, or the client answered the owner's."""
    WRITTEN = "written"
    """The client has written, in whatever matter."""
    SETTLED = "settled"
    """No answer is owed in the matter any more, however it ended."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long after the mail a step is due.

    Days are the calendar's, by the owner's clock; `open` counts open office time instead. What is due while the office
    is closed waits for the next opening, except what is due at once.
    """

    length: timedelta = AT_ONCE
    open: bool = False

    @property
    def at_once(self) -> bool:
        """Whether the step does not wait at all."""
        return self.length <= AT_ONCE

    def after(self, since: datetime, calendar: OfficeCalendar) -> datetime:
        """When the step is due, an instant in the zone of `since`."""
        if self.at_once:
            return since
        if self.open:
            return calendar.add_open(since, self.length) or since + self.length
        days, rest = divmod(self.length, _DAY)
        local = since.astimezone(calendar.zone) + timedelta(days=days)  # the same hour by the clock on the wall
        return (local.astimezone(since.tzinfo)) + rest

    def __str__(self) -> str:
        return f"{format_hours(self.length)} open" if self.open else format_duration(self.length)


@dataclass(frozen=True, slots=True)
class Commit:
    """Something somebody is to do: `mine` by the owner, else by the client; within a time of the mail, or undated."""

    what: str
    mine: bool
    within: Wait | None = None


@dataclass(frozen=True, slots=True)
class Deeds:
    """What one step does.

    `draft`: the template of a mail that waits for the owner's hand. `notify`: the owner is told, in the words of `note`
    where there are some. `commitment`: suggested to the owner. `occasion`: the day of the mail returns every
    year, under this kind. `interaction`: a touch outside ordinary mail, by this channel.
    """

    draft: str | None = None
    notify: bool = False
    note: str = ""
    commitment: Commit | None = None
    occasion: str | None = None
    interaction: str | None = None

    @property
    def none(self) -> bool:
        """Whether there is nothing to do."""
        return self == Deeds()

    def told(self) -> list[str]:
        """The deeds as they are listed for people."""
        told = [f"draft {self.draft}"] if self.draft else []
        if self.notify:
            told.append(f"notify owner: {self.note}" if self.note else "notify owner")
        if self.commitment is not None:
            told.append(f"commitment of {'mine' if self.commitment.mine else 'theirs'}: {self.commitment.what}")
        told += [f"occasion {self.occasion}"] if self.occasion else []
        told += [f"interaction {self.interaction}"] if self.interaction else []
        return told


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a rule has done: when, unless what, and what."""

    deeds: Deeds
    wait: Wait = Wait()
    unless: tuple[Unless, ...] = ()

    def __str__(self) -> str:
        when = "" if self.wait.at_once else f"after {self.wait}"
        unless = f" unless {' or '.join(self.unless)}" if self.unless else ""
        return f"{when}{unless}: {', '.join(self.deeds.told())}".removeprefix(": ")


def plain(step: Step) -> dict[str, Any]:
    """A step as JSON holds it: what an instance keeps, whatever becomes of its rule."""
    deeds = step.deeds
    told: dict[str, Any] = {"after": _plain_wait(step.wait), "unless": [str(each) for each in step.unless]}
    if deeds.draft:
        told["draft"] = deeds.draft
    if deeds.notify:
        told |= {"notify": "owner", "note": deeds.note}
    if deeds.commitment is not None:
        within = deeds.commitment.within
        told["commitment"] = {
            "what": deeds.commitment.what,
            "mine": deeds.commitment.mine,
            "within": None if within is None else _plain_wait(within),
        }
    if deeds.occasion:
        told["occasion"] = deeds.occasion
    if deeds.interaction:
        told["interaction"] = deeds.interaction
    return told


def _plain_wait(wait: Wait) -> list[object]:
    return [round(wait.length.total_seconds()), wait.open]


def step_of(told: Mapping[str, Any]) -> Step:
    """A step as `plain` wrote it."""
    commitment = told.get("commitment")
    return Step(
        Deeds(
            draft=told.get("draft"),
            notify="notify" in told,
            note=told.get("note", ""),
            commitment=None if commitment is None else _commit_of(commitment),
            occasion=told.get("occasion"),
            interaction=told.get("interaction"),
        ),
        _wait_of(told["after"]),
        tuple(Unless(each) for each in told["unless"]),
    )


def _commit_of(told: Mapping[str, Any]) -> Commit:
    within = told["within"]
    return Commit(told["what"], told["mine"], None if within is None else _wait_of(within))


def _wait_of(told: list[Any]) -> Wait:
    seconds, is_open = told
    return Wait(timedelta(seconds=seconds), bool(is_open))
