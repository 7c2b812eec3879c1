"""Where sentences end in letters as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.sentences import fold, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("The PO no. 90210 stands.", ["The PO no. 90210 stands."]),
        ("Bis zum 12. März. Danke.", ["Bis zum 12. März.", "Danke."]),
        ("Dear Ann,\n\nthe offer is fine.", ["Dear Ann,", "the offer is fine."]),
        (
            "This line was broken by the width of the window, and\nends here. So.",
            ["This line was broken by the width of the window, and ends here.", "So."],
        ),
        ("Invoice Larch Ltd. Our PO is 4500-12. Thanks.", ["Invoice Larch Ltd.", "Our PO is 4500-12.", "Thanks."]),
        ("PO: 12\nBest wishes", ["PO: 12", "Best wishes"]),
        ("金曜日までにお送りします。よろしくお願いします。", ["金曜日までにお送りします。", "よろしくお願いします。"]),
    ],
    ids=["marks", "abbreviation", "ordinal", "paragraphs", "wrapped", "numbers and firms", "short lines", "japanese"],
)
def test_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    assert [each.text for each in sentences(text)] == expected


def test_what_stands_in_quotation_marks_is_blank_in_the_copy() -> None:
    (only,) = sentences('He wrote "I will pay" yesterday')

    assert "pay" in only.text
    assert "pay" not in only.folded


@settings(max_examples=100)
@given(st.text(max_size=400))
def test_any_text_has_sentences_and_its_copy_is_as_long(text: str) -> None:
    for each in sentences(text):
        assert len(each.folded) == len(each.text)
        assert len(fold(each.text)) == len(each.text)
