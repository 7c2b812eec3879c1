"""What the tables hold at the end of the year against what the script says: every difference, in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from inboxcrm.domain import rhythm
from inboxcrm.domain.occasions import Kind
from inboxcrm.service.keeping import CONGRATULATION, GREETINGS
from inboxcrm.store import commitments as commitment_rows
from inboxcrm.store import facts, interactions, occasions, told_occasions, touches, views
from inboxcrm.store.views import OutboxRow, PromiseRow
from tests.year.cast import ZONE, Client, Scene
from tests.year.stage import DONE, OPEN, SUGGESTED, Diary, Stage

WITHIN_GAPS = 3.0
"""A client who leaves is found within this many of their own typical gaps."""


APOLOGIES = ("apology", "late-answer")
"""The drafts that no rule has made."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How many things of a kind the script asks for, and every one that is otherwise."""

    kind: str
    asked: int
    wrong: tuple[str, ...]


def reckon(stage: Stage, diary: Diary) -> list[Reckoning]:
    """Everything that the script says, against the tables of the home."""
    return [
        _automatic_mail(stage, diary),
        _promises(stage, diary),
        _drafts(stage),
        _told(stage, diary),
        _told_in_time(stage, diary),
        _facts(stage, diary),
        _commitments(stage, diary),
        _occasions(stage),
        _greetings(stage, diary),
        _takes(stage, diary),
        _touches(stage, diary),
        _looks(diary),
        _social(stage),
        _leavers(stage, diary),
        _false_alarms(stage, diary),
    ]


def _difference(kind: str, expected: Iterable[object], found: Iterable[object]) -> Reckoning:
    asked, there = Counter(map(str, expected)), Counter(map(str, found))
    missing = [f"missing: {each}" for each in sorted((asked - there).elements())]
    beyond = [f"not in the script: {each}" for each in sorted((there - asked).elements())]
    return Reckoning(kind, sum(asked.values()), (*missing, *beyond))


