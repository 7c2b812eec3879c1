"""What was done last is taken back, once or one after the other; what has left, or others were told, stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from inboxcrm.domain.commitments import Kind, Side
from inboxcrm.errors import UserError
from inboxcrm.ports import Delivery, Outgoing, StepRecorder
from inboxcrm.service import actions, commitments, erasing, keeping, merging, outgoing, regroup, turns, undo, writing
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.writing import Words
from inboxcrm.store import promises, views
from tests.service.house import MONDAY, FakeTransport, House, letter_id, mail, own


async def acknowledged(house: House) -> None:
    """Bob asked, and was told a date."""
    await house.know()
    await house.arrive(mail())
    await house.pass_time(minutes=11)


@pytest.mark.parametrize(
    "slip",
    [
        lambda house: actions.done(house.household, letter_id(), how="phone"),
        lambda house: actions.not_needed(house.household, letter_id()),
        lambda house: actions.withdraw(house.household, letter_id()),
    ],
    ids=["done", "not needed", "settled"],
)
async def test_a_promise_that_was_ended_by_a_slip_lives_on_as_it_was(
    house: House, slip: Callable[[House], object]
) -> None:
    await acknowledged(house)
    before = house.promise()
    queued = house.household.database.reading(lambda connection: views.owed(connection, before.id))
    await house.pass_time(hours=1)
    slip(house)

    taken = undo.take_back(house.household)

    after = house.promise()
    assert taken.about == "Bob Client: Question about the offer"
    assert (after.state, after.due_at, after.told_due_at) == ("open", before.due_at, before.told_due_at)
    assert after.id != before.id
    assert house.events(after.id) == ["made", "told"]
    owed = house.household.database.reading(lambda connection: views.owed(connection, after.id))
    assert queued is not None
    assert owed is not None
    assert (owed.told_at, owed.acknowledgement, owed.asked) == (queued.told_at, queued.acknowledgement, queued.asked)
    assert house.ask("SELECT turn FROM matters WHERE id = ?", after.matter_id) == [("mine",)]


async def test_a_slip_counts_neither_in_the_record_nor_among_the_answer_times(house: House) -> None:
    await acknowledged(house)
    actions.done(house.household, letter_id(), how="phone")
    undo.take_back(house.household)

    with house.household.database.read() as connection:
        (month,) = views.record(connection)
        record = views.promise_record(connection, since=MONDAY - timedelta(days=1))
        times = promises.answer_times(
            connection,
            contact_id=None,
            plan="standard",
            standard_plan="standard",
            since=MONDAY - timedelta(days=1),
            now=house.clock.now() + timedelta(days=1),
            most=9,
        )
        touch = views.last_touch(connection, record[0].contact_id or 0)
    assert (month.kept, month.live) == (0, 1)
    assert [row.state for row in record] == ["open"]
    assert [each.answered for each in times] == [False]
    assert touch is not None
    assert touch.how == "mail", "nobody phoned"


async def test_a_broken_promise_is_broken_again_and_knows_when_it_broke(house: House) -> None:
    await acknowledged(house)
    await house.pass_time(days=3)
    await house.sweep()
    actions.done(house.household, letter_id(), how="met")

    undo.take_back(house.household)

    (record,) = house.household.database.reading(lambda c: views.promise_record(c, since=MONDAY - timedelta(days=1)))
    assert (record.state, record.was_broken) == ("broken", True)
    assert record.first_told_due_at is not None


@pytest.mark.parametrize("wanted", [True, False], ids=["it waited", "the owner wants none"])
async def test_the_apology_that_a_slip_dropped_is_drafted_anew(house: House, wanted: bool) -> None:
    await acknowledged(house)
    await house.pass_time(days=3)
    await house.sweep()
    if not wanted:
        outgoing.reject(house.household, house.outbox()[-1].id)
    await house.pass_time(hours=1)
    actions.done(house.household, letter_id(), how="met")

    await house.pass_time(minutes=1)
    undo.take_back(house.household)

    apologies = [row for row in house.outbox() if row.template == "apology"]
    assert [row.state for row in apologies] == ["cancelled", "awaiting"][: 1 + wanted]
    (promise,) = [each for each in house.promises() if each.state == "broken"]
    if wanted:
        outgoing.approve(house.household, apologies[-1].id)
        await house.pass_time(minutes=1)
        assert house.promises()[-1].told_due_at == apologies[-1].due_at
        assert house.promises()[-1].id == promise.id


async def test_the_apology_that_putting_two_matters_together_dropped_is_drafted_anew(house: House) -> None:
    await acknowledged(house)
    await house.arrive(mail(2, subject="Another question"))
    await house.pass_time(days=3)
    await house.sweep()
    regroup.merge(house.household, letter_id(2), letter_id(1))
    merged = [row.state for row in house.outbox() if row.kind == "owner"]

    undo.take_back(house.household)

    assert merged == ["awaiting", "cancelled"]
    assert [row.state for row in house.outbox() if row.kind == "owner"] == ["awaiting", "cancelled", "awaiting"]


async def test_an_answer_given_after_a_promise_that_goes_on_keeps_it(house: House) -> None:
    await acknowledged(house)
    actions.not_needed(house.household, letter_id())
    undo.take_back(house.household)

    await house.arrive(own(answers=letter_id(), at=house.clock.now()), folder="Sent")

    assert house.promise().state == "kept"


async def test_who_was_written_to_since_is_owed_nothing_again(house: House) -> None:
    await acknowledged(house)
    actions.done(house.household, letter_id(), how="phone")
    house.clock.advance(timedelta(hours=1))
    await house.arrive(own(answers=letter_id(), at=house.clock.now()), folder="Sent")

    with pytest.raises(UserError, match="you have written to them since"):
        undo.take_back(house.household)
    assert house.promise().state == "kept"


async def test_the_acknowledgement_that_a_slip_dropped_stays_dropped(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    actions.done(house.household, letter_id(), how="phone")

    undo.take_back(house.household)
    await house.pass_time(hours=1)

    assert house.transport.sent == []
    assert house.promise().told_due_at is None


async def test_one_key_after_the_other_goes_back_and_nothing_is_taken_back_twice(house: House) -> None:
    await acknowledged(house)
    later = house.clock.now() + timedelta(days=1)
    actions.snooze(house.household, letter_id(), until=later)
    actions.done(house.household, letter_id(), how="phone")

    words = [undo.take_back(house.household).words, undo.take_back(house.household).words]

    assert words == ["Answered in another way", "Snoozed"]
    assert house.ask("SELECT snoozed_until FROM promises WHERE id = ?", house.promise().id) == [(None,)]
    with pytest.raises(UserError, match="nothing was done"):
        undo.take_back(house.household)


async def test_an_approval_is_taken_back_until_the_mail_is_taken_for_sending(house: House) -> None:
    await acknowledged(house)
    item = writing.answer(house.household, letter_id(), Words("Re: Question", "In April.\n"))
    outgoing.approve(house.household, item)
    found = undo.last(house.household)
    assert found is not None

    undo.take_back(house.household, found.id)
    await house.pass_time(hours=1)
    assert len(house.transport.sent) == 1, "the acknowledgement only"
    outgoing.approve(house.household, item)
    await house.pass_time(minutes=1)

    assert len(house.transport.sent) == 2
    with pytest.raises(UserError, match="is sent by now"):
        undo.take_back(house.household)
    with pytest.raises(UserError, match="something else was done meanwhile"):
        undo.take_back(house.household, found.id)


async def test_an_answer_dropped_by_a_slip_waits_again_with_its_words_and_one_of_the_machine_does_not(
    house: House,
) -> None:
    await acknowledged(house)
    outgoing.reject(house.household, writing.answer(house.household, letter_id(), Words("Re: Question", "In April.\n")))
    house.clock.advance(timedelta(minutes=1))

    undo.take_back(house.household)

    again = house.outbox()[-1]
    assert (again.state, again.subject, again.text) == ("awaiting", "Re: Question", "In April.\n")
    house.change(mode="approve")
    await house.arrive(mail(2, sender="Carol <carol@buyer.example>"))
    outgoing.reject(house.household, house.outbox()[-1].id)
    with pytest.raises(UserError, match="stays dropped"):
        undo.take_back(house.household)


async def test_an_extension_stays_and_hides_what_came_before(house: House) -> None:
    await acknowledged(house)
    actions.snooze(house.household, letter_id(), until=house.clock.now() + timedelta(days=1))
    actions.extend(house.household, letter_id(), until=house.clock.now() + timedelta(days=9))

    with pytest.raises(UserError, match=r"A later date stays: a word once given .* that nobody was told"):
        undo.take_back(house.household)


async def test_whose_turn_it_was_and_what_was_waited_for_come_back(house: House) -> None:
    await acknowledged(house)
    await house.arrive(own(answers=letter_id(), at=house.clock.now()), folder="Sent")
    turns.follow_up_on(house.household, letter_id(), at=house.clock.now() + timedelta(days=4))
    house.clock.advance(timedelta(minutes=1))
    turns.close(house.household, letter_id())

    undo.take_back(house.household)

    (row,) = house.household.database.reading(views.follow_ups)
    assert house.ask("SELECT turn FROM matters WHERE id = ?", row.matter_id) == [("theirs",)]
    undo.take_back(house.household)
    assert not house.ask("SELECT 1 FROM follow_ups WHERE ended_at IS NULL AND by_hand")


async def test_an_answer_owed_by_hand_is_owed_no_more(house: House) -> None:
    await house.know()
    await house.arrive(mail(text="Thank you!\n", subject="Thanks"), received_at=MONDAY)
    if house.promises():
        actions.not_needed(house.household, letter_id())
    house.clock.advance(timedelta(minutes=1))
    actions.owe(house.household, letter_id())

    undo.take_back(house.household)

    assert not [row for row in house.promises() if row.state == "open"]


async def test_a_split_is_one_matter_again_and_a_merge_two_each_with_its_promise(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    house.clock.advance(timedelta(hours=1))
    await house.arrive(mail(2, subject="Parking", at=house.clock.now()))
    before = [(row.state, row.due_at) for row in house.promises()]
    regroup.merge(house.household, letter_id(2), letter_id(1))
    house.clock.advance(timedelta(minutes=1))

    undo.take_back(house.household)

    assert [(row.state, row.due_at) for row in house.promises()] == before
    assert len({row.matter_id for row in house.promises()}) == 2
    await house.arrive(mail(3, subject="Re: Parking", answers=letter_id(2), at=house.clock.now()))
    parking = house.messages()[-1].matter_id
    regroup.split(house.household, letter_id(3))
    undo.take_back(house.household)
    assert house.messages()[-1].matter_id == parking


@pytest.mark.parametrize(("number", "into"), [(2, 1), (1, 2)], ids=["the later into the first", "the first into it"])
async def test_who_asked_once_in_each_of_two_matters_has_not_asked_twice(house: House, number: int, into: int) -> None:
    await house.know()
    await house.arrive(mail())
    house.clock.advance(timedelta(hours=1))
    await house.arrive(mail(2, subject="Parking", at=house.clock.now()))
    house.clock.advance(timedelta(hours=1))
    regroup.merge(house.household, letter_id(number), letter_id(into))
    merged = [row.asked for row in house.household.database.reading(views.all_owed)]

    undo.take_back(house.household)

    assert merged == [2]
    owed = house.household.database.reading(views.all_owed)
    assert [(row.subject, row.asked) for row in owed] == [("Question about the offer", 1), ("Parking", 1)]


async def test_the_ledger_says_that_an_end_was_taken_back_and_when(house: House) -> None:
    await acknowledged(house)
    slipped = house.promise().id
    actions.done(house.household, letter_id(), how="phone")
    house.clock.advance(timedelta(minutes=3))

    undo.take_back(house.household)

    story = house.household.database.reading(lambda c: views.promise_story(c, slipped))
    assert [(step.event, step.state) for step in story][-2:] == [("answered", "kept"), ("taken-back", "kept")]
    assert story[-1].at == house.clock.now()


class Slipping(FakeTransport):
    """A server that has a mail before the owner's key slips, and says so after it."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        said = await super().send(item, step)
        actions.done(self.house.household, letter_id(), how="phone")
        return said


