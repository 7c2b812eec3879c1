"""Search as you type."""

from __future__ import annotations

import pytest
from inboxcrm_tui.screens.contact import ContactScreen
from inboxcrm_tui.screens.search import highlighted
from inboxcrm_tui.screens.unread import UnreadScreen
from textual.widgets import Input

from inboxcrm.store import folders, listings
from tests.tui.conftest import Sit
from tests.tui.home import Home

pytestmark = pytest.mark.slow


async def test_words_find_mails_and_people_while_typing(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "The harbour" + " and its walls" * 9, "Where are the figures of the harbour?")
    home.mail("Ben Second", "Another thing", "Nothing of that kind.")

    async with sit() as desk:
        await desk.press("slash")
        await desk.type("harb")
        await desk.wait_for("1 mail")
        assert "The harbour" in desk.screen
        assert "Another thing" not in desk.screen
        assert "Ada Asker · " in desk.line("The harbour"), "however long the subject is"

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


async def test_mail_that_is_not_read_yet_stands_below_and_is_asked_for_and_shown(home: Home, sit: Sit) -> None:
    read = home.mail("Ada Asker", "The harbour")
    folder_id = home.list_mail("Ada Asker", "Harbour of last year", uid=7)

    async with sit(width=160) as desk:
        await desk.press("slash")
        await desk.type("harb")
        await desk.wait_for("1 mail, and 1 not read yet")
        assert desk.screen.index("The harbour") < desk.screen.index("Harbour of last year")

        await desk.press("down", "end")
        await desk.wait_for("Enter has it read before all others.")
        await desk.press("enter")
        await desk.wait_for("It is asked for and comes before all others")
        assert isinstance(desk.app.screen, UnreadScreen)
        assert desk.app.screen.message_here() is None
        assert home.household.database.reading(lambda c: listings.wanted(c, "main")) == [("INBOX", 7)]

        with home.household.database.write() as connection:
            folders.locate(connection, folder_id, 1, [(7, read.message_id, frozenset())])
        desk.app.read_again()
        await desk.wait_for("Could you send the figures?")
        assert desk.app.screen.message_here() == read.message_id

        await desk.press("c")
        await desk.wait_for("1 more not read yet")
        assert isinstance(desk.app.screen, ContactScreen)
        assert "Harbour of last year" in desk.screen


async def test_nothing_found_is_said(home: Home, sit: Sit) -> None:
    async with sit() as desk:
        await desk.press("slash")
        await desk.type("zebra")
        await desk.wait_for("Nothing holds all of these words.")


def test_what_was_found_is_coloured_and_brackets_stay() -> None:
    line = highlighted("a [b]c[/b] \ue000found\ue001 it\x1b[31m")

    assert line.plain == "a [b]c[/b] found it␛[31m"
    assert [line.plain[span.start : span.end] for span in line.spans if "accent" in str(span.style)] == ["found"]
