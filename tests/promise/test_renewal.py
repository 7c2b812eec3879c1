"""What happens at three quarters of a promise, at its time, and when it is given a new date."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inboxcrm.config import AckPolicy, Mode, Promises
from inboxcrm.domain.office_hours import Away
from inboxcrm.errors import UserError
from inboxcrm.service import actions, outgoing
from inboxcrm.store import outbox, views
from tests.service.conftest import OpenHouse
from tests.service.house import ZONE, House, letter_id, mail, own

HOUR = timedelta(hours=1)
DUE = datetime(2026, 3, 3, 16, 30, tzinfo=UTC)
"""Half past five on Tuesday: eight open hours after Monday ten o'clock, rounded to the close of the day."""


async def told(house: House, **how: str) -> views.PromiseRow:
    """A mail whose acknowledgement has gone out."""
    await house.know()
    await house.arrive(mail(**how))  # type: ignore[arg-type]  # keywords of mail, all of them text here
    await house.pass_time(minutes=11)
    promise = house.promise()
    assert promise.told_due_at == promise.due_at
    return promise


def at(house: House, moment: datetime) -> None:
    house.clock.advance(moment - house.clock.now())


def queue(house: House) -> list[views.OwedRow]:
    zone = house.household.config.owner.timezone
    return house.household.database.reading(lambda c: views.queue(c, now=house.clock.now(), zone=zone))


def waiting(house: House, template: str) -> list[views.OutboxRow]:
    return [row for row in house.outbox() if row.template == template and row.state != "cancelled"]


def letter(house: House, item: int) -> str:
    found = house.household.database.reading(lambda connection: outbox.by_id(connection, item))
    assert found is not None
    return found.raw.decode()


async def test_three_quarters_of_the_time_warn_and_the_queue_shows_it(house: House) -> None:
    promise = await told(house)
    before = [row.shown_state for row in queue(house)]
    at(house, DUE - 2 * HOUR)

    await house.sweep()

    assert before == ["open"]
    assert [row.shown_state for row in queue(house)] == ["warned"]
    assert house.events(promise.id)[-1] == "warned"
    assert ("warned", f"promise {promise.id}") in house.ask("SELECT kind, subject FROM events")


async def test_a_broken_promise_has_an_apology_drafted_that_nothing_sends(house: House) -> None:
    await told(house)
    at(house, DUE + HOUR)

    await house.sweep()
    await house.pass_time(hours=1)

    assert house.promise().state == "broken"
    (draft,) = waiting(house, "apology")
    assert (draft.kind, draft.state) == ("owner", "awaiting")
    assert draft.due_at is not None
    assert draft.due_at > house.clock.now()
    assert "not kept my word" in draft.text
    assert "Tuesday 3 March" in draft.text
    assert len(house.transport.sent) == 1


async def test_the_apology_bears_no_mark_of_a_machine_and_answers_the_mail(house: House) -> None:
    await told(house)
    at(house, DUE + HOUR)

    await house.sweep()

    raw = letter(house, waiting(house, "apology")[0].id)
    assert "Auto-Submitted" not in raw
    assert f"In-Reply-To: {letter_id()}" in raw
    assert "Subject: Re: Question about the offer" in raw


async def test_an_approved_apology_goes_out_and_the_promise_stands_at_what_it_tells(house: House) -> None:
    promise = await told(house)
    at(house, DUE + HOUR)
    await house.sweep()
    (draft,) = waiting(house, "apology")

    outgoing.approve(house.household, draft.id)
    still = house.promise().state
    await house.pass_time(minutes=1)

    after = house.promise()
    assert still == "broken"
    assert len(house.transport.sent) == 2
    assert (after.state, after.due_at, after.told_due_at) == ("extended", draft.due_at, draft.due_at)
    assert house.events(promise.id)[-2:] == ["extended", "told"]


async def test_our_apology_found_in_sent_keeps_no_promise(house: House) -> None:
    await told(house)
    at(house, DUE + HOUR)
    await house.sweep()
    (draft,) = waiting(house, "apology")
    outgoing.approve(house.household, draft.id)
    await house.pass_time(minutes=1)

    await house.arrive(house.transport.sent[-1].raw, folder="Sent")

    assert house.promise().state == "extended"
    assert house.ask("SELECT turn FROM matters WHERE id = ?", house.promise().matter_id) == [("mine",)]


