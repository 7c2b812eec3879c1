"""A mail of unknown fate whose copy comes into Sent late, or in a round of the daemon of its own."""

from __future__ import annotations

from datetime import timedelta

from inboxcrm.daemon import Daemon
from inboxcrm.errors import TransientError
from inboxcrm.fetching import fetch
from inboxcrm.ports import Deferred, InDoubt, Sent
from inboxcrm.service import outgoing, writing
from inboxcrm.service.doubt import settle_by_record
from inboxcrm.service.notify import Notify
from inboxcrm.service.writing import Words
from inboxcrm.store import home, outbox
from tests.service.house import House, mail


async def test_a_mail_in_doubt_is_settled_by_a_copy_that_comes_after_the_last_look(house: House) -> None:
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    for _ in range(4):
        await house.deliver.settle_doubtful()
    house.mailbox.found.add(house.mail_id())
    household = house.household
    daemon = Daemon(household, house.ingest, house.deliver, {}, Notify(household, {}), fetch)
    await daemon.run_once()
    asked_in_vain = house.item().state

    item = household.database.reading(lambda connection: outbox.by_id(connection, house.item().id))
    assert item is not None
    await house.ingest.take(house.batch(item.raw, folder="Sent"))
    await daemon.run_once()

    assert (asked_in_vain, house.item().state, house.alarms()) == ("unknown", "sent", [])
    assert house.promise().told_due_at == house.promise().due_at


async def test_a_mail_in_doubt_of_which_no_copy_came_stays_in_doubt(house: House) -> None:
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    household = house.household

    await Daemon(household, house.ingest, house.deliver, {}, Notify(household, {}), fetch).run_once()

    assert (house.item().state, house.alarms()) == ("unknown", ["in-doubt"])


async def test_the_alarm_about_a_mail_of_the_machines_says_what_to_type(house: House) -> None:
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)

    (said,) = _alarms(house)

    number = house.item().id
    assert f"type inboxcrm dismiss {number} " in said
    assert "send-again" not in said
    assert said.endswith("bob@client.example: lost")


async def test_the_alarm_after_a_crash_says_what_to_type(house: House) -> None:
    house.transport.dies_at = "body"
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=10))
    await house.crash()

    (said,) = _alarms(house)

    assert f"inboxcrm dismiss {house.item().id} " in said


async def test_of_the_owners_own_mail_the_alarm_says_both_commands_and_ends_with_its_own_doubt(house: House) -> None:
    """Another mail stays in doubt: what was typed about the first is not asked for any more."""
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    first = house.item().id
    own = writing.answer(house.household, "1", Words("Re: Offer", "Here it is."))
    house.transport.says = [InDoubt("lost")]
    outgoing.approve(house.household, own)
    await house.pass_time(minutes=1)
    both = _alarms(house)

    outgoing.dismiss(house.household, first)
    left = _alarms(house)
    outgoing.dismiss(house.household, own)

    assert [said.partition(":")[0] for said in both] == [f"item {first}", f"item {own}"]
    assert f"inboxcrm dismiss {own}, or inboxcrm send-again {own} (it may arrive twice)" in both[1]
    assert (left, _alarms(house)) == (both[1:], [])


def _alarms(house: House) -> list[str]:
    return [alarm.detail for alarm in house.household.database.reading(home.alarms)]


async def test_a_mail_in_doubt_is_settled_by_its_copy_under_the_providers_id(house: House) -> None:
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    item = house.household.database.reading(lambda connection: outbox.by_id(connection, house.item().id))
    assert item is not None
    copy = item.raw.replace(b"Message-ID: ", b"Message-ID: <AM0P1@prod.example>\r\nX-Microsoft-Original-Message-ID: ")

    await house.ingest.take(house.batch(copy, folder="Sent"))
    await settle_by_record(house.household)

    assert (house.item().state, house.alarms()) == ("sent", [])


async def test_a_mail_in_doubt_that_is_left_alone_counts_as_one_that_may_have_left(house: House) -> None:
    house.change(grace=timedelta(minutes=1))
    house.transport.says = [InDoubt("lost"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=2)
    outgoing.dismiss(house.household, house.item().id)

    await house.arrive(mail(2, subject="Another thing"), received_at=house.clock.now())
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert "(limit-sender-10-minutes)" in str(house.story(2))


async def test_the_owners_letter_that_was_put_off_before_its_body_waits_for_no_look_into_sent(house: House) -> None:
    """It has certainly not left; that its mailbox cannot be read is no reason to keep it."""
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    house.clock.advance(timedelta(days=2))
    await house.sweep()
    house.transport.walk = ("connect", "mail", "rcpt")
    house.transport.says = [Deferred("451 greylisted"), Sent("250 ok")]
    outgoing.approve(house.household, house.outbox()[-1].id)
    await house.pass_time(seconds=1)

    house.mailbox.broken = TransientError("no route")
    await house.pass_time(minutes=1)

    assert [row.state for row in house.outbox()] == ["sent", "sent"]


async def test_the_owners_letter_is_not_sent_again_where_it_lies_in_sent(house: House) -> None:
    """It is asked to be sent again before anybody looked into Sent."""
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    house.clock.advance(timedelta(days=2))
    await house.sweep()
    (apology,) = [row for row in house.outbox() if row.template == "apology"]
    house.transport.says = [InDoubt("lost"), Sent("250 ok")]
    outgoing.approve(house.household, apology.id)
    await house.pass_time(minutes=1)
    item = house.household.database.reading(lambda connection: outbox.by_id(connection, apology.id))
    assert item is not None
    await house.refresh_brings(item.raw)

    outgoing.send_again(house.household, apology.id)
    await house.pass_time(minutes=1)

    assert [row.state for row in house.outbox() if row.id == apology.id] == ["cancelled"]
    assert len(house.transport.sent) == 1


async def test_what_a_copy_settled_while_the_server_was_asked_is_told_once(house: House) -> None:
    house.transport.says = [InDoubt("lost"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    (raw,) = house.ask("SELECT raw FROM outbox")[0]

    async def find_sent(message_id: str) -> bool:
        await house.arrive(raw, folder="Sent")
        await settle_by_record(house.household)
        return True

    house.mailbox.find_sent = find_sent  # type: ignore[method-assign]
    await house.deliver.settle_doubtful()

    assert house.item().state == "sent"
    assert house.events(house.promise().id) == ["made", "told"]
