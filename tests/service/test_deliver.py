"""What leaves the house, when, and what is never sent a second time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.config import AckPolicy, Mode, PlanConfig
from inboxcrm.domain.office_hours import Away
from inboxcrm.errors import TransientError, UserError
from inboxcrm.ports import Deferred, InDoubt, Rejected, Sent
from inboxcrm.service import actions, outgoing
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.testing.clock import FakeClock
from tests.service.conftest import OpenHouse
from tests.service.house import MONDAY, House, letter_id, mail, own

EVENING = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
OTHER = "Eve New <eve@new.example>"


async def test_nothing_leaves_within_the_grace_time(house: House) -> None:
    await house.arrive(mail())

    await house.pass_time(minutes=9)
    assert (house.item().state, house.transport.sent) == ("held", [])

    await house.pass_time(minutes=1)
    assert (house.item().state, len(house.transport.sent)) == ("sent", 1)


async def test_a_provider_gets_so_many_mails_a_minute_and_a_restart_forgets_none(tmp_path: Path) -> None:
    house = House(tmp_path)
    for number in range(3):
        sender = f"Person {number} <person@client{number}.example>"
        await house.arrive(mail(number, sender=sender, subject=f"Question {number}"))
    house.clock.advance(timedelta(minutes=10))
    house.deliver = _throttled(house)

    await house.deliver.run_once()
    first = len(house.transport.sent)
    await house.restart()
    house.deliver = _throttled(house)
    await house.deliver.run_once()
    again = len(house.transport.sent)
    house.clock.advance(timedelta(seconds=61))
    await house.deliver.run_once()
    house.close()

    assert (first, again, len(house.transport.sent)) == (2, 2, 3)


def _throttled(house: House) -> Deliver:
    office = Office(house.mailbox, house.transport, house.clock, per_minute=2)
    return Deliver(house.household, house.ingest, {"main": office})


async def test_the_grace_time_is_shorter_when_the_office_is_closed(open_house: OpenHouse) -> None:
    house = open_house(clock=FakeClock(EVENING))
    await house.arrive(mail(at=EVENING))

    await house.pass_time(minutes=2)

    assert house.item().state == "sent"


async def test_what_was_sent_is_told_filed_and_addressed_as_it_should_be(house: House) -> None:
    await house.arrive(mail())
    await house.pass_time(minutes=10)

    (sent,) = house.transport.sent
    assert (sent.envelope_from, sent.recipient) == ("", "bob@client.example")
    assert b"\r\nAuto-Submitted: auto-replied\r\n" in sent.raw
    assert f"\r\nIn-Reply-To: {letter_id()}\r\n".encode() in sent.raw
    assert house.promise().told_due_at == house.promise().due_at
    assert house.mailbox.filed == [sent.raw]


async def test_shadow_shows_the_very_bytes_and_sends_nothing(open_house: OpenHouse) -> None:
    house = open_house(mode=Mode.SHADOW)
    await house.arrive(mail())

    await house.pass_time(hours=1)

    assert (house.item().state, house.transport.sent) == ("shadow", [])
    assert "Bob" in house.item().text or "message" in house.item().text
    assert house.promise().told_due_at is None


async def test_approve_waits_for_a_key(open_house: OpenHouse) -> None:
    house = open_house(mode=Mode.APPROVE)
    await house.arrive(mail())
    await house.pass_time(hours=1)
    assert (house.item().state, house.transport.sent) == ("awaiting", [])

    outgoing.approve(house.household, house.item().id)
    await house.deliver.run_once()

    assert (house.item().state, len(house.transport.sent)) == ("sent", 1)


async def test_what_a_person_lets_go_bears_the_date_of_that_moment(open_house: OpenHouse) -> None:
    """Its reader's program sorts by it; the rest stays octet by octet."""
    house = open_house(mode=Mode.APPROVE)
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    drafted = outgoing.item(house.household, house.item().id).raw
    house.clock.advance(timedelta(hours=5))

    outgoing.approve(house.household, house.item().id)
    await house.deliver.run_once()

    (sent,) = house.transport.sent
    assert drafted.count(b"\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\n") == 1
    assert sent.raw == drafted.replace(b"02 Mar 2026 10:00:00", b"02 Mar 2026 15:11:00")
    assert house.mailbox.filed == [sent.raw]


