"""Search as you type."""

from __future__ import annotations

import pytest
from inboxcrm_tui.screens.contact import ContactScreen
from inboxcrm_tui.screens.search import highlighted
from textual.widgets import Input

from tests.tui.conftest import Sit
from tests.tui.home import Home

pytestmark = pytest.mark.slow


async def test_words_find_mails_and_people_while_typing(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "The harbour", "Where are the figures of the harbour?")
    home.mail("Ben Second", "Another thing", "Nothing of that kind.")

    async with sit() as desk:
        await desk.press("slash")
        await desk.type("harb")
        await desk.wait_for("1 mail")
        assert "The harbour" in desk.screen
        assert "Another thing" not in desk.screen

        await desk.type("ada")
        await desk.wait_for("ada@client.example")
        await desk.press("down", "enter")
        assert isinstance(desk.app.screen, ContactScreen)


@pytest.mark.parametrize("words", ['"', "NEAR(", "a* OR", "col:x", "^", "-", "'", "[link=x]", "%"])
async def test_operators_and_markup_are_only_words(home: Home, sit: Sit, words: str) -> None:
    home.mail("Ada Asker", "The harbour")

    async with sit() as desk:
        await desk.press("slash")
        desk.app.screen.query_one("#words", Input).value = words
        await desk.settle()
        await desk.wait_for("mail")


async def test_nothing_found_is_said(home: Home, sit: Sit) -> None:
    async with sit() as desk:
        await desk.press("slash")
        await desk.type("zebra")
        await desk.wait_for("Nothing holds all of these words.")


def test_what_was_found_is_coloured_and_brackets_stay() -> None:
    line = highlighted("a [b]c[/b] \ue000found\ue001 it\x1b[31m")

    assert line.plain == "a [b]c[/b] found it␛[31m"
    assert [line.plain[span.start : span.end] for span in line.spans if "accent" in str(span.style)] == ["found"]
