"""What lies below the promises: each kind is seen, answered with one key, and gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.errors import UserError
from inboxcrm.service import outgoing
from inboxcrm.store import follow_ups, promises, questions, unowed, views
from inboxcrm.store import home as home_store
from tests.tui.conftest import Sit
from tests.tui.home import NOW, Home, Mail

pytestmark = pytest.mark.slow


def ask(home: Home) -> Mail:
    """A promise whose client says that it is settled."""
    first = home.mail("Ada Asker", "figures")
    second = home.mail("Ada Asker", "Re: figures", "Never mind, solved.", matter_id=first.matter_id, promised=False)
    with home.household.database.write() as connection:
        questions.ask(
            connection, "settled", second.message_id, because="Never mind, solved.", at=NOW, promise_id=first.promise_id
        )
    return first


def state(home: Home, mail: Mail) -> str:
    found = home.household.database.reading(lambda connection: promises.by_id(connection, mail.promise_id or 0))
    assert found is not None
    return found.duty.state


def wait_for(home: Home, *, days: int = -1) -> Mail:
    """The owner asked; the day to ask after the answer is so many days away."""
    mail = home.mail("Bob Builder", "date", "Which day?", direction="out", promised=False)
    with home.household.database.write() as connection:
        due_at = NOW + timedelta(days=days)
        follow_ups.begin(connection, mail.matter_id, due_at=due_at, because="5 open days", by_hand=False, now=NOW)
        connection.execute("UPDATE matters SET turn = 'theirs' WHERE id = ?", (mail.matter_id,))
    return mail


def thank(home: Home) -> Mail:
    """A mail that a rule took for thanks."""
    mail = home.mail("Cleo Client", "Re: offer", "Thank you!", promised=False)
    with home.household.database.write() as connection:
        unowed.note(connection, mail.message_id, because="thanks", at=NOW)
    return mail


async def test_questions_lie_below_the_promises_and_are_counted(home: Home, sit: Sit) -> None:
    ask(home)
    wait_for(home)
    thank(home)

    async with sit(width=140) as desk:
        assert "1 person waits for you · 3 asked of you" in desk.screen
        lines = [desk.screen.index(words) for words in ("○ Ada", "? Ada", "… Bob Builder", "– Cleo Client")]
        assert lines == sorted(lines)
        assert "They say that it is settled?" in desk.line("? Ada")
        assert "no word since" in desk.line("… Bob Builder")
        assert "no answer needed?" in desk.line("– Cleo Client")


async def test_a_follow_up_is_not_shown_before_its_day(home: Home, sit: Sit) -> None:
    wait_for(home, days=1)

    async with sit() as desk:
        assert "Bob Builder" not in desk.screen
        assert "Nobody waits for you" in desk.screen


@pytest.mark.parametrize(("key", "after"), [("y", "withdrawn"), ("n", "open")])
async def test_yes_and_no_answer_a_question(home: Home, sit: Sit, key: str, after: str) -> None:
    mail = ask(home)

    async with sit() as desk:
        await desk.press("end", key)

        assert state(home, mail) == after
        assert "asked of you" not in desk.screen


async def test_yes_says_so_where_nothing_is_asked(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("y")

        await desk.wait_for("Nothing is asked here.")


async def test_n_agrees_that_no_answer_is_needed(home: Home, sit: Sit) -> None:
    thank(home)

    async with sit() as desk:
        await desk.press("n")

        assert home.household.database.reading(unowed.pending) == []
        await desk.wait_for("Nobody waits for an answer.")


async def test_an_answer_may_be_owed_after_all(home: Home, sit: Sit) -> None:
    mail = thank(home)

    async with sit() as desk:
        await desk.press("O")

        await desk.wait_for("1 person waits for you")
    assert (
        home.household.database.reading(lambda connection: promises.live_of_matter(connection, mail.matter_id))
        is not None
    )


@pytest.mark.parametrize("make", [wait_for, thank], ids=["a follow-up", "thanks"])
async def test_s_closes_the_matter(home: Home, sit: Sit, make: object) -> None:
    assert callable(make)
    mail = make(home)

    async with sit() as desk:
        await desk.press("s", "y")

        await desk.wait_for("Nobody waits for an answer.")
    matter = home.household.database.reading(lambda connection: views.matter(connection, mail.matter_id))
    assert matter is not None
    assert matter.turn == "nobody"


async def test_another_day_is_set_by_key(home: Home, sit: Sit) -> None:
    mail = wait_for(home)

    async with sit() as desk:
        await desk.press("u")
        await desk.type("2026-03-20")
        await desk.press("enter")
        later = home.household.database.reading(lambda connection: views.follow_up_of(connection, mail.matter_id))
        gone = "… Bob Builder" not in desk.screen

    assert gone
    assert later is not None
    assert later.by_hand
    assert later.due_at.date().isoformat() == "2026-03-19", "midnight of the 20th in Zurich"


async def test_a_key_waits_no_longer(home: Home, sit: Sit) -> None:
    wait_for(home)

    async with sit() as desk:
        await desk.press("U")

        await desk.wait_for("Nobody waits for an answer.")
    assert home.household.database.reading(views.follow_ups) == []


async def test_away_offers_to_extend_what_falls_due_meanwhile(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", due=NOW + timedelta(days=1))

    async with sit() as desk:
        await desk.press("w")
        await desk.type("2026-03-06")
        await desk.press("enter")
        await desk.wait_for("Extend 1 promise to after your return?")
        await desk.press("y")

        assert state(home, mail) == "extended"
    assert [away.kind for _, away in home.household.database.reading(home_store.absences)] == ["away"]


def doubt(home: Home, kind: str) -> int:
    """A mail of which nobody knows whether it left."""
    mail = home.mail("Ada Asker", "figures")
    item = home.awaiting(mail)
    with home.household.database.write() as connection:
        connection.execute("UPDATE outbox SET kind = ?, state = 'unknown' WHERE id = ?", (kind, item))
    return item


async def test_a_mail_of_unknown_fate_is_sent_again_or_left(home: Home, sit: Sit) -> None:
    item = doubt(home, "owner")

    async with sit() as desk:
        await desk.press("2", "S", "y")

        found = home.household.database.reading(lambda connection: views.outbox_item(connection, item))
        assert found is not None
        assert found.state == "queued"


async def test_what_the_machine_wrote_is_never_sent_twice(home: Home, sit: Sit) -> None:
    item = doubt(home, "auto")

    with pytest.raises(UserError, match="never sent twice"):
        outgoing.send_again(home.household, item)
    async with sit() as desk:
        await desk.press("2", "D", "y")

        found = home.household.database.reading(lambda connection: views.outbox_item(connection, item))
        assert found is not None
        assert found.state == "failed"
