"""The shipped templates are without fault, and every rule of the lint has something it catches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from inboxcrm.render import TemplateSet
from inboxcrm.render.languages import PREFIXES
from inboxcrm.render.lint import Rule, lint, lint_all, words
from inboxcrm.render.templates import Template, parse_template

GOOD = "Your mail is here. {% if due %}Expect my answer {{ due }}.{% else %}No day yet.{% endif %} A reply reaches me."

PHONE = "{% if phone %} Call {{ phone }} or write back.{% endif %}"


def made(body: str, *, intent: str = "acknowledge", needs: str = "due", language: str = "en") -> Template:
    source = f"---\nintent: {intent}\nsubject: Here\nneeds: {needs}\n---\n{body}"
    return parse_template("x", language, source, origin=f"templates/x/{language}.txt.j2")


def test_every_shipped_template_is_without_fault(shipped: TemplateSet) -> None:
    assert lint_all(shipped.all()) == ()


def test_the_text_the_examples_depart_from_is_without_fault() -> None:
    assert lint(made(GOOD)) == ()


EXAMPLES = [
    (Rule.UNKNOWN_VARIABLE, made(GOOD + "{{ phone }}")),
    (Rule.UNUSED_NEED, made(GOOD, needs="due, phone")),
    (Rule.DOES_NOT_RENDER, made("Expect my answer {{ due }}. A reply reaches me.")),
    (Rule.DOES_NOT_RENDER, made(GOOD + "{{ due.day }}")),
    (Rule.MISSING_PROMISE, made("Your mail is here. A reply reaches me.", needs="")),
    (Rule.MISSING_PROMISE, made("Here. A reply reaches me.\n\n{% if due %}Expect it {{ due }}.{% endif %}")),
    (Rule.MISSING_PROMISE, made("{% if not due %}Hm.{% endif %} A reply reaches me.")),
    (Rule.MISSING_PROMISE, made("Sorry. A reply reaches me.", intent="apologise", needs="")),
    (Rule.ASK_IN_GREETING, made("Happy birthday! Shall we talk about the offer?", intent="greet", needs="")),
    (Rule.ASK_IN_GREETING, made("Happy birthday! The invoice is attached.", intent="greet", needs="")),
    (Rule.DO_NOT_REPLY, made(GOOD + " Please do not reply to this mail.")),
    (Rule.NO_WAY_TO_A_HUMAN, made(GOOD.replace(" A reply reaches me.", ""))),
    (Rule.TOO_LONG, made(GOOD + " word" * 120)),
    (Rule.VAGUE_TIME, made(GOOD + " I will be quick, as soon as possible.")),
    (Rule.TELLS_TOO_MUCH, made(GOOD + "{% if reason %}{{ reason }}{% endif %}", intent="minimal", needs="due, reason")),
    (Rule.TELLS_TOO_MUCH, made(GOOD + " Call +41 44 555 01 00.", intent="minimal")),
    (Rule.TELLS_TOO_MUCH, made(GOOD + " See https://example.org/", intent="minimal")),
    (Rule.DOES_NOT_RENDER, made("Hello {{ sender_name }}. " + GOOD, needs="due, sender_name")),
    (Rule.NO_WAY_TO_A_HUMAN, made(GOOD.replace(" A reply reaches me.", PHONE), needs="due, phone")),
    (Rule.MIXED_FORMS, made("Ich danke dir. Ich schreibe Ihnen.", intent="letter", needs="", language="de")),
    (Rule.MIXED_FORMS, made("Ich danke dir.{{ form and '' }}", intent="letter", needs="form", language="de")),
    (Rule.ADVERTISES, made(GOOD + " Our newsletter tells more.")),
    (Rule.UNKNOWN_LANGUAGE, made(GOOD, language="sv")),
]


@pytest.mark.parametrize(("rule", "template"), EXAMPLES, ids=[str(rule) for rule, _ in EXAMPLES])
def test_the_lint_names_the_rule_that_is_broken(rule: Rule, template: Template) -> None:
    problems = lint(template)

    assert [problem.rule for problem in problems] == [rule]
    assert str(problems[0]).startswith(f"{template.origin}: {rule}: ")


def test_every_rule_has_an_example_that_breaks_it() -> None:
    assert {rule for rule, _ in EXAMPLES} == set(Rule)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Bitte antworten Sie nicht: nicht antworten."),
        ("fr", "Merci de ne pas répondre à ce message."),
        ("es", "Por favor, no responda a este mensaje."),
        ("it", "La preghiamo di non rispondere."),
        ("pt", "Por favor, não responda."),
        ("nl", "Gelieve niet op dit bericht te antwoorden."),
        ("ja", "このメールには返信しないでください。"),
    ],
)
def test_a_closed_door_is_known_in_every_language(language: str, sentence: str, shipped: TemplateSet) -> None:
    assert Rule.DO_NOT_REPLY in _rules_broken(shipped, language, lambda body: f"{body}\n\n{sentence}\n")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Ich melde mich so bald wie möglich."),
        ("fr", "Je reviens vers vous dans les plus brefs délais."),
        ("es", "Le contestaré lo antes posible."),
        ("it", "Risponderò al più presto."),
        ("pt", "Responderei assim que possível."),
        ("nl", "U hoort zo spoedig mogelijk van mij."),
        ("ja", "できるだけ早くご連絡いたします。"),
    ],
)
def test_an_empty_phrase_is_known_in_every_language(language: str, sentence: str, shipped: TemplateSet) -> None:
    assert Rule.VAGUE_TIME in _rules_broken(shipped, language, lambda body: f"{body}\n\n{sentence}\n")


@pytest.mark.parametrize("language", list(PREFIXES))
@pytest.mark.parametrize("name", ["acknowledge", "new-sender", "minimal", "extended"])
def test_a_text_that_does_not_say_that_a_reply_reaches_a_person_is_known(
    language: str, name: str, shipped: TemplateSet
) -> None:
    def without_the_note(body: str) -> str:
        body = re.sub(r"({% macro (?:automatic|sooner)\(.*?-%}).*?({%- endmacro)", r"\1\2", body, flags=re.DOTALL)
        told = re.compile(r"自動|\bautom(?!atic['(])\w+[ .,]", re.IGNORECASE)
        return "\n".join(
            line for line in body.split("\n") if "automatic %}" in line or "import" in line or not told.search(line)
        )

    assert Rule.NO_WAY_TO_A_HUMAN in _rules_broken(shipped, language, without_the_note, name=name)


def _rules_broken(
    shipped: TemplateSet, language: str, change: Callable[[str], str], *, name: str = "minimal"
) -> set[Rule]:
    template = shipped.find(name, language)
    body, parts = change(template.body), tuple((part, change(text)) for part, text in template.parts)
    everything = "".join((body, *(text for _, text in parts)))
    needs = frozenset(each for each in template.needs if each in everything)
    changed = replace(template, body=body, parts=parts, needs=needs, used=template.used & needs)
    return {problem.rule for problem in lint(changed)}


def test_a_greeting_may_ask_where_its_front_matter_says_so() -> None:
    body = "Happy birthday! Shall we talk about the offer?"
    source = f"---\nintent: greet\nsubject: Here\nneeds:\nasks: yes\n---\n{body}"

    assert lint(parse_template("x", "en", source, origin="x")) == ()


@pytest.mark.parametrize(
    ("language", "formal", "familiar"),
    [
        ("de", "Wir sprechen, wenn Sie da sind.", "Ich warte auf dich."),
        ("fr", "Je vous écris.", "Je t’écris."),
        ("es", "Gracias por su mensaje.", "Pienso en ti."),
        ("it", "Penso a Lei.", "Penso a te."),
        ("pt", "Penso escrever-lhe amanhã.", "Escrevo-te amanhã."),
        ("nl", "Ik schrijf u.", "Ik schrijf je."),
    ],
)
def test_two_forms_of_address_in_one_text_are_known(language: str, formal: str, familiar: str) -> None:
    def rules(body: str) -> list[Rule]:
        return [each.rule for each in lint(made(body, intent="letter", needs="", language=language))]

    assert rules(f"{formal} {familiar}") == [Rule.MIXED_FORMS]
    assert rules(formal) == rules(familiar) == []


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("one two", 2), ("メールを受け取りました。", 5), ("Bob 様", 1), ("日本 ok", 2)]
)
def test_words_are_counted_in_scripts_without_spaces_too(text: str, count: int) -> None:
    assert words(text) == count