async def test_an_answer_drops_the_apology_and_keeps_the_promise_late(house: House) -> None:
    await told(house)
    at(house, DUE + HOUR)
    await house.sweep()

    await house.arrive(own(at=house.clock.now(), answers=letter_id()), folder="Sent")

    assert house.promise().state == "kept_late"
    assert waiting(house, "apology") == []


async def test_an_answer_in_time_that_is_read_late_drops_the_apology(house: House) -> None:
    await told(house)
    at(house, DUE + HOUR)
    await house.sweep()

    await house.arrive(own(at=DUE - HOUR, answers=letter_id()), folder="Sent", received_at=DUE - HOUR)

    assert house.promise().state == "kept"
    assert waiting(house, "apology") == []


async def silent_and_broken(open_house: OpenHouse, raw: bytes, *, known: bool = True) -> House:
    """A promise that no acknowledgement told, an hour after its time."""
    house = open_house(policy="never")
    if known:
        await house.know()
    await house.arrive(raw)
    at(house, DUE + HOUR)
    await house.sweep()
    assert house.promise().state == "broken"
    return house


async def test_a_silent_promise_that_breaks_is_on_top_and_has_an_apology_for_the_wait_drafted(
    open_house: OpenHouse,
) -> None:
    house = await silent_and_broken(open_house, mail())
    await house.arrive(mail(2, sender="Eve <eve@elsewhere.example>", subject="Another question", at=DUE + HOUR))
    await house.pass_time(hours=1)

    (draft,) = waiting(house, "late-answer")
    assert draft.state == "awaiting"
    assert "Your message of Monday 2 March still waits for my answer" in draft.text
    assert "promised" not in draft.text
    assert house.transport.sent == []
    now, zone = house.clock.now(), house.household.config.owner.timezone
    (first, _) = house.household.database.reading(lambda connection: views.queue(connection, now=now, zone=zone))
    assert (first.contact, first.state, first.told_due_at) == ("Bob Client", "broken", None)


async def test_the_promise_stands_at_what_the_apology_for_the_wait_tells(open_house: OpenHouse) -> None:
    house = await silent_and_broken(open_house, mail())
    (draft,) = waiting(house, "late-answer")

    outgoing.approve(house.household, draft.id)
    await house.pass_time(minutes=1)

    promise = house.promise()
    assert (promise.state, promise.due_at, promise.told_due_at) == ("extended", draft.due_at, draft.due_at)


async def test_extending_a_silent_promise_that_broke_replaces_the_apology(open_house: OpenHouse) -> None:
    house = await silent_and_broken(open_house, mail())
    until = DUE + timedelta(days=3)

    actions.extend_and_tell(house.household, str(house.promise().message_id), until=until)

    assert [(row.state, row.due_at) for row in house.outbox()] == [
        ("cancelled", house.outbox()[0].due_at),
        ("awaiting", until),
    ]


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        pytest.param(mail(), False, id="a stranger"),
        pytest.param(
            mail(subject="Undelivered?", text="We could not read it.\n", fields=["X-Loop: a"]), True, id="unsure"
        ),
    ],
)
async def test_nobody_else_who_was_told_nothing_has_an_apology_drafted(
    open_house: OpenHouse, raw: bytes, known: bool
) -> None:
    house = await silent_and_broken(open_house, raw, known=known)

    assert house.outbox() == []


@pytest.mark.parametrize(
    ("mode", "state", "sent"),
    [(Mode.AUTO, "queued", 2), (Mode.APPROVE, "awaiting", 1)],
    ids=["auto", "approve"],
)
async def test_an_extension_is_told_by_mode(house: House, mode: Mode, state: str, sent: int) -> None:
    promise = await told(house)
    house.clock.advance(HOUR)
    house.change(mode=mode)

    renewed = actions.extend_and_tell(house.household, str(promise.message_id))
    await house.pass_time(minutes=1)

    (item,) = waiting(house, "extended")
    assert renewed.state == state
    assert renewed.due_at > DUE
    assert item.kind == "auto"
    assert "Tuesday 3 March" in item.text
    assert "Wednesday 4 March" in item.text
    assert len(house.transport.sent) == sent
    assert (house.promise().told_due_at == renewed.due_at) is (mode is Mode.AUTO)


