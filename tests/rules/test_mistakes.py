"""Each mistake in a file of rules is told with its file, its line, its rule and what to type instead."""

from __future__ import annotations

import contextlib
from datetime import UTC
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.configuration.rulefile import read_rules
from inboxcrm.domain.rule_conditions import ConditionError, read_condition
from inboxcrm.domain.rule_names import LONGEST_PATTERN, LONGEST_TEXT, context, found
from inboxcrm.errors import RuleError
from inboxcrm.rulebook import RuleBook
from tests.rules.situations import TEMPLATES

NAMES = partial(context, UTC)


def problems(text: str) -> list[str]:
    return read_rules(text, "rules/sales.toml", context=NAMES, names=TEMPLATES).problems


def of_condition(when: str) -> str:
    (problem,) = problems(f"[[rule]]\nname = 'a'\nwhen = '''{when}'''\nthen = {{ hold = true }}")
    return problem


TEN_MISTAKES = """\
[[rule]]
name = "misspelt key"
whne = "away"
then = { hold = true }

[[rule]]
name = "misspelt name"
when = "contact.knwon"
then = { hold = true }

[[rule]]
name = "wrong kind"
when = 'contact.known == "yes"'
then = { hold = true }

[[rule]]
name = "regex operator"
when = 'message.subject =~ "(a+)+b"'
then = { hold = true }

[[rule]]
name = "pattern"
when = 'matches(message.text, "(invoice")'
then = { hold = true }

[[rule]]
name = "no such template"
when = "away"
then = { acknowledge = "afterhours" }

[[rule]]
name = "misspelt action"
when = "away"
then = { respond_withing = "4h", hold = true }

[[rule]]
name = "an acknowledgement later"
when = "away"
then = { hold = true }

[[rule.step]]
after = "2 days"
unless = "answerd"
then = { acknowledge = "away" }

[[rule]]
name = "duration"
when = "away"
then = { target = "4 hours" }

[[rule]]
name = "contradiction"
when = "away"
then = { quiet = true, acknowledge = "away" }
"""