async def test_an_acknowledgement_that_left_during_the_slip_is_told_by_what_goes_on(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    house.deliver = Deliver(
        house.household, house.ingest, {"main": Office(house.mailbox, Slipping(house), house.clock)}
    )
    await house.pass_time(minutes=11)
    assert house.promise().state == "kept"

    undo.take_back(house.household)

    after = house.promise()
    assert (after.state, after.told_due_at) == ("open", after.due_at)
    assert house.events(after.id) == ["made", "told"]


async def test_what_erasing_left_no_trace_of_stays(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    await house.arrive(mail(2, subject="Parking"))
    actions.not_needed(house.household, letter_id(1))
    actions.not_needed(house.household, letter_id(2))
    regroup.merge(house.household, letter_id(2), letter_id(1))
    bob = house.messages()[0].contact_id
    assert bob is not None
    contact = house.household.database.reading(lambda connection: views.contact(connection, bob))
    assert contact is not None
    erasing.erase(house.household, contact)

    with pytest.raises(UserError, match="erased since"):
        undo.take_back(house.household)


async def test_what_was_kept_in_the_memory_by_a_slip_goes(house: House) -> None:
    await house.know()
    await house.know("Robert Client <robert@client.example>")
    first, second = sorted(row.id for row in house.household.database.reading(views.contacts))
    commitments.enter(house.household, first, "Send the plan", side=Side.MINE, kind=Kind.DEED, until=None)
    keeping.note_of(house.household, first, "Likes tea")
    merging.merge(house.household, first, second)

    words = [undo.take_back(house.household).words for _ in range(3)]

    assert words == ["Put two contacts together", "Kept a fact", "Something agreed"]
    assert house.contacts() == ["Bob Client", "Robert Client"]
    assert house.ask("SELECT state FROM commitments") == [("dismissed",)]
    assert house.ask("SELECT dropped_at IS NULL FROM facts") == [(0,)]
