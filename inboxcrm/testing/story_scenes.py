"""The new mails of the demo's day, in the order of their arrival, and the owner's answers to them.

The day is the first working day after the story's `now` (never between Christmas and New Year). The daemon is given a
clock that is moved to each scene's `received_at`, so that "by day" and "after hours" mean the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from random import Random
from types import MappingProxyType

from .story_cast import STRANGERS_NUMBER, Cast, Company, Person, ascii_name, pools
from .story_clients import Written, new_message_id, write
from .story_letters import Letter, Post, arrived, greeted, signed
from .story_machines import LISTS, list_post, notice, subscriber
from .story_scripts import Script, blocks, fill, scenes
from .story_wire import Headers, encoded_words, mailbox, message, text_piece
from .story_words import bulk_slots, occasion, slots, working_day

OFFICE_HOURS = MappingProxyType(
    {weekday: ((time(9), time(12, 30)), (time(13, 30), time(17, 30))) for weekday in range(5)}
)
"""When the owner works, by weekday (Monday 0), in the story's zone."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One mail that arrives while the demo runs.

    `what` is one line for the printed account; `expect` is the verdict the gate gives it in this story (ack, ack-min,
    review, suppress), judged with the backlog known; `key` names the scene: "client-by-day", "mailing-list", "robot",
    "forger", "stranger", "client-after-hours".
    """

    key: str
    received_at: datetime
    raw: bytes
    sender: str
    what: str
    expect: str


@dataclass(frozen=True, slots=True)
class Question:
    """A letter that waits for the owner, and the words of the answer."""

    written: Written
    answer: str


def working_day_after(now: datetime) -> date:
    """The first day after `now` on which people work."""
    return working_day(now.date() + timedelta(days=1))


def arrivals(
    cast: Cast, letters: Sequence[Letter], now: datetime, random: Random
) -> tuple[tuple[Scene, ...], dict[str, Question]]:
    """The scenes of the day, and by Message-ID the questions among them."""
    post = Post(cast.owner)
    day = working_day_after(now.astimezone(cast.owner.zone))
    known = _correspondents(cast, letters)
    by_day = random.choice([p for p in known if p.language == "en"])
    evening = random.choice([p for p in known if p.language == "de" and not p.familiar])
    questions = [
        _question(cast, by_day, "day", _at(cast, day, 10, 12, random), random),
        _question(cast, _stranger(cast, random), "stranger", _at(cast, day, 15, 5, random), random),
        _question(cast, evening, "evening", _at(cast, day, 19, 40, random), random),
    ]
    first, stranger, late = (_client_scene(question, post, random) for question in questions)
    # Whoever wrote this morning is not the one who is impersonated: two scenes about one person would blur both.
    forged = random.choice([p for p in known if p.language == "en" and p is not by_day])
    found = (
        replace(first, key="client-by-day", what=f"{by_day.name}, a client, asks something in office hours"),
        _list_scene(post, _at(cast, day, 10, 40, random), random),
        _robot_scene(cast, post, _at(cast, day, 11, 5, random), random),
        _forged_scene(cast, forged, post, _at(cast, day, 14, 20, random), random),
        replace(stranger, key="stranger", what=f"{questions[1].written.writer.name}, a stranger, writes in German"),
        replace(late, key="client-after-hours", what=f"{evening.name}, a client, writes after hours"),
    )
    return found, {question.written.message_id: question for question in questions}


def answer(question: Question, owner: Person, at: datetime, random: Random) -> Written:
    """The owner's answer, written at `at` (aware) with an ordinary mail client."""
    client, asked = question.written.writer, question.written
    text = greeted(question.answer, owner, client, at, asked.language, random)
    return write(
        owner,
        client,
        at,
        asked.subject,
        signed(text, owner, client, asked.language, random, first=True),
        random,
        mailer="thunderbird",
        language=asked.language,
        parent=asked,
    )


def _correspondents(cast: Cast, letters: Sequence[Letter]) -> list[Person]:
    """Clients the owner wrote to by hand and owes nothing, so that a new question stands alone."""
    waiting = {letter.sender for letter in letters if letter.note == "client: open"}
    sent = b"\n".join(
        letter.raw.partition(b"\r\n\r\n")[0] for letter in letters if letter.note in {"owner: letter", "owner: answer"}
    )
    return [p for p in cast.colleagues if p.address not in waiting and f"<{p.address}>".encode() in sent]


def _at(cast: Cast, day: date, hour: int, minute: int, random: Random) -> datetime:
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=cast.owner.zone)
    return moment + timedelta(minutes=random.randint(0, 9), seconds=random.randint(0, 59))


