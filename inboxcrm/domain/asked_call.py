"""For when does somebody ask to be called? A day and an hour where the mail says both plainly, else less.

Only what has one reading is read: two days, two hours, "next week" or "at three" without a half of the day leave the
question to a person. An hour is by the clock of whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from inboxcrm.domain.due_dates import day_named
from inboxcrm.domain.sentences import Sentence, sentences

LONGEST_TEXT = 4_000
SLOT = timedelta(minutes=30)
"""How long after the hour that was asked for a call still keeps the word."""

EARLIEST_PLAIN_HOUR = 7
"""An hour below this, with no half of the day beside it, may be meant for the afternoon."""


@dataclass(frozen=True, slots=True)
class AskedCall:
    """A wish to be called. `at` is an aware instant, `on` the day where only that is said; neither is a doubt.

    `phrase` is the sentence that asks, as it was written.
    """

    phrase: str
    at: datetime | None = None
    on: date | None = None


_ASKS = re.compile(
    r"\b(?:call|ring|phone|telephone|anruf\w*|rufen?|ruckruf\w*|zuruckrufen|telefon\w*|appel\w*|rappel\w*|telephon\w*"
    r"|llam\w*|chiam\w*|richiam\w*|ligu\w*|liga\w*|chamada|bel|belt|bellen|terugbel\w*)\b|電話|折り返"
)
_NEVER_A_DAY = re.compile(
    r"\b(?:guten morgen|goedemorgen|good morning|buenos dias|por la manana|de la manana|am morgen|'s morgens|de manha"
    r"|pela manha|bom dia)\b"
)
_AM = re.compile(
    r"\b(?:in the morning|am morgen|vormittags?|morgens|du matin|le matin|de la manana|por la manana|di mattina"
    r"|del mattino|da manha|de manha|pela manha|'s ochtends|'s morgens|ochtend)\b|午前"
)
_PM = re.compile(
    r"\b(?:in the afternoon|in the evening|this afternoon|this evening|nachmittags?|abends?|de l'apres-midi"
    r"|l'apres-midi|du soir|de la tarde|por la tarde|de la noche|di pomeriggio|del pomeriggio|di sera|da tarde"
    r"|a tarde|da noite|'s middags|middag|'s avonds|avond)\b|午後"
)
_UNSURE = re.compile(
    r"\b(?:halb|half (?:een|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf)|viertel|kwart|quarter|between"
    r"|zwischen|entre|tra|fra|tussen|bis|until|jusqu\w*|hasta|fino|ate|tot|not|nicht|pas|no|non|nao|niet)\b|から|まで"
)
"""Half hours of which languages differ, stretches of time, and "not tomorrow"."""

_BEFORE = r"at|um|gegen|a las?|alle(?: ore)?|as|om|rond"
_HOUR = r"(?P<h>[01]?\d|2[0-4])"
_CLOCKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?P<h>1[0-2]|0?[1-9])(?:[:.](?P<m>[0-5]\d))?\s?(?P<half>[ap])\.?m\b",
        rf"\b{_HOUR}[:h](?P<m>[0-5]\d)\b",
        rf"\b{_HOUR}\.(?P<m>[0-5]\d)\s?(?:uhr|uur|h)\b",
        rf"\b(?:{_BEFORE}|vers|a)\s{_HOUR}\.(?P<m>[0-5]\d)\b(?!\.\d)",
        rf"\b{_HOUR}\s?(?:uhr|uur|heures?|horas?|h|o'clock)\b(?:\s?(?P<m>[0-5]\d)\b)?",
        rf"\b(?:{_BEFORE})\s{_HOUR}\b(?![:.,]\d|\s?(?:%|euro|eur|chf))",
        rf"{_HOUR}時(?:(?P<m>[0-5]\d)分|(?P<thirty>半))?",
    )
)


def asked_call(
    new_text: str, language: str, *, received_at: datetime, zone: tzinfo, month_first: bool = False
) -> AskedCall:
    """What a letter that asks for a call says of its time; `new_text` is without quotes, `zone` the sender's."""
    said = list(sentences(new_text[:LONGEST_TEXT]))
    place = next((n for n, each in enumerate(said) if _ASKS.search(each.folded)), None)
    if place is None:
        return AskedCall(" ".join(new_text.split())[:200])
    asking = said[place]
    for sentence in said[place : place + 2]:
        found = _time_in(sentence, language, received_at, zone, month_first=month_first)
        if found is not None:
            at, on = found
            return AskedCall(asking.text, at, None if at is not None else on)
    return AskedCall(asking.text)


def _time_in(
    sentence: Sentence, language: str, received_at: datetime, zone: tzinfo, *, month_first: bool
) -> tuple[datetime | None, date | None] | None:
    """Instant and day of one sentence; None where it names neither, (None, None) where it is not sure of them."""
    said_at = received_at.astimezone(zone)
    folded = sentence.folded
    hours, rest = _clock_in(folded)
    day = day_named(_NEVER_A_DAY.sub(" ", rest), language, said_on=said_at.date(), month_first=month_first)
    if day is None and not hours:
        return None
    if len(hours) > 1 or _UNSURE.search(folded):
        return None, None
    if not hours:
        return None, day
    hour = hours.pop()
    if hour is None:
        return None, None
    at = datetime.combine(day or said_at.date(), hour, tzinfo=zone)
    if at <= received_at:
        return None, None
    return at, None


def _clock_in(folded: str) -> tuple[set[time | None], str]:
    """The hours that are named (None for one of two readings), and the text without them."""
    found: set[time | None] = set()
    for pattern in _CLOCKS:
        while (match := pattern.search(folded)) is not None:
            found.add(_hour(match, folded))
            folded = f"{folded[: match.start()]} {folded[match.end() :]}"
    return found, folded


def _hour(match: re.Match[str], folded: str) -> time | None:
    groups: Mapping[str, str | None] = match.groupdict()
    hour, minute = int(match["h"]), int(groups.get("m") or (30 if groups.get("thirty") else 0))
    half = groups.get("half")
    afternoon = half == "p" or (half is None and _PM.search(folded) is not None)
    morning = half == "a" or (half is None and _AM.search(folded) is not None)
    if afternoon and hour < 12:
        hour += 12
    elif morning and hour == 12:
        hour = 0
    elif hour < EARLIEST_PLAIN_HOUR and not morning:
        return None
    return time(hour, minute) if hour < 24 else None
