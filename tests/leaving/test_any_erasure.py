"""Whatever came and was noted, and whoever is erased: no row is left an orphan, and no one else loses a word."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from inboxcrm.domain.commitments import Kind as Agreed
from inboxcrm.domain.commitments import Side
from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.errors import UserError
from inboxcrm.service import actions, commitments, erasing, keeping, meant
from inboxcrm.store import views
from tests.leaving.test_erasing import sound, where_it_says
from tests.service.house import House, mail, own

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A house takes too long to build for a failure to be made smaller."""

NAMES = ("Bob", "Cy", "Dee", "Eve")
MOVES = st.lists(
    st.tuples(
        st.sampled_from(("writes", "wrote", "own", "note", "occasion", "call", "agree", "settle", "erase")),
        st.integers(0, len(NAMES) - 1),
        st.sets(st.integers(0, len(NAMES) - 1), max_size=2),
    ),
    min_size=6,
    max_size=24,
)


def person(number: int) -> str:
    return f"{NAMES[number]} Person <{address(number)}>"


def address(number: int) -> str:
    return f"{NAMES[number].lower()}@{'client' if number < 2 else 'gmail'}.example"


@pytest.mark.slow
@given(MOVES)
@settings(max_examples=8, phases=UNSHRUNK)
def test_after_any_erasure_the_home_is_sound_and_the_person_gone(moves: list[tuple[str, int, set[int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        try:
            asyncio.run(_play(house, moves))
        finally:
            house.close()


async def _play(house: House, moves: list[tuple[str, int, set[int]]]) -> None:
    for number, (what, who, others) in enumerate(moves):
        house.clock.advance(timedelta(minutes=7))
        cc = ", ".join(person(each) for each in sorted(others - {who})) or None
        if what in ("writes", "wrote"):
            raw = mail(number, sender=person(who), cc=cc, subject=f"About {number % 3}", text=f"letter {number}\n")
            await house.arrive(raw, live=what == "writes")
        elif what == "own":
            raw = own(number, to=person(who), cc=cc, subject=f"About {number % 3}", text=f"answer {number}\n")
            await house.arrive(raw, folder="Sent")
        elif what == "erase":
            _erase(house, who)
        else:
            _note(house, what, who)
        await house.deliver.run_once()
    sound(house)


def _found(house: House, who: int) -> views.ContactRow | None:
    with house.household.database.read() as connection:
        try:
            return meant.contact_of(connection, address(who))
        except UserError:
            return None


def _note(house: House, what: str, who: int) -> None:
    found = _found(house, who)
    if found is None:
        return
    home = house.household
    if what == "note":
        keeping.note_of(home, found.id, f"word of {found.name}")
    elif what == "call":
        keeping.log(home, found.id, channel="phone", from_owner=True, at=None, note=f"called {found.name}")
    elif what == "agree":
        agreed = commitments.enter(
            home, found.id, f"send to {found.name}", side=Side.MINE, kind=Agreed.DEED, until=None
        )
        commitments.done(home, agreed.id, how=f"told {found.name}")
    elif what == "occasion" and not home.database.reading(
        lambda connection: connection.execute("SELECT 1 FROM occasions WHERE contact_id = ?", (found.id,)).fetchone()
    ):
        keeping.enter_occasion(home, found.id, Occasion(Kind.BIRTHDAY, 5, 4, None))
    elif what == "settle":
        for row in home.database.reading(views.all_owed):
            if row.contact_id == found.id:
                actions.done(home, str(row.message_id), how=f"told {found.name} at the {address(who)} party")


def _erase(house: House, who: int) -> None:
    found = _found(house, who)
    if found is None:
        return
    others = _words_of_others(house, who)
    shown = erasing.preview(house.household, found)
    if shown.held:
        return

    done = erasing.erase(house.household, found)

    assert done.counts == shown.counts
    assert where_it_says(house, address(who)) == []
    assert where_it_says(house, f"{found.name}") == []
    assert _words_of_others(house, who) == others
    sound(house)


def _words_of_others(house: House, who: int) -> list[tuple[object, ...]]:
    """The texts of letters by others than this person and the owner, and what is noted of them."""
    return [
        *house.ask(
            """
            SELECT letters.text FROM letters JOIN messages ON messages.id = letters.message_id
            WHERE sender_key NOT IN (?, 'ann@example.org') ORDER BY messages.id
            """,
            address(who),
        ),
        *house.ask(
            """
            SELECT text FROM facts JOIN addresses ON addresses.contact_id = facts.contact_id
            WHERE key <> ? ORDER BY facts.id
            """,
            address(who),
        ),
    ]