async def test_in_shadow_an_extension_is_shown(open_house: OpenHouse) -> None:
    house = open_house(mode=Mode.SHADOW)
    await house.know()
    await house.arrive(mail())
    await house.pass_time(hours=1)

    renewed = actions.extend_and_tell(house.household, str(house.promise().message_id))

    assert renewed.state == "shadow"
    assert waiting(house, "extended")[0].state == "shadow"
    await house.pass_time(hours=1)
    assert house.transport.sent == []


async def test_an_extension_is_under_the_same_limits(house: House) -> None:
    """Two automatic mails in one matter within a week are all there are."""
    promise = await told(house)
    house.clock.advance(HOUR)
    first = actions.extend_and_tell(house.household, str(promise.message_id))
    await house.pass_time(minutes=30)

    second = actions.extend_and_tell(house.household, str(promise.message_id))

    assert first.state == "queued"
    assert second.state is None
    assert "limit-matter" in second.silent
    assert "does not know it yet" in second.sentence("Bob")
    assert len(house.transport.sent) == 2


async def test_a_sender_nobody_vouched_for_is_told_only_with_the_owner_s_key(house: House) -> None:
    raw = b"\r\n".join(line for line in mail().split(b"\r\n") if not line.startswith(b"Authentication-Results"))
    await house.know()
    await house.arrive(raw)
    await house.pass_time(minutes=11)
    assert house.item().template == "minimal"
    house.clock.advance(HOUR)

    renewed = actions.extend_and_tell(house.household, str(house.promise().message_id))

    assert renewed.state == "awaiting"
    assert "Bob" not in waiting(house, "extended")[0].text


async def test_extending_a_broken_promise_replaces_the_apology_and_waits_in_every_mode(house: House) -> None:
    promise = await told(house)
    at(house, DUE + HOUR)
    await house.sweep()
    (machine,) = waiting(house, "apology")
    until = datetime(2026, 3, 9, 11, 0, tzinfo=UTC)

    renewed = actions.extend_and_tell(house.household, str(promise.message_id), until=until)

    (draft,) = waiting(house, "apology")
    assert draft.id != machine.id
    assert (renewed.state, draft.due_at, house.promise().state) == ("awaiting", until, "extended")
    assert "Monday 9 March, 12:00" in draft.text


async def test_an_extension_without_a_date_is_always_later_than_the_one_before(house: House) -> None:
    promise = await told(house)
    actions.extend(house.household, str(promise.message_id), until=DUE + timedelta(days=6))

    again = actions.extend(house.household, str(promise.message_id))

    assert again > DUE + timedelta(days=6)


@pytest.mark.parametrize(
    ("midnight", "due", "words"),
    [
        (
            datetime(2026, 3, 7, tzinfo=ZONE),
            datetime(2026, 3, 6, 16, 30, tzinfo=UTC),
            "by the end of Friday 6 March, 17:30 Zurich",
        ),
        (datetime(2026, 3, 9, tzinfo=ZONE), datetime(2026, 3, 8, 23, tzinfo=UTC), "by Sunday 8 March, 24:00 Zurich"),
    ],
    ids=["an open day", "a closed day"],
)
async def test_a_day_is_promised_until_its_hours_close(
    house: House, midnight: datetime, due: datetime, words: str
) -> None:
    await told(house)

    actions.extend(house.household, letter_id(), until=midnight)

    assert house.promise().due_at == due
    assert words in waiting(house, "extended")[0].text


async def test_an_earlier_date_is_refused(house: House) -> None:
    promise = await told(house)

    with pytest.raises(UserError, match="later"):
        actions.extend(house.household, str(promise.message_id), until=DUE - HOUR)


