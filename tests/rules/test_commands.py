"""`inboxcrm rules`: check, list, test and replay, none of which sends or stores anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inboxcrm import bootstrap
from inboxcrm.cli import archives, new_rule, setting_up
from inboxcrm.cli import rules as _registered
from inboxcrm.cli.root import Place, cli
from inboxcrm.clock import SystemClock
from inboxcrm.errors import RuleError
from inboxcrm.service.sweep import sweep
from inboxcrm.store.home import alarms
from tests.config.conftest import SMALLEST

assert [_registered.rules_group.name, new_rule.new.name, archives.import_.name] == ["rules", "new", "import"]

CONFIG = SMALLEST + '\n[office]\nhours = { mon = ["09:00-17:30"], tue = ["09:00-17:30"] }\n'
LETTER = """\
From: Bob Client <bob@client.example>
To: ann@example.org
Subject: The delivery
Date: Tue, 03 Mar 2026 10:00:00 +0100
Message-ID: <one@client.example>

This is unacceptable.
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "letter.eml").write_text(LETTER)
    return tmp_path


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), "rules", *words])


def lines(result: Result) -> Sequence[Any]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_check_says_that_all_is_fit(home: Path) -> None:
    assert "all fit" in run(home, "check").output


def test_check_tells_a_fault_with_its_place(home: Path) -> None:
    (home / "rules" / "sales.toml").write_text("[[rule]]\nname = 'a'\nwhen = 'awy'\nthen = { hold = true }")

    result = run(home, "check")

    assert isinstance(result.exception, RuleError)
    assert str(result.exception).startswith('rules/sales.toml:3: [[rule]] 1: "when": unknown name "awy"')


@pytest.mark.parametrize("by", ["rules check", "doctor"])
def test_broken_rules_are_named_beside_a_broken_text(home: Path, by: str) -> None:
    (home / "rules" / "sales.toml").write_text(
        "[[rule]]\nname = 'a'\nwhen = 'awy'\nthen = { hold = true }\n"
        "[[rule]]\nname = 'b'\nwhen = 'away'\nthen = { acknowledge = 'mine' }\n"
    )
    text = home / "templates" / "mine" / "en.txt.j2"
    text.parent.mkdir(parents=True)
    text.write_text("Hello")

    if by == "doctor":
        said = CliRunner().invoke(setting_up.doctor, obj=Place(home)).output
    else:
        said = str(run(home, "check").exception)

    assert f"{text}: begin with front matter" in said
    assert 'rules/sales.toml:3: [[rule]] 1: "when": unknown name "awy"' in said
    assert "there is no template" not in said  # whether it is fit is known when it can be read


def test_list_tells_whose_a_rule_is(home: Path) -> None:
    (home / "rules" / "sales.toml").write_text("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { target = '4h' }")

    listed = {line["name"]: line for line in lines(run(home, "list", "--json"))}

    assert listed["a"] == {
        "name": "a",
        "when": "away",
        "then": ["target 4h"],
        "steps": [],
        "on": "received",
        "priority": 0,
        "origin": "rules/sales.toml:1",
        "shipped": False,
    }
    assert listed["complaint"]["shipped"]
    assert "sales.toml" in run(home, "list").output


def test_test_tells_what_a_mail_meets_and_because_of_what(home: Path) -> None:
    (line,) = lines(run(home, "test", str(home / "letter.eml"), "--json"))

    assert line["verdict"] == "ack-min"
    assert [rule["rule"] for rule in line["rules"]] == ["complaint"]
    assert 'found "unacceptable"' in line["rules"][0]["because"]
    assert line["outcome"] == "not acknowledged: a rule keeps the machine quiet"
    assert line["promise"]
    assert "not asked" in run(home, "test", str(home / "letter.eml")).output


def test_test_takes_another_time(home: Path) -> None:
    (home / "letter.eml").write_text(LETTER.replace("This is unacceptable.", "When do you come?"))

    (line,) = lines(run(home, "test", str(home / "letter.eml"), "--at", "2026-03-03T22:00", "--json"))

    assert [rule["rule"] for rule in line["rules"]] == ["after hours"]


def test_replay_of_an_empty_home_says_so(home: Path) -> None:
    assert "0 mails that came live in 90 days" in run(home, "replay").output


def test_replay_looks_at_imported_mail_where_it_is_told_to(home: Path) -> None:
    (home / "letter.eml").write_text("".join(line for line in LETTER.splitlines(True) if not line.startswith("Date:")))
    CliRunner().invoke(cli, ["--home", str(home), "import", str(home / "letter.eml")], catch_exceptions=False)

    assert "imported, is looked at with --all" in run(home, "replay").output
    (line,) = lines(run(home, "replay", "--all", "--json"))

    assert [rule["rule"] for rule in line["rules"]] == ["complaint"]
    assert line["then"] == "filed, and nothing was decided"


