"""When does the Date field say a mail was written?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_DATE = re.compile(
    r"(?:[^\W\d]{2,12}\.?,?\s{0,20})?(\d{1,2})[\s-]{1,20}([A-Za-z]{3})[a-z.]{0,7}[\s-]{1,20}(\d{2,4})[\s,]{1,20}"
    r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.\d{1,9})?)?\s{0,20}(?:([+-]\d{4})|([A-Za-z]{1,5}))?"
)
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
           "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}  # fmt: skip
_ZONES = {"ut": 0, "gmt": 0, "utc": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
          "pst": -8, "pdt": -7, "cet": 1, "cest": 2, "met": 1, "mest": 2, "bst": 1, "jst": 9}  # fmt: skip
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def parse_date(value: str) -> datetime | None:
    """The aware instant of a Date field (RFC 5322 sections 3.3 and 4.3, and ISO 8601), in the zone it was written in.

    None for what no mail can have been written at: impossible days, zones of a day and more, years outside 1970-2200.
    An unknown or missing zone is read as UTC.
    """
    value = value[:200].strip()
    match = _DATE.match(value)
    try:
        found = _from_rfc(match) if match else _from_iso(value)
    except (ValueError, OverflowError):
        return None
    return found if found and _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _from_rfc(match: re.Match[str]) -> datetime | None:
    day, month, year, hour, minute, second, offset, zone = match.groups()
    number = _MONTHS.get(month.lower())
    if number is None:
        return None
    full_year = int(year)
    if len(year) < 4:  # RFC 5322 section 4.3
        full_year += 2000 if full_year < 50 else 1900
    return datetime(
        full_year,
        number,
        int(day),
        int(hour),
        int(minute),
        min(int(second or 0), 59),
        tzinfo=_offset(offset) if offset else timezone(timedelta(hours=_ZONES.get((zone or "").lower(), 0))),
    )


@lru_cache(maxsize=256)
def _offset(offset: str) -> timezone:
    minutes = int(offset[3:])
    if minutes > 59:
        raise ValueError(offset)
    return timezone((1 if offset[0] == "+" else -1) * timedelta(hours=int(offset[1:3]), minutes=minutes))


def _from_iso(value: str) -> datetime | None:
    found = datetime.fromisoformat(value[:40])
    return found if found.tzinfo else found.replace(tzinfo=UTC)