async def test_away_over_open_promises_extends_those_inside_to_what_would_have_been_told(house: House) -> None:
    await told(house)
    house.clock.advance(HOUR)
    absence = Away(DUE - 4 * HOUR, DUE + timedelta(days=7))
    _, inside = actions.go_away(house.household, absence)

    ((row, renewed),) = actions.extend_inside(house.household, inside)

    assert row.message_id == house.promise().message_id
    assert renewed.due_at == datetime(2026, 3, 11, 16, 30, tzinfo=UTC)
    (item,) = waiting(house, "moved")
    assert "My calendar has changed" in item.text
    assert item.state == "queued"


async def test_no_mail_tells_a_new_date_to_whom_the_machine_is_never_to_write(house: House) -> None:
    await told(house)
    actions.set_contact(house.household, "Bob Client", {"policy": "never"})

    renewed = actions.extend_and_tell(house.household, str(house.promise().message_id), until=DUE + timedelta(days=2))

    assert (renewed.item_id, renewed.silent) == (None, "the policy for this sender is never")
    assert house.promise().due_at == DUE + timedelta(days=2)


@pytest.mark.parametrize("language", ["de", "ja"])
async def test_the_apology_is_in_the_client_s_language(house: House, language: str) -> None:
    await told(house)
    house.ask("UPDATE contacts SET language = ?", language)
    at(house, DUE + HOUR)

    await house.sweep()

    (draft,) = waiting(house, "apology")
    assert {"de": "Dienstag", "ja": "火曜日"}[language] in draft.text


async def slow(house: House) -> views.PromiseRow:
    """A promise that was told, and an absence entered since, which will not let it hold."""
    house.household.config = replace(house.household.config, promise=Promises(auto_extend=True))
    promise = await told(house)
    await house.pass_time(hours=1)
    away = Away(house.clock.now(), DUE + timedelta(days=2), "illness", None, timedelta(0))
    actions.go_away(house.household, away)
    at(house, DUE - 2 * HOUR)
    return promise


async def test_a_time_that_will_not_hold_is_extended_by_machine_once_and_told(house: House) -> None:
    promise = await slow(house)

    await house.sweep()
    before = house.promise()
    await house.pass_time(minutes=1)

    (notice,) = waiting(house, "extended")
    assert before.due_at == promise.due_at, "it moves when the client has been told, and not before"
    assert notice.state == "sent"
    assert (house.promise().state, house.promise().due_at) == ("extended", notice.due_at)
    assert house.promise().told_due_at == notice.due_at
    assert house.ask("SELECT automatic_extensions FROM promises") == [(1,)]


async def test_the_second_time_it_is_the_owners_turn(house: House) -> None:
    await slow(house)
    await house.sweep()
    await house.pass_time(minutes=1)
    due_at = house.promise().due_at
    assert due_at is not None
    away = Away(house.clock.now(), due_at + timedelta(days=2), "illness", None, timedelta(0))
    actions.go_away(house.household, away)

    at(house, due_at - HOUR)
    await house.sweep()

    assert len(waiting(house, "extended")) == 1
    assert house.events(house.promise().id)[-1] == "warned"


async def test_in_approve_the_promise_stands_until_the_owner_lets_the_mail_go(house: House) -> None:
    promise = await slow(house)
    house.change(mode=Mode.APPROVE)
    house.household.config = replace(house.household.config, promise=Promises(auto_extend=True))

    await house.sweep()
    await house.pass_time(minutes=1)
    (notice,) = waiting(house, "extended")
    waits = (notice.state, house.promise().due_at)
    outgoing.approve(house.household, notice.id)
    await house.pass_time(minutes=1)

    assert waits == ("awaiting", promise.due_at)
    assert (house.promise().state, house.promise().due_at) == ("extended", notice.due_at)


async def test_a_rejected_extension_leaves_the_promise_to_break_and_be_extended_by_hand(house: House) -> None:
    promise = await slow(house)
    house.change(mode=Mode.APPROVE)
    house.household.config = replace(house.household.config, promise=Promises(auto_extend=True))
    await house.sweep()
    (notice,) = waiting(house, "extended")

    outgoing.reject(house.household, notice.id)
    renewed = actions.extend_and_tell(house.household, letter_id(), until=notice.due_at)

    assert house.promise().due_at == renewed.due_at == notice.due_at != promise.due_at
    assert [row.state for row in house.outbox()] == ["sent", "cancelled", "awaiting"]


