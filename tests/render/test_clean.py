"""One visible line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.render.clean import clean_name, clean_subject, one_line, unsafe_characters


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nBcc: eve", "a Bcc: eve"),
        ("a\u2028b\u2029c\x85d\x0be", "a b c d e"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("a\u200b\u200d\ufeff\u2060\u00adb", "ab"),
        ("\U000e0041\U000e0042x", "x"),
        ("a\ud800b", "ab"),
        ("\u3164\u115f\u2800", ""),
        ("\x1b]0;title\x07", "]0;title"),
        ("  many   spaces\u00a0\u3000here ", "many spaces here"),
        ("e\u0301", "é"),
        ("مرحبا 日本 ok 🇨🇭", "مرحبا 日本 ok 🇨🇭"),
        ("o" + "\u0336" * 50, "o" + "\u0336" * 4),
    ],
)
def test_only_what_is_read_is_kept(text: str, line: str) -> None:
    assert one_line(text, 100) == line


@settings(max_examples=150)
@given(text=st.text(max_size=400), length=st.integers(2, 80))
def test_any_text_becomes_one_safe_bounded_line(text: str, length: int) -> None:
    line = one_line(text, length)

    assert len(line) <= length
    assert not unsafe_characters(line)
    assert len(line.splitlines()) <= 1
    assert one_line(line, length) == line
    line.encode()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Bob Builder", "Bob Builder"),
        ('"Bob"', "Bob"),
        ("Bob <bob@example.com>", ""),
        ("See https://example.org", ""),
        ("WWW.example.org", ""),
        ("Dr. Ann-Marie O'Hara, MSc", "Dr. Ann-Marie O'Hara, MSc"),
        ("", ""),
    ],
)
def test_a_name_that_is_a_message_is_no_name(name: str, kept: str) -> None:
    assert clean_name(name) == kept


def test_a_megabyte_of_subject_costs_no_time() -> None:
    assert len(clean_subject("ü" * 1_000_000)) == 150
