"""How dates, sums, salutations and closings read in the four languages of the demo's story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from .story_cast import Person, pools

DAYS = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
MONTHS = {
    language: tuple(names.split())
    for language, names in (
        ("de", "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        ("en", "January February March April May June July August September October November December"),
        ("es", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        ("fr", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    )
}
_DAY_AND_MONTH = {"de": "{d}. {m}", "en": "{d} {m}", "es": "{d} de {m}", "fr": "{d} {m}"}
_WITH_WEEKDAY = {"de": "{w}, {d}. {m}", "en": "{w} {d} {m}", "es": "{w} {d} de {m}", "fr": "{w} {d} {m}"}

_CLOSINGS = {
    ("de", True): ("Viele Grüße", "Liebe Grüße", "Herzlich", "Bis dann"),
    ("de", False): ("Mit freundlichen Grüßen", "Freundliche Grüße", "Beste Grüße", "Viele Grüße"),
    ("en", True): ("Best", "Cheers", "All the best", "Best wishes", "Regards"),
    ("en", False): ("Kind regards", "Best regards"),
    ("es", True): ("Un abrazo", "Un saludo", "Saludos"),
    ("fr", True): ("Amicalement", "À bientôt", "Bises"),
    ("fr", False): ("Bien cordialement", "Cordialement", "Bonne journée"),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """The dates a conversation speaks of, all on working days: a meeting, another day for it, and a day by which."""

    meeting: datetime
    other: date
    due: date


def day_month(day: date, language: str) -> str:
    """For example "12 March", "12. März"."""
    return _DAY_AND_MONTH[language].format(d=_ordinal(day, language), m=MONTHS[language][day.month - 1])


def weekday_date(day: date, language: str) -> str:
    """For example "Thursday 12 March", "Donnerstag, 12. März"."""
    weekday = DAYS[language][day.weekday()]
    return _WITH_WEEKDAY[language].format(w=weekday, d=_ordinal(day, language), m=MONTHS[language][day.month - 1])


def occasion(start: datetime, random: Random) -> Occasion:
    """Dates for a conversation that begins at `start` (aware, in the owner's zone)."""
    meeting = working_day(start.date() + timedelta(days=random.randint(6, 12)))
    hour, minute = random.choice(((9, 30), (10, 0), (11, 0), (14, 0), (14, 30), (15, 0)))
    moment = datetime(meeting.year, meeting.month, meeting.day, hour, minute, tzinfo=start.tzinfo)
    return Occasion(
        moment,
        working_day(meeting + timedelta(days=random.randint(1, 3))),
        working_day(meeting + timedelta(days=random.randint(5, 9))),
    )


def working_day(day: date) -> date:
    """The day itself, or the next one that is neither of a weekend nor a holiday."""
    while day.weekday() > 4 or holiday(day):
        day += timedelta(days=1)
    return day


def holiday(day: date) -> bool:
    """Whether nobody in the story works: from Christmas Eve to New Year's Day."""
    return (day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1)


def slots(
    owner: Person, client: Person, colleague: Person | None, start: datetime, when: Occasion, random: Random
) -> dict[str, str]:
    """The values of one conversation with `client`, in the client's language; `colleague` is who it speaks of."""
    language = client.language
    pool = pools()[language]
    company = client.company
    months = MONTHS[language]
    return {
        "owner": owner.first,
        "project": random.choice(company.projects) if company else "",
        "host": random.choice(company.hosts) if company else "",
        "company": company.name if company else "",
        "city": company.city if company else "",
        "currency": company.currency if company else "",
        "colleague": mention(colleague, client) if colleague else "",
        "topic": random.choice(pool["topics"]),
        "trip": random.choice(pool["trips"]),
        "room": random.choice(pool["rooms"]),
        "month": months[(start.month - 2) % 12],
        "next_month": months[(start.month + 1) % 12],
        "this_month": months[start.month - 1],
        "of_month": f"{'d’' if months[(start.month - 2) % 12][0] in 'ao' else 'de '}{months[(start.month - 2) % 12]}",
        "last_weekend": day_month(start.date() - timedelta(days=start.weekday() + 1), language),
        "meet_month": months[when.meeting.month - 1],
        "meet_day": DAYS[language][when.meeting.weekday()],
        "meet_date": weekday_date(when.meeting.date(), language),
        "meet_day_of_month": day_month(when.meeting.date(), language),
        "meet_time": _clock_time(when.meeting, language, familiar=client.familiar),
        "alt_day": DAYS[language][when.other.weekday()],
        "due_date": weekday_date(when.due, language),
        "due_day_of_month": day_month(when.due, language),
        "birthday": day_month(when.due + timedelta(days=random.randint(9, 40)), language),
        "wedding": day_month(when.due + timedelta(days=56 + (5 - when.due.weekday()) % 7), language),
        "full": str(random.randint(88, 97)),
        "amount": _sum_of_money(random.randint(24, 98) * 100, language),
        "invoice": f"{start.year}-{start.timetuple().tm_yday // 3 + random.randint(10, 30):03d}",
        "po": f"45000{random.randint(10000, 99999)}",
        "days": str(random.randint(3, 6)),
        "people": str(random.randint(7, 18)),
        "minutes": str(random.randint(21, 48)),
        "count": str(random.randint(112, 894)),
        "percent": str(random.choice((15, 20, 25, 30))),
        "version": str(random.randint(12, 14)),
    }


def salutation(writer: Person, reader: Person, language: str, moment: datetime, random: Random) -> str:
    """The first line of a letter, in the tone the two have with one another."""
    client = writer if writer.company or not reader.company else reader
    first, last = reader.first, reader.last
    woman = reader.gender == "f"
    if language == "de":
        if client.familiar:
            return random.choice((f"Hallo {first},", f"Hi {first},", f"{'Liebe' if woman else 'Lieber'} {first},"))
        title = f"Frau {last}" if woman else f"Herr {last}"
        greetings = [f"Guten Tag {title},", f"{'Liebe' if woman else 'Lieber'} {title},"]
        greetings += [f"Guten Morgen {title},"] if moment.hour < 10 else []
        return random.choice(greetings)
    if language == "fr":
        title = "Madame" if woman else "Monsieur"
        return f"Salut {first}," if client.familiar else random.choice((f"Bonjour {title} {last},", f"{title},"))
    if language == "es":
        return random.choice((f"Hola, {first}:", f"Querid{'a' if woman else 'o'} {first}:", f"Hola {first}:"))
    morning = [f"Good morning {first},"] if moment.hour < 11 else []
    return random.choice([f"Hi {first},", f"Dear {first},", f"Hello {first},", *morning])


def closing(client: Person, language: str, random: Random) -> str:
    """The words above the name."""
    familiar = client.familiar
    return random.choice(_CLOSINGS.get((language, familiar)) or _CLOSINGS[(language, True)])


def mention(person: Person, by: Person) -> str:
    """How a colleague is spoken of to the owner."""
    if by.familiar or by.language == "en":
        return person.first
    titles = {"de": ("Frau", "Herr"), "fr": ("Madame", "Monsieur"), "es": ("Doña", "Don")}[by.language]
    return f"{titles[0] if person.gender == 'f' else titles[1]} {person.last}"


def bulk_slots(moment: datetime, random: Random) -> Mapping[str, str]:
    """The values that lists and newsletters use."""
    return {
        "month": MONTHS["en"][moment.month - 1],
        "small": str(random.randint(6, 14)),
        "percent": str(random.randint(18, 64)),
        "version": f"6.{random.randint(6, 14)}",
        "distro": random.choice(("Debian 13", "Debian 12", "FreeBSD 14.2", "Ubuntu 24.04", "Alpine 3.21")),
    }


def _ordinal(day: date, language: str) -> str:
    return "1er" if language == "fr" and day.day == 1 else str(day.day)


def _sum_of_money(amount: int, language: str) -> str:
    mark = {"de": ".", "en": ",", "es": ".", "fr": "\u202f"}[language]
    return f"{amount:,}".replace(",", mark)


def _clock_time(moment: datetime, language: str, *, familiar: bool) -> str:
    if language == "fr":
        return f"{moment.hour} h {moment.minute:02d}" if moment.minute else f"{moment.hour} h"
    if language == "de" and familiar:
        return f"{moment:%H:%M}"
    if language == "en":
        return f"{moment.hour % 12 or 12}:{moment.minute:02d}"
    return f"{moment.hour}:{moment.minute:02d}"
