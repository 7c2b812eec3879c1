"""The mails of tests/mail/workflows on which rules do something later, or by more than one mail.

`LATER` is what test_starter_later.py shows; a rule or a mail that neither it nor cases.py names has not been shown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Later:
    """A rule, or what the program does without one, and the mails that show it."""

    rule: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowUp(Later):
    """A mail of the owner's, after so many days of silence upon which a draft is written from a template."""

    after: int
    template: str
    told: str


@dataclass(frozen=True, slots=True)
class Return(Later):
    """A mail that tells a day, and the draft on it; `kind` is the occasion, of which the year is `year`."""

    kind: str
    year: int | None
    template: str
    told: str


FOLLOW_UPS = (
    FollowUp(
        "after an offer",
        ("offer-sent",),
        7,
        "offer-follow-up",
        "a week without a word on your offer; a question is drafted",
    ),
    FollowUp(
        "after delivered work",
        ("delivered-work-sent",),
        10,
        "check-in",
        "ten days since you delivered: ask how it goes",
    ),
)
RETURNS = (
    Return("birthday", ("birthday-mentioned",), "birthday", None, "birthday", "a birthday: a greeting is drafted"),
    Return(
        "occasion",
        ("wedding-mentioned",),
        "wedding",
        2026,
        "congratulation",
        "an occasion: a congratulation is drafted",
    ),
)
BACK_AND_FORTH = Later("back and forth", ("back-and-forth",))
FIRST_JOB = Later("anniversary of the first job", ("first-job",))
QUIET = Later("quiet contact", ("last-letter-before-a-silence",))
QUIET_AFTER_BROKEN = Later("quiet after a broken promise", ("last-letter-before-a-silence",))
COURTESY = Later("one courtesy, then the policy letter", ("sunday-without-a-plan", "sunday-without-a-plan-answered"))
DUNNING_GUARD = Later("dunning guard", ("payment-reminder-to-send",))

LATER = (
    *FOLLOW_UPS,
    *RETURNS,
    BACK_AND_FORTH,
    FIRST_JOB,
    QUIET,
    QUIET_AFTER_BROKEN,
    COURTESY,
    DUNNING_GUARD,
)
