"""What a submission server may do: a mail leaves once, or it is said why not; what is in doubt is never sent again."""

from __future__ import annotations

import asyncio

import pytest

from inboxcrm.testing.smtp_moods import Cut
from inboxcrm.testing.smtp_server import Mood, Step
from tests.faults.conftest import Play, Story, around
from tests.faults.server_faults import counted, says, times
from tests.faults.world import World, answers, message_id

pytestmark = pytest.mark.slow


def deferred_by(*moods: Mood) -> Story:
    """It leaves all the same, once, when the server has come round."""

    async def story(world: World) -> None:
        world.main.sink.moods.extend(moods)
        await world.answered(world.post())
        assert not any(mood.times for mood in moods)  # each has shown
        world.main.sink.moods.clear()

    return story


def ends(mood: Mood, *, state: str, copies: int) -> Story:
    """It ends so, with so many copies accepted, and stays so."""

    async def story(world: World) -> None:
        world.main.sink.moods.append(mood)
        raw = world.post()
        await world.until(lambda: state_of(world, raw) == state, f"not {state}")
        world.main.sink.moods.clear()
        await asyncio.sleep(700)
        assert (state_of(world, raw), answers(world.main)[message_id(raw)]) == (state, copies)

    return story


def state_of(world: World, raw: bytes) -> str | None:
    found = world.ask(
        "SELECT state FROM outbox JOIN messages ON messages.id = outbox.message_id WHERE messages.message_id = ?",
        message_id(raw),
    )
    return found[0][0] if found else None


async def settled_by_sent(world: World) -> None:
    """Accepted, the answer lost, IMAP down at that time: settled when Sent can be read again and holds it."""
    world.main.sink.moods.append(Mood(Step.FINAL, cut=Cut.BEFORE, keeps=True, times=1))
    raw = world.post()
    await world.until(lambda: state_of(world, raw) == "unknown", "not in doubt")
    world.main.imap.refuse = True
    await world.main.imap.cut_all()
    await asyncio.sleep(200)
    assert state_of(world, raw) == "unknown"
    world.main.account.folder("Sent").append(world.main.sink.accepted[-1].raw)
    world.main.imap.refuse = False
    await world.until(lambda: state_of(world, raw) == "sent", "not settled")
    assert answers(world.main)[message_id(raw)] == 1


async def sent_is_full(world: World) -> None:
    """No copy can be filed: the mail stays sent, and goes no second time."""
    played, world.main.mail.faults["APPEND"] = counted(says(b"NO [OVERQUOTA] full"))
    raw = world.post()
    await world.answered(raw)
    await world.until(lambda: played.times > 3, "no copy was to be filed")
    await asyncio.sleep(300)
    assert played.times == 4
    assert state_of(world, raw) == "sent"
    world.main.mail.faults.clear()


async def copy_is_filed_later(world: World) -> None:
    """Sent takes no copy at first; the copy is filed by the next look."""
    world.main.mail.faults["APPEND"] = times(1, says(b"NO [UNAVAILABLE] not now"))
    raw = world.post()
    await world.answered(raw)
    sent = world.main.account.folder("Sent")
    await world.until(lambda: message_id(raw).encode() in b"".join(one.raw for one in sent.messages), "no copy")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(deferred_by(Mood(Step.MAIL, cut=Cut.BEFORE, times=1)), id="57 reset at MAIL"),
        pytest.param(deferred_by(Mood(Step.RCPT, cut=Cut.BEFORE, times=1)), id="57 reset at RCPT"),
        pytest.param(deferred_by(Mood(Step.DATA, cut=Cut.BEFORE, times=1)), id="57 reset at DATA"),
        pytest.param(
            ends(Mood(Step.BODY, cut=Cut.BEFORE, octets=200), state="unknown", copies=0), id="57 reset inside the body"
        ),
        pytest.param(
            ends(Mood(Step.FINAL, cut=Cut.BEFORE, keeps=True), state="unknown", copies=1),
            id="57 reset on the final 250",
        ),
        pytest.param(
            ends(Mood(Step.FINAL, stall=True, keeps=True), state="unknown", copies=1), id="57 silence on the final 250"
        ),
        pytest.param(settled_by_sent, id="58 the look into Sent is impossible"),
        pytest.param(
            deferred_by(
                Mood(Step.RCPT, reply="451 4.7.1 greylisted", times=1),
                Mood(Step.CONNECT, reply="421 4.3.2 closing", cut=Cut.AFTER, times=1),
                Mood(Step.MAIL, reply="421 4.3.2 closing", cut=Cut.AFTER, times=1),
                Mood(Step.FINAL, reply="451 4.3.0 later", times=1),
            ),
            id="59 later, at several steps",
        ),
        pytest.param(
            ends(Mood(Step.RCPT, reply="550 5.1.1 no such user"), state="failed", copies=0), id="59 no such user"
        ),
        pytest.param(
            ends(Mood(Step.FINAL, reply="554 5.6.0 content"), state="failed", copies=0), id="59 content refused"
        ),
        pytest.param(
            deferred_by(Mood(Step.MAIL, cut=Cut.BEFORE, times=1), Mood(Step.AUTH, reply="535 5.7.8 no", times=1)),
            id="59 login refused",
        ),
        pytest.param(deferred_by(Mood(Step.MAIL, reply="530 5.7.0 TLS first", times=1)), id="59 TLS demanded"),
        pytest.param(
            deferred_by(Mood(Step.MAIL, reply=b"250-and more\r\n" * 200_000, times=1)), id="62 a reply without an end"
        ),
        pytest.param(
            deferred_by(Mood(Step.MAIL, reply=b"250 " + b"x" * 10_000_000, times=1)), id="62 a reply of 10 MB"
        ),
        pytest.param(sent_is_full, id="63 Sent is full"),
        pytest.param(copy_is_filed_later, id="63 Sent takes the copy later"),
    ],
)
def test_a_submission_server_that_fails_gets_no_mail_twice(play: Play, fault: Story) -> None:
    play(around(fault))


def test_a_submission_server_that_is_silent_delays_no_other_mailbox(play: Play) -> None:
    async def story(world: World) -> None:
        world.main.sink.moods.append(Mood(Step.MAIL, stall=True, times=1))
        stuck = world.post()
        await world.until(lambda: state_of(world, stuck) == "sending", "not begun")
        began = world.clock.monotonic()
        await world.answered(world.post(at="other"), at="other")
        assert state_of(world, stuck) == "sending"
        assert world.clock.monotonic() - began < 60
        await world.answered(stuck)

    play(story, names=("main", "other"))
