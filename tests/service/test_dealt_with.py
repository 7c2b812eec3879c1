"""An acknowledgement waits; meanwhile the owner, or a filter for spam, deals with the mail in the mailbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.service import outgoing
from tests.service.house import House, mail


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


async def told(house: House, *, flags: Sequence[str] = (), gone: bool = False) -> None:
    """A minute later the server reports this of the first mail in the inbox."""
    house.clock.advance(timedelta(minutes=1))
    news = replace(house.batch(), flags=((1, frozenset(flags)),) if flags else (), vanished=((1, 1),) if gone else ())
    await house.ingest.take(news)


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("\\Seen", "\\Answered"), "the mail is marked as answered"),
        (("\\Seen", "$Junk"), "the mail was put among junk or trash"),
        (("Junk",), "the mail was put among junk or trash"),
        (("\\Deleted",), "the mail was put among junk or trash"),
    ],
    ids=["answered", "junk", "junk without a sign", "deleted"],
)
async def test_what_a_mail_program_marks_while_its_acknowledgement_waits_is_not_acknowledged(
    house: House, flags: tuple[str, ...], why: str
) -> None:
    await house.know()
    await house.arrive(mail())

    await told(house, flags=flags)
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert (house.item().state, house.item().reply) == ("cancelled", why)
    assert house.promise().state == "open"


async def test_what_is_moved_to_junk_while_its_acknowledgement_waits_is_not_acknowledged(house: House) -> None:
    await house.know()
    await house.arrive(mail())

    await told(house, gone=True)
    await house.arrive(mail(), folder="Junk")
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert house.item().state == "cancelled"


@pytest.mark.parametrize("flags", [("\\Seen",), ("\\Seen", "\\Flagged", "$NotJunk", "NonJunk")])
async def test_a_mail_that_was_only_read_is_acknowledged(house: House, flags: tuple[str, ...]) -> None:
    await house.arrive(mail())

    await told(house, flags=flags)
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1


async def test_a_mail_that_lies_elsewhere_too_is_acknowledged(house: House) -> None:
    await house.arrive(mail())

    await house.arrive(mail(), folder="Projects")
    await told(house, flags=("\\Deleted",))
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1


async def test_a_strangers_mail_that_left_every_folder_waits_for_a_key(house: House) -> None:
    await house.arrive(mail())

    await told(house, gone=True)
    await house.pass_time(minutes=11)
    waits = house.item().state
    outgoing.approve(house.household, house.item().id)
    await house.pass_time(seconds=1)

    assert waits == "awaiting"
    assert [one.recipient for one in house.transport.sent] == ["bob@client.example"]


async def test_a_clients_mail_that_was_put_away_is_acknowledged(house: House) -> None:
    await house.know()
    await house.arrive(mail())

    await told(house, gone=True)
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1
