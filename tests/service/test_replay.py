"""What a replay takes from the record, and what it asks anew."""

from __future__ import annotations

from datetime import timedelta

from inboxcrm.service import rehearse
from inboxcrm.service.rehearse import Replayed
from inboxcrm.store.times import to_text_or_none
from tests.service.house import House, mail

MAILS = (
    mail(1, subject="The hall", text="Dear Ann,\n\nmay we have the hall in June?\n\nBob"),
    mail(2, subject="Offer", sender="Carl <carl@other.example>", text="Please call me tomorrow at 15:00.\n\nCarl"),
    mail(3, subject="Our news", sender="News <news@shop.example>", fields=("List-Unsubscribe: <https://x.example>",)),
)


def replayed(house: House) -> list[Replayed]:
    with house.household.database.read() as connection:
        return list(rehearse.replay(house.household, connection, since=house.clock.now() - timedelta(days=1)))


async def test_what_the_gate_said_of_a_stored_mail_stands_in_a_replay(house: House) -> None:
    await house.arrive(*MAILS)

    found = replayed(house)

    assert len(found) == len(MAILS)
    for each in found:
        gate, verdict = house.story(each.id)["gate"], each.rehearsal.plan.verdict
        assert (verdict.outcome, verdict.mail_class) == (gate["outcome"], gate["class"])
        assert (list(verdict.reasons), verdict.authenticated) == (gate["reasons"], gate["authenticated"])
        assert (verdict.recipient.spec if verdict.recipient else None) == gate["recipient"]


async def test_a_replay_meets_the_rules_and_the_time_that_the_live_mail_met(house: House) -> None:
    await house.arrive(*MAILS)

    for each in replayed(house):
        story, plan = house.story(each.id), each.rehearsal.plan
        assert [match.rule for match in plan.word.matches] == [match["rule"] for match in story["rules"]]
        told = story["expectation"]["due_at"] if story["expectation"] else None
        assert (to_text_or_none(plan.expectation.due_at) if plan.expectation else None) == told
