"""Who may ring the owner, and every neighbour who may not."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from inboxcrm.domain.ringing import Calm, wait
from inboxcrm.service.notify import Notify
from inboxcrm.store import views
from tests.notify.test_delivery import Fake
from tests.plans.conftest import PHONE, Planned
from tests.service.house import MONDAY, letter_id, mail

SUNDAY = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
UNPROVED = "Authentication-Results: mx.example.org; dkim=none; spf=none; dmarc=none"


def unproved(raw: bytes) -> bytes:
    """The same mail, whose sender nobody vouches for."""
    lines = raw.split(b"\r\n")
    return b"\r\n".join(UNPROVED.encode() if line.startswith(b"Authentication-Results") else line for line in lines)


async def test_an_urgent_mail_of_a_plan_contact_rings(house: Planned) -> None:
    await house.client("gold")

    await house.arrive(mail(subject="URGENT: till is down"))

    (notice,) = house.rung()
    assert (notice.kind, notice.urgent) == ("urgent-mail", True)
    assert notice.text == "Bob Client (bob@client.example): URGENT: till is down"


async def test_a_plan_of_the_organisation_counts_for_its_people_whom_the_owner_knows(house: Planned) -> None:
    from inboxcrm.service import actions

    await house.client(None)
    actions.set_organisation(house.household, "client.example", plan="gold")

    await house.arrive(mail(subject="URGENT", sender="Bob Client <bob@client.example>"))
    await house.arrive(mail(2, subject="URGENT", sender="Eve New <eve@client.example>"))

    assert [notice.text.partition(" (")[0] for notice in house.rung()] == ["Bob Client"]


@pytest.mark.parametrize("plan", [None, "standard", "bronze"])
async def test_a_contact_whose_plan_gives_no_access_does_not_ring(house: Planned, plan: str | None) -> None:
    await house.client(plan)

    await house.arrive(mail(subject="URGENT"))

    assert house.rung() == []


async def test_a_stranger_does_not_ring(house: Planned) -> None:
    await house.client("gold")

    await house.arrive(mail(subject="URGENT", sender="Mallory <mallory@elsewhere.example>"))

    assert house.rung() == []


async def test_a_sender_nobody_vouches_for_does_not_ring(house: Planned) -> None:
    await house.client("gold")

    await house.arrive(unproved(mail(subject="URGENT")))

    assert house.rung() == []
    assert why(house)["because"] == "the sender is not proved to be who the mail says"


@pytest.mark.parametrize(
    "field",
    ["Auto-Submitted: auto-generated", "List-Id: <news.client.example>", "Precedence: bulk"],
)
async def test_a_robot_of_the_client_does_not_ring(house: Planned, field: str) -> None:
    await house.client("gold")

    await house.arrive(mail(subject="URGENT: disk full", fields=[field]))

    assert house.rung() == []


async def test_mail_that_is_not_marked_does_not_ring(house: Planned) -> None:
    await house.client("gold")

    await house.arrive(mail())

    assert house.rung() == []


async def test_history_does_not_ring(house: Planned) -> None:
    await house.client("gold")

    await house.arrive(mail(subject="URGENT"), live=False)
    await house.arrive(mail(2, subject="URGENT"), received_at=MONDAY - timedelta(days=3))

    assert house.rung() == []


async def test_one_matter_rings_once_a_day(house: Planned) -> None:
    await house.client("gold")
    await house.arrive(mail(subject="Till"))
    await house.arrive(mail(2, subject="Re: URGENT: Till", answers=letter_id()))
    await house.arrive(mail(3, subject="Re: URGENT!! Till", answers=letter_id()))
    assert len(house.rung()) == 1

    house.clock.advance(timedelta(days=1))
    await house.arrive(mail(4, subject="Re: URGENT!! Till", answers=letter_id(), at=house.clock.now()))

    assert len(house.rung()) == 2


async def test_the_reply_that_the_acknowledgement_asks_for_rings(house: Planned) -> None:
    await house.client("gold")
    house.clock.jump(SUNDAY - house.clock.now())
    await house.arrive(mail(at=SUNDAY))
    await house.pass_time(minutes=3)
    acknowledgement = house.transport.sent[-1].raw
    assert b"URGENT" in acknowledgement
    id_of_ours = acknowledgement.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()

    await house.arrive(
        mail(2, subject="Re: Automatic reply: URGENT Question about the offer", answers=id_of_ours, at=SUNDAY)
    )

    assert len(house.rung()) == 1


async def test_a_forged_reply_to_the_acknowledgement_does_not_ring(house: Planned) -> None:
    await house.client("gold")
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    ours = house.transport.sent[-1].raw.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()

    await house.arrive(unproved(mail(2, subject="URGENT", answers=ours)))

    assert house.rung() == []


async def test_nobody_is_told_a_word_that_rings_nowhere(house: Planned) -> None:
    house.arrange(command=())
    await house.client("gold")

    await house.arrive(mail(subject="URGENT"))
    await house.pass_time(minutes=11)

    assert house.rung() == []
    assert why(house)["because"] == "[notify] names no way to reach you"
    assert "with the word URGENT" not in house.outbox()[0].text


async def test_within_quiet_hours_one_rings_and_the_next_waits_for_the_morning(house: Planned) -> None:
    house.arrange(quiet_hours=(time(9), time(12)), urgent_in_quiet_hours=1)
    way = Fake()
    service = Notify(house.household, {"command": way})
    await house.client("gold")
    await house.client("platinum", who="carl@other.example")
    await house.arrive(mail(subject="URGENT"), mail(2, subject="URGENT", sender="Carl <carl@other.example>"))

    await service.run_once()
    assert len(way.told) == 1
    house.clock.advance(timedelta(hours=2))
    await service.run_once()

    assert len(way.told) == 2


def test_the_hours_cap_holds_for_urgent_word_too(house: Planned) -> None:
    calm = Calm(house.household.config.owner.timezone, None, 1, per_hour=1, per_day=9)

    assert wait(MONDAY, urgent=True, rang_at=[MONDAY], calm=calm) is not None


# -- the number


async def text_for(house: Planned, raw: bytes) -> str:
    """The acknowledgement of a mail that comes on Sunday evening."""
    house.clock.jump(SUNDAY - house.clock.now())
    await house.arrive(raw)
    return house.outbox()[-1].text


async def test_a_contact_whose_plan_says_phone_is_given_the_number(house: Planned) -> None:
    await house.client("platinum")

    assert PHONE in await text_for(house, mail(at=SUNDAY))


@pytest.mark.parametrize("plan", [None, "standard", "gold", "bronze"])
async def test_no_other_plan_is_given_the_number(house: Planned, plan: str | None) -> None:
    await house.client(plan)

    assert PHONE not in await text_for(house, mail(at=SUNDAY))


async def test_a_sender_nobody_vouches_for_is_not_given_the_number(house: Planned) -> None:
    await house.client("platinum")

    assert PHONE not in await text_for(house, unproved(mail(at=SUNDAY)))


async def test_a_new_colleague_of_a_client_is_not_given_the_number(house: Planned) -> None:
    from inboxcrm.service import actions

    await house.client(None)
    actions.set_organisation(house.household, "client.example", plan="platinum")

    assert PHONE not in await text_for(house, mail(at=SUNDAY, sender="Eve New <eve@client.example>"))
    assert PHONE in await text_for(house, mail(2, at=SUNDAY, subject="Another matter"))


async def test_mail_whose_answer_goes_elsewhere_is_not_given_the_number(house: Planned) -> None:
    await house.client("platinum")

    await house.arrive(mail(at=SUNDAY, fields=["Reply-To: mallory@elsewhere.example"]))

    assert all(PHONE not in row.text for row in house.outbox())


# -- why


def why(house: Planned) -> dict[str, str]:
    """What the stored decision says of the last mail's urgency."""
    row = house.messages()[-1]
    story = house.household.database.reading(lambda connection: views.decision(connection, row.id))
    assert story is not None
    urgent: dict[str, str] = story["urgent"]
    return urgent


async def test_the_decision_tells_by_what_it_was_marked(house: Planned) -> None:
    await house.client("gold")

    await house.arrive(mail(subject="URGENT"))

    assert why(house) == {"mark": '"URGENT" in the subject', "rings": True, "because": ""}
