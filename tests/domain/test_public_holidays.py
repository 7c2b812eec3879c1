"""Which public holidays are adopted, and by which name they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from inboxcrm.domain.public_holidays import Kind, UnknownRegionError, calendar, closed

GOOD_FRIDAY = date(2026, 4, 3)
LABOUR_DAY = date(2026, 5, 1)


def adopted(
    region: str, years: Sequence[int], *, language: str = "en", not_adopted: Sequence[str] = ()
) -> Mapping[date, str]:
    """The days that close an office which has adopted every public kind."""
    kinds = {each.kind for each in calendar(region, [*years, 2024, 2027]) if each.kind.category == "public"}
    return closed(region, years, language=language, adopted=kinds, not_adopted=not_adopted).days


def kind(region: str, name: str, category: str = "public") -> Kind:
    """The kind of this name."""
    return next(
        each.kind for each in calendar(region, [2026]) if each.is_called(name) and each.kind.category == category
    )


def test_a_region_has_its_own_days() -> None:
    assert LABOUR_DAY in adopted("CH-ZH", [2026])
    assert LABOUR_DAY not in adopted("CH-BE", [2026])


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("de", "Karfreitag"),
        ("en", "Good Friday"),
        ("fr", "Vendredi saint"),
        ("it", "Venerdì Santo"),
        ("de-CH", "Karfreitag"),
        ("es", "Karfreitag"),
        ("pt", "Karfreitag"),
        ("nl", "Karfreitag"),
        ("ja", "Karfreitag"),
    ],
)
def test_names_are_in_the_language_or_the_country_s_own(language: str, name: str) -> None:
    assert adopted("CH-ZH", [2026], language=language)[GOOD_FRIDAY].casefold() == name.casefold()


@pytest.mark.parametrize("kind", ["Tag der Arbeit", "tag der arbeit", "Labor Day", "Fête du Travail"])
def test_a_kind_is_refused_by_any_of_its_names(kind: str) -> None:
    assert LABOUR_DAY not in adopted("CH-ZH", [2026], language="it", not_adopted=[kind])


def test_a_kind_is_refused_together_with_its_observed_day() -> None:
    observed = date(2026, 12, 28)

    assert adopted("GB-ENG", [2026])[observed] == "Boxing Day"
    assert observed not in adopted("GB-ENG", [2026], not_adopted=["Boxing Day"])


def test_two_holidays_on_one_day_are_two_kinds() -> None:
    # Ascension Day fell on 1 May in 2008.
    both = date(2008, 5, 1)

    assert both in adopted("CH-ZH", [2008], not_adopted=["Auffahrt"])
    assert both in adopted("CH-ZH", [2008], not_adopted=["Tag der Arbeit"])
    assert both not in adopted("CH-ZH", [2008], not_adopted=["Auffahrt", "Tag der Arbeit"])


def test_only_the_years_asked_for_are_given() -> None:
    assert {day.year for day in adopted("CH-ZH", [2026, 2027])} == {2026, 2027}
    assert not adopted("CH-ZH", [])


def test_the_calendar_is_in_the_order_of_the_days() -> None:
    listed = [each for each in calendar("CH-ZH", [2026], language="de") if each.kind.category == "public"]

    assert (listed[0].name, listed[-1].name) == ("Neujahrstag", "Stephanstag")
    assert [each.on for each in listed] == sorted(each.on for each in listed)


def test_what_nobody_adopted_closes_nothing() -> None:
    assert not closed("CH-ZH", [2026], adopted=()).days


def test_only_what_was_adopted_closes_the_office_whatever_else_the_library_says() -> None:
    found = closed("CH-ZH", [2026], adopted={kind("CH-ZH", "Good Friday")})

    assert dict(found.days) == {GOOD_FRIDAY: "Good Friday"}


@pytest.mark.parametrize("language", ["de", "fr", "it", "ja"])
def test_a_kind_is_the_same_whatever_language_it_is_asked_in(language: str) -> None:
    asked = {each.kind for each in calendar("CH-ZH", [2026], language=language)}

    assert asked == {each.kind for each in calendar("CH-ZH", [2026])}


def test_a_holiday_of_several_categories_is_given_once_in_the_first() -> None:
    listed = [each for each in calendar("US", [2026]) if each.is_called("Labor Day")]

    assert [each.kind.category for each in listed] == ["public"]


def test_a_half_holiday_closes_half_a_day() -> None:
    found = closed("CH-Stadt Zurich", [2026], adopted={kind("CH-Stadt Zurich", "Knabenschiessen", "half_day")})

    assert (dict(found.days), dict(found.half_days)) == ({}, {date(2026, 9, 14): "Knabenschiessen"})


def test_a_name_may_be_adopted_in_one_category_and_not_in_another() -> None:
    region, monday = "CH-Stadt Zurich", date(2026, 9, 14)

    assert monday not in closed(region, [2026], adopted={kind(region, "Knabenschiessen")}).days
    assert monday in closed(region, [2026], adopted={kind(region, "Knabenschiessen", "optional")}).days


def test_a_whole_holiday_goes_before_a_half_one_of_the_same_day() -> None:
    region, day = "CH-Stadt Zurich", date(2026, 9, 14)
    half, whole = (kind(region, "Knabenschiessen", category) for category in ("half_day", "optional"))

    found = closed(region, [2026], adopted={half, whole})

    assert found.days[day] == "Knabenschiessen"
    assert day not in found.half_days


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("CH-ZR", 'no region "ZR" in CH. Did you mean "CH-ZH"?'),
        ("USA", 'Did you mean "US"?'),
        ("", 'no country ""'),
        ("QQ-1", 'no country "QQ"'),
    ],
)
def test_an_unknown_region_is_refused_with_the_nearest(region: str, hint: str) -> None:
    with pytest.raises(UnknownRegionError) as refusal:
        adopted(region, [2026])

    assert hint in str(refusal.value)


@pytest.mark.parametrize("region", ["ch-zh", " CH-ZH ", "JP", "US-CA", "DE-BY", "PT", "NL", "BR-SP", "IN-KA", "NZ"])
def test_regions_are_read_however_they_are_written(region: str) -> None:
    assert len(adopted(region, [2026], language="ja")) >= 5
