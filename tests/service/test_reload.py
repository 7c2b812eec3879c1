"""What is wrong with rules and texts is told, and that it is mended, whatever else goes on as they are saved."""

from __future__ import annotations

import pytest

from inboxcrm.errors import TransientError
from inboxcrm.service.reload import TEXTS_ALARM, reload
from tests.service.house import House, held_by_another, mail

FAULTY = "{{ a name that is none }}\n"


async def test_what_is_saved_while_the_database_is_busy_is_told_at_the_next_look(house: House) -> None:
    await house.arrive(mail())  # from here on rules and texts are in use
    text = house.folder / "templates" / "en" / "acknowledge.txt"
    text.parent.mkdir(parents=True)
    await reload(house.household)

    text.write_text(FAULTY)
    with held_by_another(house), pytest.raises(TransientError):
        await reload(house.household)
    await reload(house.household)
    faulty = house.alarms()
    text.unlink()
    with held_by_another(house), pytest.raises(TransientError):
        await reload(house.household)
    await reload(house.household)

    assert (faulty, house.alarms()) == ([TEXTS_ALARM], [])