def test_ten_mistakes_are_told_at_once_each_in_its_place() -> None:
    assert problems(TEN_MISTAKES) == [
        'rules/sales.toml:3: [[rule]] 1: unknown key "whne". Did you mean "when"?',
        'rules/sales.toml:8: [[rule]] 2: "when": unknown name "contact.knwon". Did you mean "contact.known"?',
        'rules/sales.toml:13: [[rule]] 3: "when": a yes-or-no and a text are never equal; contact.known is a yes-or-no',
        (
            'rules/sales.toml:18: [[rule]] 4: "when": the operators =~ and !~ are refused, since some patterns '
            'would never end; write matches(message.text, "pattern")'
        ),
        'rules/sales.toml:23: [[rule]] 5: "when": the pattern of matches() cannot be read: missing ): (invoice',
        (
            'rules/sales.toml:29: [[rule]] 6: "acknowledge": there is no template "afterhours" for acknowledgements; '
            "there are acknowledge, after-hours, away, call-back, minimal, new-sender, three-questions. "
            'Did you mean "after-hours"?'
        ),
        (
            'rules/sales.toml:34: [[rule]] 7: unknown key "respond_withing". Known here: "acknowledge", "policy", '
            '"mode", "hold", "quiet", "no_promise", "target", "plan", "call_back", "tag", "stop", "draft", '
            '"notify", "note", "commitment", "occasion" or "interaction".'
        ),
        (
            'rules/sales.toml:44: [[rule]] 8: step 1: a step that waits has no "acknowledge"; it has "draft", '
            '"notify", "note", "commitment", "occasion" or "interaction"'
        ),
        (
            'rules/sales.toml:42: [[rule]] 8: step 1: "after": "2 days" is not a length of time; write it like 90s, '
            "10m, 4h, 2d or 1h 30m"
        ),
        (
            'rules/sales.toml:43: [[rule]] 8: step 1: "unless": found "answerd"; must be "answered", "written" or '
            '"settled". Did you mean "answered"?'
        ),
        (
            'rules/sales.toml:49: [[rule]] 9: "target": "4 hours" is not a length of time; write it like 90s, 10m, '
            "4h, 2d or 1h 30m"
        ),
        'rules/sales.toml:54: [[rule]] 10: "quiet" and "acknowledge" contradict each other: nothing is sent',
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[rule]\n", "rules/sales.toml:1: not TOML"),
        ("[[rules]]\nname = 'a'", 'unknown key "rules". Did you mean "rule"?'),
        ("rule = 3", "one such heading for each"),
        ("[[rule]]\nwhen = 'away'\nthen = { hold = true }", '"name" is missing'),
        ("[[rule]]\nname = ''\nwhen = 'away'\nthen = { hold = true }", 'found ""; must be a name'),
        ("[[rule]]\nname = 'a'\nwhen = true\nthen = { hold = true }", "must be a condition in quotes"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = {}", "must be actions"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { hold = false }", "can only be true, and is left out otherwise"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { mode = 'loud' }", 'must be "shadow", "approve" or "auto"'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { policy = 'loud' }", 'must be "never", "when-slow", "always"'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { hold = true, mode = 'auto' }", "what is held waits for you"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { target = '0' }", "must be longer than nothing"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { tag = 'Not Good' }", "small letters, digits and hyphens"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { no_promise = true, target = '4h' }", "no answer is owed"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { plan = 'glod' }", 'Did you mean "gold"?'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { draft = 'offer-folow-up' }", 'Did you mean "offer-follow-up"?'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { notify = 'bob' }", 'can only be "owner"'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\nthen = { note = 'x' }", 'add notify = "owner"'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\non = 'send'\nthen = { tag = 'x' }", 'Did you mean "sent"?'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\non = 'sent'\nthen = { hold = true }", "a rule on your own mail has no"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\npriority = 'high'\nthen = { tag = 'x' }", "must be a whole number"),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\n[[rule.step]]\nthen = { notify = 'owner' }", '"after" is missing'),
        ("[[rule]]\nname = 'a'\nwhen = 'away'\n[[rule.step]]\nafter = '2d'", '"then" is missing'),
        (
            "[[rule]]\nname = 'a'\nwhen = 'away'\n[[rule.step]]\nafter = '0'\nthen = { notify = 'owner' }",
            "must be longer than nothing",
        ),
    ],
)
def test_a_mistake_in_the_file_is_told(text: str, told: str) -> None:
    assert any(told in problem for problem in problems(text))


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("mesage.subject == 'x'", 'unknown name "mesage.subject". Did you mean "message.subject"?'),
        ("subject == 'x'", 'Did you mean "message.subject"?'),
        ("now.hour > 17", 'unknown name "now.hour". Did you mean "received"?'),
        ("$now > received", "$now is refused; ask for received"),
        ("$random(3) > 1", "$random is refused"),
        ("message.words > '5'", "message.words is a number"),
        ("message.subject", "message.subject is a text; compare it with one"),
        ("message.subject and away", 'what stands before "and" must be yes or no'),
        ("not plan", 'what stands behind "not" must be yes or no'),
        ("message", "message is a group of names"),
        ("mentions(message.text, 'x')", "mentions() is given (text, list of texts)"),
        ("mentions(message.text, ['', ' '])", "no word to look for"),
        ("matches(message.text, plan)", "the pattern of matches() is written out"),
        ("matches(message.text, '(?=a+)b')", "the pattern of matches() cannot be read"),
        ("verdict.outcome == 'supress'", 'Did you mean "suppress"?'),
        ("verdict.class in ['human', 'robot']", 'verdict.class is never "robot"'),
        ("plan in ['gold', 3]", "a text is never in a list with a number"),
        ("message.text.lenght > 3", 'a text has no "lenght". Did you mean "length"?'),
        ("9 ** 9 ** 9 > 1", "powers and shifts"),
        ("away and", "it ends too early"),
        ("away & & office.open", "cannot be read at &"),
        ("", "it ends too early"),
        ("not " * 2_000 + "away", "nested too deeply"),
        ("away or " * 2_000 + "away", "longer than 10000 characters"),
    ],
)
def test_a_mistake_in_a_condition_is_told(when: str, told: str) -> None:
    assert told in of_condition(when)


def test_only_the_beginning_of_a_letter_is_searched() -> None:
    assert found("x" * LONGEST_TEXT + "needle", "needle") == "needle"
    assert found("x" * (LONGEST_TEXT + LONGEST_PATTERN) + "needle", "needle") is None


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            ["message", ".", "subject", "words", "away", "and", "or", "not", "(", ")", "[", "]", "==", "in", "'a'", "3",
             "matches", ",", "$any", "for", "x", "+", "/", "0", "?", ":", "null", "{", "}", "d'2026'", "&."]
        ),
        max_size=12,
    ).map(" ".join)
    | st.text(max_size=30)
)  # fmt: skip
def test_any_text_is_a_condition_or_is_refused(text: str) -> None:
    with contextlib.suppress(ConditionError):
        read_condition(text, NAMES)


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[[rule]]\nname = 'a'\nwhen = 'awy'\nthen = { hold = true }")
    (tmp_path / "b.toml").write_text("[[rule]]\nname = 'complaint'\nwhen = 'away'\nthen = { hold = true }")
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(RuleError) as raised:
        RuleBook.load(tmp_path, names=TEMPLATES)

    told = str(raised.value).split("\n")
    assert told[0].startswith('rules/a.toml:3: [[rule]] 1: "when": unknown name "awy"')
    assert told[1].startswith("rules/c.toml: cannot be read")
    assert told[2].startswith('rules/b.toml:1: the name "complaint" is taken by the rule at rules/10-a-person-first')
