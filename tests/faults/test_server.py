"""What an IMAP server may say or fail to say: mail is read as soon as it can be, once, and nothing else is held up."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from inboxcrm.ports import MailboxState
from inboxcrm.service.deliver import FRESH
from inboxcrm.testing.imap_faults import Fault
from tests.faults.conftest import Play, Story, around
from tests.faults.server_faults import (
    adds,
    announces,
    asks_for_body,
    bends,
    bye,
    counted,
    names,
    only_ok,
    says,
    silent_idle,
    times,
    undated,
)
from tests.faults.world import PASSWORD, World, answers, message_id

pytestmark = pytest.mark.slow


def while_it(fault: Fault, *, on: str, anew: bool = True) -> Story:
    """A mail comes while the server does this at that command; it is answered all the same."""

    async def story(world: World) -> None:
        played, world.main.mail.faults[on] = counted(fault)
        if anew:
            await world.main.imap.cut_all()
        await world.answered(world.post(subject="meanwhile"))
        await world.until(lambda: played.times, "the fault was not played")

    return story


async def restarted(world: World) -> None:
    """Down for ten minutes."""
    port = world.main.mail.port
    await world.main.mail.stop()
    began = world.clock.monotonic()
    await world.until(lambda: world.clock.monotonic() > began + 600, "time stands still")
    raw = world.post()
    await world.main.mail.start(port)
    await world.answered(raw)


async def literal_belied(world: World, *, by: int) -> None:
    """One mail is announced longer than it is: the connection ends over it three times; then the others go on."""
    poisoned = world.letter(subject="poisoned")
    uid = world.main.account.folder("INBOX").uid_next
    world.main.mail.faults["UID FETCH"] = times(
        9, bends(announces(by)), where=lambda one: asks_for_body(one) and names(b" %d " % uid)(one)
    )
    world.post(poisoned)
    await world.until(lambda: world.ask("SELECT 1 FROM quarantine"), "it was not set aside")
    await world.answered(world.post(subject="behind it"))
    world.main.mail.faults.clear()
    await world.answered(poisoned)


async def in_use(world: World) -> None:
    """Sent cannot be opened for a while: INBOX goes on, and nothing is acknowledged before Sent was read again."""
    await asyncio.sleep(2 * FRESH)  # or it leaves by what was read of Sent a moment ago
    locked = times(3, says(b"NO [INUSE] locked"), where=names(b"Sent"))
    played, world.main.mail.faults["EXAMINE"] = counted(locked)
    raw = world.post()
    await world.until(lambda: world.ask("SELECT 1 FROM messages WHERE message_id = ?", message_id(raw)), "not read")
    await world.answered(raw)
    assert played.times == 3


async def throttled(world: World) -> None:
    """The whole account pauses for a quarter of an hour, and says so."""
    refusal = says(b"NO [THROTTLED] account exceeded command or bandwidth limits")
    world.main.mail.faults.update({"UID FETCH": times(2, refusal), "UID SEARCH": times(2, refusal)})
    began = world.clock.monotonic()
    raw = world.post()
    await world.until(lambda: world.status() is MailboxState.PAUSED, "it does not pause")
    await world.answered(raw)
    assert world.clock.monotonic() - began > 900


async def authenticated_but_not_connected(world: World) -> None:
    world.main.mail.faults["EXAMINE"] = times(3, says(b"BAD User is authenticated but not connected."))
    await world.main.imap.cut_all()
    began = world.clock.monotonic()
    await world.answered(world.post())
    assert world.clock.monotonic() - began > 600


async def renumbered(world: World, *, validity: int | None = None) -> None:
    inbox = world.main.account.folder("INBOX")
    for _ in range(5):
        await world.answered(world.post())
    inbox.reset_uid_validity(validity)
    world.main.account.folder("Sent").reset_uid_validity(validity)
    await world.answered(world.post(subject="after it"))


async def renumbered_at_every_connect(world: World) -> None:
    for _ in range(3):
        world.main.account.folder("INBOX").reset_uid_validity()
        await world.settled()
    await world.answered(world.post(subject="after it"))


async def uid_next_goes_down(world: World) -> None:
    inbox = world.main.account.folder("INBOX")
    first = inbox.uids[-1]
    inbox.expunge([first])
    inbox.uid_next = first
    await world.main.imap.cut_all()
    await world.settled()
    await world.answered(world.post(subject="under a number that was used"))


async def poisoned(world: World) -> None:
    """Whatever fetches one message is refused; the others arrive, and it does when the server has come round."""
    inbox = world.main.account.folder("INBOX")
    port = world.main.mail.port
    await world.main.mail.stop()
    bad = world.post(subject="bad")
    uid = inbox.uids[-1]
    good = [world.post() for _ in range(5)]
    world.main.mail.faults["UID FETCH"] = times(
        99,
        says(b"NO [UNAVAILABLE] try later"),
        where=lambda one: asks_for_body(one) and one.command is not None and _covers(one.command.text(0), uid),
    )
    await world.main.mail.start(port)
    for raw in good:
        await world.answered(raw)
    await world.until(lambda: world.ask("SELECT 1 FROM quarantine"), "it was not set aside")
    world.main.mail.faults.clear()
    await world.answered(bad)


def _covers(uid_set: bytes, uid: int) -> bool:
    for part in uid_set.split(b","):
        low, _, high = part.partition(b":")
        if int(low) <= uid <= int(high or low):
            return True
    return False


async def folder_deleted(world: World) -> None:
    """What lay in it stays on record."""
    kept = world.letter(subject="kept")
    world.main.account.folder("Archive").append(kept)
    known = "SELECT 1 FROM messages WHERE message_id = ?"
    await world.until(lambda: world.ask(known, message_id(kept)), "the archive was not read")
    listed = world.main.mail.traffic.commands["LIST"]
    world.main.account.delete("Archive")
    await world.answered(world.post())
    await world.until(lambda: world.main.mail.traffic.commands["LIST"] > listed, "nobody missed it")
    await world.settled()
    assert world.ask(known, message_id(kept))


async def moved_and_back(world: World) -> None:
    inbox, archive = world.main.account.folder("INBOX"), world.main.account.folder("Archive")
    raw = inbox.messages[-1].raw
    inbox.expunge([inbox.uids[-1]])
    archive.append(raw)
    await world.settled()
    archive.expunge(archive.uids)
    inbox.append(raw)
    await world.settled()
    assert answers(world.main)[message_id(raw)] == 1


async def highest_numbers(world: World) -> None:
    inbox = world.main.account.folder("INBOX")
    inbox.uid_next, inbox.highest_modseq = 2**32 - 5, 2**62
    await world.answered(world.post())
    await world.settled()
    kept = "SELECT uid_next, highest_modseq FROM folders WHERE name = 'INBOX'"
    await world.until(lambda: world.ask(kept) == [(inbox.uid_next, inbox.highest_modseq)], "other numbers are kept")
    inbox.expunge(inbox.uids)
    await world.settled()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(while_it(times(1, bye(b"shutting down")), on="IDLE"), id="3 BYE"),
        pytest.param(restarted, id="4 down for ten minutes"),
        pytest.param(partial(literal_belied, by=40), id="11 a literal shorter than announced"),
        pytest.param(partial(literal_belied, by=-40), id="11 a literal longer than announced"),
        pytest.param(while_it(says(b"NO not now"), on="IDLE"), id="15 IDLE is refused"),
        pytest.param(while_it(silent_idle, on="IDLE"), id="16 IDLE is silent"),
        pytest.param(in_use, id="17 Sent is in use"),
        pytest.param(throttled, id="18 throttled"),
        pytest.param(
            while_it(times(2, says(b"NO [LIMIT] too many connections")), on="LOGIN"), id="19 too many connections"
        ),
        pytest.param(authenticated_but_not_connected, id="20 authenticated but not connected"),
        pytest.param(
            while_it(times(1, bye(b"AccessTokenExpired, try again")), on="UID FETCH", anew=False),
            id="22 BYE AccessTokenExpired",
        ),
        pytest.param(renumbered, id="25 renumbered"),
        pytest.param(renumbered_at_every_connect, id="26 renumbered again and again"),
        pytest.param(partial(renumbered, validity=7), id="27 renumbered downwards"),
        pytest.param(uid_next_goes_down, id="27 UIDNEXT goes down"),
        pytest.param(
            while_it(times(1, bends(only_ok), where=asks_for_body), on="UID FETCH", anew=False),
            id="29 OK without a body",
        ),
        pytest.param(
            while_it(adds(b"* 3 EXISTS", b"* 1 FETCH (FLAGS (\\Seen))", b"* OK Still here"), on="*"),
            id="30 unasked lines in every answer",
        ),
        pytest.param(poisoned, id="31 one poisoned message"),
        pytest.param(while_it(bends(undated), on="UID FETCH", anew=False), id="36 an INTERNALDATE that is none"),
        pytest.param(folder_deleted, id="38 a folder is deleted"),
        pytest.param(moved_and_back, id="39 moved and back"),
        pytest.param(highest_numbers, id="69 the highest numbers"),
    ],
)
def test_a_server_that_fails_costs_nothing(play: Play, fault: Story) -> None:
    play(around(fault))


def test_a_refused_login_is_the_owners_to_mend_and_stops_no_other_mailbox(play: Play) -> None:
    async def story(world: World) -> None:
        world.main.account.password = "another"
        await world.main.imap.cut_all()
        await world.until(lambda: world.status() is MailboxState.NEEDS_USER, "the owner is not asked for")
        logins = world.main.mail.traffic.commands["LOGIN"]
        raw = world.post()
        await world.answered(world.post(at="other"), at="other")
        began = world.clock.monotonic()
        await world.until(lambda: world.clock.monotonic() > began + 3600, "time stands still")
        assert world.main.mail.traffic.commands["LOGIN"] == logins  # no lock-out
        world.main.account.password = PASSWORD
        await world.stop()
        await world.start()
        await world.answered(raw)

    play(story, names=("main", "other"))
