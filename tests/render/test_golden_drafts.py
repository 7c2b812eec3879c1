"""Every draft in every language and form of address, as its reader sees it, kept beside the test and read line by line.

`INBOXCRM_GOLDEN=write pytest tests/render/test_golden_drafts.py` writes what is rendered now; read the difference.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from inboxcrm.domain.wording import date_phrase
from inboxcrm.render.languages import PREFIXES
from inboxcrm.render.lint import MAX_WORDS, words
from inboxcrm.render.values import samples
from tests.render.conftest import SHIPPED

GOLDEN = Path(__file__).parent.parent / "golden" / "draft"
DRAFTS = ("birthday", "check-in", "offer-follow-up", "years-together")
NAMES = {"ja": ("佐藤 美咲", "美咲")}


@pytest.mark.parametrize("form", ["formal", "familiar"])
@pytest.mark.parametrize("name", DRAFTS)
@pytest.mark.parametrize("language", list(PREFIXES))
def test_the_draft_reads_as_it_was_reviewed(language: str, name: str, form: str) -> None:
    full, given = NAMES.get(language, ("Mia Muster", "Mia"))
    values = {
        **samples(language),
        "sender_name": full,
        "first_name": given if form == "familiar" else None,
        "form": form,
        "day": date_phrase(date(2026, 3, 3), language, said_on=date(2026, 3, 9)),
    }
    rendered = SHIPPED.render(name, language, values)
    told = f"{rendered.subject}\n\n{rendered.text}"
    golden = GOLDEN / language / f"{name}-{form}.txt"
    if os.environ.get("INBOXCRM_GOLDEN") == "write":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(told, encoding="utf-8")

    assert told == golden.read_text(encoding="utf-8")
    assert words(rendered.text) <= MAX_WORDS


@pytest.mark.parametrize("name", DRAFTS)
@pytest.mark.parametrize("language", [each for each in PREFIXES if each != "en"])
def test_the_two_forms_of_address_differ(language: str, name: str) -> None:
    folder = GOLDEN / language

    assert (folder / f"{name}-formal.txt").read_text("utf-8") != (folder / f"{name}-familiar.txt").read_text("utf-8")
