"""Which rules are in force: the shipped ones, the home's in their place, the last good set when a file breaks."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from inboxcrm.rulebook import FAULTS_ALLOWED, RuleBook, shipped
from tests.rules.situations import TEMPLATES, situation

HOLD_ALL = "[[rule]]\nname = 'all'\nwhen = 'true'\nthen = { hold = true }\n"
FAILS = "[[rule]]\nname = 'fails'\nwhen = 'message.words / (matter.asked - 1) > 2'\nthen = { tag = 'x' }\n"


def load(home: Path) -> RuleBook:
    return RuleBook.load(home, names=TEMPLATES)


def test_a_home_file_takes_the_place_of_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / shipped()[0]).write_text(HOLD_ALL)

    names = [rule.name for rule in load(tmp_path).rules]

    assert names[0] == "all"
    assert "complaint" not in names
    assert "office hours" in names


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "15-mine.toml").write_text(HOLD_ALL)

    names = [rule.name for rule in load(tmp_path).rules]

    assert names.index("complaint") < names.index("all") < names.index("thanks")


def test_a_home_without_rules_has_the_shipped_ones(tmp_path: Path) -> None:
    names = [rule.name for rule in load(tmp_path / "none").rules]

    assert names == [rule.name for rule in RuleBook.load().rules] != []


def test_a_changed_file_is_taken_over(tmp_path: Path) -> None:
    book = load(tmp_path)
    (tmp_path / "mine.toml").write_text(HOLD_ALL)

    assert book.reload_if_changed()

    assert book.speak(situation()).hold
    assert not book.reload_if_changed()


def test_a_broken_file_leaves_the_last_good_set_in_force(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HOLD_ALL)
    book = load(tmp_path)
    file.write_text(HOLD_ALL.replace("'true'", "'tru'"))

    with caplog.at_level(logging.ERROR, "inboxcrm.rules"):
        book.reload_if_changed()

    assert book.speak(situation()).hold
    assert book.troubles[0].startswith('rules/mine.toml:3: [[rule]] 1: "when": unknown name "tru"')
    assert [record.message for record in caplog.records] == ["rules.fault"]

    file.write_text("")
    book.reload_if_changed()

    assert book.troubles == ()
    assert not book.speak(situation()).hold


def test_a_rule_that_fails_stops_no_mail_and_is_given_up_after_three_times(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "01-mine.toml").write_text(FAILS)
    book = load(tmp_path)

    words = [book.speak(situation()) for _ in range(FAULTS_ALLOWED + 1)]

    assert [word.matches[0].failed for word in words] == [True, True, True, False]
    assert "division by zero" in words[0].matches[0].because
    assert all(word.acknowledge == "acknowledge" and word.tags == () for word in words)
    assert book.disabled == ("fails",)
    assert "division by zero" in book.troubles[0]
    assert [record.message for record in caplog.records] == ["rules.fault"] * 3


def test_a_rule_that_fails_and_was_there_to_keep_quiet_leaves_it_to_a_person(tmp_path: Path) -> None:
    (tmp_path / "01-mine.toml").write_text(FAILS.replace("tag = 'x'", "quiet = true"))

    word = load(tmp_path).speak(situation())

    assert word.hold
    assert not word.quiet
