"""Hostile text loses its teeth before a terminal, a header or a database sees it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inboxcrm.domain.text import LONGEST_LINE, MARKS_PER_BASE, cut, one_line, plain, storable, visible

SHOWN = [
    ("plain\ttext\n", "plain\ttext\n"),
    ("\x1b[31mred", "␛[31mred"),
    ("\x1b]8;;http://evil.example\x07x\x1b]8;;\x07", "␛]8;;http://evil.example␇x␛]8;;␇"),
    ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
    ("\x9b31m", "\ufffd31m"),
    ("\x90q\x9c", "\ufffdq\ufffd"),
    ("a\x08\x08b\x7f", "a␈␈b␡"),
    ("one\r\ntwo\rthree", "one\ntwo␍three"),
    ("one\u2028two", "one\ntwo"),
    ("exe.\u202efdp", "exe.fdp"),
    ("\u2066a\u2069\u200fb\u061c", "ab"),
    ("pay\u200bpal\u2060\ufeff", "paypal"),
    ("\U000e0041tag", "tag"),
    ("👩\u200d💻", "👩💻"),
    ("\ud800x", "\ufffdx"),
    ("[link=x]markup stays text[/link]", "[link=x]markup stays text[/link]"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN, ids=[ascii(row[0])[:30] for row in SHOWN])
def test_nothing_shown_moves_a_cursor_or_hides(text: str, shown: str) -> None:
    assert visible(text) == shown


@settings(max_examples=150)
@given(st.text(max_size=200))
@example("exe.\u202efdp \u2066pay\u200bpal\u2069 \x1b[2J \ud800")
def test_what_is_visible_holds_no_control_no_direction_and_no_surrogate(text: str) -> None:
    shown = visible(text)

    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t"]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200d")
    assert visible(shown) == shown


def test_a_flood_of_marks_is_capped_and_ordinary_marks_stay() -> None:
    assert visible("Z" + "\u0301" * 10_000 + "!") == "Z" + "\u0301" * MARKS_PER_BASE + "!"
    assert visible("Tiê\u0301ng") == "Tiê\u0301ng"


def test_an_endless_line_is_broken() -> None:
    lines = visible("x" * 1_000_000).split("\n")

    assert max(map(len, lines)) == LONGEST_LINE
    assert "".join(lines) == "x" * 1_000_000


CUTS = [
    ("abc", 3, "abc"),
    ("abcd", 3, "abc"),
    ("abe\u0301", 3, "ab"),
    ("a👩\u200d💻", 2, "a"),
    ("a👩\u200d💻", 3, "a"),
    ("a👍🏽", 2, "a"),
    ("🇨🇭🇩🇪", 2, "🇨🇭"),
    ("🇨🇭🇩🇪", 3, "🇨🇭"),
    ("abc", 0, ""),
]


@pytest.mark.parametrize(("text", "limit", "kept"), CUTS, ids=[f"{row[0]!a}-{row[1]}" for row in CUTS])
def test_a_cut_never_goes_through_a_character_as_read(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept


@settings(max_examples=100)
@given(st.text(max_size=80), st.integers(min_value=1, max_value=40))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    for shown in (one_line(text, limit), plain(text, limit)):
        assert len(shown) <= limit
        assert "\n" not in shown


def test_one_line_says_that_there_was_more() -> None:
    assert one_line("a long\nsubject", 7) == "a long…"
    assert one_line("short\nenough", 20) == "short enough"


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(codec=None), max_size=80))
@example("lone \ud800 surrogate, NUL \0 and CR \r")
def test_what_is_storable_can_be_encoded(text: str) -> None:
    stored = storable(text)

    stored.encode()
    assert "\0" not in stored
    assert "\r" not in stored


WESTERN = st.text(
    st.sampled_from(" \n\t\r\x00\x0b\x1c\x7f\x85\xa0\xadabcÄéß.,:µª\u0301\u200b\u2028\ufe0f日"), max_size=80
)


@given(WESTERN, st.sampled_from((1, 5, 40)))
@example(":\r\n", 1)
def test_one_line_is_the_visible_text_whatever_its_letters(text: str, limit: int) -> None:
    shown = " ".join(visible(text[: limit * 8]).split())

    line = one_line(text, limit)

    assert line == shown if len(shown) <= limit else line.endswith("…")
