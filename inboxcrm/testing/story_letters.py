"""The conversations of the demo's story: who writes to whom, when, and what lies in which folder afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from .story_cast import Cast, Person
from .story_clients import Written, serialized, write
from .story_scripts import Line, Script, fill, scripts
from .story_wire import Attachment, Headers, delivered, dkim_signature, passes, small_pdf
from .story_words import Occasion, closing, holiday, occasion, salutation, slots, working_day

SPAN = timedelta(days=540)
"""How far back the story reaches: eighteen months."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it lies in a folder.

    `received_at` is INTERNALDATE (aware); `sender` is the address in From, in lower case; `note` says what it is, in
    one or two words with a colon ("client: open", "owner: answer", "list: post", "robot: build", "odd: raw subject").
    """

    folder: str
    received_at: datetime
    flags: frozenset[str]
    raw: bytes
    sender: str
    note: str


@dataclass(frozen=True, slots=True)
class Post:
    """The owner's border server, which every letter from outside passes."""

    owner: Person

    @property
    def host(self) -> str:
        """Its name, which is also its authserv-id (RFC 8601 section 2.2)."""
        return f"mx.{self.owner.address.rpartition('@')[2]}"

    def deliver(
        self,
        raw: bytes,
        moment: datetime,
        random: Random,
        *,
        envelope_from: str,
        domain: str,
        authentication: str | None = None,
    ) -> bytes:
        """The mail with the fields of arrival on top; an honest sender passes everything unless told otherwise."""
        found = passes(domain, envelope_from) if authentication is None else authentication
        fields: Headers = delivered(
            self.host,
            envelope_from,
            self.owner.address,
            moment.astimezone(self.owner.zone),
            random,
            authentication=found,
            helo=f"mail.{domain}",
        )
        if "dkim=pass" in found:
            fields.append(("DKIM-Signature", dkim_signature(domain, random)))
        return "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + raw


def conversations(cast: Cast, now: datetime, random: Random) -> list[Letter]:
    """Every letter exchanged by hand, among them the ones the owner has yet to answer."""
    post = Post(cast.owner)
    letters: list[Letter] = []
    dealt = list(_deal(cast, random))
    for number, (script, client) in enumerate(dealt):
        start = _start(now, number, len(dealt), random)
        letters += _filed(_thread(cast, script, client, start, now, random), post, now, random)
    for days, (script, client) in zip((1, 2, 4), _open_matters(cast, random), strict=False):
        start = _morning_before(now, days, client, random)
        letters += _filed(_thread(cast, script, client, start, now, random), post, now, random, still_open=True)
    return letters


def arrived(written: Written, post: Post, random: Random, *, charset: str = "utf-8") -> tuple[datetime, bytes]:
    """When a client's letter is delivered, and its bytes as they then are."""
    moment = written.moment + timedelta(seconds=random.randint(2, 25))
    sender = written.writer.address
    raw = serialized(written, random, charset=charset)
    return moment, post.deliver(raw, moment, random, envelope_from=sender, domain=sender.rpartition("@")[2])


def signed(text: str, writer: Person, client: Person, language: str, random: Random, *, first: bool) -> str:
    """The letter with its closing; a first letter carries the signature block of the writer's company."""
    name = writer.name if first and not client.familiar else writer.first
    if not client.familiar:
        name = writer.name
    ending = f"{text}\n\n{closing(client, language, random)}\n{name}"
    company = writer.company
    if company is None or not (first or random.random() < 0.3):
        return ending
    contact = f" · {writer.phone}" if writer.phone else ""
    return f"{ending}\n\n-- \n{writer.post}\n{company.name} · {company.city}{contact}"


def greeted(text: str, writer: Person, reader: Person, moment: datetime, language: str, random: Random) -> str:
    """The letter below its salutation; after a comma German goes on in lower case, as the files are written."""
    hello = salutation(writer, reader, language, moment.astimezone(writer.zone), random)
    return f"{hello}\n\n{text if language == 'de' else _capital(text)}"


