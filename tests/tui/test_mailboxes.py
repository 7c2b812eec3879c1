"""How each mailbox fares, at the desk."""

from __future__ import annotations

from datetime import timedelta

from inboxcrm_tui.screens.mailboxes import MailboxesScreen

from inboxcrm.home import HomeLock
from inboxcrm.store import folders, views
from tests.tui.conftest import Sit
from tests.tui.home import NOW, Home

CAUSE = "the sign-in of mailbox main has ended (invalid_grant: \u202eevil). Type: inboxcrm sign-in main"


async def test_each_mailbox_says_what_was_read_and_plainly_why_it_is_not(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")
    with home.household.database.write() as connection:
        folders.enrol(connection, "quiet", now=NOW)
        folders.note_check(
            connection,
            "main",
            state="needs_user",
            cause=CAUSE,
            last_checked_at=NOW - timedelta(hours=2),
            last_mail_at=NOW - timedelta(days=1),
            next_attempt_at=NOW + timedelta(minutes=5),
            backlog=1234,
        )

    async with sit(width=160) as desk:
        await desk.press("5")

        assert isinstance(desk.app.screen, MailboxesScreen)
        assert "main needs you" in desk.screen
        assert "today 09:00 · 2 h ago" in desk.line("last check")
        assert "Mon 2 Mar 11:00" in desk.line("last mail")
        assert "1,234 still to read" in desk.line("on record")
        assert "today 11:05" in desk.line("next try")
        assert "Type: inboxcrm sign-in main" in desk.line("because")
        assert "\u202e" not in desk.screen
        assert "quiet was not read yet" in desk.screen

        await desk.press("escape")

        assert "figures" in desk.screen


async def test_a_mailbox_is_only_said_to_be_watched_while_a_daemon_runs(home: Home, sit: Sit) -> None:
    waiting = home.awaiting(home.mail("Ada Asker", "figures"))
    with home.household.database.write() as connection:
        folders.note_check(
            connection,
            "main",
            state="watching",
            cause=None,
            last_checked_at=NOW,
            last_mail_at=NOW,
            next_attempt_at=None,
            backlog=0,
        )

    async with sit(width=160) as desk:
        assert "main not read: no daemon runs (inboxcrm run) · checked just now" in desk.screen
        await desk.press("2", "a")
        assert "when the daemon runs (inboxcrm run)." in desk.screen

        with HomeLock(home.household.config.home):
            desk.app.read_again()
            assert "main watching · checked just now" in desk.screen

    item = home.household.database.reading(lambda connection: views.outbox_item(connection, waiting))
    assert item is not None
    assert item.state == "queued"
