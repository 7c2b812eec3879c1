"""Which days are public holidays for the owner: those of a country and region whose kind the owner has adopted.

The days come from the `holidays` library. A kind of holiday is its category, and its name in the country's own language
without a bracketed addition, so that "Boxing Day (observed)" is adopted, or not, together with "Boxing Day". What the
library learns to call a holiday later is of a kind that nobody has adopted, and moves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, ModuleType

PUBLIC = "public"
HALF_DAY = "half_day"
CATEGORIES = (PUBLIC, "government", "bank", "de_facto", "optional", HALF_DAY)
"""The library's sorts of holidays that may close an office; its religious and school calendars are left out."""

_ADDITION = re.compile(r"\s*[(\uff08][^()\uff08\uff09]*[)\uff09]\s*$")


class UnknownRegionError(ValueError):
    """There is no such country or region; the message names the nearest one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What an owner adopts: a name in the country's own language, and the category the library has it in."""

    name: str
    category: str = PUBLIC

    @property
    def half(self) -> bool:
        """Whether only the morning is worked."""
        return self.category == HALF_DAY


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday on one day. `name` is in the language that was asked for; `known_as` holds every name, folded."""

    on: date
    kind: Kind
    name: str
    known_as: frozenset[str]

    def is_called(self, name: str) -> bool:
        """Whether this is one of its names, in any language the country has, however it is capitalised."""
        return folded(name) in self.known_as


@dataclass(frozen=True, slots=True)
class Closed:
    """The days on which adopted holidays close the office, whole or from noon, by name."""

    days: Mapping[date, str]
    half_days: Mapping[date, str]


def closed(
    region: str,
    years: Iterable[int],
    *,
    language: str = "en",
    adopted: Collection[Kind],
    not_adopted: Collection[str] = (),
) -> Closed:
    """The days of these years that the adopted kinds close, named in `language` or the country's own.

    `not_adopted` holds kinds that do not count whatever is adopted, by any of their names. A day stays a holiday while
    one adopted kind falls on it; a whole one goes before a half one. UnknownRegionError.
    """
    refused = {folded(name) for name in not_adopted}
    days: dict[date, str] = {}
    half_days: dict[date, str] = {}
    for each in calendar(region, years, language=language):
        if each.kind in adopted and not each.known_as & refused:
            (half_days if each.kind.half else days).setdefault(each.on, each.name)
    return Closed(MappingProxyType(days), MappingProxyType({on: half_days[on] for on in half_days if on not in days}))


def calendar(region: str, years: Iterable[int], *, language: str = "en") -> tuple[Holiday, ...]:
    """Every holiday of a region such as "CH-ZH" or "PT" in these years, adopted or not, in the order of the days.

    One that the library has in several categories is given once, in the first of `CATEGORIES`. UnknownRegionError.
    """
    country, subdivision = _split(region)
    return _calendar(country, subdivision, tuple(sorted(set(years))), _nearest_language(country, language))


def check_region(region: str) -> None:
    """Raise UnknownRegionError unless there is such a country and region."""
    _split(region)


def folded(name: str) -> str:
    """A name as it is compared: without a bracketed addition and without regard to capitals."""
    return _ADDITION.sub("", name).strip().casefold()


def _split(region: str) -> tuple[str, str | None]:
    country, _, subdivision = region.strip().upper().partition("-")
    supported = _supported()
    if country not in supported:
        near = get_close_matches(country, supported, 1, 0.4)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise UnknownRegionError(f'no country "{country}" (ISO 3166 codes such as CH, GB, US).{hint}')
    regions = supported[country]
    named = next((name for name in regions if name.upper() == subdivision), None)
    if subdivision and named is None:
        near = get_close_matches(subdivision, regions, 1, 0.0)
        hint = f' Did you mean "{country}-{near[0]}"?' if near else ""
        raise UnknownRegionError(f'no region "{subdivision}" in {country}.{hint}')
    return country, named


@lru_cache(maxsize=1)
def _library() -> ModuleType:
    """Imported where a region is asked about: it takes a tenth of the start of a home that has none."""
    return import_module("holidays")


@lru_cache(maxsize=1)
def _supported() -> Mapping[str, tuple[str, ...]]:
    listed: dict[str, list[str]] = _library().list_supported_countries(include_aliases=False)
    return MappingProxyType({country: tuple(regions) for country, regions in listed.items()})


@lru_cache(maxsize=16)
def _languages(country: str) -> tuple[str | None, ...]:
    """The languages the library names this country's days in, its own first."""
    model = _library().country_holidays(country)
    return tuple(dict.fromkeys((model.default_language, *model.supported_languages)))


def _nearest_language(country: str, language: str) -> str | None:
    spoken = _languages(country)
    wanted = language.replace("-", "_")
    same: list[str | None] = [
        each for each in spoken if each is not None and each.split("_")[0] == wanted.split("_", maxsplit=1)[0]
    ]
    return wanted if wanted in same else (same or list(spoken))[0]


@lru_cache(maxsize=64)
def _calendar(
    country: str, subdivision: str | None, years: tuple[int, ...], language: str | None
) -> tuple[Holiday, ...]:
    known = frozenset(_library().country_holidays(country).supported_categories)
    spoken = _languages(country)
    found: dict[tuple[date, str, bool], Holiday] = {}
    for category in (each for each in CATEGORIES if each in known):
        named = {each: _names(country, subdivision, years, each, category) for each in spoken}
        for on, own in named[spoken[0]].items():
            # A language in which the library names more or fewer holidays of a day cannot be told by its order.
            told = {each: names[on] for each, names in named.items() if len(names.get(on, ())) == len(own)}
            for number, name in enumerate(own):
                kind, shown = Kind(name, category), told.get(language, own)[number]
                aliases = frozenset(folded(names[number]) for names in told.values())
                found.setdefault((on, name, kind.half), Holiday(on, kind, shown, aliases))
    return tuple(sorted(found.values(), key=lambda each: (each.on, CATEGORIES.index(each.kind.category))))


@lru_cache(maxsize=128)
def _names(
    country: str, subdivision: str | None, years: tuple[int, ...], language: str | None, category: str
) -> Mapping[date, tuple[str, ...]]:
    """What falls on each day, in the library's order, which is the same in every language."""
    model = _library().country_holidays(
        country, subdiv=subdivision, years=years, expand=False, language=language, categories=(category,)
    )
    return MappingProxyType(
        {day: tuple(_ADDITION.sub("", name) for name in model.get_list(day)) for day in sorted(model)}
    )
