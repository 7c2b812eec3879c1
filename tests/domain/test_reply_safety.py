"""The gate over the fixtures of tests/mail: the folder is the verdict, cases.toml tells reason and class."""

from __future__ import annotations

import pytest

from tests.mail_builders import MAIL, Case, cases, expectations


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_fixture_gets_the_verdict_of_its_folder_for_the_reason_expected(case: Case) -> None:
    verdict = case.judge()

    assert (verdict.outcome.value, verdict.mail_class.value) == (case.outcome, case.mail_class), verdict
    assert case.reason in verdict.reasons


def test_every_fixture_is_expected_and_every_expectation_has_its_fixture() -> None:
    elsewhere = {"workflows", "social"}
    files = {f"{path.parent.name}/{path.name}" for path in MAIL.glob("*/*.eml") if path.parent.name not in elsewhere}

    assert files == set(expectations())
    assert len(files) >= 250


def test_every_neighbour_exists_and_gets_another_verdict_or_reason() -> None:
    told = expectations()
    pairs = [(name, one["neighbour"]) for name, one in told.items() if "neighbour" in one]

    assert pairs
    assert all(
        name.partition("/")[0] != other.partition("/")[0] or told[name]["reason"] != told[other]["reason"]
        for name, other in pairs
    )