async def test_what_is_rejected_never_leaves_and_the_promise_stands(open_house: OpenHouse) -> None:
    house = open_house(mode=Mode.APPROVE)
    await house.arrive(mail())
    await house.pass_time(hours=1)

    outgoing.reject(house.household, house.item().id)
    await house.pass_time(hours=1)

    assert (house.item().state, house.transport.sent) == ("cancelled", [])
    assert house.promise().state == "open"


async def test_what_nobody_approved_in_time_expires(open_house: OpenHouse) -> None:
    house = open_house(mode=Mode.APPROVE)
    await house.arrive(mail())
    await house.pass_time(hours=1)

    await house.pass_time(hours=24)

    assert house.item().state == "expired"


async def test_what_waits_is_dropped_once_the_sender_is_never_to_be_answered_by_machine(house: House) -> None:
    await house.arrive(mail(1))
    await house.arrive(mail(2, sender=OTHER))

    actions.set_contact(house.household, "Bob Client", {"policy": "never"})
    await house.pass_time(minutes=11)

    assert [item.state for item in house.outbox()] == ["cancelled", "sent"]
    assert [promise.state for promise in house.promises()] == ["open", "open"]


@pytest.mark.parametrize("read_late", [True, False], ids=["read-late", "asleep-in-its-grace-time"])
async def test_no_acknowledgement_names_a_time_that_has_passed(house: House, read_late: bool) -> None:
    short = {"standard": PlanConfig("standard", timedelta(hours=1))}
    house.household.config = replace(house.household.config, plans=short)
    if not read_late:
        await house.arrive(mail())
    house.clock.advance(timedelta(hours=3))
    if read_late:
        await house.arrive(mail(), received_at=MONDAY)

    await house.deliver.run_once()

    assert house.promise().due_at == MONDAY + timedelta(hours=1)
    assert house.transport.sent == []
    assert house.promise().told_due_at is None


async def test_an_acknowledgement_is_not_approved_after_the_time_that_it_names(open_house: OpenHouse) -> None:
    house = open_house(mode=Mode.APPROVE, max_delay=timedelta(days=5))
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    house.clock.advance(timedelta(days=2))

    with pytest.raises(UserError, match="too late to be of use"):
        outgoing.approve(house.household, house.item().id)


async def test_nothing_leaves_later_than_the_longest_delay(open_house: OpenHouse) -> None:
    house = open_house(max_delay=timedelta(hours=6))
    await house.arrive(mail())

    await house.pass_time(hours=7)

    assert (house.item().state, house.transport.sent) == ("expired", [])
    assert (house.promise().state, house.promise().told_due_at) == ("open", None)


async def test_a_pause_stops_everything_and_resume_drops_what_became_stale(house: House) -> None:
    await house.arrive(mail(1))
    actions.pause(house.household)
    await house.pass_time(minutes=30)
    assert house.transport.sent == []
    await house.arrive(mail(2, sender=OTHER))

    dropped = actions.resume(house.household)
    await house.pass_time(minutes=10)

    assert dropped == 1
    assert [row.state for row in house.outbox()] == ["cancelled", "sent"]
    assert [each.recipient for each in house.transport.sent] == ["eve@new.example"]


async def test_a_pause_survives_a_restart(house: House) -> None:
    await house.arrive(mail())
    actions.pause(house.household)

    await house.restart()
    await house.pass_time(hours=1)

    assert house.transport.sent == []


async def test_a_pause_in_the_midst_of_a_burst_stops_the_rest_of_it(house: House) -> None:
    await house.arrive(mail(1), mail(2, sender=OTHER))

    def pause_at_the_second() -> None:
        if house.transport.sent:
            actions.pause(house.household)

    house.transport.before = pause_at_the_second

    await house.pass_time(minutes=10)

    assert [each.recipient for each in house.transport.sent] == ["bob@client.example"]


@pytest.mark.parametrize("paused", [True, False])
async def test_what_cannot_go_now_does_not_keep_the_loop_spinning(house: House, paused: bool) -> None:
    await house.arrive(mail())
    if paused:
        actions.pause(house.household)
    else:
        house.transport.says = [Deferred("535 no", pause_all=True)]
        await house.pass_time(minutes=10)
    house.clock.advance(timedelta(minutes=30))

    next_at = await house.deliver.run_once()

    assert next_at is None or next_at > house.clock.now()