def calendar(subject: str, meeting: datetime, organizer: Person, method: str) -> bytes:
    """An iCalendar object with one hour's appointment (RFC 5545); `method` is "" for a file to keep."""
    start, end = (moment.astimezone(UTC) for moment in (meeting, meeting + timedelta(hours=1)))
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Invented//Calendar//EN",
        *((f"METHOD:{method}",) if method else ()),
        "BEGIN:VEVENT",
        f"UID:{start:%Y%m%dT%H%M%S}-{organizer.address}",
        f"DTSTAMP:{start - timedelta(days=7):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{end:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{subject}",
        f"ORGANIZER:mailto:{organizer.address}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(lines).encode()


def owner_mailer(random: Random) -> str:
    """The client the owner happens to use: mostly one, sometimes another."""
    return random.choices(("thunderbird", "apple", "outlook", "iphone"), (60, 22, 12, 6))[0]


def _deal(cast: Cast, random: Random) -> Iterator[tuple[Script, Person]]:
    """Give every conversation to a client who speaks that way; everybody gets at least one."""
    groups: dict[tuple[str, str], list[Person]] = {}
    for person in cast.contacts:
        groups.setdefault((person.language, _register(person)), []).append(person)
    for (language, register), people in groups.items():
        fitting = [s for s in scripts(language) if _suits(s, register) and "open" not in s.tags]
        random.shuffle(fitting)
        random.shuffle(people)
        for number in range(max(len(fitting), len(people))):
            yield fitting[number % len(fitting)], people[number % len(people)]


def _register(person: Person) -> str:
    if person.company is None:
        return "private"
    if person.language == "de":
        return "du" if person.familiar else "sie"
    return "project"


def _suits(script: Script, register: str) -> bool:
    return register in script.tags and ("private" in script.tags) == (register == "private")


def _open_matters(cast: Cast, random: Random) -> list[tuple[Script, Person]]:
    people = random.sample(cast.colleagues, len(cast.colleagues))
    found: list[tuple[Script, Person]] = []
    for person in people:
        fitting = [s for s in scripts(person.language) if "open" in s.tags and _suits(s, _register(person))]
        fitting = [s for s in fitting if s not in [script for script, _ in found]]
        if fitting and all(person.company is not other.company for _, other in found):
            found.append((random.choice(fitting), person))
    return found[:3]


def _start(now: datetime, number: int, count: int, random: Random) -> datetime:
    """Conversations begin all over the eighteen months, somewhat denser towards the present."""
    share = (number * 0.6180339887 + random.random() / count) % 1.0
    return now - SPAN * (0.012 + 0.975 * math.pow(share, 1.25))


def _morning_before(now: datetime, days: int, client: Person, random: Random) -> datetime:
    day = now.astimezone(client.zone) - timedelta(days=days)
    while working_day(day.date()) != day.date():
        day -= timedelta(days=1)
    return day.replace(hour=random.randint(8, 11), minute=random.randint(0, 59), second=random.randint(0, 59))


def _thread(
    cast: Cast, script: Script, client: Person, start: datetime, now: datetime, random: Random
) -> list[Written]:
    """The letters of one conversation up to now; one cut short ends with the owner's word."""
    moment = _writing_hour(start, (cast.owner if script.lines[0].ours else client), random)
    beside = cast.beside(client)
    colleague = random.choice(beside) if beside else None
    when = occasion(moment.astimezone(cast.owner.zone), random)
    values = slots(cast.owner, client, colleague, moment.astimezone(client.zone), when, random)
    copied = (colleague,) if colleague and ("Introduction" in script.subject or random.random() < 0.12) else ()
    letters: list[Written] = []
    subject = fill(script.subject, values, random)
    for number, line in enumerate(script.lines):
        writer, reader = (cast.owner, client) if line.ours else (client, cast.owner)
        if number:
            moment = _next(moment, line, when, writer, random)
        if moment >= now - timedelta(minutes=20):
            while letters and letters[-1].writer is not cast.owner:
                letters.pop()
            break
        letters.append(
            _letter(
                line, writer, reader, client, moment, subject, values, random, letters, copied, script.language, when
            )
        )
    return letters


