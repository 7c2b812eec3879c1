"""Which matter a message belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_SUBJECT_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A matter this message may belong to.

    `shared`: somebody besides the owner takes part in both. `live_promise`: the promise that is owed there.
    `acknowledged`: how many acknowledgements went to this matter within the last seven days.
    """

    matter_id: int
    shared: bool
    last_at: datetime
    live_promise: int | None = None
    acknowledged: int = 0


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
