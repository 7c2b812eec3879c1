"""What gives and what takes, in eight languages, and how the account is counted."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.commitments import LANGUAGES
from inboxcrm.domain.touches import HALF_LIFE, Class, Touch, balance, propose, second_in_a_row
from inboxcrm.render import TemplateSet
from inboxcrm.service.keeping import CONGRATULATION, GREETINGS
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


@pytest.mark.parametrize("template", sorted({*GREETINGS.values(), CONGRATULATION}))
def test_a_greeting_of_ours_gives_in_every_language_and_form(template: str) -> None:
    texts = TemplateSet.load(None, default_language="en")
    for language, form in product(LANGUAGES, ("formal", "familiar")):
        names = {"sender_name": "Bob Client", "first_name": "Bob" if form == "familiar" else None, "form": form}
        greeting = texts.render(template, language, {**names, "owner_name": "Ann Example"})

        assert propose(f"{greeting.subject}\n{greeting.text}", [language]).kind is GIVE, (language, form)


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
