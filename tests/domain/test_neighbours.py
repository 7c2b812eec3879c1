"""Each fixture has a neighbour that gets another verdict and differs from it in one feature only."""

from __future__ import annotations

from tests.mail_builders import MAIL, cases
from tests.mail_neighbours import apart, changes, feature, judge_changed, known_apart

NOTHING_THERE = {"suppress/empty-file.eml", "suppress/no-mail-at-all.eml"}
"""Files without a header: nothing of them could stay the same in a mail."""


def test_every_fixture_has_one_neighbour() -> None:
    files = {case.name for case in cases() if case.neighbour}

    assert files | set(changes()) == {case.name for case in cases()} - NOTHING_THERE
    assert not files & set(changes())


def test_two_files_that_are_neighbours_differ_in_one_feature() -> None:
    several = {}
    for case in cases():
        if case.neighbour:
            found = apart(case.path.read_bytes(), (MAIL / case.neighbour).read_bytes())
            known = known_apart(case.name, case.neighbour)
            if (known and found) or not (known or feature(found)):
                several[case.name] = (case.neighbour, sorted(found), known)

    assert several == {}


def test_a_change_of_a_fixture_is_of_one_feature_and_touches_nothing_besides() -> None:
    several = {}
    for case in cases():
        change = changes().get(case.name)
        if change:
            found = apart(case.path.read_bytes(), change.apply(case.path.read_bytes()))
            one = feature(found, change.feature) if found else change.known
            if not one or not found <= change.touched or (found and change.known):
                several[case.name] = sorted(found)

    assert several == {}


def test_a_changed_fixture_gets_the_other_verdict() -> None:
    told = {name: change.verdict for name, change in changes().items()}

    got = {case.name: judge_changed(case, changes()[case.name]) for case in cases() if case.name in told}

    assert {name: verdict for name, verdict in got.items() if verdict != told[name]} == {}
    assert [name for name, verdict in told.items() if name.partition("/")[0] == verdict] == []


def test_no_line_of_a_change_is_superfluous() -> None:
    superfluous = [
        (case.name, lesser)
        for case in cases()
        if (change := changes().get(case.name)) and change.feature
        for lesser in change.lesser()
        if judge_changed(case, lesser) == change.verdict
    ]

    assert superfluous == []
