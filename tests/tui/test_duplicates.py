"""Who may be one person, at the desk."""

from __future__ import annotations

import pytest

from inboxcrm.domain.address import address
from inboxcrm.store import contacts, merging
from inboxcrm.store.lookalikes import distinct_pairs
from tests.tui.conftest import Sit
from tests.tui.home import NOW, Home

pytestmark = pytest.mark.slow


def twin(home: Home) -> None:
    """Ada again, by another address."""
    with home.household.database.write() as connection:
        contacts.add_contact(connection, address("Ada Asker", "ada@home.example"), None, now=NOW)


async def test_two_contacts_become_one_with_two_keys(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")
    twin(home)

    async with sit(width=140) as desk:
        await desk.press("4", "y")
        assert "1 pair may be one person" in desk.screen
        assert "the same name" in desk.screen

        await desk.press("y", "y")

        await desk.wait_for("No two contacts look like one person.")
    assert len(home.household.database.reading(merging.merges)) == 1


async def test_two_people_are_told_apart_with_one_key(home: Home, sit: Sit) -> None:
    home.mail("Ada Asker", "figures")
    twin(home)

    async with sit(width=140) as desk:
        await desk.press("4", "y", "n")

        await desk.wait_for("No two contacts look like one person.")
    assert len(home.household.database.reading(distinct_pairs)) == 1
