"""Rows E: how many automatic mails may leave."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import timedelta

import pytest

from inboxcrm.domain.safety import limits
from inboxcrm.domain.safety.limits import Allowed, Candidate, Caps, Counts, Dropped, Limit, Tripped, within

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ORDINARY = Candidate()


@pytest.mark.parametrize(
    ("field", "cap", "candidate", "limit", "kind"),
    [
        ("this_promise_version", 1, ORDINARY, Limit.PROMISE, Dropped),
        ("matter_7_days", 2, ORDINARY, Limit.MATTER, Dropped),
        ("sender_10_minutes", 1, ORDINARY, Limit.SENDER_PAUSE, Dropped),
        ("sender_day", 3, ORDINARY, Limit.SENDER_DAY, Dropped),
        ("sender_away_4_days", 1, Candidate(away_text=True), Limit.AWAY, Dropped),
        ("domain_day", 10, ORDINARY, Limit.DOMAIN_DAY, Dropped),
        ("domain_day", 30, Candidate(public_domain=True), Limit.DOMAIN_DAY, Dropped),
        ("domain_subject_day", 3, ORDINARY, Limit.SUBJECT_DAY, Dropped),
        ("forms_day", 20, Candidate(form_lead=True), Limit.FORMS_DAY, Dropped),
        ("total_hour", 30, ORDINARY, Limit.HOUR, Tripped),
        ("total_day", 100, ORDINARY, Limit.DAY, Tripped),
        ("new_strangers_day", 20, Candidate(new_stranger=True), Limit.STRANGERS_DAY, Tripped),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_last_one_under_a_cap_may_go_and_the_next_may_not(
    field: str, cap: int, candidate: Candidate, limit: Limit, kind: type[Dropped | Tripped]
) -> None:
    below, reached = (replace(Counts(), **{field: count}) for count in (cap - 1, cap))

    assert within(below, candidate) == Allowed()
    assert within(reached, candidate) == kind(limit, cap, cap)


@pytest.mark.parametrize("field", ["sender_away_4_days", "forms_day", "new_strangers_day"])
def test_a_cap_for_one_kind_of_mail_does_not_hold_the_others(field: str) -> None:
    assert within(replace(Counts(), **{field: 1_000}), ORDINARY) == Allowed()


def test_a_loud_sender_is_dropped_before_the_brake_for_all_is_pulled() -> None:
    counts = Counts(sender_day=3, total_hour=30, total_day=100)

    assert within(counts, ORDINARY) == Dropped(Limit.SENDER_DAY, 3, 3)


def test_the_owner_can_set_lower_caps() -> None:
    assert within(Counts(total_day=5), ORDINARY, caps=Caps(total_day=5)) == Tripped(Limit.DAY, 5, 5)


def test_every_limit_has_words_that_stand_behind_a_number() -> None:
    said = [limit.words for limit in Limit]

    assert len(set(said)) == len(Limit)
    assert all(words.split()[0] in ("about", "in", "to", "within") for words in said)


def test_the_windows_are_those_that_the_words_tell() -> None:
    assert f"within {limits.WITHIN_MATTER / DAY:g} days" in Limit.MATTER.words
    assert f"within {limits.WITHIN_SENDER_PAUSE / MINUTE:g} minutes" in Limit.SENDER_PAUSE.words
    assert f"within {limits.WITHIN_AWAY / DAY:g} days" in Limit.AWAY.words
    assert (limits.WITHIN_HOUR, limits.WITHIN_DAY) == (60 * MINUTE, DAY)


def test_a_mail_of_which_nothing_special_is_known_is_held_by_no_special_limit() -> None:
    assert not any(astuple(limits.Candidate()))
    assert not any(astuple(limits.Counts()))