def _question(cast: Cast, client: Person, tag: str, moment: datetime, random: Random) -> Question:
    script = random.choice([s for s in scenes() if tag in s.tags])
    beside = cast.beside(client)
    colleague = random.choice(beside) if beside else None
    values = slots(cast.owner, client, colleague, moment, occasion(moment, random), random)
    text = greeted(fill(script.lines[0].body, values, random), client, cast.owner, moment, script.language, random)
    written = write(
        client,
        cast.owner,
        moment,
        fill(script.subject, values, random),
        signed(text, client, client, script.language, random, first=True),
        random,
        mailer=client.mailer,
        language=script.language,
    )
    return Question(written, _answer_text(script, values, random))


def _answer_text(script: Script, values: dict[str, str], random: Random) -> str:
    if len(script.lines) > 1:
        return fill(script.lines[1].body, values, random)
    return fill(
        "vielen Dank für Ihre Anfrage, ich habe sie gern gelesen. Am {meet_day}, {meet_day_of_month}, könnte ich um"
        " {meet_time} Uhr telefonieren; [schicken Sie mir vorab zwei Sätze zum Bestand?|passt Ihnen das?]",
        values,
        random,
    )


def _client_scene(question: Question, post: Post, random: Random) -> Scene:
    moment, raw = arrived(question.written, post, random)
    return Scene("", moment, raw, question.written.writer.address, "", "ack")


def _stranger(cast: Cast, random: Random) -> Person:
    """Somebody nobody in the story has heard of, at a company of their own."""
    pool = pools()["de"]
    names = {person.last for person in cast.contacts}
    first, gender = random.choice([f for f in pool["first"] if f[0] not in {p.first for p in cast.contacts}])
    last = random.choice([name for name in pool["last"] if name not in names])
    taken = {company.domain for company in cast.companies}
    name, stem, city = random.choice([c for c in pool["companies"] if f"{c[1]}.example" not in taken])
    zone = cast.companies[0].zone
    company = Company(
        name, f"{stem}.example", city, "de", zone, "EUR", ("Neubau",), ("srv-01",), "outlook", familiar=False
    )
    address = f"{ascii_name(first)}.{ascii_name(last)}@{company.domain}"
    return Person(first, last, gender, address, "de", zone, "outlook", False, "Verwaltung", STRANGERS_NUMBER, company)


def _list_scene(post: Post, moment: datetime, random: Random) -> Scene:
    subject, text = random.choice(blocks("lists.txt"))
    values = bulk_slots(moment, random)
    author, mailing_list = subscriber(random), random.choice(LISTS)
    words = fill(text.split("\n---\n")[0], values, random)
    _, raw = list_post(post, mailing_list, author, fill(subject, values, random), words, moment, random)
    return Scene("mailing-list", moment, raw, author[1], f"A post on the mailing list {mailing_list[0]}", "suppress")


def _robot_scene(cast: Cast, post: Post, moment: datetime, random: Random) -> Scene:
    project = ascii_name(random.choice(cast.companies).projects[0])
    sender = ("Forge", "no-reply@forge.example")
    subject = f"[{project}] build {random.randint(2401, 2999)} failed"
    text = f'Pipeline of {project} on branch main.\n\nStage "test" failed after {random.randint(2, 9)} minutes.\n'
    raw = notice(post, sender, subject, text, moment, random)
    return Scene("robot", moment, raw, sender[1], f"A robot reports: {subject}", "suppress")


def _forged_scene(cast: Cast, victim: Person, post: Post, moment: datetime, random: Random) -> Scene:
    """A mail that claims to come from a client; SPF passes for the forger's own domain, DMARC fails (RFC 7489)."""
    script = random.choice([s for s in scenes() if "forger" in s.tags])
    beside = random.choice(cast.beside(victim))
    values = slots(cast.owner, victim, beside, moment, occasion(moment, random), random)
    envelope = f"www@{random.choice(('cheap-relay', 'parked-shop', 'bulk-gate'))}.example"
    headers: Headers = [
        ("From", mailbox(victim.name, victim.address)),
        ("To", cast.owner.address),
        ("Subject", encoded_words(fill(script.subject, values, random))),
        ("Date", format_datetime(moment)),
        ("Message-ID", new_message_id(envelope, "thunderbird", random)),
        ("Reply-To", f"{ascii_name(victim.last)}.office@{envelope.rpartition('@')[2]}"),
    ]
    text = f"Hello {cast.owner.first},\n\n{fill(script.lines[0].body, values, random)}\n\n{victim.name}"
    domain = envelope.rpartition("@")[2]
    failed = (
        f"dkim=none;\r\n\tspf=pass smtp.mailfrom={envelope};\r\n"
        f"\tdmarc=fail (p=quarantine) header.from={victim.address.rpartition('@')[2]}"
    )
    raw = post.deliver(
        message(headers, text_piece(text)), moment, random, envelope_from=envelope, domain=domain, authentication=failed
    )
    what = f"A forger poses as {victim.name} and asks for what nobody gets by mail"
    return Scene("forger", moment, raw, victim.address, what, "review")
