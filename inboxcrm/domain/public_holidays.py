"""Which days are public holidays for the owner: those of a country and region that the owner has adopted.

The days come from the `holidays` library. A kind of holiday is its name without a bracketed addition, so that
"Boxing Day (observed)" is adopted, or not, together with "Boxing Day".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

import holidays

_ADDITION = re.compile(r"\s*[(\uff08][^()\uff08\uff09]*[)\uff09]\s*$")


class UnknownRegionError(ValueError):
    """There is no such country or region; the message names the nearest one."""


def adopted(
    region: str,
    years: Iterable[int],
    *,
    language: str = "en",
    not_adopted: Collection[str] = (),
) -> Mapping[date, str]:
    """The adopted holidays of a region such as "CH-ZH" or "PT", by date, named in `language`.

    A country that has no names in that language gives its own. `not_adopted` holds kinds by any of their names in
    any language the country has; a day stays a holiday while one adopted kind falls on it. UnknownRegionError.
    """
    country, subdivision = _split(region)
    wanted = tuple(sorted(set(years)))
    refused = {_key(name) for name in not_adopted}
    told = _names(country, subdivision, wanted, _nearest_language(country, language))
    every = [_names(country, subdivision, wanted, spoken) for spoken in _languages(country)]
    days = {}
    for day, names in told.items():
        known_as = [{_key(name) for name in kind} for kind in zip(*(spoken[day] for spoken in every), strict=True)]
        kept = [name for name, keys in zip(names, known_as, strict=True) if not keys & refused]
        if kept:
            days[day] = kept[0]
    return MappingProxyType(days)


def kinds(region: str, years: Iterable[int], *, language: str = "en") -> tuple[str, ...]:
    """Every kind of holiday a region has in these years, for the owner to adopt or not, in the order of the year."""
    country, subdivision = _split(region)
    named = _names(country, subdivision, tuple(sorted(set(years))), _nearest_language(country, language))
    in_order = sorted((day.month, day.day, name) for day, names in named.items() for name in names)
    return tuple(dict.fromkeys(name for _, _, name in in_order))


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
def _supported() -> Mapping[str, tuple[str, ...]]:
    listed: dict[str, list[str]] = holidays.list_supported_countries(include_aliases=False)
    return MappingProxyType({country: tuple(regions) for country, regions in listed.items()})


@lru_cache(maxsize=16)
def _languages(country: str) -> tuple[str | None, ...]:
    """The languages the library names this country's days in, its own first."""
    model = holidays.country_holidays(country)
    return tuple(dict.fromkeys((model.default_language, *model.supported_languages)))


def _nearest_language(country: str, language: str) -> str | None:
    spoken = _languages(country)
    wanted = language.replace("-", "_")
    same: list[str | None] = [
        each for each in spoken if each is not None and each.split("_")[0] == wanted.split("_", maxsplit=1)[0]
    ]
    return wanted if wanted in same else (same or list(spoken))[0]


@lru_cache(maxsize=64)
def _names(
    country: str, subdivision: str | None, years: tuple[int, ...], language: str | None
) -> Mapping[date, tuple[str, ...]]:
    """The kinds that fall on each day, in the library's order, which is the same in every language."""
    model = holidays.country_holidays(country, subdiv=subdivision, years=years, expand=False, language=language)
    return MappingProxyType(
        {day: tuple(_ADDITION.sub("", name) for name in model.get_list(day)) for day in sorted(model)}
    )


def _key(name: str) -> str:
    return _ADDITION.sub("", name).strip().casefold()
