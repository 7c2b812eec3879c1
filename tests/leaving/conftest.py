"""A house with clients in it, their letters and what was noted of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inboxcrm import bootstrap
from inboxcrm.cli import archives as _archives
from inboxcrm.cli import client_file as _client_file
from inboxcrm.cli.root import cli
from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.service import keeping, meant
from tests.service.house import MONDAY, House, mail, own

COMMANDS = (_archives, _client_file)
"""The modules whose commands are tried: importing them enters the commands."""

Run = Callable[..., Result]

BOB, CY, DEE = "bob@client.example", "cy@client.example", "dee@other.example"


def contact(house: House, who: str = BOB) -> int:
    with house.household.database.read() as connection:
        return meant.contact_of(connection, who).id


async def furnish(house: House) -> None:
    """Bob writes and is answered and acknowledged; Cy and Dee write; one letter goes to Bob and Dee; all is noted."""
    await house.know()
    await house.arrive(mail(1, text="until when does the offer for the roof stand?\n\nBob\n"))
    await house.pass_time(minutes=11)
    await house.arrive(own(1, answers="<letter.1@client.example>", at=house.clock.now()), folder="Sent")
    await house.arrive(mail(2, sender=f"Cy Client <{CY}>", subject="Cellar", text="about the cellar\n"), live=False)
    await house.arrive(
        mail(3, sender=f"Dee Elsewhere <{DEE}>", subject="Tiles", text="tiles for Bob's roof\n"), live=False
    )
    both = own(4, to=f"Bob Client <{BOB}>, Dee Elsewhere <{DEE}>", subject="Both of you", text="Dear both,\n\nyes.\n")
    await house.arrive(both, folder="Sent", received_at=house.clock.now())
    fresh = mail(5, sender=f"Dee Elsewhere <{DEE}>", cc=f"Bob Client <{BOB}>", subject="Tiles again", text="tiles!\n")
    await house.arrive(fresh, live=False)
    home = house.household
    keeping.note_of(home, contact(house), "Daughter starts school <script>alert(1)</script>")
    keeping.note_of(home, contact(house, DEE), "Dee has a secret")
    keeping.enter_occasion(home, contact(house), Occasion(Kind.BIRTHDAY, 5, 4, 1980))
    keeping.log(home, contact(house), channel="phone", from_owner=True, at=MONDAY - timedelta(days=9), note="the roof")
    keeping.prefer(home, contact(house), "phone", "not before ten")


@pytest.fixture
async def house(tmp_path: Path) -> Any:
    """The house with all of it."""
    (tmp_path / "home").mkdir()
    opened = House(tmp_path / "home")
    await furnish(opened)
    yield opened
    opened.close()


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on this house, by its clock."""

    @contextmanager
    def opened(*_: Any, **__: Any) -> Any:
        yield house.household

    monkeypatch.setattr(bootstrap, "household", opened)

    def call(*arguments: str | Path, **how: Any) -> Result:
        return CliRunner().invoke(cli, [str(each) for each in arguments], **how)

    return call
