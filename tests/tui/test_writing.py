"""Writing at the desk: an answer, and other words for a draft."""

from __future__ import annotations

from textual.widgets import TextArea

from inboxcrm.domain.mime import parse
from inboxcrm.store import outbox, views
from inboxcrm.store.views import OutboxRow
from tests.tui.conftest import Sit
from tests.tui.driver import Driver
from tests.tui.home import Home

LONG = "Ja, gerne – 日本語, e\u0301, " + "ganz lang " * 150 + "\n" + "eine Zeile\n" * 500


def rows(home: Home) -> list[OutboxRow]:
    return home.household.database.reading(views.outbox)


def area(desk: Driver) -> TextArea:
    found: TextArea = desk.app.screen.query_one(TextArea)
    return found


async def test_an_answer_is_written_kept_changed_and_let_go(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")

    async with sit(width=60, height=18) as desk:
        await desk.press("r")
        assert "> Could you send the figures?" in desk.screen
        assert "Ctrl+S keeps it" in desk.screen
        await desk.press("ctrl+s")
        assert "there is no word of yours in it yet" in desk.screen

        area(desk).insert(LONG, (0, 0))
        await desk.press("escape", "n")
        assert area(desk).text.startswith("Ja, gerne")
        await desk.press("ctrl+s")
        await desk.wait_for("1 to approve")
        (written,) = rows(home)
        assert written.state == "awaiting"

        await desk.press("2", "E")
        assert "To Ada Asker" in desk.screen
        area(desk).insert("Liebe Ada\n\n", (0, 0))
        await desk.press("ctrl+s")
        await desk.press("E", "x", "escape", "y")
        assert not desk.app.screen.query(TextArea)
        await desk.press("a", "a")

    item = home.household.database.reading(lambda connection: outbox.by_id(connection, written.id))
    assert item is not None
    assert item.state == "queued"
    sent = parse(item.raw)
    assert sent.text.replace("\r\n", "\n").startswith("Liebe Ada\n\nJa, gerne – 日本語, e\u0301, ganz lang ")
    assert sent.text.count("eine Zeile") == 500
    assert sent.subject == "Re: figures"
    assert sent.to[0].spec == "ada@client.example"
    assert sent.in_reply_to == ("<1@client.example>",)
    assert sent.message_id == item.mail_id
    assert not sent.first("auto-submitted")


async def test_what_the_machine_wrote_cannot_be_reworded(home: Home, sit: Sit) -> None:
    home.awaiting(home.mail("Ada Asker", "figures"))

    async with sit() as desk:
        await desk.press("2")
        assert "E Edit" not in desk.screen
        await desk.press("E")
        assert "inboxcrm templates edit" in desk.screen
