"""The patterns do what their examples say, and the labelled set is what it claims to be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inboxcrm.domain.commitments import LANGUAGES, Kind, Side, phrases, side, suggest
from tests.suggestions.labelled import FAMILIES, Half, sentences
from tests.suggestions.measure import score


def _examples(*, good: bool) -> Iterator[tuple[str, str, str]]:
    for language in LANGUAGES:
        for pattern in phrases(language).patterns:
            for text in pattern.examples if good else pattern.counterexamples:
                yield language, pattern.kind, text


def kinds(text: str, language: str) -> set[str]:
    from inboxcrm.domain.commitments import demands_payment

    found = {each.kind.value for each in suggest(text, language)}
    return found | ({"dunning"} if demands_payment(text, language) else set())


@pytest.mark.parametrize(("language", "kind", "text"), [*_examples(good=True)])
def test_a_pattern_finds_its_example(language: str, kind: str, text: str) -> None:
    assert kind in kinds(text, language)


@pytest.mark.parametrize(("language", "kind", "text"), [*_examples(good=False)])
def test_a_pattern_leaves_its_counterexample(language: str, kind: str, text: str) -> None:
    assert kind not in kinds(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_kind(language: str) -> None:
    assert {pattern.kind for pattern in phrases(language).patterns} == {*Kind, "dunning"}


@pytest.mark.parametrize("family", ["germanic", "romance"])
def test_a_family_has_four_hundred_labelled_texts_and_half_are_near_misses(family: str) -> None:
    texts = [each for each in sentences() if each.family == family]

    assert len(texts) >= 400
    assert 0.45 <= sum(each.kind is None for each in texts) / len(texts) <= 0.55
    assert {each.why for each in texts if each.kind is None} == {
        *("quoted", "negation", "hypothetical", "past", "question", "other")
    }


def test_no_text_is_labelled_twice() -> None:
    assert len({each.text for each in sentences()}) == len(sentences())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_tuning_half_keeps_its_figures(family: str) -> None:
    told = score([each for each in sentences() if each.family == family and each.half is Half.TUNING])

    assert told.precision >= 0.95
    assert told.recall >= 0.9


@pytest.mark.parametrize(
    ("kind", "from_owner", "expected"),
    [
        (Kind.DEED, True, Side.MINE),
        (Kind.DEED, False, Side.THEIRS),
        (Kind.PAYMENT, False, Side.THEIRS),
        (Kind.REQUEST, False, Side.MINE),
        (Kind.REQUEST, True, Side.THEIRS),
        (Kind.INVOICE, False, Side.MINE),
        (Kind.ORDER_NUMBER, False, Side.MINE),
    ],
)
def test_who_has_to_act(kind: Kind, from_owner: bool, expected: Side) -> None:
    assert side(kind, from_owner=from_owner) is expected


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("Please invoice my company, Larch Ltd, for March.", "Larch Ltd"),
        ("Could you make the invoice out to Old Mill Trading GmbH?", "Old Mill Trading GmbH"),
        ("Our PO number is 4500-12.", "4500-12"),
        ("Please send the invoice to our office.", ""),
    ],
)
def test_the_company_or_the_number_is_read_as_written(text: str, detail: str) -> None:
    assert [each.detail for each in suggest(text, "en")] == [detail]


@pytest.mark.parametrize(
    ("language", "text", "company"),
    [
        ("en", "Please invoice my company, Larch Ltd, not me.", "Larch Ltd"),
        ("de", "Bitte die Rechnung an Lärche & Söhne AG, nicht an mich.", "Lärche & Söhne AG"),
        ("de", "Bitte stellen Sie die Rechnung auf die Lärche GmbH aus, und nicht auf meinen Namen.", "Lärche GmbH"),
        ("fr", "Veuillez établir la facture au nom de Mélèze et Fils SAS, pas à moi.", "Mélèze et Fils SAS"),
        ("es", "Por favor, envíe la factura a Alerce SL, no a mí.", "Alerce SL"),
        ("it", "La prego di intestare la fattura a Larice S.r.l., non a me.", "Larice S.r.l."),
        ("pt", "Por favor, emita a fatura em nome da Lariço Lda, não em meu nome.", "Lariço Lda"),
        ("nl", "Stuur de factuur naar Lariks BV, niet naar mij.", "Lariks BV"),
        ("ja", "請求書は株式会社カラマツ宛にお願いします。", "株式会社カラマツ"),
    ],
)
def test_whom_to_invoice_is_heard_where_it_says_whom_not(language: str, text: str, company: str) -> None:
    assert [(each.kind, each.detail) for each in suggest(text, language)] == [(Kind.INVOICE, company)]


def test_what_stands_behind_a_but_is_read_by_itself() -> None:
    (found,) = suggest("I can't come on Monday, but I'll send you the plan by then.", "en")

    assert found.kind is Kind.DEED


def test_a_long_letter_ends_and_suggests_a_handful() -> None:
    assert len(suggest("I'll send you part %d tomorrow. " * 2_000, "en")) == 1
    assert len(suggest(" ".join(f"I'll send you part {n} tomorrow." for n in range(2_000)), "en")) == 8


def test_an_unknown_language_suggests_nothing() -> None:
    assert suggest("Ik stuur je het concept.", "xx") == []
