"""What people did on social networks, at the desk."""

from __future__ import annotations

from datetime import timedelta

from inboxcrm.domain.social import Notice
from inboxcrm.store import social
from tests.tui.conftest import Sit
from tests.tui.home import NOW, Home


async def test_a_word_on_a_social_network_lies_on_the_desk_until_it_is_answered_there(home: Home, sit: Sit) -> None:
    ada = home.mail("Ada Asker", "figures", promised=False)
    told = home.mail("Somebody", "Ada Asker just messaged you", promised=False)
    notice = Notice("linkedin", "message", "A. Asker", "https://www.linkedin.com/in/ada")
    with home.household.database.write() as connection:
        social.add(connection, told.message_id, notice, at=NOW, due_at=NOW + timedelta(hours=4))

    async with sit(width=140) as desk:
        assert "message on linkedin, by today 15:00" in desk.line("@ A. Asker?")
        assert "y Who is it  d Answered there  n None needed" in desk.screen.split("\n")[-1]

        await desk.press("y")
        await desk.type("nobody of that name")
        await desk.press("enter")
        assert "no contact answers to" in desk.screen
        await desk.type(f"c{ada.contact_id}")
        await desk.press("enter")
        await desk.wait_for("@ Ada Asker")
        assert "Who is it" not in desk.screen.split("\n")[-1]

        home.clock.advance(timedelta(hours=5))
        desk.app.read_again()
        await desk.press("d")
        await desk.wait_for("Ada Asker: answered there.")

    assert home.household.database.reading(social.open_ones) == []
