"""The quick looks of the phrases' search say what the thorough one says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxcrm.domain.safety import phrases
from inboxcrm.domain.safety.phrases import normalised, sentence_says, text_names, words

LISTS = (
    "reply_text.sure",
    "reply_text.hint",
    "reply_text.anywhere",
    "reply_text.vague",
    "bounce_text.sure",
    "footer.no_reply",
)
SOME = sorted({phrase for name in LISTS for phrase in words(*name.split("."))})
BEFORE = st.sampled_from(("", "hi. ", "- ", "xx", "_", "\n> ", '"', "é", "日"))
BEHIND = st.sampled_from(("", " and more", "x", "_", ".", "é", " 日", "'s"))
UGLY = st.text(st.sampled_from(" \n\t\r\x0b\x1c\x1f\x85\xa0\xadaBÄé.,:-‘–µİ\u0301\u200b\u2028\u3000日"), max_size=60)


@given(UGLY)
def test_a_normalised_text_has_single_blanks_and_no_empty_lines(text: str) -> None:
    found = normalised(text)

    blanks = re.sub(r" ?\n[ \n]*", "\n", re.sub(r"[^\S\n]+", " ", found)).strip()
    assert found == blanks


@given(BEFORE, st.sampled_from(SOME), BEHIND, st.sampled_from(SOME), st.sampled_from(LISTS))
def test_a_quick_look_never_hides_a_phrase(before: str, first: str, behind: str, second: str, name: str) -> None:
    text = f"{before}{first}{behind} {second}"
    patch = pytest.MonkeyPatch()
    with patch.context() as slow:
        slow.setattr(phrases, "_may_stand", lambda *_: True)
        thorough = sentence_says(text, name), text_names(text, name)

    assert (sentence_says(text, name), text_names(text, name)) == thorough