def _letter(
    line: Line,
    writer: Person,
    reader: Person,
    client: Person,
    moment: datetime,
    subject: str,
    values: dict[str, str],
    random: Random,
    before: Sequence[Written],
    copied: tuple[Person, ...],
    language: str,
    when: Occasion,
) -> Written:
    text = fill(line.body, values, random)
    brisk = len(before) >= 2 and client.familiar and random.random() < 0.4
    text = _capital(text) if brisk else greeted(text, writer, reader, moment, language, random)
    mailer = owner_mailer(random) if line.ours else writer.mailer
    return write(
        writer,
        reader,
        moment,
        subject,
        signed(text, writer, client, language, random, first=not before),
        random,
        mailer=mailer,
        language=language,
        parent=before[-1] if before else None,
        copied=copied,
        attachment=_attachment(line.attached, values, when, writer, subject),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _attachment(kind: str, values: dict[str, str], when: Occasion, writer: Person, subject: str) -> Attachment | None:
    if kind == "pdf":
        lines = (subject, "", f"{writer.name} <{writer.address}>", f"No. {values['invoice']}", f"Ref. {values['po']}")
        return Attachment(f"{values['invoice']}.pdf", "application/pdf", small_pdf(lines))
    if kind == "ics":
        return Attachment("invite.ics", "text/calendar; charset=utf-8", calendar(subject, when.meeting, writer, ""))
    return None


def _next(moment: datetime, line: Line, when: Occasion, writer: Person, random: Random) -> datetime:
    """When the next letter is written: the same day, the next, or some days later."""
    if line.later and moment < when.meeting:
        moment = when.meeting + timedelta(hours=4)
    minutes = random.choices(
        (random.randint(25, 200), random.randint(600, 1500), random.randint(1600, 4200)), (5, 4, 2)
    )
    return _writing_hour(moment + timedelta(minutes=minutes[0]), writer, random)


def _writing_hour(moment: datetime, writer: Person, random: Random) -> datetime:
    """The moment itself when people work, or now and then an evening; else the next morning they do."""
    local = moment.astimezone(writer.zone).replace(microsecond=0)
    at_work = working_day(local.date()) == local.date() and 8 <= local.hour < 18
    leisure = not holiday(local.date()) and 7 <= local.hour < 23 and random.random() < (0.15 if writer.company else 0.5)
    if at_work or leisure:
        return local
    day = local.date() + timedelta(days=0 if local.hour < 8 and local.weekday() < 5 else 1)
    day = working_day(day)
    return local.replace(
        year=day.year,
        month=day.month,
        day=day.day,
        hour=random.randint(8, 10),
        minute=random.randint(0, 59),
        second=random.randint(0, 59),
    )


def _filed(
    thread: Sequence[Written], post: Post, now: datetime, random: Random, *, still_open: bool = False
) -> Iterator[Letter]:
    """The letters in the owner's folders: his own in Sent, the others in the inbox or, some old ones, the archive."""
    archived = bool(thread) and now - thread[-1].moment > timedelta(days=150) and random.random() < 0.18
    for number, written in enumerate(thread):
        if written.writer is post.owner:
            yield Letter(
                "Sent",
                written.moment,
                frozenset({"\\Seen"}),
                serialized(written, random),
                written.writer.address,
                "owner: answer" if written.references else "owner: letter",
            )
            continue
        charset = "iso-8859-1" if written.language != "en" and random.random() < 0.3 else "utf-8"
        moment, raw = arrived(written, post, random, charset=charset)
        answered = number + 1 < len(thread)
        flags = {"\\Seen"} | ({"\\Answered"} if answered else set())
        yield Letter(
            "Archive" if archived else "INBOX",
            moment,
            frozenset(flags if not (still_open and now - moment < timedelta(days=2)) else ()),
            raw,
            written.writer.address,
            "client: open" if still_open else "client: letter",
        )
