"""Whose policy stands, and what a plan adds to the words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inboxcrm.bootstrap import template_set
from inboxcrm.config import AckPolicy, PlanConfig
from inboxcrm.configuration import ConfigRefusedError, read_config
from inboxcrm.errors import TemplateError
from inboxcrm.service import actions
from inboxcrm.service.meant import NotFoundError
from inboxcrm.store import contacts, views
from tests.config.conftest import COMPLETE
from tests.plans.conftest import PLANS, Planned
from tests.service.house import House, mail

RULE = """
[[rule]]
name = "their policy"
when = 'message.from.domain == "client.example"'
then = {{ policy = "{policy}" }}
"""


@pytest.mark.parametrize(
    ("contact", "rule", "plan", "everybody", "speaks", "whose"),
    [
        ("never", "always", "always", "always", False, "this sender is never"),
        ("always", "never", "never", "never", True, "this sender is always"),
        (None, "never", "always", "always", False, "a rule is never"),
        (None, "always", "never", "never", True, "a rule is always"),
        (None, None, "never", "always", False, "the plan is never"),
        (None, None, "always", "never", True, "the plan is always"),
        (None, None, None, "never", False, "everybody is never"),
        (None, None, None, "always", True, "everybody is always"),
        (None, None, "once-a-day", "never", True, "the plan is once a day"),
    ],
)
async def test_the_first_policy_that_is_set_stands(
    tmp_path: Path,
    contact: str | None,
    rule: str | None,
    plan: str | None,
    everybody: str,
    speaks: bool,
    whose: str,
) -> None:
    (tmp_path / "rules").mkdir()
    if rule is not None:
        (tmp_path / "rules" / "05-theirs.toml").write_text(RULE.format(policy=rule))
    house = Planned(tmp_path, policy=AckPolicy(everybody))
    gold = replace(PLANS["gold"], policy=AckPolicy(plan) if plan else None)
    house.household.config = replace(house.household.config, plans={**PLANS, "gold": gold})
    await house.know()
    actions.set_contact(house.household, "bob@client.example", {"plan": "gold", "policy": contact or "default"})

    await house.arrive(mail())

    assert len(house.outbox()) == speaks
    assert whose in because(house)
    house.close()


def because(house: House) -> str:
    """Why the last mail was, or was not, acknowledged."""
    row = house.messages()[-1]
    story = house.household.database.reading(lambda connection: views.decision(connection, row.id))
    assert story is not None
    return str(story["speech"]["because"])


async def acknowledgement(house: Planned, plan: PlanConfig, raw: bytes) -> str:
    house.arrange(plans={**PLANS, "gold": plan})
    await house.client("gold")
    await house.arrive(raw)
    return house.outbox()[0].text


async def test_a_plans_sentence_is_told_in_the_language_of_the_letter(house: Planned) -> None:
    gold = replace(PLANS["gold"], wording={"en": "As a gold client you come first.", "de": "Sie kommen zuerst."})

    text = await acknowledgement(house, gold, mail())

    assert "As a gold client you come first." in text
    assert "Sie kommen zuerst" not in text


async def test_a_plan_that_does_not_speak_the_language_says_nothing(house: Planned) -> None:
    gold = replace(PLANS["gold"], wording={"de": "Sie kommen zuerst."})

    assert "zuerst" not in await acknowledgement(house, gold, mail())


async def test_a_plans_sentence_is_for_its_clients_only(house: Planned) -> None:
    gold = replace(PLANS["gold"], wording={"en": "As a gold client you come first."})
    house.arrange(plans={**PLANS, "gold": gold})
    await house.client(None)

    await house.arrive(mail(), mail(2, sender="Eve <eve@elsewhere.example>"))

    assert all("gold" not in row.text for row in house.outbox())


async def test_a_plan_may_have_a_text_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "gold"
    own.mkdir(parents=True)
    head = "---\nintent: acknowledge\nsubject: Received\nneeds: due, owner_name\n---\n"
    (own / "en.txt.j2").write_text(head + "Gold: my answer comes {{ due }}. A reply reaches me.\n\n{{ owner_name }}\n")
    house = Planned(tmp_path)
    gold = replace(PLANS["gold"], templates={"acknowledge": "gold"})
    house.household.config = replace(house.household.config, plans={**PLANS, "gold": gold})
    await house.know()
    actions.set_contact(house.household, "bob@client.example", {"plan": "gold"})

    await house.arrive(mail(), mail(2, sender="Eve <eve@elsewhere.example>"))

    assert [row.text.startswith("Gold:") for row in sorted(house.outbox(), key=lambda row: row.id)] == [True, False]
    house.close()


@pytest.mark.parametrize("text", ["golden", "apology", "minimal"])
def test_a_text_that_a_plan_cannot_have_is_refused_when_texts_are_read(tmp_path: Path, text: str) -> None:
    config = read_config(f'{COMPLETE}\n[plans.x]\ntemplates = {{ acknowledge = "{text}" }}\n', tmp_path)

    with pytest.raises(TemplateError, match=r"plans\.x\.templates"):
        template_set(config)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('policy = "sometimes"', "plans.x.policy"),
        ('wording = { en = "" }', "plans.x.wording.en"),
        ('wording = { xx = "?" }', "plans.x.wording.xx"),
        ('templates = { minimal = "x" }', "plans.x.templates.minimal"),
        ('templates = { acknowledge = "a b" }', "plans.x.templates.acknowledge"),
    ],
)
def test_mistakes_in_a_plan_are_found_at_their_place(tmp_path: Path, line: str, key: str) -> None:
    with pytest.raises(ConfigRefusedError) as refused:
        read_config(f"{COMPLETE}\n[plans.x]\n{line}\n", tmp_path)

    assert [problem.key for problem in refused.value.problems] == [key]


# -- the plan of an organisation


async def test_a_plan_is_set_on_an_organisation_and_taken_back(house: Planned) -> None:
    await house.client(None)
    actions.set_organisation(house.household, "client.example", plan="gold")

    def plan() -> str:
        card = house.household.database.reading(lambda connection: contacts.card(connection, 1))
        return card.plan

    assert plan() == "gold"
    actions.set_contact(house.household, "bob@client.example", {"plan": "bronze"})
    assert plan() == "bronze", "the contact's own comes first"
    actions.set_contact(house.household, "bob@client.example", {"plan": "default"})
    actions.set_organisation(house.household, "Client", plan="default")
    assert plan() == ""


async def test_an_organisation_is_named_so_that_there_is_only_one(house: Planned) -> None:
    await house.know("Bob <bob@client.example>")
    await house.know("Carl <carl@client.test.example>")

    with pytest.raises(NotFoundError, match="no organisation"):
        actions.set_organisation(house.household, "nobody", plan="gold")
    with pytest.raises(NotFoundError, match="several"):
        actions.set_organisation(house.household, "e", plan="gold")
