"""Which public holidays are adopted, and by which name they are told."""

from __future__ import annotations

from datetime import date

import pytest

from inboxcrm.domain.public_holidays import UnknownRegionError, adopted, kinds

GOOD_FRIDAY = date(2026, 4, 3)
LABOUR_DAY = date(2026, 5, 1)


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


def test_the_kinds_are_listed_once_each_in_the_order_of_the_year() -> None:
    listed = kinds("CH-ZH", range(2026, 2029), language="de")

    assert listed[0] == "Neujahrstag"
    assert listed[-1] == "Stephanstag"
    assert len(set(listed)) == len(listed)


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
