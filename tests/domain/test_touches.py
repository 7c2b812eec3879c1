"""What gives and what takes, in eight languages, and how the account is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.touches import HALF_LIFE, Class, Touch, balance, propose, second_in_a_row
from tests.service.house import MONDAY

GIVE, TAKE, NEUTRAL = Class.GIVE, Class.TAKE, Class.NEUTRAL


@pytest.mark.parametrize(
    ("language", "words", "kind"),
    [
        ("en", "May I introduce you to a colleague?", GIVE),
        ("en", "Would you write a review?", TAKE),
        ("en", "Congratulations! And here is our offer.", TAKE),
        ("en", "The train leaves at nine.", NEUTRAL),
        ("de", "Herzlichen Glückwunsch zum Umzug!", GIVE),
        ("de", "Anbei unser Angebot.", TAKE),
        ("fr", "Toutes mes félicitations !", GIVE),
        ("fr", "Voici notre devis.", TAKE),
        ("es", "¡Enhorabuena!", GIVE),
        ("es", "Le recuerdo la fecha límite.", TAKE),
        ("it", "Tanti auguri!", GIVE),
        ("it", "Le invio un sollecito.", TAKE),
        ("pt", "Parabéns pelo prémio!", GIVE),
        ("pt", "Segue a nossa proposta.", TAKE),
        ("nl", "Van harte gefeliciteerd!", GIVE),
        ("nl", "Hierbij onze offerte.", TAKE),
        ("ja", "ご開業おめでとうございます。", GIVE),
        ("ja", "見積書を添付いたします。", TAKE),
    ],
)
def test_words_give_or_take(language: str, words: str, kind: Class) -> None:
    assert propose(words, [language]).kind is kind


def test_an_answer_gives_unless_it_takes_and_an_invoice_never_counts() -> None:
    assert propose("Until April.", ["en"], answers=True).kind is GIVE
    assert propose("Here is our offer.", ["en"], answers=True).kind is TAKE
    assert propose("Here is our offer.", ["en"], invoice=True).kind is NEUTRAL
    assert propose("anything", ["xx"]).kind is NEUTRAL


def test_a_touch_halves_in_180_days() -> None:
    touches = [Touch(MONDAY, GIVE), Touch(MONDAY, NEUTRAL), Touch(MONDAY - HALF_LIFE, TAKE)]

    assert balance(touches, MONDAY) == pytest.approx(0.5)
    assert balance(touches, MONDAY + HALF_LIFE) == pytest.approx(0.25)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 2_000), st.sampled_from(Class)), max_size=30))
def test_the_balance_lies_between_all_taken_and_all_given_and_another_give_raises_it(
    ago: list[tuple[int, Class]],
) -> None:
    touches = [Touch(MONDAY - timedelta(days=days), kind) for days, kind in ago]

    assert -len(touches) <= balance(touches, MONDAY) <= len(touches)
    assert balance([*touches, Touch(MONDAY, GIVE)], MONDAY) == pytest.approx(balance(touches, MONDAY) + 1)


@pytest.mark.parametrize(
    ("kinds", "second"),
    [([], False), ([TAKE], True), ([TAKE, NEUTRAL], True), ([TAKE, GIVE], False), ([GIVE, TAKE], True)],
)
def test_logistics_between_two_takes_do_not_part_them(kinds: list[Class], second: bool) -> None:
    touches = [Touch(MONDAY + timedelta(days=number), kind) for number, kind in enumerate(kinds)]

    assert second_in_a_row(touches) is second
