"""Which matter a message belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_SUBJECT_WITHIN = timedelta(days=30)
IDLE = timedelta(days=14)
"""A thread that rested longer than this may have been taken up only because it was at hand."""

LITTLE_IN_COMMON = 0.5
"""Subjects that share less than this part of the shorter one's words are about something else."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A matter this message may belong to.

    `shared`: somebody besides the owner takes part in both. `live_promise`: the promise that is owed there.
    `acknowledged`: how many acknowledgements went to this matter within the last seven days. `subject_key`: its
    normalised subject.
    """

    matter_id: int
    shared: bool
    last_at: datetime
    live_promise: int | None = None
    acknowledged: int = 0
    subject_key: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """The matter found, or None for a new one, and why."""

    matter: Candidate | None
    because: str


def place(
    *, cited: Sequence[Candidate], same_subject: Candidate | None, received_at: datetime, automatic: bool
) -> Placement:
    """Place a message among the matters on record.

    `cited` are the matters that hold a Message-ID this mail refers to (or that refer to this mail), nearest first; an
    id alone joins nothing, because anybody can copy one: somebody must take part in both. `same_subject` is the
    contact's latest matter under the same normalised subject. Automatic mail joins by reference only.
    """
    for candidate in cited:
        if candidate.shared:
            return Placement(candidate, "it answers a mail of this matter")
    if not automatic and same_subject is not None and received_at - same_subject.last_at <= SAME_SUBJECT_WITHIN:
        return Placement(same_subject, "the same contact wrote under this subject within 30 days")
    if cited:
        return Placement(None, "it refers to a matter in which its author has no part")
    return Placement(None, "nothing on record that it continues")


def departs(matter: Candidate, *, subject_key: str, received_at: datetime) -> bool:
    """Whether a mail that joins this matter by reference seems to open another: an old thread, and a new subject.

    Only ever a reason to ask the owner.
    """
    if received_at - matter.last_at <= IDLE or not subject_key or not matter.subject_key:
        return False
    new, old = _words(subject_key), _words(matter.subject_key)
    fewer = min(len(new), len(old))
    return fewer > 0 and len(new & old) < LITTLE_IN_COMMON * fewer


_WORD = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]{2,}|[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def _words(subject_key: str) -> frozenset[str]:
    """The words of a subject; of Japanese, which writes no spaces, the pairs of signs."""
    words: set[str] = set()
    for word in _WORD.findall(subject_key):
        words |= {word[at : at + 2] for at in range(len(word) - 1)} if _UNSPACED.search(word) else {word}
    return frozenset(words)