@pytest.mark.parametrize(
    ("says", "state"),
    [
        pytest.param(Rejected("550 5.1.1 no such user"), "failed", id="refused for good"),
        pytest.param(InDoubt("connection lost after the body"), "unknown", id="in doubt"),
        pytest.param(Deferred("451 4.7.1 greylisted"), "queued", id="later"),
        pytest.param(TransientError("no route"), "queued", id="a fault of the network"),
    ],
)
async def test_what_the_server_says_is_recorded(house: House, says: Any, state: str) -> None:
    house.transport.says = [says]
    await house.arrive(mail())

    await house.pass_time(minutes=10)

    assert house.item().state == state
    assert house.promise().told_due_at is None


async def test_a_greylisted_mail_goes_with_the_same_bytes_later(house: House) -> None:
    house.transport.says = [Deferred("451 4.7.1 greylisted"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)

    await house.pass_time(minutes=2)

    assert (house.item().state, house.item().attempts) == ("sent", 2)
    assert len(house.transport.sent) == 1


async def test_an_account_in_trouble_rests_and_raises_an_alarm(house: House) -> None:
    house.transport.says = [Deferred("535 5.7.8 authentication failed", pause_all=True), Sent("250 ok")]
    await house.arrive(mail(1), mail(2, sender=OTHER))

    await house.pass_time(minutes=10)

    assert [row.attempts for row in house.outbox()] == [1, 0]
    assert house.alarms() == ["sending-stopped"]


async def test_that_sending_stopped_stands_no_longer_once_any_mail_leaves(house: House) -> None:
    house.transport.says = [Deferred("535 5.7.8 authentication failed", pause_all=True), Sent("250 ok")]
    await house.arrive(mail(1), mail(2, sender=OTHER))
    await house.pass_time(minutes=10)
    await house.refresh_brings(own(answers=letter_id(1), at=house.clock.now()))

    await house.pass_time(hours=1, minutes=1)

    assert [row.state for row in house.outbox()] == ["cancelled", "sent"]
    assert house.alarms() == []


async def test_refusals_that_each_bear_a_number_of_their_own_are_one_alarm(house: House) -> None:
    refused = [Deferred(f"421 4.7.0 too many messages {number} - gsmtp", pause_all=True) for number in range(3)]
    house.transport.says = [*refused]
    await house.arrive(mail())

    await house.pass_time(minutes=10)
    await house.pass_time(hours=1, minutes=1)

    assert house.item().attempts == 2
    assert house.alarms() == ["sending-stopped"]


async def test_an_account_in_trouble_rests_also_where_its_mail_is_too_late_to_be_tried_again(house: House) -> None:
    house.change(max_delay=timedelta(minutes=10, seconds=20))
    house.transport.says = [Deferred("535 5.7.8 authentication failed", pause_all=True), Sent("250 ok")]
    await house.arrive(mail(1), mail(2, sender=OTHER))

    await house.pass_time(minutes=10)

    assert [(row.state, row.attempts) for row in house.outbox()] == [("expired", 1), ("queued", 0)]
    assert house.alarms() == ["sending-stopped"]


async def test_a_mail_in_doubt_is_shown_and_never_sent_again(house: House) -> None:
    house.transport.says = [InDoubt("lost"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)

    for _ in range(5):
        await house.restart()
        await house.deliver.settle_doubtful()
        await house.pass_time(hours=2)

    assert (house.item().state, house.transport.sent) == ("unknown", [])
    assert house.alarms() == ["in-doubt"]


async def test_a_mail_in_doubt_that_lies_in_sent_was_sent(house: House) -> None:
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    house.mailbox.found.add(house.mail_id())

    await house.deliver.settle_doubtful()

    assert house.item().state == "sent"
    assert house.promise().told_due_at == house.promise().due_at


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
async def test_a_crash_before_the_body_sends_it_once_afterwards(house: House, step: str) -> None:
    house.transport.dies_at = step
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=10))
    await house.crash()
    assert house.item().state == "queued"

    house.transport.dies_at = None
    await house.deliver.run_once()

    assert (house.item().state, len(house.transport.sent)) == ("sent", 1)


async def test_a_crash_once_the_body_has_begun_leaves_it_in_doubt_and_says_so(house: House) -> None:
    house.transport.dies_at = "body"
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=10))
    await house.crash()

    house.transport.dies_at = None
    await house.pass_time(hours=1)

    assert (house.item().state, house.transport.sent) == ("unknown", [])
    assert house.alarms() == ["in-doubt"]


