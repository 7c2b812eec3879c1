"""The simulated owners of `bench/learning.py`, fewer of them: what the learned time must reach."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from statistics import mean

import pytest

from bench.learning import CHECKPOINTS, Run, correspondence, experiment
from inboxcrm.domain.learning import percentile

pytestmark = pytest.mark.slow

OWNERS = 120


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return experiment(OWNERS, percentile, told_draws=12)


def test_four_fifths_of_the_answers_come_within_what_was_learned(runs: list[Run]) -> None:
    assert mean(run.settled for run in runs) == pytest.approx(0.8, abs=0.03)


def test_thirty_answers_after_a_change_of_habits_it_has_caught_up(runs: list[Run]) -> None:
    index = CHECKPOINTS.index(30)

    assert mean(run.changed[index] for run in runs) == pytest.approx(0.8, abs=0.08)


def test_the_told_time_is_kept_often_but_not_by_telling_too_late(runs: list[Run]) -> None:
    assert 0.80 <= mean(run.told for run in runs) <= 0.97


def test_an_owner_who_leaves_a_quarter_unanswered_is_learned_from_as_well(runs: list[Run]) -> None:
    assert mean(run.given_up for run in runs) == pytest.approx(0.8, abs=0.06)


def test_without_the_open_matters_too_short_a_time_is_learned(runs: list[Run]) -> None:
    assert mean(run.settled_closed_only for run in runs) < mean(run.settled for run in runs) - 0.02
    assert mean(run.backlog_closed_only for run in runs) < mean(run.backlog for run in runs) - 0.04


def test_real_correspondence_is_read_from_an_mbox(tmp_path: Path) -> None:
    path = tmp_path / "mail.mbox"
    box = mailbox.mbox(path)
    monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for number in range(80):
        # One question each morning, answered after two hours; weekends count no open time but are answered too.
        asked_at = monday + timedelta(days=number)
        question, answer = EmailMessage(), EmailMessage()
        question["From"], question["Date"] = "Bob <bob@example.com>", format_datetime(asked_at)
        question["Message-ID"] = f"<q{number}@example.com>"
        answer["From"], answer["Date"] = "Ann <ann@example.org>", format_datetime(asked_at + timedelta(hours=2))
        answer["Message-ID"], answer["In-Reply-To"] = f"<a{number}@example.org>", f"<q{number}@example.com>"
        box.add(question)
        box.add(answer)
    box.close()

    lines = list(correspondence(path, "Ann@example.org"))

    assert lines[0] == "160 mails, 80 answered by Ann@example.org, 20 judged after 60 answers"
    assert lines[1].startswith("within L: 100.0%")
