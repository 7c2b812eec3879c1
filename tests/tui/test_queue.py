"""The first page: who waits, how urgently, what they were told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from inboxcrm_tui.screens.contact import ContactScreen
from inboxcrm_tui.screens.matter import MatterScreen
from inboxcrm_tui.screens.queue import QueueScreen
from inboxcrm_tui.screens.reading import ReadingScreen

from inboxcrm.config import Mode
from inboxcrm.domain.promise import Entry, Event
from inboxcrm.service import keeping
from inboxcrm.store import home as home_store
from inboxcrm.store import promises, views
from inboxcrm.store.times import to_text
from tests.tui.conftest import Sit
from tests.tui.home import NOW, Home, Mail


def break_promise(home: Home, mail: Mail) -> None:
    with home.household.database.write() as connection:
        found = promises.by_id(connection, mail.promise_id or 0)
        assert found is not None
        promises.happen(connection, found, Entry(Event.DUE_PASSED, NOW))


async def test_an_empty_queue_says_what_that_means_in_a_new_home_too(home: Home, sit: Sit) -> None:
    async with sit(width=160) as desk:
        assert "start it in another terminal and leave it running" in desk.screen
        for checked, backlog in ((NOW, 20_000), (NOW, 0)):
            with home.household.database.write() as connection:
                connection.execute("UPDATE mailboxes SET last_checked_at = ?, backlog = ?", (to_text(checked), backlog))
            desk.app.read_again()
            await desk.wait_for("Nobody waits for an answer.")
            assert ("Your old mail is being read" in desk.screen) is bool(backlog)


async def test_the_broken_one_comes_first_then_today_then_later(home: Home, sit: Sit) -> None:
    home.mail("Lena Later", "next week", due=NOW + timedelta(days=3))
    home.mail("Tom Today", "this evening", due=NOW + timedelta(hours=5), told=True)
    break_promise(home, home.mail("Bea Broken", "long ago", due=NOW - timedelta(hours=1)))

    async with sit() as desk:
        lines = [desk.screen.index(name) for name in ("Bea Broken", "Tom Today", "Lena Later")]
        assert lines == sorted(lines)
        assert "3 people wait for you · 1 broken · 1 due today" in desk.screen
        assert "broken today 10:00" in desk.line("Bea Broken")
        assert "due today 16:00" in desk.line("Tom Today")
        assert "told: Tue 3 Mar 16:00" in desk.line("this evening")
        assert "silent" in desk.line("next week")


async def test_a_row_says_asked_twice_review_and_new(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", outcome="review")
    with home.household.database.write() as connection:
        found = promises.by_id(connection, mail.promise_id or 0)
        assert found is not None
        promises.happen(connection, found, Entry(Event.CHASED, NOW))

    async with sit(width=160) as desk:
        assert "asked twice · review · new · silent" in desk.line("figures")


async def test_the_mail_lies_beside_with_a_brief_and_dimmed_quotes(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures", "My question?\n\n> your old words")

    async with sit() as desk:
        assert "stranger so far · you never wrote · 1 open promise" in desk.screen
        assert "My question?" in desk.screen
        assert "> your old words" in desk.screen


async def test_one_row_per_person_and_the_pile_can_be_turned(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "first matter", at=NOW - timedelta(hours=3))
    home.mail("Ada Asker", "second matter")

    async with sit() as desk:
        assert "1 person waits for you" in desk.screen
        assert "1/2" in desk.line("Ada Asker")
        assert "1 more mail of theirs waits" in desk.screen

        await desk.press("right")

        assert "second matter" in desk.screen
        assert "2/2" in desk.line("Ada Asker")


@pytest.mark.parametrize(("width", "beside"), [(120, True), (100, True), (99, False), (80, False), (60, False)])
async def test_the_pane_beside_gives_way_on_a_narrow_terminal(home: Home, sit: Sit, width: int, beside: bool) -> None:
    home.mail("Ada Asker", "figures", "Could you send the figures?")

    async with sit(width=width, height=24) as desk:
        assert ("Could you send the figures?" in desk.screen) is beside
        assert "Ada Asker" in desk.screen


async def test_enter_opens_the_matter_then_the_mail_and_escape_goes_back(home: Home, sit: Sit) -> None:
    first = home.mail("Ada Asker", "figures", at=NOW - timedelta(hours=3))
    home.mail("Ada Asker", "figures", "my answer", direction="out", matter_id=first.matter_id)

    async with sit() as desk:
        await desk.press("enter")
        assert isinstance(desk.app.screen, MatterScreen)
        assert "figures · Ada Asker · 2 mails · your turn" in desk.screen

        await desk.press("end", "enter")
        assert isinstance(desk.app.screen, ReadingScreen)
        assert "my answer" in desk.screen

        await desk.press("escape", "escape", "escape")
        assert isinstance(desk.app.screen, QueueScreen)


async def test_c_opens_the_card_with_the_timeline(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")
    home.mail("Ada Asker", "sent last year", direction="out", at=NOW - timedelta(days=400))

    async with sit() as desk:
        await desk.press("c")

        assert isinstance(desk.app.screen, ContactScreen)
        assert "Ada Asker · a stranger so far · 2 mails · 1 open promise" in desk.screen
        assert "ada@client.example" in desk.screen
        assert "sent last year" in desk.screen


async def test_what_another_part_writes_appears_by_itself_and_the_cursor_stays(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")
    home.mail("Ben Second", "numbers", at=NOW - timedelta(hours=1))

    async with sit() as desk:
        await desk.press("down")
        urgent = home.mail("Ulla Urgent", "now", due=NOW - timedelta(minutes=1))
        break_promise(home, urgent)

        await desk.wait_for("Ulla Urgent")

        assert desk.app.screen.message_here() != urgent.message_id
        assert "▌" in desk.line("Ben Second")


async def test_a_pause_and_an_alarm_stand_in_red_above_everything(home: Home, sit: Sit) -> None:
    with home.household.database.write() as connection:
        home_store.set_value(connection, "paused_at", "2026-03-03T09:00:00Z")
        home_store.raise_alarm(connection, "acknowledgement-failed", "see [b]this[/b]\x1b[31m", now=NOW)
        home_store.raise_alarm(connection, home_store.OF_RULES, "Ada Asker: gone quiet", now=NOW)

    async with sit() as desk:
        assert "PAUSED since today 10:00" in desk.screen
        assert "ALARM acknowledgement-failed: see [b]this[/b]␛[31m" in desk.screen
        assert "YOUR RULES: Ada Asker: gone quiet" in desk.screen
        assert "APPROVE" in desk.screen


async def test_a_mode_that_was_changed_in_config_toml_is_on_the_desk_at_once(home: Home, sit: Sit) -> None:
    settings = home.household.config.file

    async with sit() as desk:
        before = desk.screen
        settings.write_text(settings.read_text(encoding="utf-8").replace('"approve"', '"auto"'), encoding="utf-8")
        await desk.wait_for("AUTO")

    assert "APPROVE" in before
    assert home.household.config.acknowledge.mode is Mode.AUTO


def test_piles_are_the_queue_by_person(home: Home) -> None:
    for number in range(40):
        due = NOW + timedelta(hours=number * 7 % 90 - 5)
        mail = home.mail(f"P{number % 17} Person", f"subject {number}", due=due, at=NOW - timedelta(hours=100 - number))
        if due < NOW:
            break_promise(home, mail)
    zone = home.household.config.owner.timezone

    with home.household.database.read() as connection:
        rows = views.by_person(views.queue(connection, now=NOW, zone=zone))
        piles = views.piles(connection, now=NOW, zone=zone)

    assert [pile.promise_ids for pile in piles] == [tuple(row.promise_id for row in pile) for pile in rows]


@pytest.mark.slow
async def test_ten_thousand_open_promises_open_and_scroll(home: Home, sit: Sit) -> None:
    with home.household.database.write():
        for number in range(10_000):
            home.mail(f"P{number} Person", f"subject {number}", due=NOW + timedelta(hours=number % 900), told=True)

    async with sit() as desk:
        assert "10,000 people wait for you" in desk.screen
        await desk.press("end")
        assert "▌" in desk.screen


async def test_what_is_remembered_stands_above_the_mail(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures")
    keeping.note_of(home.household, mail.contact_id, "daughter starts school in August")
    keeping.prefer(home.household, mail.contact_id, "phone", "not before ten")

    async with sit() as desk:
        assert "fact daughter starts school in August" in " ".join(desk.screen.split())
        assert "reach by phone, not before ten" in " ".join(desk.screen.split())

        await desk.press("c")

        assert "daughter starts school in August" in desk.screen