async def test_while_sent_cannot_be_read_nothing_goes(house: House) -> None:
    house.mailbox.broken = TransientError("no route")
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    assert (house.item().state, house.transport.sent) == ("queued", [])

    house.mailbox.broken = None
    await house.pass_time(minutes=1)

    assert house.item().state == "sent"


async def test_a_copy_that_cannot_be_filed_does_not_undo_the_sending(house: House) -> None:
    await house.arrive(mail())
    house.transport.before = lambda: setattr(house.mailbox, "broken", TransientError("gone"))

    await house.pass_time(minutes=10)

    assert (house.item().state, house.mailbox.filed) == ("sent", [])


# -- policies


async def test_never_is_silent(open_house: OpenHouse) -> None:
    house = open_house(policy=AckPolicy.NEVER)

    await house.arrive(mail())

    assert house.outbox() == []
    assert house.promise().state == "open"


async def test_when_slow_is_silent_towards_a_known_client_who_is_answered_soon(open_house: OpenHouse) -> None:
    house = open_house(policy=AckPolicy.WHEN_SLOW)
    await house.know()

    await house.arrive(mail(1))
    assert house.outbox() == []

    house.clock.jump(EVENING - MONDAY)
    await house.arrive(mail(2, at=EVENING, subject="By night"))
    assert house.item().template == "after-hours"


async def test_when_slow_tells_a_known_client_who_writes_the_day_before_the_owner_is_away(
    open_house: OpenHouse,
) -> None:
    house = open_house(policy=AckPolicy.WHEN_SLOW)
    await house.know()
    actions.go_away(house.household, Away(MONDAY + timedelta(hours=9), MONDAY + timedelta(days=13)))

    await house.arrive(mail())

    item = house.item()
    assert item.template == "acknowledge"
    assert item.due_at == house.promise().due_at
    assert "I will be away from" in item.text


async def test_when_slow_tells_a_stranger(open_house: OpenHouse) -> None:
    house = open_house(policy=AckPolicy.WHEN_SLOW)

    await house.arrive(mail())

    assert house.item().template == "new-sender"


async def test_once_a_day_is_once_a_day(open_house: OpenHouse) -> None:
    house = open_house(policy=AckPolicy.ONCE_A_DAY)
    await house.arrive(mail(1))
    await house.pass_time(hours=2)
    await house.arrive(mail(2, subject="Something else"))
    await house.pass_time(hours=23)
    await house.arrive(mail(3, subject="A third thing"))

    assert [row.message_id for row in house.outbox()] == [1, 3]


async def test_a_text_that_cannot_be_made_is_silence_and_an_alarm(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inboxcrm.errors import TemplateError

    def broken(*_: object, **__: object) -> None:
        raise TemplateError("templates/new-sender/en.txt.j2, line 3: unknown name")

    monkeypatch.setattr("inboxcrm.service.acknowledge.compose", broken)
    await house.arrive(mail())

    assert house.outbox() == []
    assert (house.promise().state, house.promise().told_due_at) == ("open", None)
    assert house.alarms() == ["acknowledgement-failed"]


# -- time alone


async def test_a_promise_is_warned_about_and_breaks_when_its_time_has_passed(house: House) -> None:
    await house.arrive(mail())
    promise = house.promise()
    assert promise.due_at is not None

    house.clock.advance(promise.due_at - house.clock.now() - timedelta(hours=1))
    await house.sweep()
    assert house.events(promise.id) == ["made", "warned"]

    house.clock.advance(timedelta(hours=1, seconds=1))
    await house.sweep()
    await house.sweep()
    assert house.events(promise.id) == ["made", "warned", "due-passed"]
    assert house.promise().state == "broken"


async def test_an_answer_keeps_a_broken_promise_late(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(days=4))
    await house.sweep()

    await house.arrive(own(answers=letter_id()), folder="Sent")

    assert house.promise().state == "kept_late"


@pytest.mark.parametrize("smtputf8", [False, True])
async def test_an_address_beyond_ascii_gets_an_answer_only_where_that_is_set(house: House, smtputf8: bool) -> None:
    [mailbox] = house.household.config.mailboxes
    house.household.config = replace(house.household.config, mailboxes=(replace(mailbox, smtputf8=smtputf8),))

    await house.arrive(mail(sender="Jörg <jörg@client.example>"))
    await house.pass_time(minutes=11)

    assert [each.recipient for each in house.transport.sent] == (["jörg@client.example"] if smtputf8 else [])
    assert house.promise().state == "open"
