"""Hours of random traffic with random faults, from a seed that repeats them; what must hold is asserted at the end.

Two mailboxes, people and machines that write, an owner who answers, and every few minutes a fault of the wire, of a
server, of the disk or of the clock, or an end and a new start of the daemon. Time is simulated (see `fast`).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from inboxcrm.testing.smtp_moods import Cut
from inboxcrm.testing.smtp_server import Mood, Step
from tests.faults.server_faults import asks_for_body, bends, bye, only_ok, says, times
from tests.faults.world import Place, World, answers
from tests.servers.proxy import End, Plan
from tests.service.house import own

NAMES = ("main", "other")
BETWEEN_MAILS = 420.0
"""Seconds from one mail to the next, on average; the home acknowledges a hundred mails a day at most."""

BETWEEN_FAULTS = 300.0
KINDS: dict[str, dict[str, Any]] = {
    "list": {"fields": ["List-Id: <news.example.org>"]},
    "large": {"text": "words words\n" * 5000},
}


@dataclass
class Soak:
    """One run: its chance, its world, and what it did."""

    world: World
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    posted: dict[str, list[bytes]] = field(default_factory=lambda: {name: [] for name in NAMES})

    async def play(self, hours: float) -> None:
        """Mail and faults, side by side, until the time is over; then everything is mended."""
        end = self.world.clock.monotonic() + hours * 3600
        next_mail = next_fault = 0.0
        while (now := self.world.clock.monotonic()) < end:
            if now >= next_mail:
                self._mail()
                next_mail = now + self.chance.expovariate(1 / BETWEEN_MAILS)
            if now >= next_fault:
                fault = self.chance.choice(FAULTS)
                self.done[fault.__name__.strip("_")] += 1
                await fault(self, self._place())
                next_fault = now + self.chance.expovariate(1 / BETWEEN_FAULTS)
            await asyncio.sleep(max(1.0, min(next_mail, next_fault) - self.world.clock.monotonic()))
        await self._mend()

    def _place(self) -> Place:
        return self.world.places[self.chance.choice(NAMES)]

    def _mail(self) -> None:
        place = self._place()
        kind = self.chance.choices(("person", "list", "again", "large", "answer"), (6, 3, 1, 1, 2))[0]
        known = self.posted[place.name]
        if kind == "answer" and known:
            raw = own(self.chance.randrange(10**6), to="Person <person@client1.example>", at=self.world.clock.now())
            place.account.folder("Sent").append(raw)
        elif kind == "again" and known:
            place.account.folder("INBOX").append(self.chance.choice(known))
        else:
            known.append(self.world.post(at=place.name, **KINDS.get(kind, {})))
        self.done[f"mail: {kind}"] += 1

    async def _mend(self) -> None:
        for place in self.world.places.values():
            place.imap.plan, place.smtp.plan = Plan(), Plan()
            place.imap.next_plans.clear()
            place.smtp.next_plans.clear()
            place.imap.refuse = place.smtp.refuse = False
            place.mail.faults.clear()
            place.sink.moods.clear()


async def _cut(soak: Soak, place: Place) -> None:
    await soak.chance.choice((place.imap, place.smtp)).cut_all()


async def _silence(soak: Soak, place: Place) -> None:
    soak.chance.choice((place.imap, place.smtp)).spoil_all(End.STALL)


async def _end_of_stream(soak: Soak, place: Place) -> None:
    soak.chance.choice((place.imap, place.smtp)).spoil_all(End.FIN)


async def _deaf(soak: Soak, place: Place) -> None:
    del soak
    place.imap.deafen_all()


async def _inside_a_mail(soak: Soak, place: Place) -> None:
    end = soak.chance.choice((End.RESET, End.FIN))
    place.imap.next_plans.append(Plan(after=soak.chance.randrange(500, 60_000), end=end))
    await place.imap.cut_all()


async def _small_pieces(soak: Soak, place: Place) -> None:
    place.imap.plan = Plan(piece=soak.chance.choice((7, 100, 1000)))


async def _nobody_listens(soak: Soak, place: Place) -> None:
    wire = soak.chance.choice((place.imap, place.smtp))
    wire.refuse = not wire.refuse


async def _submission(soak: Soak, place: Place) -> None:
    step = soak.chance.choice(tuple(Step))
    place.sink.moods.append(
        soak.chance.choice(
            (
                Mood(step, cut=Cut.BEFORE, octets=100, keeps=soak.chance.random() < 0.5, times=1),
                Mood(step, reply="451 4.3.0 later", times=soak.chance.randrange(1, 4)),
                Mood(step, delay=timedelta(seconds=soak.chance.randrange(1, 100)), times=1),
                Mood(Step.RCPT, reply="550 5.1.1 no such user", times=1),
            )
        )
    )


async def _imap(soak: Soak, place: Place) -> None:
    name, fault = soak.chance.choice(
        (
            ("UID FETCH", bends(only_ok)),
            ("UID FETCH", says(b"NO [UNAVAILABLE] later")),
            ("EXAMINE", says(b"NO [INUSE] locked")),
            ("IDLE", says(b"NO not now")),
            ("IDLE", bye(b"AccessTokenExpired, try again")),
            ("APPEND", says(b"NO [OVERQUOTA] full")),
            ("UID SEARCH", says(b"NO [THROTTLED] slower")),
            ("LOGIN", says(b"NO [LIMIT] too many connections")),
        )
    )
    where = asks_for_body if name == "UID FETCH" else lambda _: True
    place.mail.faults[name] = times(soak.chance.randrange(1, 3), fault, where=where)


async def _renumber(soak: Soak, place: Place) -> None:
    place.account.folder(soak.chance.choice(("INBOX", "Sent"))).reset_uid_validity()


async def _expunge(soak: Soak, place: Place) -> None:
    inbox = place.account.folder("INBOX")
    if uids := inbox.uids:
        inbox.expunge([soak.chance.choice(uids)])


async def _flags(soak: Soak, place: Place) -> None:
    inbox = place.account.folder("INBOX")
    if uids := inbox.uids:
        inbox.set_flags(soak.chance.choice(uids), ["\\Seen"])


async def _restart(soak: Soak, place: Place) -> None:
    del place
    await soak.world.stop()
    refusing = [one for place in soak.world.places.values() for one in (place.imap, place.smtp) if one.refuse]
    for one in refusing:
        one.refuse = False
    await soak.world.start()


async def _disk_full(soak: Soak, place: Place) -> None:
    del place
    connection = soak.world.house.database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    await asyncio.sleep(soak.chance.randrange(10, 200))
    connection.execute("PRAGMA max_page_count = 1073741823")


async def _sleep(soak: Soak, place: Place) -> None:
    del place
    soak.world.clock.jump(timedelta(minutes=soak.chance.randrange(2, 30)))


Act = Callable[[Soak, Place], Awaitable[None]]
FAULTS: tuple[Act, ...] = (
    _cut,
    _silence,
    _end_of_stream,
    _deaf,
    _inside_a_mail,
    _small_pieces,
    _nobody_listens,
    _submission,
    _submission,
    _imap,
    _imap,
    _renumber,
    _expunge,
    _flags,
    _restart,
    _disk_full,
    _sleep,
)


async def soak(folder: Path, *, seed: int, hours: float) -> dict[str, int]:
    """Play it; answers what stands at the end. AssertionError where an invariant does not hold."""
    async with World(folder, names=NAMES) as world:
        played = Soak(world, random.Random(seed))
        await played.play(hours)
        await world.settled()
        inbound = world.ask("SELECT COUNT(*) FROM messages WHERE direction = 'in'")[0][0]
        states = dict(world.ask("SELECT state, COUNT(*) FROM outbox GROUP BY state"))
        told = sum((answers(place) for place in world.places.values()), Counter[str]())
    return {**played.done, "mails on record": inbound, "acknowledged": len(told), **states}
