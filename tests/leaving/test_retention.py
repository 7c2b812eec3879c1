"""`inboxcrm retention`: what is old goes by class, what is needed stays, and nothing comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inboxcrm.config import Retention
from inboxcrm.domain.commitments import Kind as Agreed
from inboxcrm.domain.commitments import Side
from inboxcrm.domain.retention import Kind, before, kind_of
from inboxcrm.errors import UserError
from inboxcrm.service import commitments, keeping, meant, retention, turns
from tests.leaving.conftest import Run, contact
from tests.leaving.test_erasing import sound
from tests.service.house import MONDAY, House, mail

LATER = timedelta(days=900)
RULES = Retention(robots=12, lists=6, people=24)
LIST = ("List-Id: <news.client.example>", "List-Unsubscribe: <https://client.example/x>", "Precedence: list")
ROBOT = ("Auto-Submitted: auto-generated",)


@pytest.fixture
async def old(house: House) -> House:
    """The furnished house, nine hundred days later, with a list's and a robot's mail from the first day."""
    await house.arrive(mail(70, sender="News <news@client.example>", fields=LIST, subject="News"), live=False)
    await house.arrive(mail(71, sender="Shop <shop@shop.example>", fields=ROBOT, subject="Receipt"), live=False)
    house.clock.advance(LATER)
    house.household.config = replace(house.household.config, retention=RULES)
    return house


def counted(house: House) -> dict[str, tuple[int, int]]:
    return {row.kind: (row.mails, row.kept) for row in retention.look(house.household)}


def subjects(house: House) -> set[str]:
    return {row.subject for row in house.messages()}


def test_what_is_due_is_shown_and_nothing_is_touched(old: House) -> None:
    before_ = old.ask("SELECT COUNT(*) FROM letters")

    assert counted(old) == {"robots": (1, 0), "lists": (1, 0), "people": (7, 0)}
    assert old.ask("SELECT COUNT(*) FROM letters") == before_


def test_what_is_cleared_away_leaves_the_home_sound_and_what_was_noted(old: House) -> None:
    noted = [
        old.ask(f"SELECT COUNT(*) FROM {table}")
        for table in ("facts", "occasions", "interactions", "contacts", "promises", "promise_events", "answered")
    ]

    retention.apply(old.household)

    assert counted(old) == {"robots": (0, 0), "lists": (0, 0), "people": (0, 0)}
    assert old.messages() == []
    assert old.ask("SELECT COUNT(*) FROM letters") == [(0,)]
    assert [
        old.ask(f"SELECT COUNT(*) FROM {table}")
        for table in ("facts", "occasions", "interactions", "contacts", "promises", "promise_events", "answered")
    ] == noted
    assert old.ask("SELECT subject FROM events WHERE kind = 'retention' ORDER BY id") == [
        ("robots",),
        ("lists",),
        ("people",),
    ]
    sound(old)


async def test_what_was_cleared_away_is_not_read_again(old: House) -> None:
    retention.apply(old.household)

    taken = await old.arrive(
        mail(70, sender="News <news@client.example>", fields=LIST, subject="News"), live=False, folder="Archive"
    )

    assert taken.new == 0
    assert old.messages() == []


async def _owed(house: House) -> None:
    await house.arrive(mail(72, subject="Cellar again", sender="Cy Client <cy@client.example>"), received_at=MONDAY)


async def _agreed(house: House) -> None:
    made = commitments.enter(
        house.household, contact(house, "cy@client.example"), "send", side=Side.MINE, kind=Agreed.DEED, until=None
    )
    with house.household.database.write() as connection:
        connection.execute(
            "UPDATE commitments SET message_id = (SELECT id FROM messages WHERE subject = 'Cellar') WHERE id = ?",
            (made.id,),
        )


async def _held(house: House) -> None:
    with house.household.database.write() as connection:
        connection.execute("INSERT INTO holds VALUES (?, 'a case', '')", (contact(house, "cy@client.example"),))


async def _waited_for(house: House) -> None:
    (row,) = house.ask("SELECT id FROM messages WHERE subject = 'Cellar'")
    turns.follow_up_on(house.household, str(row[0]), at=house.clock.now() + timedelta(days=9))


async def _alive(house: House) -> None:
    raw = mail(73, sender="Cy Client <cy@client.example>", subject="Cellar", answers="<letter.2@client.example>")
    await house.arrive(raw, live=False, received_at=house.clock.now())


@pytest.mark.parametrize("why", [_owed, _agreed, _held, _waited_for, _alive], ids=lambda why: why.__name__)
async def test_mail_that_is_needed_stays(old: House, why: Callable[[House], object]) -> None:
    result = why(old)
    assert hasattr(result, "__await__")
    await result

    kept = counted(old)["people"][1]
    retention.apply(old.household)

    assert kept >= 1
    left = subjects(old)
    assert "Question about the offer" not in left
    assert left & {"Cellar", "Cellar again"}
    sound(old)


def test_a_class_without_a_time_is_kept_for_good(old: House) -> None:
    old.household.config = replace(old.household.config, retention=Retention(lists=1))

    retention.apply(old.household)

    assert "News" not in subjects(old)
    assert {"Receipt", "Cellar"} <= subjects(old)


def test_without_any_rule_the_command_says_how_to_write_one(run: Run, house: House) -> None:
    refused = run("retention", "--apply")

    assert isinstance(refused.exception, UserError)
    assert "[retention]" in str(refused.exception)


def test_the_command_shows_and_does(run: Run, old: House) -> None:
    shown = run("retention", catch_exceptions=False).output
    rows = [json.loads(line) for line in run("retention", "--apply", "--json").output.splitlines()]

    assert "would go" in shown
    assert "inboxcrm retention --apply" in shown
    assert [(row["kind"], row["mails"], row["applied"]) for row in rows] == [
        ("robots", 1, True),
        ("lists", 1, True),
        ("people", 7, True),
    ]


async def test_a_fact_outlives_the_mail_it_was_read_in(old: House) -> None:
    (row,) = old.ask("SELECT id FROM messages WHERE subject = 'Cellar'")
    keeping.note(old.household, str(row[0]), lines=None, text="has a cellar")

    retention.apply(old.household)

    assert ("has a cellar", None) in old.ask("SELECT text, message_id FROM facts")


def test_a_contact_may_be_erased_after_their_mail_was_cleared_away(old: House, run: Run) -> None:
    retention.apply(old.household)

    assert run("erase-contact", "bob@client.example", "--yes", catch_exceptions=False).exit_code == 0
    with pytest.raises(UserError), old.household.database.read() as connection:
        meant.contact_of(connection, "bob@client.example")
    sound(old)


@pytest.mark.parametrize(
    ("direction", "mail_class", "header", "social", "kind"),
    [
        pytest.param("in", "machine", b"Auto-Submitted: x\nSubject: list-id: y\n", False, Kind.ROBOTS, id="a robot"),
        pytest.param("in", "machine", b"From: x\r\nLIST-ID: <x>\r\n", False, Kind.LISTS, id="a list"),
        pytest.param("in", "machine", b"Precedence: Bulk\n", False, Kind.LISTS, id="bulk"),
        pytest.param("in", "machine", b"List-Id: <x>\n", True, Kind.SOCIAL, id="a network"),
        pytest.param("in", "human", b"", False, Kind.PEOPLE, id="a person"),
        pytest.param("in", "unknown", b"List-Id: <x>\n", False, Kind.PEOPLE, id="perhaps a person"),
        pytest.param("out", "human", b"", False, Kind.PEOPLE, id="the owner"),
        pytest.param("auto", "machine", b"", False, Kind.PEOPLE, id="our acknowledgement"),
    ],
)
def test_whatever_may_be_a_persons_is_theirs(
    direction: str, mail_class: str, header: bytes, social: bool, kind: Kind
) -> None:
    assert kind_of(direction=direction, mail_class=mail_class, social=social, header=lambda: header) is kind


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        pytest.param((2026, 3, 31), 1, (2026, 2, 28), id="a short month"),
        pytest.param((2024, 2, 29), 12, (2023, 2, 28), id="no leap day"),
        pytest.param((2026, 1, 15), 1, (2025, 12, 15), id="over new year"),
        pytest.param((2026, 12, 1), 24, (2024, 12, 1), id="two years"),
    ],
)
def test_months_are_counted_by_the_calendar(now: tuple[int, int, int], months: int, then: tuple[int, int, int]) -> None:
    assert before(datetime(*now, 9, tzinfo=UTC), months) == datetime(*then, 9, tzinfo=UTC)
