"""Every key does what the help says, through the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from inboxcrm_tui.screens.dialogs import Confirm
from inboxcrm_tui.screens.pages import KEYS, HelpScreen, WhyScreen
from textual.events import Paste
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from inboxcrm.domain import promise as ledger
from inboxcrm.service import outgoing
from inboxcrm.store import home as home_store
from inboxcrm.store import outbox, promises, views
from tests.tui.conftest import Sit
from tests.tui.driver import Driver
from tests.tui.home import NOW, Home, Mail

pytestmark = pytest.mark.slow


def ended(home: Home, mail: Mail) -> views.PromiseRow:
    [row] = home.household.database.reading(lambda connection: views.promises_of_message(connection, mail.message_id))
    return row


@pytest.mark.parametrize(
    ("keys", "state", "how"),
    [
        pytest.param(("p", "enter"), "kept", "phone", id="phoned"),
        pytest.param(("m", "enter"), "kept", "met", id="met"),
        pytest.param(("d", "y"), "kept", "elsewhere", id="done elsewhere"),
        pytest.param(("d", "enter"), "kept", "elsewhere", id="done elsewhere by enter"),
        pytest.param(("n", "y"), "moot", "needless", id="not needed"),
        pytest.param(("s", "y"), "withdrawn", "withdrawn", id="settled"),
    ],
)
async def test_a_promise_ends_by_key(home: Home, sit: Sit, keys: tuple[str, ...], state: str, how: str) -> None:
    mail = home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press(*keys)

        assert (ended(home, mail).state, ended(home, mail).ended_how) == (state, how)
        await desk.wait_for("Nobody waits for an answer.")


@pytest.mark.parametrize("keys", [("p", "escape"), ("d", "n"), ("d", "escape"), ("z", "escape"), ("w", "escape")])
async def test_leaving_a_dialog_does_nothing(home: Home, sit: Sit, keys: tuple[str, ...]) -> None:
    mail = home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press(*keys)

        assert ended(home, mail).state == "open"
        assert "Ada Asker" in desk.screen


async def test_the_time_of_a_call_can_be_told_and_a_wrong_one_is_asked_again(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("p")
        await desk.type("soonish")
        await desk.press("enter")
        assert "'soonish' is no time" in desk.screen

        await desk.type("20m")
        await desk.press("enter")

    assert ended(home, mail).ended_at == NOW - timedelta(minutes=20)


async def test_other_asks_how(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("o", "enter")
        assert "say in a word or two" in desk.screen
        await desk.type("by letter")
        await desk.press("enter")

    assert ended(home, mail).ended_how == "by letter"


async def test_extend_moves_the_date_and_tells_that_the_client_does_not_know(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", due=NOW + timedelta(hours=1))

    async with sit() as desk:
        await desk.press("e")
        await desk.type("2026-03-09 12:00")
        await desk.press("enter")
        await desk.wait_for("does not know it yet")

    assert ended(home, mail).state == "extended"
    assert ended(home, mail).due_at == NOW + timedelta(days=6, hours=1)


async def test_extend_to_a_day_promises_that_day_and_not_the_one_before(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", due=NOW + timedelta(hours=1))

    async with sit() as desk:
        await desk.press("e")
        await desk.type("2026-03-09")
        await desk.press("enter")
        await desk.wait_for("does not know it yet")

    due_at = ended(home, mail).due_at
    assert due_at is not None
    assert datetime(2026, 3, 9, 12, tzinfo=UTC) < due_at < datetime(2026, 3, 9, 23, tzinfo=UTC)


async def test_extend_without_a_date_takes_what_can_honestly_be_expected(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", due=NOW + timedelta(hours=1))

    async with sit() as desk:
        await desk.press("e", "enter")

    assert ended(home, mail).state == "extended"


async def test_a_time_that_is_refused_says_why_in_its_window_and_stays_to_be_mended(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", due=NOW + timedelta(days=6))

    async with sit() as desk:
        await desk.press("e")
        await desk.type("2026-03-04")
        await desk.press("enter")
        await desk.wait_for("an extension needs a date later")
        assert desk.line("until").split()[-2:] == ["2026-03-04", "│"]
        refused = ended(home, mail).state

        await desk.press("end", "backspace", "backspace", "1", "8", "enter")
        await desk.wait_for("Now due Wed 18 Mar")

    assert (refused, ended(home, mail).state) == ("open", "extended")


@pytest.mark.parametrize(("key", "says"), [("z", "is not in the future"), ("w", "the absence would end")])
async def test_a_time_that_has_passed_stays_in_its_window(home: Home, sit: Sit, key: str, says: str) -> None:
    home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press(key)
        await desk.type("2026-01-02 10:00")
        await desk.press("enter")
        await desk.wait_for(says)
        assert "2026-01-02 10:00" in desk.line("until")

        await desk.press("escape")
        assert "Enter does it" not in desk.screen


async def test_a_day_to_ask_after_that_has_passed_stays_in_its_window(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("u")
        await desk.type("2026-01-02")
        await desk.press("enter")

        assert "is not in the future" in " ".join(desk.screen.split())
        assert "2026-01-02" in desk.line("│  on ")


async def test_two_enters_in_a_row_do_it_once(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("z")
        line = desk.app.focused
        assert isinstance(line, Input)
        for _ in range(2):
            line.post_message(Input.Submitted(line, line.value))
        await desk.wait_for("Nobody waits for an answer.")

    deeds = home.household.database.reading(
        lambda connection: connection.execute("SELECT COUNT(*) FROM events WHERE kind = 'snooze'").fetchone()[0]
    )
    assert deeds == 1


async def test_a_year_that_is_a_slip_of_the_hand_moves_nothing(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", due=NOW + timedelta(days=6))

    async with sit() as desk:
        await desk.press("e")
        await desk.type("2062-03-10")
        await desk.press("enter")
        await desk.wait_for("more than a year")

    assert ended(home, mail).state == "open"


async def test_snooze_hides_the_row_and_keeps_the_date(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("z", "enter")
        await desk.wait_for("Nobody waits for an answer.")

    found = home.household.database.reading(lambda connection: views.owed(connection, mail.promise_id or 0))
    assert found is not None
    assert found.snoozed_until == NOW + timedelta(days=1)
    assert found.due_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(("key", "state"), [("a", "queued"), ("r", "cancelled")])
async def test_the_outbox_shows_the_text_as_it_goes_and_takes_the_decision(
    home: Home, sit: Sit, key: str, state: str
) -> None:
    item = home.awaiting(home.mail("Ada Asker", "figures"), "Your message is here.\n\nMy answer comes on Tuesday.")

    async with sit() as desk:
        assert "1 to approve" in desk.screen
        await desk.press("2")
        assert "My answer comes on Tuesday." in desk.screen
        assert "waits for you" in desk.screen

        await desk.press(key)

        found = home.household.database.reading(lambda connection: outbox.by_id(connection, item))
        assert found is not None
        assert found.state == state


def state_of(home: Home, item: int) -> str:
    found = home.household.database.reading(lambda connection: outbox.by_id(connection, item))
    assert found is not None
    return found.state


async def test_a_key_after_a_decision_is_for_the_next_mail_and_not_before_one_can_have_read_it(
    home: Home, sit: Sit
) -> None:
    first = home.awaiting(home.mail("Ada Asker", "figures"), "for Ada")
    second = home.awaiting(home.mail("Ben Second", "numbers"), "for Ben")
    upper, lower = second, first

    async with sit() as desk:
        await desk.press("2")
        await desk.pilot.press("a", "r", "a")
        await desk.settle()
        assert (state_of(home, upper), state_of(home, lower)) == ("queued", "awaiting")
        await desk.press("r")
        assert state_of(home, lower) == "awaiting"
        assert "look at it first" in desk.screen

        home.clock.advance(timedelta(seconds=1))
        await desk.press("r")

    assert (state_of(home, upper), state_of(home, lower)) == ("queued", "cancelled")


async def test_a_mail_that_was_let_go_is_dropped_after_a_yes_only(home: Home, sit: Sit) -> None:
    item = home.awaiting(home.mail("Ada Asker", "figures"), "for Ada")

    async with sit() as desk:
        await desk.press("2", "a", "r")
        assert "Drop it after all?" in desk.screen
        assert state_of(home, item) == "queued"
        await desk.press("y")

    assert state_of(home, item) == "cancelled"


async def test_a_mail_that_leaves_by_itself_puts_no_other_under_the_hand(home: Home, sit: Sit) -> None:
    home.awaiting(home.mail("Ada Asker", "figures"), "for Ada")
    other = home.awaiting(home.mail("Ben Second", "numbers"), "for Ben")

    async with sit() as desk:
        await desk.press("2")
        outgoing.reject(home.household, other)
        desk.app.read_again()
        await desk.press("r")
        assert "for Ada" in desk.screen

    assert home.household.database.reading(lambda connection: len(views.outbox(connection, states=("awaiting",)))) == 1


def named(desk: Driver) -> set[str]:
    return {str(key.description) for key in desk.app.screen.query(FooterKey)}


async def test_the_line_of_keys_names_what_does_something_here(home: Home, sit: Sit) -> None:
    always = {"Help", "Search", "Quit"}

    async with sit(width=150) as desk:
        assert named(desk) == {*always, "Outbox"}

        owed = home.mail("Ada Asker", "figures")
        desk.app.read_again()
        await desk.settle()
        assert {"Open", "Phoned", "Extend", "Not needed", "Fact", "Why", "Contact"} <= named(desk)

        await desk.press("2")
        assert named(desk) == {*always, "All"}
        home.awaiting(owed)
        desk.app.read_again()
        await desk.settle()
        assert {"Approve", "Reject", "Open", "Why"} <= named(desk)
        assert not {"Phoned", "Extend", "Outbox"} & named(desk)

        await desk.press("5")
        assert named(desk) == {*always, "Outbox"}
        await desk.press("h")
        assert named(desk) == {"Search", "Quit", "Outbox"}


async def test_a_small_terminal_shows_the_pages_own_keys_and_whole_windows(home: Home, sit: Sit) -> None:
    home.awaiting(home.mail("Ada Asker", "figures"))

    async with sit(width=60, height=18) as desk:
        await desk.press("2")
        assert "a Approve  r Reject" in desk.screen.split("\n")[-1]

        await desk.press("w")
        await desk.type("nonsense")
        await desk.press("enter")
        assert "catch up" in desk.screen
        assert "Enter does it" in desk.screen
        assert "'nonsense' is no time" in desk.screen
        await desk.press("escape", "6")
        assert "A shows what was done." in " ".join(desk.screen.split())


async def test_on_a_narrow_terminal_the_first_a_shows_the_text_and_the_second_approves(home: Home, sit: Sit) -> None:
    item = home.awaiting(home.mail("Ada Asker", "figures"), "My answer comes on Tuesday.")

    async with sit(width=80, height=24) as desk:
        await desk.press("2", "a")
        found = home.household.database.reading(lambda connection: outbox.by_id(connection, item))
        assert found is not None
        assert found.state == "awaiting"
        assert "My answer comes on Tuesday." in desk.screen

        await desk.press("a")

    found = home.household.database.reading(lambda connection: outbox.by_id(connection, item))
    assert found is not None
    assert found.state == "queued"


async def test_a_in_the_queue_goes_to_the_persons_mail_in_the_outbox(home: Home, sit: Sit) -> None:
    first, second = home.mail("Ada Asker", "figures"), home.mail("Ben Second", "numbers")
    home.awaiting(first, "for Ada")
    home.awaiting(second, "for Ben")

    async with sit() as desk:
        await desk.press("a")

        assert "for Ada" in desk.screen


async def test_pause_asks_and_resume_asks(home: Home, sit: Sit) -> None:
    async with sit() as desk:
        await desk.press("P")
        assert "Stop all automatic mail at once?" in desk.screen
        await desk.press("y")
        await desk.wait_for("PAUSED since")
        assert home.household.database.reading(home_store.paused_at) == NOW

        await desk.press("P", "y")
        await desk.settle()

    assert home.household.database.reading(home_store.paused_at) is None


async def test_a_pulled_brake_is_shown_and_lifted_by_the_same_key(home: Home, sit: Sit) -> None:
    with home.household.database.write() as connection:
        home_store.set_value(connection, home_store.BRAKE, "2026-03-03T08:00:00Z")

    async with sit() as desk:
        await desk.wait_for("BRAKE on since")
        await desk.press("P")
        assert "Let automatic mail flow again?" in desk.screen
        await desk.press("y")
        await desk.settle()
        assert "BRAKE on since" not in desk.screen

    assert home.household.database.reading(home_store.braked_at) is None


async def test_pasted_text_answers_no_dialog(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("d")
        assert isinstance(desk.app.screen, Confirm)
        desk.app.post_message(Paste("y\ny\n"))
        await desk.settle()
        assert isinstance(desk.app.screen, Confirm)
        await desk.press("escape", "p")
        desk.app.post_message(Paste("now\n\n"))
        await desk.settle()

        assert ended(home, mail).state == "open"


async def test_pasted_text_presses_no_key_on_a_page(home: Home, sit: Sit) -> None:
    item = home.awaiting(home.mail("Ada Asker", "figures"))

    async with sit() as desk:
        await desk.press("2")
        desk.app.post_message(Paste("a"))
        await desk.settle()

    found = home.household.database.reading(lambda connection: outbox.by_id(connection, item))
    assert found is not None
    assert found.state == "awaiting"


async def test_away_is_entered_lists_what_falls_inside_and_ends(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures", due=NOW + timedelta(days=1))

    async with sit() as desk:
        await desk.press("w")
        await desk.press("enter")
        assert "say until when" in desk.screen
        await desk.type("2026-03-09")
        await desk.press("enter")
        await desk.wait_for("1 promise falls")
        [(_, away)] = home.household.database.reading(home_store.absences)
        assert away.end_at.astimezone(home.household.config.owner.timezone).isoformat() == "2026-03-10T00:00:00+01:00"
        assert "away until" in desk.screen
        await desk.wait_for("Extend 1 promise to after your return?")

        await desk.press("n", "w")
        await desk.type("2026-03-16")
        await desk.press("enter")
        await desk.wait_for("away until Tue 17 Mar 00:00")
        await desk.press("n", "w", "ctrl+b")
        await desk.wait_for("Back. 2 absences ended.")


async def test_question_mark_tells_every_stored_reason(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", told=True)
    home.decided(mail, saw="dkim=pass client.example")

    async with sit(height=45) as desk:
        await desk.press("question_mark")

        assert isinstance(desk.app.screen, WhyScreen)
        for told in (
            "dkim=pass client.example",
            "Asked, and silent: A1",
            "known by their address",
            "office hours: within hours",
            "8h of office time",
            "Tue 2026-03-03 09:00–17:30",
            "the answer comes soon enough",
            "The promise: open",
            "made",
        ):
            assert told in desk.screen


async def test_the_record_shows_promises_and_months(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")
    kept = home.mail("Ben Second", "numbers")
    with home.household.database.write() as connection:
        found = promises.by_id(connection, kept.promise_id or 0)
        assert found is not None
        promises.happen(connection, found, ledger.answered(found.duty, NOW), how="mail")

    async with sit() as desk:
        await desk.press("3")

        assert "The record · 100% in time · 1 kept · 1 open" in desk.screen
        assert "kept by mail" in desk.line("Ben Second")
        assert "2026-03" in desk.screen
        assert "█ kept  █ late  █ broken  █ open" in desk.screen
        assert "██" in desk.line("2026-03")
        assert "100%" in desk.line("2026-03")
        assert "told times that were held" in desk.screen


async def test_contacts_are_listed_and_open(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")

    async with sit() as desk:
        await desk.press("4")
        assert "1 contact" in desk.screen
        await desk.press("enter")
        assert "a stranger so far" in desk.screen
        await desk.press("1")
        assert "1 person waits" in desk.screen


async def test_an_alarm_is_cleared_after_a_yes(home: Home, sit: Sit) -> None:
    with home.household.database.write() as connection:
        home_store.raise_alarm(connection, "breaker", "too many", now=NOW)

    async with sit() as desk:
        await desk.press("x", "y")
        await desk.settle()
        assert "ALARM" not in desk.screen


@pytest.mark.parametrize("key", ["h", "f1"])
async def test_help_names_every_key(sit: Sit, key: str) -> None:
    async with sit(height=70) as desk:
        await desk.press(key)

        assert isinstance(desk.app.screen, HelpScreen)
        for _, rows in KEYS:
            for _, does in rows:
                assert does in desk.screen


async def test_keys_without_anything_under_them_say_so(sit: Sit) -> None:
    async with sit() as desk:
        await desk.press("p")
        assert "Nothing is owed here." in desk.screen
        await desk.press("question_mark", "c", "x", "escape", "t", "space", "left")


async def test_q_leaves_the_desk(sit: Sit) -> None:
    async with sit() as desk:
        await desk.press("q")

        assert desk.app.return_code == 0


async def test_what_the_last_key_did_is_taken_back_by_key(home: Home, sit: Sit) -> None:
    mail = home.mail("Ada Asker", "figures", told=True)

    async with sit() as desk:
        await desk.press("Z")
        assert "Nothing was done yet." in desk.screen
        await desk.press("n", "y")
        await desk.wait_for("Z takes it back.")
        await desk.press("Z")
        assert "Take back: No answer needed?" in desk.screen
        await desk.press("y")
        await desk.wait_for("told: Wed 4 Mar 11:00")

        assert ended(home, mail).state == "open"
        await desk.press("e", "enter")
        await desk.press("Z")
        await desk.wait_for("A later date stays: a word once given")


async def test_a_matter_is_split_and_merged_by_key_and_both_are_taken_back(home: Home, sit: Sit) -> None:
    first = home.mail("Ada Asker", "figures")
    home.mail("Ada Asker", "parking", matter_id=first.matter_id, promised=False, at=NOW)
    other = home.mail("Ada Asker", "the roof", promised=False, at=NOW)

    def matters() -> list[int | None]:
        with home.household.database.read() as connection:
            return [row.matter_id for row in sorted(views.newest(connection), key=lambda row: row.id)]

    async with sit() as desk:
        await desk.press("enter", "down", "V", "f")
        await desk.wait_for("A new matter with 1 mail.")
        assert "nobody's turn" in desk.line("parking · Ada Asker")
        split = matters()
        await desk.press("M", "enter")
        await desk.wait_for("the roof · Ada Asker · 2 mails")
        merged = matters()
        await desk.press("Z", "y", "Z", "y")
        await desk.settle()

        assert split[0] == first.matter_id != split[1]
        assert merged == [first.matter_id, other.matter_id, other.matter_id]
        assert matters() == [first.matter_id, first.matter_id, other.matter_id]


async def test_the_light_that_was_chosen_stays_for_the_next_desk(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORFGBG", raising=False)
    async with sit() as desk:
        assert desk.app.theme == "desk-evening"
        await desk.press("L")

    async with sit() as desk:
        assert desk.app.theme == "desk-morning"
