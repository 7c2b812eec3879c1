"""Two changes of one text are joined where they do not touch the same lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.three_way import Clash, merge

BASE = "a\nb\nc\nd\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "text"),
    [
        pytest.param("A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n", id="different lines"),
        pytest.param("A\nb\nc\nd\n", "a\nB\nc\nd\n", "A\nB\nc\nd\n", id="neighbouring lines"),
        pytest.param("a\nc\nd\n", "a\nb\nc\nd\ne\n", "a\nc\nd\ne\n", id="one deletes, one adds"),
        pytest.param("A\nb\nc\nd\n", "A\nb\nc\nd\n", "A\nb\nc\nd\n", id="the same change"),
        pytest.param(BASE, "x\n", "x\n", id="only theirs"),
        pytest.param("x\n", BASE, "x\n", id="only ours"),
    ],
)
def test_changes_of_different_lines_are_joined(ours: str, theirs: str, text: str) -> None:
    merged = merge(BASE, ours, theirs)

    assert merged.text == text
    assert merged.clashes == ()


def test_changes_of_the_same_line_clash_and_ours_stands() -> None:
    merged = merge(BASE, "a\nours\nc\nd\n", "a\ntheirs\nc\nd\n")

    assert merged.text == "a\nours\nc\nd\n"
    assert merged.clashes == (Clash(("b\n",), ("ours\n",), ("theirs\n",)),)


def test_insertions_at_the_same_place_clash() -> None:
    assert len(merge(BASE, "a\nb\nx\nc\nd\n", "a\nb\ny\nc\nd\n").clashes) == 1


TEXTS = st.lists(st.sampled_from("abcde"), max_size=8).map(lambda lines: "".join(f"{line}\n" for line in lines))


@settings(max_examples=100)
@given(TEXTS, TEXTS, TEXTS)
def test_a_merge_is_the_same_from_both_sides_and_loses_no_line_of_ours(base: str, ours: str, theirs: str) -> None:
    merged, other = merge(base, ours, theirs), merge(base, theirs, ours)

    assert len(merged.clashes) == len(other.clashes)
    if not merged.clashes:
        assert merged.text == other.text
    assert merge(base, ours, base).text == ours
    assert merge(base, base, theirs).text == theirs
    assert merge(base, ours, ours) == merge(ours, ours, ours)