async def test_the_sweep_takes_changed_rules_over_and_raises_an_alarm_over_broken_ones(home: Path) -> None:
    file = home / "rules" / "mine.toml"
    with bootstrap.household(home) as house:
        assert house.rules.troubles == ()
        file.write_text("[[rule]]\nname = 'a'\nwhen = 'awy'\nthen = { hold = true }")
        await sweep(house)
        (alarm,) = await house.read(alarms)

        file.write_text("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { hold = true }")
        await sweep(house)

        assert 'unknown name "awy"' in alarm.detail
        assert await house.read(alarms) == []
        assert "a" in [rule.name for rule in house.rules.rules]


def test_new_writes_a_rule_from_an_example_after_showing_it(home: Path) -> None:
    said = run(
        home, "new", "--from", str(home / "letter.eml"), "--by", "domain", "--name", "client", "--do", "tag=client",
        "--do", "hold", "--yes",
    )  # fmt: skip

    assert said.exit_code == 0, said.output
    assert "It would have met 0 of 0 mails of 90 days" in said.output
    assert (home / "rules" / "30-mine.toml").read_text() == (
        "[[rule]]\nname = \"client\"\nwhen = '''within(message.from.domain, \"client.example\")'''\n"
        'then.tag = "client"\nthen.hold = true\n'
    )
    assert "all fit" in run(home, "check").output


def test_new_asks_what_no_option_says_and_writes_nothing_without_a_yes(home: Path) -> None:
    words = ["--home", str(home), "rules", "new", "--from", str(home / "letter.eml")]
    said = CliRunner().invoke(cli, words, input="sender\nbob\nquiet\nn\n")

    assert 'message.from.address == "bob@client.example"' in said.output
    assert "Nothing was written." in said.output
    assert not (home / "rules" / "30-mine.toml").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--do", "tga=x"), 'unknown key "tga". Did you mean "tag"?'),
        (("--do", "hold", "--file", "../x.toml"), "give the name of a .toml file"),
        (("--do", "hold", "--file", "10-a-person-first.toml"), "a file of that name is shipped"),
        (("--do", "hold", "--name", "complaint"), 'the name "complaint" is taken'),
        (("--do", "hold", "--words", 'a "b"', "--by", "text"), "give other words"),
    ],
)
def test_new_refuses_what_no_rule_can_say(home: Path, words: tuple[str, ...], told: str) -> None:
    said = run(home, "new", "--from", str(home / "letter.eml"), "--by", "sender", "--name", "x", "--yes", *words)

    assert told in str(said.exception)
    assert not (home / "rules" / "30-mine.toml").exists()


def test_new_asks_again_for_what_no_rule_can_hold(home: Path) -> None:
    answers = [
        *("999", str(home / "letter.eml"), "text", 'say "so"', "nowhere", "complaint", "bob", "hald"),
        *('hold note="a b" notify=owner', "n"),
    ]
    said = CliRunner().invoke(
        cli,
        ["--home", str(home), "rules", "new"],
        input="\n".join(answers) + "\n",
    )

    assert said.exit_code == 0, said.output
    for told in ("no message '999'", "give other words", '"complaint" is taken', 'Did you mean "hold"?'):
        assert told in said.output
    assert 'then.note = "a b"' in said.output
    assert "It would not meet the example itself" in said.output
    assert not (home / "rules" / "30-mine.toml").exists()


def test_new_looks_through_mail_that_was_filed_before(home: Path) -> None:
    today = format_datetime(SystemClock().now())
    (home / "letter.eml").write_text(LETTER.replace("Tue, 03 Mar 2026 10:00:00 +0100", today))
    assert CliRunner().invoke(cli, ["--home", str(home), "import", str(home / "letter.eml")]).exit_code == 0

    said = run(
        home, "new", "--from", "1", "--by", "sender", "--name", "bob", "--do", "acknowledge=call-back", "--yes",
    )  # fmt: skip

    assert "It would have met 1 of 1 mail of 90 days" in said.output
    assert "with it  not acknowledged: " in said.output


def test_doctor_tells_what_is_wrong_with_the_rules(home: Path) -> None:
    (home / "rules" / "sales.toml").write_text("[[rule]]\nname = 'a'\nwhen = 'awy'\nthen = { hold = true }")

    said = CliRunner().invoke(setting_up.doctor, obj=Place(home))

    assert 'rules/sales.toml:3: [[rule]] 1: "when": unknown name "awy"' in said.output


@pytest.mark.parametrize("name", ["rules", "templates"])
def test_the_doctor_says_that_a_folder_is_a_file(home: Path, name: str) -> None:
    if (home / name).exists():
        shutil.rmtree(home / name)
    (home / name).write_text("a note\n", encoding="utf-8")

    said = CliRunner().invoke(setting_up.doctor, obj=Place(home))

    assert f"FAIL rules and templates: {home / name} is a file and no folder" in said.output
