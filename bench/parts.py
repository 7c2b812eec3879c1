"""What the small parts take, each as a multiple of one reading of the same mail by the standard library.

    python -m bench.parts

The gate over every fixture, two hundred rules over one mail and the shipped ones over a letter, the rules again over a
stored mail, the expected time over a calendar that never opens, duplicates among twenty thousand people, the queue and
the sweep when ten thousand answers are owed.
"""

from __future__ import annotations

import asyncio
import email
import random
import statistics
import tempfile
import time as stopwatch
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import policy
from pathlib import Path
from zoneinfo import ZoneInfo

from inboxcrm.domain import duplicates
from inboxcrm.domain.duplicates import Person
from inboxcrm.domain.expectation import expect
from inboxcrm.domain.mime import parse
from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar
from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.reply_safety import History, Settings, judge
from inboxcrm.domain.situation import Situation
from inboxcrm.rulebook import RuleBook
from inboxcrm.service import rehearse
from inboxcrm.store import views
from tests.promise.test_ledger import much_is_owed
from tests.service.house import House, mail

FIXTURES = Path(__file__).parent.parent / "tests" / "mail"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ROUNDS = 20


def milliseconds(work: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """The median CPU time of a piece of work."""
    work()
    took = []
    for _ in range(rounds):
        started = stopwatch.process_time()
        work()
        took.append(stopwatch.process_time() - started)
    return statistics.median(took) * 1000


def gate() -> tuple[float, float]:
    """The gate, and the standard library's reading, for one fixture mail on average."""
    raws = [each.read_bytes() for each in sorted(FIXTURES.glob("*/*.eml")) if each.parent.name != "workflows"]
    messages = [parse(raw) for raw in raws]
    settings = Settings(
        own_addresses=("ann@example.org",),
        trusted_authserv_ids=("mx.example.org",),
        border_hosts=("mx.example.org",),
    )

    def judged() -> None:
        for message in messages:
            judge(message, history=History(), settings=settings, now=NOW, circumstances=None)

    def read() -> None:
        for raw in raws:
            for part in email.message_from_bytes(raw, policy=policy.compat32).walk():
                part.get_payload(decode=True)

    return milliseconds(judged, rounds=5) / len(raws), milliseconds(read, rounds=5) / len(raws)


def rules(count: int = 200) -> float:
    """So many rules, each with a pattern, over one mail."""
    text = "\n".join(
        f"[[rule]]\nname = 'rule {number}'\nthen = {{ tag = 'x' }}\nwhen = '''contact.known and message.words > "
        f'{number} and matches(message.text, "project {number}\\\\b") and message.from.domain != "a.example"\'\'\''
        for number in range(count)
    )
    asked = _asked(b"From: Bob <bob@client.example>\r\nTo: ann@example.org\r\nSubject: Offer\r\n\r\nWe met.\r\n")
    asked = replace(asked, text="We met about project 7. " * 60)
    with tempfile.TemporaryDirectory(prefix="inboxcrm-bench-") as folder:
        (Path(folder) / "50-many.toml").write_text(text, "utf-8")
        book = RuleBook.load(Path(folder))
        return milliseconds(lambda: book.speak(asked))


def shipped_rules() -> float:
    """The rules that come with the program over a person's letter; in ms, for one of the fixtures on average."""
    book = RuleBook.load()
    letters = [_asked(each.read_bytes()) for each in sorted((FIXTURES / "ack").glob("*.eml"))]

    def spoken() -> None:
        for each in letters:
            book.speak(each)

    return milliseconds(spoken, rounds=5) / len(letters)


def _asked(raw: bytes) -> Situation:
    message = parse(raw)
    return Situation(
        message=message,
        text=new_text(message.text),
        language="en",
        outcome="ack",
        mail_class="human",
        authenticated=True,
        contact="Bob",
        known=True,
        organisation="Client",
        plan="",
        asked=1,
        open=True,
        holiday="",
        away=False,
        received_at=NOW,
    )


def replay(count: int = 300) -> tuple[float, float]:
    """The rules asked again about a stored mail, and the standard library's reading of it, on average."""
    raws = [
        mail(number, sender=f"Bob <bob{number % 40}@client.example>", subject=f"Offer {number}", text="We met. " * 60)
        for number in range(count)
    ]

    def read() -> None:
        for raw in raws:
            for part in email.message_from_bytes(raw, policy=policy.compat32).walk():
                part.get_payload(decode=True)

    with tempfile.TemporaryDirectory(prefix="inboxcrm-bench-") as folder:
        house = House(Path(folder))
        asyncio.run(house.arrive(*raws))
        since = house.clock.now() - timedelta(days=1)

        def replayed() -> None:
            with house.household.database.read() as connection:
                for _ in rehearse.replay(house.household, connection, since=since):
                    pass

        took = milliseconds(replayed, rounds=3) / count
        house.close()
    return took, milliseconds(read, rounds=3) / count


def absurd_calendar() -> float:
    """Sixty days of one open minute a day, each of them blocked by an absence."""
    absences = tuple(
        Away(NOW + timedelta(days=number), NOW + timedelta(days=number, hours=23, minutes=59)) for number in range(100)
    )
    weekly = dict.fromkeys(range(7), (Interval(time(11), time(11, 1)),))
    calendar = OfficeCalendar(ZoneInfo("Europe/Zurich"), weekly, away=absences)
    return milliseconds(lambda: expect(NOW, target=timedelta(hours=8), calendar=calendar))


def desk() -> tuple[float, float, float]:
    """The queue's piles and the sweep with ten thousand open promises of a hundred people, and reading their rows."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        asyncio.run(much_is_owed(house))
        house.ask("INSERT INTO contacts (name, created_at) SELECT 'Person ' || id, '' FROM promises LIMIT 100")
        house.ask("UPDATE promises SET contact_id = (SELECT MIN(id) FROM contacts) + id % 100")
        zone, now = house.household.config.owner.timezone, house.clock.now()
        asyncio.run(house.sweep())
        with house.household.database.read() as connection:
            shown = milliseconds(lambda: views.piles(connection, now=now, zone=zone))
            floor = milliseconds(lambda: connection.execute(PLAINLY).fetchall())
        swept = milliseconds(lambda: asyncio.run(house.sweep()))
        house.close()
    return shown, swept, floor


def namesakes(count: int = 20_000) -> float:
    """Looking for duplicates among so many contacts with invented names, the first time in a process; in ms."""
    dice = random.Random(1)  # the same people every time

    def word(least: int, most: int) -> str:
        return "".join(dice.choice("bcdfgklmnprst") + dice.choice("aeiou") for _ in range(dice.randint(least, most)))

    first, last = [word(2, 3) for _ in range(400)], [word(2, 4) for _ in range(3_000)]
    named = [(number, dice.choice(first), dice.choice(last)) for number in range(count)]
    people = [
        Person(number, f"{one} {other}".title(), (f"{one}.{other}@c{number % 4_000}.example",))
        for number, one, other in named
    ]
    started = stopwatch.process_time()
    duplicates.suggest(people)
    return (stopwatch.process_time() - started) * 1000


PLAINLY = "SELECT id, due_at, contact_id, state FROM promises WHERE state IN ('open', 'extended', 'broken')"


def main() -> None:
    """Measure and print."""
    judged, read = gate()
    print(f"the gate, one mail           {judged:.3f} ms   {judged / read:.2f} of reading it with the standard library")
    print(f"two hundred rules, one mail  {rules():.2f} ms")
    print(f"the shipped rules, one mail  {shipped_rules():.3f} ms")
    again, reading = replay()
    print(
        f"replay, one stored mail      {again:.2f} ms   {again / reading:.1f} of reading it with the standard library"
    )
    print(f"a calendar that never opens  {absurd_calendar():.1f} ms")
    shown, swept, floor = desk()
    print(f"the queue, 10,000 open       {shown:.1f} ms   {shown / floor:.2f} of fetching their rows ({floor:.1f} ms)")
    print(f"duplicates of 20,000 people  {namesakes():.0f} ms")
    print(f"the sweep, 10,000 open       {swept:.1f} ms   {swept / floor:.2f} of it")


if __name__ == "__main__":
    main()
