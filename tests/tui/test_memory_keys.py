"""What people say in passing is kept by one key, suggestions are answered by one, and what rules do can be stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from textual.widgets._footer import FooterKey

from inboxcrm.domain.commitments import Kind, Side
from inboxcrm.domain.deeds import Deeds, Step
from inboxcrm.domain.occasions import Kind as OccasionKind
from inboxcrm.domain.occasions import Occasion
from inboxcrm.service import keeping
from inboxcrm.store import call_backs, commitments, facts, interactions, occasions, told_occasions, touches, workflows
from inboxcrm.store.workflows import Begun
from tests.tui.conftest import Sit
from tests.tui.home import NOW, Home, Mail

pytestmark = pytest.mark.slow

LETTER = "Dear Ann,\n\nwe moved to Bern in May.\nMy new colleague is called Cleo.\n\nAda\n\n> quoted"


def suggest(home: Home, mail: Mail) -> int:
    with home.household.database.write() as connection:
        made = commitments.add(
            connection,
            message_id=mail.message_id,
            contact_id=mail.contact_id,
            matter_id=mail.matter_id,
            side=Side.THEIRS,
            kind=Kind.DEED,
            quote="I will send the plans by Friday.",
            detail="",
            said_at=NOW,
            due_on=date(2026, 3, 6),
            state=commitments.SUGGESTED,
        )
    assert made is not None
    return made


def kept(home: Home) -> list[tuple[str, str]]:
    return [(row.text, row.quote) for row in home.household.database.reading(facts.of_contact)]


@pytest.mark.parametrize(
    ("keys", "text", "quote"),
    [
        pytest.param(("j", "enter"), "we moved to Bern in May.", "we moved to Bern in May.", id="one line"),
        pytest.param(
            ("j", "space", "j", "enter"),
            "we moved to Bern in May. My new colleague is called Cleo.",
            "we moved to Bern in May.\nMy new colleague is called Cleo.",
            id="several lines",
        ),
    ],
)
async def test_lines_of_a_letter_are_kept_as_a_fact(
    home: Home, sit: Sit, keys: tuple[str, ...], text: str, quote: str
) -> None:
    home.mail("Ada Asker", "news", LETTER)

    async with sit() as desk:
        await desk.press("f", *keys)

        assert kept(home) == [(text, quote)]
        await desk.wait_for("we moved to Bern")


async def test_words_of_ones_own_stand_for_the_line(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "news", LETTER)

    async with sit() as desk:
        await desk.press("f", "j", "tab")
        await desk.type("moved to Bern")
        await desk.press("enter")

    assert kept(home) == [("moved to Bern", "we moved to Bern in May.")]


async def test_leaving_keeps_nothing(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "news", LETTER)

    async with sit() as desk:
        await desk.press("f", "escape", "t", "escape", "l", "escape")

    assert kept(home) == []


async def test_what_was_agreed_is_entered_listed_and_done(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "news")

    async with sit() as desk:
        await desk.press("t")
        await desk.type("send the plans")
        await desk.press("tab")
        await desk.type("them")
        await desk.press("tab")
        await desk.type("2026-03-06")
        await desk.press("enter", "7")
        assert "by Fri 6 Mar" in desk.line("Ada Asker")
        await desk.press("d", "y")
        await desk.wait_for("Nothing is agreed on record.")

    (row,) = home.household.database.reading(lambda connection: commitments.listed(connection, states=("done",)))
    assert (row.side, row.quote, row.due_on) == ("theirs", "send the plans", date(2026, 3, 6))


async def test_a_call_that_answers_nothing_is_logged(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "news", promised=False)

    async with sit() as desk:
        await desk.press("4", "enter", "l", "enter")

    rows = home.household.database.reading(lambda connection: interactions.listed(connection, mail.contact_id))
    assert [row.channel for row in rows] == ["phone"]


async def test_a_letter_is_said_to_have_taken(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "offer")
    sent = home.mail("Ada Asker", "my offer", direction="out", matter_id=mail.matter_id, at=NOW - timedelta(hours=1))
    with home.household.database.write() as connection:
        touches.add(
            connection, contact_id=mail.contact_id, at=NOW, kind="give", because="an answer", message_id=sent.message_id
        )

    async with sit() as desk:
        await desk.press("g")
        assert "Did your letter to Ada Asker give or take?" in desk.screen
        await desk.press("t")

    (row,) = home.household.database.reading(touches.listed)
    assert (row.kind, row.because) == ("take", "you said so")


@pytest.mark.parametrize(("key", "state"), [("y", "open"), ("n", "dismissed")])
@pytest.mark.parametrize("page", ["1", "7"])
async def test_a_suggestion_is_answered_with_one_key(home: Home, sit: Sit, page: str, key: str, state: str) -> None:
    made = suggest(home, home.mail("Ada Asker", "plans", promised=False))

    async with sit(width=140) as desk:
        await desk.press(page)
        assert "I will send the plans by Friday." in desk.screen
        await desk.press(key)

    row = home.household.database.reading(lambda connection: commitments.by_id(connection, made))
    assert row is not None
    assert row.state == state


def mention(home: Home, mail: Mail, *, day: int | None) -> None:
    """A day in May of which a letter spoke."""
    with home.household.database.write() as connection:
        told_occasions.suggest(
            connection,
            mail.contact_id,
            kind="anniversary",
            month=5,
            day=day,
            year=2016,
            quote="We celebrate 10 years in May.",
            source="mail",
            told_at=NOW,
            message_id=mail.message_id,
        )


@pytest.mark.parametrize("page", ["1", "7"])
async def test_a_day_of_which_only_the_month_was_told_is_asked_for_and_kept(home: Home, sit: Sit, page: str) -> None:
    mention(home, home.mail("Ada Asker", "party", promised=False), day=None)

    async with sit(width=140) as desk:
        await desk.press(page)
        assert "anniversary, in May, which day?" in desk.line("* Ada Asker")
        await desk.press("y")
        await desk.type("31")
        await desk.press("enter")
        await desk.wait_for("anniversary kept, 05-31")

    (row,) = home.household.database.reading(occasions.listed)
    assert (row.kind, row.year, row.month, row.day) == ("anniversary", 2016, 5, 31)


async def test_a_day_that_was_not_meant_is_dismissed_among_what_was_agreed(home: Home, sit: Sit) -> None:
    mention(home, home.mail("Ada Asker", "party", promised=False), day=4)

    async with sit(width=140) as desk:
        await desk.press("7")
        assert "1 to confirm" in desk.screen
        await desk.press("n")
        await desk.wait_for("Nothing is agreed on record.")

    assert home.household.database.reading(occasions.listed) == []
    assert home.household.database.reading(told_occasions.listed) == []


async def test_the_brief_names_a_day_that_waits_for_a_yes(home: Home, sit: Sit) -> None:
    mention(home, home.mail("Ada Asker", "party"), day=4)

    async with sit(width=180) as desk:
        assert "anniversary, 4 May 2016: “We celebrate 10 years in May.”" in desk.screen


async def test_a_day_and_an_old_fact_lie_on_the_desk(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "party", promised=False)
    long_ago = NOW - timedelta(days=500)
    with home.household.database.write() as connection:
        told_occasions.suggest(
            connection,
            mail.contact_id,
            kind="birthday",
            month=5,
            day=4,
            year=None,
            quote="My birthday is on 4 May.",
            source="mail",
            told_at=NOW,
            message_id=mail.message_id,
        )
        facts.add(
            connection,
            contact_id=mail.contact_id,
            message_id=None,
            text="lives in Bern",
            quote="",
            said_at=long_ago,
            now=long_ago,
        )

    async with sit(width=140) as desk:
        assert "birthday, 4 May?" in desk.line("* Ada Asker")
        assert "still true?" in desk.line("~ Ada Asker")
        await desk.press("y")
        home.clock.advance(timedelta(seconds=1))
        await desk.press("n")

        assert kept(home) == []
        await desk.wait_for("Nobody waits for you")


async def test_a_call_that_is_asked_for_is_shown_and_its_time_set(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "please call")
    with home.household.database.write() as connection:
        call_backs.keep(
            connection,
            mail.promise_id or 0,
            message_id=mail.message_id,
            phrase="call me tomorrow",
            call_at=None,
            call_on=date(2026, 3, 4),
            sure=False,
        )

    async with sit(width=140) as desk:
        assert "call Wed 4 Mar, hour?" in desk.screen
        assert "They ask to be called: “call me tomorrow”" in desk.screen.replace("\n", " ")
        await desk.press("C")
        await desk.type("2026-03-04 10:00")
        await desk.press("enter")
        await desk.wait_for("call Wed 4 Mar 10:00")

    (row,) = home.household.database.reading(call_backs.live)
    assert row.call_at == datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def begin(home: Home, mail: Mail) -> int:
    """A rule that draws up two drafts, one tomorrow and one next week."""
    steps = [
        (Step(Deeds(draft="offer-follow-up")), NOW + timedelta(days=1)),
        (Step(Deeds(notify=True, note="ask by telephone")), NOW + timedelta(days=7)),
    ]
    begun = Begun("offers", "10.toml", "true", "sent", mail.message_id, mail.matter_id, mail.contact_id, None, NOW)
    with home.household.database.write() as connection:
        made = workflows.begin(connection, begun, steps, now=NOW)
    assert made is not None
    return made


async def test_what_a_rule_in_time_will_do_stands_below_what_waits(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "offer", promised=False)
    begin(home, mail)
    keeping.enter_occasion(home.household, mail.contact_id, Occasion(OccasionKind.BIRTHDAY, 3, 14))

    async with sit(width=140) as desk:
        await desk.press("6")
        assert "2 steps wait · 1 ahead" in desk.screen
        assert "birthday, Sat 14 Mar" in desk.line("Thu 12 Mar")
        await desk.press("end")
        assert "Not begun: birthday, Sat 14 Mar." in desk.screen
        await desk.press("r")
        await desk.wait_for("No step waits here.")


@pytest.mark.parametrize(
    ("key", "states"),
    [pytest.param("r", ["cancelled", "cancelled"], id="stop"), pytest.param("R", ["cancelled", "waiting"], id="skip")],
)
async def test_what_a_rule_has_under_way_is_seen_and_stopped(home: Home, sit: Sit, key: str, states: list[str]) -> None:
    made = begin(home, home.mail("Ada Asker", "offer", promised=False))

    async with sit(width=140) as desk:
        await desk.press("6")
        assert "2 steps wait" in desk.screen
        assert "draft offer-follow-up" in desk.screen
        assert "next, Wed 4 Mar 11:00" in desk.screen
        await desk.press(key, "y")

    found = home.household.database.reading(lambda connection: workflows.of_workflow(connection, made))
    assert [step.state for step in found] == states


@pytest.mark.parametrize("width", [80, 100, 140])
async def test_no_key_at_the_bottom_is_cut(home: Home, sit: Sit, width: int) -> None:
    async with sit(width=width) as desk:
        shown = {key.description for key in desk.app.screen.query(FooterKey)}
        bottom = desk.screen.split("\n")[-1]

        assert "Help" in bottom
        assert all(word in bottom for word in shown)
