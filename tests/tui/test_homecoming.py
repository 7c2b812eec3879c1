"""Coming back at the desk, and promises that the calendar overtook."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from inboxcrm_tui.screens.homecoming import HomecomingScreen
from inboxcrm_tui.screens.queue import QueueScreen

from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions
from inboxcrm.store import prospects
from tests.tui.conftest import Sit
from tests.tui.home import NOW, Home

ZONE = ZoneInfo("Europe/Zurich")
BACK = datetime(2026, 3, 9, 9, tzinfo=ZONE)
WEEK = Away(datetime(2026, 3, 4, tzinfo=ZONE), datetime(2026, 3, 9, tzinfo=ZONE), "holiday")


async def test_the_return_stack_is_offered_read_and_put_away(home: Home, sit: Sit) -> None:
    actions.go_away(home.household, WEEK)
    before = home.mail("Ada Asker", "figures", due=BACK + timedelta(days=1), told=True)
    home.clock.advance(BACK - NOW)
    home.mail(
        "Ada Asker", "figures", "Any news?", at=BACK - timedelta(days=2), promised=False, matter_id=before.matter_id
    )

    async with sit() as desk:
        assert "BACK: you were away until today 00:00." in desk.screen

        await desk.press("b")

        assert isinstance(desk.app.screen, HomecomingScreen)
        assert "Away from Wed 4 Mar 00:00 to today 00:00" in desk.screen
        assert "told: Tue 10 Mar 09:00" in desk.screen
        assert "wrote again" in desk.screen

        await desk.press("b")

        assert isinstance(desk.app.screen, QueueScreen)
        assert "BACK:" not in desk.screen


async def test_who_is_away_still_is_told_when_the_stack_opens(home: Home, sit: Sit) -> None:
    actions.go_away(home.household, WEEK)
    home.clock.advance(WEEK.start_at + timedelta(hours=30) - NOW)

    async with sit(width=160) as desk:
        await desk.press("b")

        assert "You are away until Mon 9 Mar 00:00; the stack opens Mon 9 Mar 09:00." in desk.screen
        assert "Back already? Esc, then w" in desk.screen


async def test_a_promise_that_the_calendar_overtook_is_marked_in_its_row(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")
    mail = home.mail("Tom Today", "report")
    with home.household.database.write() as connection:
        prospects.mark(connection, {mail.promise_id or 0: "away"})

    async with sit(width=160) as desk:
        assert "unlikely" in desk.line("report")
        assert "unlikely" not in desk.line("figures")