@pytest.mark.parametrize(
    ("extend", "tells"), [pytest.param(False, True, id="not asked for"), pytest.param(True, False, id="nothing told")]
)
async def test_nothing_is_extended_by_machine(open_house: OpenHouse, extend: bool, tells: bool) -> None:
    house = open_house() if tells else open_house(policy=AckPolicy.NEVER)
    house.household.config = replace(house.household.config, promise=Promises(auto_extend=extend))
    await house.know()
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    away = Away(house.clock.now(), DUE + timedelta(days=2), "illness", None, timedelta(0))
    actions.go_away(house.household, away)
    at(house, DUE - 2 * HOUR)

    await house.sweep()

    assert waiting(house, "extended") == []
    assert house.events(house.promise().id)[-1] == "warned"


async def test_a_time_that_holds_is_not_extended(house: House) -> None:
    house.household.config = replace(house.household.config, promise=Promises(auto_extend=True))
    await told(house)
    at(house, DUE - 2 * HOUR)

    await house.sweep()

    assert waiting(house, "extended") == []


async def test_what_a_clock_years_ahead_broke_is_owed_again_and_breaks_at_its_own_time(house: House) -> None:
    promise = await told(house)
    house.clock.advance(timedelta(days=3650))
    await house.sweep()
    broken = house.promise().state
    house.clock.jump(timedelta(days=-3650))

    await house.sweep()

    after = house.promise()
    assert broken == "broken"
    assert (after.state, after.due_at, after.told_due_at) == ("open", DUE, DUE)
    assert [row.shown_state for row in queue(house)] == ["open"]
    assert waiting(house, "apology") == []
    assert [row.was_broken for row in record(house)] == [False]
    at(house, DUE + HOUR)
    await house.sweep()
    assert house.events(promise.id)[-3:] == ["due-passed", "not-due", "due-passed"]
    assert [row.was_broken for row in record(house)] == [True]
    assert len(waiting(house, "apology")) == 1


@pytest.mark.parametrize(
    "by",
    [
        pytest.param(timedelta(days=3650), id="a clock before what is on record"),
        pytest.param(HOUR + HOUR / 2, id="one that was put right by a little"),
    ],
)
async def test_what_is_broken_stays_so_under_a_clock_that_goes_back(house: House, by: timedelta) -> None:
    await told(house)
    at(house, DUE + HOUR)
    await house.sweep()
    house.clock.jump(-by)

    await house.sweep()

    assert house.promise().state == "broken"
    assert len(waiting(house, "apology")) == 1


async def test_a_new_date_in_the_second_of_the_apology_is_drafted_in_its_place(house: House) -> None:
    await told(house)
    at(house, DUE + HOUR)
    await house.sweep()
    (first,) = waiting(house, "apology")

    actions.extend(house.household, letter_id())

    (second,) = waiting(house, "apology")
    assert second.id != first.id
    assert second.due_at == first.due_at == house.promise().due_at


async def test_what_was_promised_for_no_day_gets_its_date_when_the_return_is_in_sight(house: House) -> None:
    await house.know()
    back = datetime(2026, 6, 15, tzinfo=ZONE)
    actions.go_away(house.household, Away(house.clock.now() - HOUR, back))
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.sweep()
    before = house.promise()
    at(house, back - timedelta(days=50))

    await house.sweep()
    await house.pass_time(minutes=1)
    await house.sweep()

    after = house.promise()
    assert (before.state, before.due_at) == ("open", None)
    assert after.due_at == datetime(2026, 6, 15, 17, 30, tzinfo=ZONE)
    assert house.events(after.id) == ["made", "told", "extended"]
    assert len(house.transport.sent) == 1, "nobody is told by itself"
    at(house, after.due_at + HOUR)
    await house.sweep()
    assert house.promise().state == "broken"
    assert len(waiting(house, "late-answer")) == 1


def record(house: House) -> list[views.RecordRow]:
    return house.household.database.reading(lambda c: views.promise_record(c, since=DUE - timedelta(days=9)))
