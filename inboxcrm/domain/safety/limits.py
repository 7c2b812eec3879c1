"""May one more automatic mail go out: rows E, as arithmetic over what the ledger counted.

The caller counts and records in one transaction with the ledger row; this only compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

WITHIN_MATTER = timedelta(days=7)
WITHIN_SENDER_PAUSE = timedelta(minutes=10)
WITHIN_DAY = timedelta(hours=24)
WITHIN_AWAY = timedelta(days=4)
WITHIN_HOUR = timedelta(hours=1)


class Limit(StrEnum):
    """Which limit is reached."""

    PROMISE = "limit-promise"
    MATTER = "limit-matter"
    SENDER_PAUSE = "limit-sender-10-minutes"
    SENDER_DAY = "limit-sender-day"
    AWAY = "limit-away-text"
    DOMAIN_DAY = "limit-domain-day"
    SUBJECT_DAY = "limit-domain-subject-day"
    FORMS_DAY = "limit-forms-day"
    HOUR = "limit-hour"
    DAY = "limit-day"
    STRANGERS_DAY = "limit-strangers-day"

    @property
    def words(self) -> str:
        """Of which mails it is the limit, to stand behind their number."""
        return _WORDS[self]


_WORDS = {
    Limit.PROMISE: "about this date",
    Limit.MATTER: "in this matter within 7 days",
    Limit.SENDER_PAUSE: "to this sender within 10 minutes",
    Limit.SENDER_DAY: "to this sender within a day",
    Limit.AWAY: "to this sender within 4 days that say that you are away",
    Limit.DOMAIN_DAY: "to this domain within a day",
    Limit.SUBJECT_DAY: "to this domain about this subject within a day",
    Limit.FORMS_DAY: "to people of a form within a day",
    Limit.HOUR: "within an hour",
    Limit.DAY: "within a day",
    Limit.STRANGERS_DAY: "to new strangers within a day",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Automatic mails already in the ledger in any state that may have left (claimed, sending, sent, in doubt).

    Senders are counted by base address (tag cut), domains by organisational domain, subjects normalised, so that
    rotating tags and sub-domains gains nothing. Windows are the `WITHIN_...` of this module, back from now.
    """

    this_promise_version: int = 0
    matter_7_days: int = 0
    sender_10_minutes: int = 0
    sender_day: int = 0
    sender_away_4_days: int = 0
    domain_day: int = 0
    domain_subject_day: int = 0
    forms_day: int = 0
    total_hour: int = 0
    total_day: int = 0
    new_strangers_day: int = 0


@dataclass(frozen=True, slots=True)
class Caps:
    """How many are allowed; the next one beyond is held."""

    per_promise_version: int = 1
    per_matter: int = 2
    per_sender_10_minutes: int = 1
    per_sender_day: int = 3
    per_sender_away: int = 1
    per_domain_day: int = 10
    per_public_domain_day: int = 30
    per_domain_subject_day: int = 3
    forms_day: int = 20
    total_hour: int = 30
    total_day: int = 100
    new_strangers_day: int = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """The mail that would go out. `public_domain`: of a provider where the public has mailboxes."""

    public_domain: bool = False
    away_text: bool = False
    form_lead: bool = False
    new_stranger: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """No limit is reached."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """This one is not sent; the promise stands silently. Nobody needs to act."""

    limit: Limit
    count: int
    cap: int


@dataclass(frozen=True, slots=True)
class Tripped:
    """A limit over all mail is reached: stop, tell the owner once, hold everything until he resumes."""

    limit: Limit
    count: int
    cap: int


def within(counts: Counts, candidate: Candidate, *, caps: Caps | None = None) -> Allowed | Dropped | Tripped:
    """Compare in order: what concerns this sender first, so that one loud sender does not stop everybody."""
    caps = caps or Caps()
    domain_cap = caps.per_public_domain_day if candidate.public_domain else caps.per_domain_day
    single = (
        (Limit.PROMISE, counts.this_promise_version, caps.per_promise_version, True),
        (Limit.MATTER, counts.matter_7_days, caps.per_matter, True),
        (Limit.SENDER_PAUSE, counts.sender_10_minutes, caps.per_sender_10_minutes, True),
        (Limit.SENDER_DAY, counts.sender_day, caps.per_sender_day, True),
        (Limit.AWAY, counts.sender_away_4_days, caps.per_sender_away, candidate.away_text),
        (Limit.DOMAIN_DAY, counts.domain_day, domain_cap, True),
        (Limit.SUBJECT_DAY, counts.domain_subject_day, caps.per_domain_subject_day, True),
        (Limit.FORMS_DAY, counts.forms_day, caps.forms_day, candidate.form_lead),
    )
    for limit, count, cap, applies in single:
        if applies and count >= cap:
            return Dropped(limit, count, cap)
    together = (
        (Limit.HOUR, counts.total_hour, caps.total_hour, True),
        (Limit.DAY, counts.total_day, caps.total_day, True),
        (Limit.STRANGERS_DAY, counts.new_strangers_day, caps.new_strangers_day, candidate.new_stranger),
    )
    for limit, count, cap, applies in together:
        if applies and count >= cap:
            return Tripped(limit, count, cap)
    return Allowed()
