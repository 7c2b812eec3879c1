"""Whatever the owner types, it is read or refused in words: never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inboxcrm.configuration import ConfigRefusedError, read_config
from tests.config.conftest import COMPLETE

LINES = COMPLETE.splitlines()
VALUES = st.sampled_from(
    [
        "1",
        "-1",
        "1e400",
        "nan",
        "true",
        '""',
        '"x"',
        '"24:00-24:00"',
        '"\\u0000"',
        '"@"',
        '"99999999999d"',
        '"999999d"',
        '"/"',
        '"Europe/"',
        '"CH-"',
        '"-"',
        "[]",
        "[[]]",
        "{}",
        "{ a = { b = [{}] } }",
        '["09:00-10:00", 1, []]',
        "1979-05-27T07:32:00Z",
        "07:32:00",
        "{ env = 1 }",
        '{ keyring = "//" }',
        '{ host = "", port = 1.5, security = [] }',
        '{ "" = "x" }',
        '{ "2026-01-01" = "x" }',
    ]
)
CHANGES = st.dictionaries(st.integers(0, len(LINES) - 1), st.none() | VALUES, max_size=6)


def changed(changes: dict[int, str | None]) -> str:
    """The complete file with some values replaced, and with some lines left out."""
    lines = []
    for number, line in enumerate(LINES):
        key, equals, _ = line.partition(" = ")
        value = changes.get(number)
        if number not in changes or (value is not None and not equals):
            lines.append(line)
        elif value is not None:
            lines.append(f"{key} = {value}")
    return "\n".join(lines)


def refusal(text: str, home: Path) -> ConfigRefusedError | None:
    try:
        read_config(text, home)
    except ConfigRefusedError as refused:
        return refused
    return None


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_a_changed_file_is_read_or_refused_with_lines(tmp_path: Path, changes: dict[int, str | None]) -> None:
    text = changed(changes)

    refused = refusal(text, tmp_path)

    assert refused is None or refused.problems
    assert refused is None or all(str(problem).isprintable() for problem in refused.problems)


@pytest.mark.parametrize("number", range(len(LINES)))
def test_a_file_cut_off_after_any_line_is_read_or_refused(tmp_path: Path, number: int) -> None:
    refused = refusal("\n".join(LINES[:number]), tmp_path)

    assert refused is None or refused.problems


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigRefusedError) as refused:
        read_config(text, tmp_path)

    assert all(str(problem).isprintable() for problem in refused.value.problems)


@pytest.mark.parametrize("table", ["", "[owner]", "[plans]", "[office.exceptions]", "[office.hours]", "[safety]"])
def test_a_key_with_control_characters_cannot_reach_the_terminal(tmp_path: Path, table: str) -> None:
    refused = refusal(f'{table}\n"\\u001b[2J\\n" = 1\n', tmp_path)

    assert refused is not None
    assert "\x1b" not in str(refused)
    assert all(str(problem).isprintable() for problem in refused.problems)