def _when(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"


def _name(client: Client, at: datetime) -> str:
    return f"{client.address} {_when(at)}"


def _outbox(stage: Stage) -> list[OutboxRow]:
    return stage.household.database.reading(lambda connection: views.outbox(connection, limit=10_000))


def _automatic_mail(stage: Stage, diary: Diary) -> Reckoning:
    """Every automatic mail that left, by the letter it answers; and nothing left but through the outbox."""
    expected = [(_name(client, scene.at), scene.auto) for client, scene in diary.letters.values() if scene.auto]
    found = []
    for row in _outbox(stage):
        if row.kind == "auto" and row.state == "sent":
            client, scene = diary.letters[row.message_id or 0]
            found.append((_name(client, scene.at), row.template))
    reckoning = _difference("automatic mail", expected, found)
    left = len(stage.transport.sent)
    known = len(found) + sum(map(len, diary.greeted.values()))
    if left != known:
        return Reckoning(reckoning.kind, reckoning.asked, (*reckoning.wrong, f"{left} mails left, {known} known"))
    return reckoning


def _promises(stage: Stage, diary: Diary) -> Reckoning:
    rows: list[PromiseRow] = stage.household.database.reading(
        lambda connection: views.promises(connection, limit=10_000)
    )
    of_message = {row.message_id: row.state for row in rows}
    expected = [
        (_name(client, scene.at), scene.promise)
        for client, scene in diary.letters.values()
        if scene.kind == "letter" and scene.promise != "none"
    ]
    found = [(_name(*_letter(diary, row)), state) for row, state in of_message.items() if row is not None]
    return _difference("promises", expected, found)


def _letter(diary: Diary, row: int) -> tuple[Client, datetime]:
    client, scene = diary.letters[row]
    return client, scene.at


def _drafts(stage: Stage) -> Reckoning:
    expected = [(client.address, template) for client in stage.script.clients for template in client.drafts]
    expected += [(address, GREETINGS.get(Kind(kind), CONGRATULATION)) for address, kind in _greeted(stage)]
    found = [(row.recipient, row.template) for row in _outbox(stage) if row.kind != "auto"]
    return _difference("drafts", expected, found)


def _greeted(stage: Stage) -> list[tuple[str, str]]:
    """Who is to be greeted, and for what."""
    return [
        (client.address, kind)
        for client in stage.script.clients
        if client.greets
        for kind in [kind for kind, _ in client.occasions] + [one.occasion[0] for one in client.scenes if one.occasion]
    ]


def _told_in_time(stage: Stage, diary: Diary) -> Reckoning:
    expected = [(address, False) for address, _ in _greeted(stage)]
    expected += [(address, True) for address, silences in diary.silences.items() if silences]
    return _difference("told in time", expected, diary.told_in_time)


def _told(stage: Stage, diary: Diary) -> Reckoning:
    expected = [(_name(client, scene.at), scene.told) for client, scene in diary.letters.values() if scene.told]
    expected += [
        (client.address, "a draft")
        for client in stage.script.clients
        for each in client.drafts
        if each not in APOLOGIES
    ]
    found = []
    for row, details in diary.told.items():
        for detail in details:
            if row in diary.letters:
                client, scene = diary.letters[row]
                found.append((_name(client, scene.at), detail.rpartition(f"{scene.subject}: ")[2]))
            else:
                found.append((diary.own[row][0].address, "a draft"))
    return _difference("told at once", expected, found)


def _facts(stage: Stage, diary: Diary) -> Reckoning:
    expected = [(client.address, scene.fact) for client, scene in diary.letters.values() if scene.fact]
    with stage.household.database.read() as connection:
        rows = facts.of_contact(connection, limit=1_000)
    return _difference("facts", expected, [(stage.address_of(row.contact_id), row.text) for row in rows])


def _commitments(stage: Stage, diary: Diary) -> Reckoning:
    """What is on record as the script says; a suggestion that nobody agreed to is not in the script."""
    states = {"done": (DONE, "done"), "missed": (OPEN, None)}
    expected = []
    for each in diary.said:
        state, how = states.get(each.said.ends, (DONE, each.said.ends))
        day = each.said.due_on(each.said_on)
        expected.append((each.client.address, each.said_on, each.said.kind, each.said.side, day, state, how))
    with stage.household.database.read() as connection:
        rows = commitment_rows.listed(connection, states=(SUGGESTED, OPEN, DONE), limit=10_000)
    found = [
        (
            stage.address_of(row.contact_id or 0),
            row.said_at.astimezone(ZONE).date(),
            row.kind,
            row.side,
            row.due_on,
            row.state,
            row.ended_how,
        )
        for row in rows
    ]
    return _difference("commitments", [_plain(each) for each in expected], [_plain(each) for each in found])


def _plain(each: tuple[object, ...]) -> str:
    return ", ".join(str(one) for one in each if one is not None)


def _occasions(stage: Stage) -> Reckoning:
    expected: list[tuple[object, ...]] = [
        (client.address, kind, day.month, day.day, day.year)
        for client in stage.script.clients
        for kind, day in client.occasions
    ]
    expected += [
        (client.address, *scene.occasion)
        for client in stage.script.clients
        for scene in client.scenes
        if scene.occasion
    ]
    with stage.household.database.read() as connection:
        rows = occasions.listed(connection)
        told = told_occasions.listed(connection)
    found: list[tuple[object, ...]] = [
        (stage.address_of(row.contact_id), row.kind, row.month, row.day, row.year) for row in rows
    ]
    found += [(stage.address_of(each.contact_id), each.kind, each.month, each.day, "suggested") for each in told]
    return _difference("occasions", expected, found)


def _greetings(stage: Stage, diary: Diary) -> Reckoning:
    expected = [(client.address, day) for client in stage.script.clients for day in client.greets]
    found = [(address, day) for address, days in diary.greeted.items() for day in days]
    return _difference("greetings", expected, found)


def _takes(stage: Stage, diary: Diary) -> Reckoning:
    """Every take comes after a give, or the owner was asked about it."""
    wrong = []
    count = 0
    for client in stage.script.clients:
        contact_id = stage.contact_id(client.address)
        with stage.household.database.read() as connection:
            rows = sorted(touches.listed(connection, contact_id, limit=10_000), key=lambda row: row.at)
        last = ""
        for row in rows:
            if row.kind == "take":
                count += 1
                if last != "give" and row.message_id not in diary.asked_before:
                    wrong.append(f"{_name(client, row.at)}: a take without a give before it, not asked about")
            if row.kind != "neutral":
                last = row.kind
    return Reckoning("takes after a give or asked", count, tuple(wrong))


def _touches(stage: Stage, diary: Diary) -> Reckoning:
    expected = [(_name(client, scene.at), scene.touch) for client, scene in diary.own.values()]
    found = []
    for row, (client, scene) in diary.own.items():
        with stage.household.database.read() as connection:
            touch = touches.of_message(connection, row)
        found.append((_name(client, scene.at), touch.kind if touch else "none"))
    return _difference("give, take or neutral", expected, found)


def _looks(diary: Diary) -> Reckoning:
    scenes = {id(scene): (client, scene) for client, scene in _all_own(diary)}
    found = [(_name(*_of(scenes[key])), names) for key, names in diary.checked.items()]
    expected = [(_name(client, scene.at), scene.checked) for client, scene in scenes.values()]
    return _difference("looks before sending", expected, found)


def _all_own(diary: Diary) -> Iterator[tuple[Client, Scene]]:
    clients = {client.address: client for client, _ in (*diary.own.values(), *diary.letters.values())}
    for client in clients.values():
        for scene in client.scenes:
            if id(scene) in diary.checked:
                yield client, scene


def _of(entry: tuple[Client, Scene]) -> tuple[Client, datetime]:
    return entry[0], entry[1].at


def _social(stage: Stage) -> Reckoning:
    expected = [
        (client.address, scene.social) for client in stage.script.clients for scene in client.scenes if scene.social
    ]
    with stage.household.database.read() as connection:
        rows = interactions.listed(connection, limit=1_000)
    found = [(stage.address_of(row.contact_id), row.note) for row in rows if row.channel == "post"]
    return _difference("social notices", expected, found)


def _leavers(stage: Stage, diary: Diary) -> Reckoning:
    """Each who left is told within three of their typical gaps (the median of those before)."""
    wrong, count = [], 0
    for client in stage.script.clients:
        if not client.leaves:
            continue
        count += 1
        at = [*(_noon(day) for day in client.before), *(one.at for one in client.scenes if one.kind == "letter")]
        gaps = rhythm.gaps(rhythm.touches(at, ()))
        told = [day for last, day in diary.silences[client.address].items() if last.date() >= max(at).date()]
        if not told:
            wrong.append(f"{client.address}: never found")
        elif (took := (told[0] - max(at).date()).days / median(gaps)) > WITHIN_GAPS:
            wrong.append(f"{client.address}: found after {took:.1f} typical gaps")
    return Reckoning("leavers found in three gaps", count, tuple(wrong))


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)


def _false_alarms(stage: Stage, diary: Diary) -> Reckoning:
    """At most one for each client who stays; counted over the year although two years are allowed for it."""
    wrong, count = [], 0
    for client in stage.script.clients:
        last = max((scene.at for scene in client.scenes if scene.kind == "letter"), default=None)
        alarms = [
            day for at, day in diary.silences[client.address].items() if not (client.leaves and last and at >= last)
        ]
        count += len(alarms)
        if len(alarms) > 1:
            wrong.append(f"{client.address}: {len(alarms)}, on {', '.join(map(str, alarms))}")
    return Reckoning(f"false alarms ({count} in all)", count, tuple(wrong))
