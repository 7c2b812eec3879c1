"""What conditions say, how rules add up, and that the short way of working a condition out is the engine's own."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.deeds import IN_TIME, On
from inboxcrm.domain.rule_conditions import ConditionError, read_condition
from inboxcrm.domain.rule_language import rule_engine
from inboxcrm.domain.rule_names import HELPERS, NAMES, Facts, context
from inboxcrm.domain.rules import Actions, Rule, Situation, speak
from inboxcrm.domain.situation import Standing
from tests.rules.situations import situation

NAMES_AT_UTC = context(UTC)
ASKED = situation("We met about the invoice.\nDanke, Grüße", attached="Plan.pdf", plan="gold", holiday="Easter Monday")
FACTS = Facts(ASKED, UTC)
STANDING = Facts(Standing("Bob Client", "Client Ltd", "gold", "en", "birthday", 46, "the twins", 60.0, 14.0), UTC)


def holds(when: str, asked: Situation = ASKED) -> bool:
    return read_condition(when, NAMES_AT_UTC).holds(Facts(asked, UTC))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("message.subject == 'Next week'", True),
        ("message.from.address == 'bob@client.example' and message.from.name == 'Bob Client'", True),
        ("'ann@example.org' in message.to and not ('ann@example.org' in message.cc)", True),
        ("'Plan.pdf' in message.attachments", True),
        ("$any([name.as_lower.ends_with('.pdf') for name in message.attachments])", True),
        ("message.words == 7 and message.words > 6.5 and message.words <= 7", True),
        ("plan in ['gold', 'silver'] or plan == ''", True),
        ("plan != 'gold'", False),
        ("office.holiday == 'Easter Monday' ? away : office.open", False),
        ("received.weekday == 'Tuesday' and received.hour == 10", True),
        ("received > d'2026-03-03 09:59' and received < d'2026-03-03 10:01'", True),
        ("matches(message.text, '^we MET\\b')", True),
        ('matches(message.text, "grüsse|GRÜSSE|grü(?:ß|ss)e")', True),
        ("mentions(message.text, ['Rechnung', 'the invoice'])", True),
        ("mentions(message.text, ['invoi', 'oice'])", False),
        ("mentions(message.text, ['grüße'])", True),
        ("within(message.from.domain, 'client.example') and within(message.from.domain, 'example')", True),
        ("within(message.from.domain, 'lient.example')", False),
        ("within(message.from.domain, message.from.domain) and not within(message.from.domain, message.subject)", True),
        ("mentions(message.subject, message.attachments) or 'gold' == plan", True),
        ("away or plan == 'silver' or message.words < 3 or mentions(message.text, ['danke'])", True),
        ("contact.known and office.open and not away and plan == 'bronze'", False),
        ("message.words * 2 + 0.5 == 14.5 and 1 < 2", True),
        ("not away # a comment with a ' quote", True),
    ],
)
def test_a_condition_holds_or_does_not(when: str, expected: bool) -> None:
    condition = read_condition(when, NAMES_AT_UTC)

    assert condition.holds(FACTS) is expected
    assert bool(condition._rule.evaluate(FACTS)) is expected, "the engine itself says otherwise"


def test_moments_are_told_by_the_owners_clock() -> None:
    condition = read_condition("received.hour == 19", context(ZoneInfo("Asia/Tokyo")))

    assert condition.holds(Facts(ASKED, ZoneInfo("Asia/Tokyo")))


def test_a_flood_of_text_costs_its_length() -> None:
    assert not holds("matches(message.text, '(a+)+b')", situation("a" * 200_000))


def test_an_explanation_names_what_was_looked_at() -> None:
    condition = read_condition(
        "contact.known and message.words > 3 and mentions(message.text, ['invoice', 'x'])", NAMES_AT_UTC
    )

    assert [str(each) for each in condition.seen(FACTS)] == [
        "contact.known is true",
        "message.words is 7",
        'mentions(message.text) found "invoice"',
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_value_of_its_kind(name: str) -> None:
    compared = {
        "text": ".length >= 0",
        "list of texts": " != ['x']",
        "number": " >= 0",
        "yes-or-no": " == true or true",
    }
    rest = compared.get(NAMES[name].kind.value, " > d'2020-01-01'")

    for on in NAMES[name].on:
        typed, facts = context(UTC, on), STANDING if on in IN_TIME else FACTS
        assert read_condition(f"{name}{rest}", typed).holds(facts)
        assert rule_engine.Rule(f"{name}{rest}", context=typed).matches(facts)


@pytest.mark.parametrize(
    ("name", "on", "who"),
    [
        ("message.subject", On.OCCASION, '"received" or "sent"'),
        ("contact.known", On.QUIET, '"received" or "sent"'),
        ("occasion.kind", On.RECEIVED, '"occasion"'),
        ("silence.days", On.OCCASION, '"quiet"'),
    ],
)
def test_a_name_of_other_rules_is_refused_and_says_whose_it_is(name: str, on: On, who: str) -> None:
    with pytest.raises(ConditionError, match=f'unknown name "{name}". Only a rule with on = {who} knows it.'):
        read_condition(f"{name} == 1", context(UTC, on))


def test_helpers_are_three() -> None:
    assert set(HELPERS) == {"matches", "mentions", "within"}


def rule(name: str, when: str = "true", **then: object) -> Rule:
    return Rule(name, read_condition(when, NAMES_AT_UTC), Actions(**then), f"{name}.toml:1")  # type: ignore[arg-type] # keywords of Actions


def test_what_rules_say_adds_up_and_the_first_template_and_target_stand() -> None:
    word = speak(
        [
            rule("one", tags=("a",), acknowledge="away", target=timedelta(hours=2)),
            rule("two", "away", quiet=True),
            rule("three", tags=("b", "a"), acknowledge="minimal", target=timedelta(hours=9), hold=True),
        ],
        FACTS,
    )

    assert [match.rule for match in word.matches] == ["one", "three"]
    assert (word.acknowledge, word.target, word.tags) == ("away", timedelta(hours=2), ("a", "b"))
    assert (word.hold, word.quiet, word.no_promise) == (True, False, False)


def test_the_rules_behind_a_stop_are_not_asked() -> None:
    word = speak([rule("one", stop=True), rule("two", hold=True)], FACTS)

    assert [match.rule for match in word.matches] == ["one"]
    assert not word.hold


def test_a_stop_that_is_not_met_stops_nothing() -> None:
    assert speak([rule("one", "away", stop=True), rule("two", hold=True)], FACTS).hold
