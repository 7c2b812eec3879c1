"""Plays the script of the year on a real home: real tables, gate, rules and texts, with fakes at the two doors.

The owner of the play does what the script says and nothing else: answers, looks before sending, agrees to suggestions
that the script lists, greets on the days on which the program says so. What the program suggests beyond that is left
lying, and the reckoning finds it.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from email.header import Header
from pathlib import Path

from inboxcrm.config import AckPolicy, Config, PlanConfig
from inboxcrm.domain.mime import parse
from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.domain.office_hours import Away
from inboxcrm.parsing import Parsed
from inboxcrm.parsing_worker import parsed
from inboxcrm.ports import Arrival
from inboxcrm.service import actions, commitments, keeping, meant, outgoing, quiet, second_look, told_days
from inboxcrm.service.memory import remember
from inboxcrm.service.second_look import Letter
from inboxcrm.spool import Spool
from inboxcrm.store import commitments as commitment_rows
from inboxcrm.store import home, told_occasions, views
from inboxcrm.store.commitments import DONE, OPEN, SUGGESTED, CommitmentRow
from inboxcrm.testing.clock import FakeClock
from tests.memory.letters import with_file
from tests.service.house import HereParser, House, letter_id, mail, own
from tests.year.cast import ZONE, Client, Said, Scene, Script

OPENS, CLOSES, HURRIED = time(9), time(17, 30), time(14, 30)
ANSWERS_AFTER = timedelta(hours=3)
MORNING, EVENING = time(9, 5), time(17, 0)
GRACE = timedelta(minutes=11)
A_DAY = timedelta(days=1)


@dataclass(slots=True)
class Expected:
    """A commitment of the script, and the row that was found for it."""

    client: Client
    said: Said
    said_on: date
    row_id: int | None = None


@dataclass(slots=True)
class Diary:
    """What was seen while the year went by, for the reckoning."""

    letters: dict[int, tuple[Client, Scene]] = field(default_factory=dict)
    """The scene of each letter by its row."""
    own: dict[int, tuple[Client, Scene]] = field(default_factory=dict)
    """The scene of each mail of the owner's by its row; for an answer the scene of the letter."""
    said: list[Expected] = field(default_factory=list)
    told: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What rules told the owner, by the row of the letter."""
    told_in_time: set[tuple[str, bool]] = field(default_factory=set)
    """Of whom rules told without a mail, and whether it was of a silence."""
    checked: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """What a look before sending said, by the number of the own mail."""
    greeted: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))
    silences: dict[str, dict[datetime, date]] = field(default_factory=lambda: defaultdict(dict))
    """By address: for each last word the day on which its silence was first told."""
    asked_before: set[int] = field(default_factory=set)
    """Rows of own mail before which the owner was asked about a second take."""


class FluentParser(HereParser):
    """Reads mail in this process, and tells its language."""

    async def parse_many(self, raws: Sequence[bytes | Spool], *, language: bool = False) -> list[Parsed]:
        return [parsed(raw if isinstance(raw, bytes) else b"".join(raw.pieces()), language=language) for raw in raws]


class Stage(House):
    """The home of the year."""

    def __init__(self, folder: Path, script: Script) -> None:
        super().__init__(folder, FakeClock(_at(script.starts, time(7))), policy=AckPolicy.WHEN_SLOW)
        self.parser = FluentParser()  # the one that also tells languages, in place of the one that was handed over
        self.ingest._parser = self.parser
        self.household.config = with_plan(self.household.config)
        self.script, self.diary = script, Diary()
        self._agenda: list[tuple[datetime, int, Callable[[], Awaitable[None]]]] = []
        self._number = 1_000
        self._thread: dict[str, tuple[str, str]] = {}
        self._seen_filed = 0
        self._wrote: dict[str, int] = {}

    # -- the play

    async def play(self) -> Diary:
        """From the first morning to the last evening."""
        await self._before()
        self._enter_what_is_known()
        first, last = self.script.away
        away = Away(_at(first, time(0)), _at(last + A_DAY, time(0)), kind="holiday")
        self.plan(_at(first - 14 * A_DAY, time(10)), lambda: self._go_away(away))
        for client in self.script.clients:
            for scene in client.scenes:
                self.plan(scene.at, self._player(client, scene))
        day = self.script.starts
        while day <= self.script.ends:
            for hour in (MORNING, EVENING):
                self.plan(_at(day, hour), self._look_around)
            day += A_DAY
        while self._agenda:
            at, _, act = heapq.heappop(self._agenda)
            self.clock.advance(max(at - self.clock.now(), timedelta(0)))
            await act()
        return self.diary

    def plan(self, at: datetime, act: Callable[[], Awaitable[None]]) -> None:
        """Have something happen at a moment; what is planned for the same moment happens in the order of planning."""
        self._number += 1
        heapq.heappush(self._agenda, (at, self._number, act))

    def _player(self, client: Client, scene: Scene) -> Callable[[], Awaitable[None]]:
        act = {"letter": self._letter, "own": self._own, "call": self._call, "machine": self._machine}[scene.kind]
        return lambda: act(client, scene)

    async def _before(self) -> None:
        """Last year's mail, as it lies in the mailbox when the program first sees it."""
        came, went = [], []
        for client in self.script.clients:
            words = self.script.words[client.language][0]
            for day in client.before:
                number, at = self._next(), _at(day, time(10))
                letter = mail(number, sender=_field(client.who), subject=_field(words.subject), text=words.text, at=at)
                answer = own(
                    number,
                    to=_field(client.who),
                    subject=_field(f"Re: {words.subject}"),
                    text=words.answer,
                    at=at + ANSWERS_AFTER,
                    answers=letter_id(number, _domain(client)),
                )
                came.append((at, letter))
                went.append((at + ANSWERS_AFTER, answer))
        for folder, mails in (("INBOX", sorted(came)), ("Sent", sorted(went))):
            batch = self.batch(*[raw for _, raw in mails], folder=folder, live=False)
            arrivals = tuple(
                Arrival(each.uid, at, each.flags, each.raw) for each, (at, _) in zip(batch.arrivals, mails, strict=True)
            )
            await self.ingest.take(replace(batch, arrivals=arrivals))

    def _enter_what_is_known(self) -> None:
        for client in self.script.clients:
            if client.plan:
                actions.set_contact(self.household, client.address, {"plan": client.plan})
            for kind, day in client.occasions:
                occasion = Occasion(Kind(kind), day.month, day.day, day.year)
                keeping.enter_occasion(self.household, self.contact_id(client.address), occasion)

    async def _go_away(self, away: Away) -> None:
        actions.go_away(self.household, away)

    # -- the scenes

    async def _letter(self, client: Client, scene: Scene) -> None:
        number = self._next()
        answers, subject = self._thread.get(client.address, (None, "")) if scene.re else (None, "")
        subject = scene.subject or f"Re: {subject}"
        raw = mail(
            number,
            sender=_field(client.who),
            subject=_field(subject),
            text=scene.text,
            at=scene.at,
            answers=answers,
            fields=scene.fields,
        )
        await self.arrive(raw)
        row = self._row(letter_id(number, _domain(client)))
        self.diary.letters[row] = (client, scene)
        for said in scene.said:
            if said.by_client:
                self.diary.said.append(Expected(client, said, scene.at.date()))
        self.plan(self.clock.now() + GRACE, self._do_what_is_due)
        if scene.fact:
            self.plan(self.clock.now() + 2 * GRACE, lambda: self._note(client, row, scene.fact))
        if scene.answer:
            at = scene.answer_at or self._answered_at(scene.at)
            self.plan(at, lambda: self._answer(client, scene, letter_id(number, _domain(client)), subject))
        elif scene.promise == "moot":
            self.plan(_at(scene.at.date() + A_DAY, time(10)), lambda: self._not_needed(row))

    async def _note(self, client: Client, row: int, fact: str) -> None:
        keeping.note(self.household, str(row), text=fact)

    async def _not_needed(self, row: int) -> None:
        actions.not_needed(self.household, str(row))

    async def _answer(self, client: Client, scene: Scene, answers: str, subject: str) -> None:
        bare = subject.removeprefix("Re: ")
        await self._write(client, scene, f"Re: {bare}", scene.answer, answers=answers)
        for said in scene.said:
            if not said.by_client:
                self.diary.said.append(Expected(client, said, self._today()))

    async def _own(self, client: Client, scene: Scene) -> None:
        """The owner looks first, and sends if the script says so."""
        asked = False
        if scene.checked or scene.touch == "take":
            letter = Letter(
                self.contact_id(client.address),
                scene.subject,
                scene.text,
                client.language,
                tuple((name, "application/pdf") for name in scene.files),
            )
            with self.household.database.write() as connection:
                found = second_look.look(self.household, connection, letter, now=self.clock.now())
                second_look.asked(connection, letter, found)
            self.diary.checked[id(scene)] = tuple(each.name for each in found)
            asked = any(each.name == second_look.SECOND_TAKE for each in found)
        if scene.sends:
            row = await self._write(client, scene, scene.subject, scene.text)
            self.diary.said += [Expected(client, said, self._today()) for said in scene.said]
            if asked:
                self.diary.asked_before.add(row)

    async def _write(self, client: Client, scene: Scene, subject: str, text: str, *, answers: str | None = None) -> int:
        number = self._next()
        raw = own(
            number,
            to=_field(client.who),
            subject=_field(subject),
            text=text,
            at=self.clock.now(),
            answers=answers,
        )
        for name in scene.files:
            raw = with_file(raw, name)
        await self.arrive(raw, folder="Sent")
        message_id = f"<own.{number}@example.org>"
        self._thread[client.address] = (message_id, subject)
        row = self._row(message_id)
        self.diary.own[row] = (client, scene)
        return row

    async def _call(self, client: Client, scene: Scene) -> None:
        """The owner calls: what was owed is answered by it, else it is logged."""
        contact_id = self.contact_id(client.address)
        owed = self.household.database.reading(lambda connection: views.owed_to(connection, contact_id))
        if owed:
            actions.done(self.household, str(owed[0].message_id), how="phone")
            return
        keeping.log(self.household, contact_id, channel="phone", from_owner=True, at=None, note="")

    async def _machine(self, client: Client, scene: Scene) -> None:
        number = self._next()
        answers = self._thread[client.address][0] if scene.re else None
        raw = mail(
            number,
            sender=scene.sender or _field(client.who),
            subject=_field(scene.subject),
            text=scene.text,
            at=scene.at,
            answers=answers,
            fields=scene.fields,
        )
        await self.arrive(raw)
        sender = scene.sender.rpartition("@")[2].rstrip(">") or _domain(client)
        self.diary.letters[self._row(letter_id(number, sender))] = (client, scene)
        self.plan(self.clock.now() + GRACE, self._do_what_is_due)

    # -- the owner's day

    async def _do_what_is_due(self) -> None:
        await self.deliver.run_once()
        await self.sweep()
        self._hear_what_is_told()

    async def _look_around(self) -> None:
        """What the daemon does in the background, and then the owner at the desk."""
        await self._do_what_is_due()
        await self._take_filed()
        await remember(self.household)
        await self._agree()
        self._keep_days()
        await self._greet()
        with self.household.database.read() as connection:
            remarkable = quiet.remarkable(connection)
            addresses = {each.contact_id: self.address_of(each.contact_id) for each in remarkable}
        for each in remarkable:
            self.diary.silences[addresses[each.contact_id]].setdefault(each.last_at, self._today())

    async def _agree(self) -> None:
        """Agree to the suggestions that the script lists, and do what is due to be done."""
        with self.household.database.read() as connection:
            rows = commitment_rows.listed(connection, states=(SUGGESTED,), limit=1_000)
        for row in rows:
            expected = next((each for each in self.diary.said if each.row_id is None and self._is(each, row)), None)
            if expected is None:
                continue
            expected.row_id = row.id
            commitments.confirm(self.household, row.id)
            if expected.said.ends == "done":
                self.plan(self.clock.now() + 2 * A_DAY, self._doer(row.id))

    def _keep_days(self) -> None:
        """Agree to the days that people told of themselves, as far as the script lists them."""
        listed = {
            (client.address, *scene.occasion)
            for client in self.script.clients
            for scene in client.scenes
            if scene.occasion
        }
        for row in self.household.database.reading(told_occasions.listed):
            if (self.address_of(row.contact_id), row.kind, row.month, row.day, row.year) in listed:
                told_days.confirm(self.household, row.id)

    def _is(self, expected: Expected, row: CommitmentRow) -> bool:
        due_on = expected.said.due_on(expected.said_on)
        said = (expected.said.kind, expected.said.side, due_on, expected.said_on, expected.client.address)
        said_on = row.said_at.astimezone(ZONE).date()
        return said == (row.kind, row.side, row.due_on, said_on, self.address_of(row.contact_id or 0))

    def _doer(self, commitment_id: int) -> Callable[[], Awaitable[None]]:
        async def do() -> None:
            with self.household.database.read() as connection:
                row = commitment_rows.by_id(connection, commitment_id)
            if row is not None and row.state == OPEN:
                commitments.done(self.household, commitment_id, how="done")

        return do

    async def _greet(self) -> None:
        """Send the greetings that rules have drafted for those who are due."""
        with self.household.database.read() as connection:
            due = [each for each in keeping.coming(self.household, connection) if each.due and not each.greeted]
        for each in due:
            client = self._client(each.row.contact_id)
            drafts = [
                row
                for row in self.outbox()
                if (row.kind, row.state, row.recipient) == ("owner", "awaiting", client.address)
            ]
            for draft in drafts:
                outgoing.approve(self.household, draft.id)
                await self.deliver.run_once()
                self.diary.greeted[client.address].append(self._today())
                (filed,) = await self._take_filed()
                self.diary.own[filed] = (client, Scene(self.clock.now(), "own", touch="give"))

    async def _take_filed(self) -> list[int]:
        """What this program filed in Sent comes back from there like any mail; answers the rows."""
        filed, self._seen_filed = self.mailbox.filed[self._seen_filed :], len(self.mailbox.filed)
        if filed:
            await self.arrive(*filed, folder="Sent")
        return [self._row(parse(raw).message_id or "") for raw in filed]

    def _client(self, contact_id: int) -> Client:
        address = self.address_of(contact_id)
        return next(one for one in self.script.clients if one.address == address)

    def _hear_what_is_told(self) -> None:
        for alarm in self.household.database.reading(home.alarms):
            if alarm.kind == "rule":
                about, _, said = alarm.detail.partition(" ")
                if about.startswith("c"):
                    self.diary.told_in_time.add((self.address_of(int(about[1:])), "quiet" in said))
                else:
                    self.diary.told[int(about)].add(alarm.detail)

    # -- small things

    def _answered_at(self, at: datetime) -> datetime:
        """When the owner answers: within hours, else on the morning of the next day at the desk."""
        if self._at_work(at.date()) and OPENS <= at.time() < HURRIED:
            return at + ANSWERS_AFTER
        day = at.date() if at.time() < OPENS else at.date() + A_DAY
        while not self._at_work(day):
            day += A_DAY
        return _at(day, time(10))

    def _at_work(self, day: date) -> bool:
        first, last = self.script.away
        return day.weekday() < 5 and not first <= day <= last

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _today(self) -> date:
        return self.clock.now().astimezone(ZONE).date()

    def _row(self, message_id: str) -> int:
        found = self.household.database.reading(lambda connection: views.find(connection, message_id))
        assert found is not None, message_id
        return found

    def contact_id(self, address: str) -> int:
        return self.household.database.reading(lambda connection: meant.contact_of(connection, address)).id

    def address_of(self, contact_id: int) -> str:
        ((address,),) = self.ask("SELECT key FROM addresses WHERE contact_id = ? LIMIT 1", contact_id)
        return str(address)


def with_plan(config: Config) -> Config:
    """The settings of the year: one plan with the telephone."""
    gold = PlanConfig("gold", timedelta(hours=4), after_hours="phone")
    return replace(config, owner=replace(config.owner, phone="+41 44 555 01 02"), plans={**config.plans, "gold": gold})


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=ZONE)


def _domain(client: Client) -> str:
    return client.address.rpartition("@")[2]


def _field(text: str) -> str:
    """A header field's words as programs write them: encoded where they are not plain."""
    name, bracket, address = text.partition(" <")
    if bracket and not text.isascii():
        return f"{Header(name, 'utf-8').encode()} <{address}"
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=900).encode()


__all__ = ["DONE", "OPEN", "SUGGESTED", "Diary", "Stage"]
