"""Each shipped rule on a mail of its situation, end to end: what the client gets, what the owner sees, what the ledger
holds, and what would have stopped it. What takes its time is in test_starter_later.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions
from tests.rules.situations import starter
from tests.service.house import MONDAY
from tests.workflows.cases import CASES, MAILS, Around, Case
from tests.workflows.conftest import Bureau
from tests.workflows.later import LATER

Open = Callable[..., Bureau]


async def house_in(open_bureau: Open, around: Around) -> Bureau:
    """A house in these circumstances, just before the mail comes."""
    house = open_bureau(**around.settings)
    house.arrange()
    settings = house.household.config
    house.household.config = replace(settings, office=replace(settings.office, holidays="CH-ZH"))
    if around.known:
        await house.know(around.known)
    if around.plan is not None:
        actions.set_contact(house.household, "bob@client.example", {"plan": around.plan})
    house.clock.advance(around.at - MONDAY)
    if around.away:
        now = house.clock.now()
        actions.go_away(house.household, Away(now - timedelta(days=1), now + timedelta(days=7)))
    return house


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
async def test_a_situation_end_to_end(open_bureau: Open, case: Case) -> None:
    house = await house_in(open_bureau, case.around)
    await house.arrive(case.raw)
    await house.sweep()
    await house.pass_time(minutes=11)

    written = house.outbox()
    assert [(row.template, row.state) for row in written] == ([(case.gets, case.state)] if case.gets else [])
    assert all(case.says in row.text for row in written), [row.text for row in written]
    assert [told.partition(": ")[2] for told in house.told()] == ([case.told] if case.told else [])
    assert [notice.title for notice in house.rung()] == [each for each in (case.rings, case.told) if each]
    assert [row.state for row in house.promises()] == list(case.ledger)
    story = house.story(house.messages()[-1].id)
    assert case.rule in [rule["rule"] for rule in story["rules"]]
    assert not case.tag or case.tag in story["tags"]


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
async def test_what_would_have_stopped_it(open_bureau: Open, case: Case) -> None:
    house = await house_in(open_bureau, case.unless or case.around)
    assert case.without or case.unless
    raw = case.raw
    for passage, instead in case.without:
        assert passage in raw
        raw = raw.replace(passage, instead)
    await house.arrive(raw)

    met = [rule["rule"] for rule in house.story(house.messages()[-1].id)["rules"]]
    assert (case.rule in met) is case.still
    assert not case.still or house.outbox() == []


def test_every_shipped_rule_is_shown_on_a_mail_and_every_mail_shows_something() -> None:
    shown = {case.rule for case in CASES} | {each.rule for each in LATER}
    files = {case.file for case in CASES} | {file for each in LATER for file in each.files}

    assert {rule.name for rule in starter().rules} <= shown
    assert {path.stem for path in MAILS.glob("*.eml")} == files
