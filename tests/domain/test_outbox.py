"""The outbox: every state against every event, recovery after a crash, and when to try again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxcrm.domain.outbox import (
    PAUSES,
    TRANSITIONS,
    IllegalMoveError,
    OutboxEvent,
    OutboxState,
    Step,
    move,
    not_beyond_longest_pause,
    recover,
    retry_at,
)

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
FAR = NOW + timedelta(days=30)

E, S = OutboxEvent, OutboxState

MOVES = {
    (S.HELD, E.RELEASE): S.QUEUED,
    (S.HELD, E.SHOW): S.SHADOW,
    (S.HELD, E.ASK): S.AWAITING,
    (S.HELD, E.RENEW): S.HELD,
    (S.HELD, E.APPROVE): S.QUEUED,
    (S.HELD, E.REJECT): S.CANCELLED,
    (S.HELD, E.CANCEL): S.CANCELLED,
    (S.HELD, E.EXPIRE): S.EXPIRED,
    (S.AWAITING, E.RENEW): S.HELD,
    (S.AWAITING, E.APPROVE): S.QUEUED,
    (S.AWAITING, E.REJECT): S.CANCELLED,
    (S.AWAITING, E.CANCEL): S.CANCELLED,
    (S.AWAITING, E.EXPIRE): S.EXPIRED,
    (S.QUEUED, E.CLAIM): S.SENDING,
    (S.QUEUED, E.ASK): S.AWAITING,
    (S.QUEUED, E.RENEW): S.HELD,
    (S.QUEUED, E.REJECT): S.CANCELLED,
    (S.QUEUED, E.CANCEL): S.CANCELLED,
    (S.QUEUED, E.EXPIRE): S.EXPIRED,
    (S.SENDING, E.ACCEPT): S.SENT,
    (S.SENDING, E.DEFER): S.QUEUED,
    (S.SENDING, E.EXPIRE): S.EXPIRED,
    (S.SENDING, E.REFUSE): S.FAILED,
    (S.SENDING, E.DOUBT): S.UNKNOWN,
    (S.UNKNOWN, E.FIND): S.SENT,
    (S.UNKNOWN, E.SEND_AGAIN): S.QUEUED,
    (S.UNKNOWN, E.DISMISS): S.FAILED,
}


@pytest.mark.parametrize(("state", "event"), list(product(S, E)), ids=str)
def test_every_state_meets_every_event_as_the_table_says(state: OutboxState, event: OutboxEvent) -> None:
    if (state, event) in MOVES:
        assert move(state, event) is MOVES[state, event]
    else:
        with pytest.raises(IllegalMoveError, match=f"{state} cannot meet {event}"):
            move(state, event)


def test_only_claim_leads_to_the_network_and_only_from_the_queue() -> None:
    into_sending = {(state, event) for state in S for event in E if TRANSITIONS[state].get(event) is S.SENDING}

    assert into_sending == {(S.QUEUED, E.CLAIM)}


def test_what_is_in_doubt_goes_out_again_only_by_a_persons_word() -> None:
    back = {event for event, state in TRANSITIONS[S.UNKNOWN].items() if state is S.QUEUED}

    assert back == {E.SEND_AGAIN}


def test_what_has_ended_stays_so() -> None:
    assert {state for state in S if state.ended} == {S.SHADOW, S.SENT, S.FAILED, S.CANCELLED, S.EXPIRED}


@pytest.mark.parametrize("step", [None, Step.CONNECT, Step.MAIL, Step.RCPT, Step.DATA])
def test_after_a_crash_before_the_body_the_mail_is_queued_again(step: Step | None) -> None:
    assert recover(S.SENDING, step) is S.QUEUED


def test_after_a_crash_in_the_body_the_mail_is_in_doubt() -> None:
    assert recover(S.SENDING, Step.BODY) is S.UNKNOWN


@pytest.mark.parametrize(
    ("state", "step"), list(product([state for state in S if state is not S.SENDING], Step)), ids=str
)
def test_recovery_touches_nothing_that_was_not_being_sent(state: OutboxState, step: Step) -> None:
    assert recover(state, step) is state


def test_the_pauses_grow_from_half_a_minute_to_four_hours_and_stay_there() -> None:
    waits = [retry_at(attempts, NOW, FAR, 0) for attempts in range(1, 12)]

    minutes = [(at - NOW).total_seconds() / 60 for at in waits if at is not None]
    assert minutes == [0.5, 1, 2, 5, 10, 30, 60, 120, 240, 240, 240]


def test_no_retry_is_planned_at_or_past_the_end() -> None:
    assert retry_at(1, NOW, NOW + timedelta(seconds=30), 0) is None
    assert retry_at(1, NOW, NOW + timedelta(seconds=31), 0) == NOW + timedelta(seconds=30)


def test_a_retry_without_an_attempt_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        retry_at(0, NOW, FAR, 0)


@given(attempts=st.integers(1, 60), jitter=st.floats(-5, 5))
def test_jitter_moves_a_pause_by_a_fifth_at_most(attempts: int, jitter: float) -> None:
    at = retry_at(attempts, NOW, FAR, jitter)

    assert at is not None
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    assert pause * 0.8 <= at - NOW <= pause * 1.2


def test_neighbouring_pauses_never_swap_by_jitter() -> None:
    assert all(shorter * 1.2 <= longer * 0.8 for shorter, longer in pairwise(PAUSES[:-1]))


def test_a_clock_set_back_does_not_strand_a_mail() -> None:
    planned_at = NOW + timedelta(days=1)

    assert not_beyond_longest_pause(planned_at, NOW) == NOW + timedelta(hours=4.8)
    assert not_beyond_longest_pause(NOW, NOW) == NOW
