"""The gate judges the demo's story as the story says it does."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import Circumstances, History, MailClass, Outcome, Settings, Verdict, judge
from inboxcrm.testing.story import Story, tell

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
SEEDS = (1, 2, 3, 20, 77)


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def story(request: pytest.FixtureRequest) -> Story:
    """One story."""
    return tell(int(request.param), NOW, ZoneInfo("Europe/Zurich"))


def verdict(story: Story, raw: bytes, received_at: datetime) -> Verdict:
    """What the gate says of a mail, knowing what the owner sent before it."""
    message = parse(raw)
    sent = [parse(x.raw) for x in story.letters if x.note in {"owner: letter", "owner: answer"}]
    to_author = {m.message_id or "" for m in sent if message.author and message.author.key in {a.key for a in m.to}}
    history = History(
        known=bool(to_author),
        answered_ids=frozenset(to_author & set(message.ancestors)),
        sent_ids=frozenset(m.message_id or "" for m in sent),
    )
    settings = Settings(
        own_addresses=(story.owner.address,),
        trusted_authserv_ids=(story.border,),
        border_hosts=(story.border,),
    )
    return judge(
        message,
        history=history,
        settings=settings,
        now=received_at,
        circumstances=Circumstances(received_at=received_at),
    )


def test_every_scene_gets_the_verdict_it_names(story: Story) -> None:
    judged = {s.key: verdict(story, s.raw, s.received_at).outcome.value for s in story.arrivals}

    assert judged == {s.key: s.expect for s in story.arrivals}


def test_no_machine_of_the_backlog_would_be_acknowledged(story: Story) -> None:
    kinds = ("list:", "newsletter:", "robot:", "bounce:", "calendar:")
    machines = [letter for letter in story.letters if letter.note.startswith(kinds)]

    for letter in machines:
        judged = verdict(story, letter.raw, letter.received_at)
        assert judged.outcome in {Outcome.SUPPRESS, Outcome.REVIEW}, letter.note


def test_every_clients_letter_addressed_to_the_owner_is_human_and_could_be_acknowledged(story: Story) -> None:
    letters = [x for x in story.letters if x.note in {"client: letter", "client: open"}]

    for letter in letters:
        judged = verdict(story, letter.raw, letter.received_at)
        assert judged.mail_class is MailClass.HUMAN, letter.raw.decode("utf-8", "replace")
        assert judged.outcome in {Outcome.ACK, Outcome.ACK_MIN}
