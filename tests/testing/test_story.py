"""The demo's story is the same for the same seed, another for another, and looks like real mail throughout."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import parse
from inboxcrm.testing.story import Letter, Story, tell
from inboxcrm.testing.story_cast import STRANGERS_NUMBER
from inboxcrm.testing.story_cast import cast as invented
from inboxcrm.testing.story_letters import SPAN
from inboxcrm.testing.story_scripts import scenes, scripts

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")
SEEDS = (1, 2, 3, 20, 77)


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def story(request: pytest.FixtureRequest) -> Story:
    """One story."""
    return tell(cast(int, request.param), NOW, ZURICH)


def by_hand(story: Story) -> list[Letter]:
    """The letters people wrote to the owner or the owner to them."""
    return [letter for letter in story.letters if letter.note.startswith(("client:", "owner:"))]


def read(letter: Letter) -> Message:
    """The letter as the product reads it."""
    return parse(letter.raw)


def test_the_same_seed_tells_the_same_story() -> None:
    first, second = tell(5, NOW, ZURICH), tell(5, NOW, ZURICH)

    assert first.letters == second.letters
    assert first.arrivals == second.arrivals
    assert first.answer(first.arrivals[0].raw, NOW) == second.answer(second.arrivals[0].raw, NOW)


def test_two_seeds_differ_in_nearly_all_subjects() -> None:
    subjects = [{read(letter).subject for letter in tell(seed, NOW, ZURICH).letters} for seed in (1, 2, 3)]

    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert len(subjects[one] & subjects[other]) < 0.2 * len(subjects[one])


def test_two_seeds_have_other_people_and_other_times() -> None:
    one, other = tell(1, NOW, ZURICH), tell(2, NOW, ZURICH)

    assert one.owner.address != other.owner.address
    assert not {p.address for p in one.cast.contacts} & {p.address for p in other.cast.contacts}
    assert {s.received_at for s in one.arrivals} != {s.received_at for s in other.arrivals}


def test_it_has_some_three_hundred_mails_of_twenty_nine_people(story: Story) -> None:
    senders = {letter.sender for letter in by_hand(story)} - {story.owner.address}
    companies = {address.rpartition("@")[2] for address in senders} - set(story.public_mail_domains)

    assert 280 <= len(story.letters) <= 330
    assert len(story.cast.colleagues) == 25
    assert len(companies) == len(story.cast.companies) == 8
    assert senders <= {person.address for person in story.cast.contacts}


def test_every_contact_appears_in_some_letter(story: Story) -> None:
    seen = {address.key for letter in by_hand(story) for address in (*read(letter).from_, *read(letter).recipients)}

    assert {person.address for person in story.cast.contacts} <= seen


def test_nobody_has_the_telephone_number_of_somebody_else() -> None:
    for seed in range(1, 6):
        people = invented(Random(seed), ZoneInfo("Europe/Zurich")).contacts
        numbers = [STRANGERS_NUMBER, *(person.phone for person in people if person.phone)]

        assert len(numbers) == len(set(numbers))


def test_people_write_in_four_languages(story: Story) -> None:
    languages = Counter(person.language for person in story.cast.contacts)

    assert languages == {"de": 11, "en": 12, "fr": 4, "es": 2}


@pytest.mark.parametrize(
    ("note", "least"),
    [
        ("list: post", 25),
        ("newsletter: issue", 8),
        ("robot: build", 8),
        ("robot: invoice", 7),
        ("calendar: invitation", 3),
        ("robot: out of office", 2),
        ("bounce: unknown user", 1),
        ("client: open", 2),
        ("owner: answer", 60),
    ],
)
def test_every_kind_of_mail_is_there(story: Story, note: str, least: int) -> None:
    assert sum(letter.note == note for letter in story.letters) >= least


def test_it_has_every_shape_of_body(story: Story) -> None:
    letters = b"\n".join(letter.raw.lower() for letter in story.letters)

    for mark in (b"quoted-printable", b"base64", b"charset=iso-8859-1", b"multipart/alternative", b"multipart/report"):
        assert mark in letters
    kinds = {part.content_type for letter in story.letters for part in read(letter).attachments}
    assert {"application/pdf", "text/calendar"} <= kinds


def test_all_mails_but_the_odd_ones_read_without_a_defect(story: Story) -> None:
    for raw, odd in [
        *((x.raw, x.note.startswith("odd:")) for x in story.letters),
        *((s.raw, False) for s in story.arrivals),
    ]:
        message = parse(raw)
        assert odd or message.defects == ()
        assert odd or (message.author and message.subject and message.date and message.text and message.message_id)


def test_the_standard_library_reads_them_without_a_defect_too(story: Story) -> None:
    for letter in story.letters:
        if letter.note.startswith("odd:"):
            continue
        message = email.message_from_bytes(letter.raw, policy=email.policy.default)
        assert not [part.defects for part in message.walk() if part.defects]
        assert not [name for name, value in message.items() if value.defects and name not in {"DKIM-Signature"}]


def test_no_line_is_longer_than_smtp_allows(story: Story) -> None:
    assert max(len(line) for letter in story.letters for line in letter.raw.split(b"\r\n")) <= 998


def test_no_slot_or_variant_is_left_open(story: Story) -> None:
    for raw in [*(letter.raw for letter in by_hand(story)), *(scene.raw for scene in story.arrivals)]:
        message = parse(raw)
        assert not re.search(r"[{}|]", message.text + message.subject)
        assert "  " not in message.subject


def test_dates_lie_within_eighteen_months_and_mostly_in_working_hours(story: Story) -> None:
    letters = by_hand(story)
    hours = [read(letter).date for letter in letters]
    at_work = [d for d in hours if d and d.weekday() < 5 and 7 <= d.hour < 19]

    assert all(NOW - SPAN - timedelta(days=8) <= letter.received_at < NOW for letter in story.letters)
    assert NOW - min(letter.received_at for letter in story.letters) > timedelta(days=480)
    assert len(at_work) > 0.8 * len(hours)
    assert all(d is not None and 6 <= d.hour < 23 for d in hours)


def test_delivery_follows_the_date_within_a_minute(story: Story) -> None:
    for letter in by_hand(story):
        date = read(letter).date
        assert date is not None
        assert timedelta(0) <= letter.received_at - date < timedelta(minutes=1)


def test_every_answer_names_a_mail_that_exists_and_comes_after_it(story: Story) -> None:
    written = {read(letter).message_id: letter for letter in story.letters}
    answers = [letter for letter in by_hand(story) if read(letter).in_reply_to]

    for letter in answers:
        assert all(parent in written for parent in read(letter).ancestors)
        parent = written[read(letter).in_reply_to[0]]
        assert parent.received_at < letter.received_at
    assert sum(letter.folder == "Sent" for letter in answers) >= 60


def test_message_ids_are_unique(story: Story) -> None:
    ids = [read(letter).message_id for letter in story.letters if letter.note != "odd: no date"]
    ids += [parse(scene.raw).message_id for scene in story.arrivals]

    assert len(set(ids)) == len(ids)


def test_the_answered_flag_tells_the_truth(story: Story) -> None:
    answered = {parent for letter in by_hand(story) for parent in read(letter).in_reply_to}

    for letter in by_hand(story):
        assert "\\Answered" not in letter.flags or read(letter).message_id in answered


def test_everybody_lives_under_reserved_domains(story: Story) -> None:
    for letter in story.letters:
        for address in re.findall(rb"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", letter.raw.partition(b"\r\n\r\n")[0]):
            assert address.lower().endswith((b".example", b"example.org", b"example.com", b"example.net"))


def test_inbound_mail_bears_the_marks_of_the_border(story: Story) -> None:
    for letter in story.letters:
        message = read(letter)
        if letter.folder == "Sent":
            assert message.first("received") is None
            continue
        assert f"by {story.border}" in (message.first("received") or "")
        assert message.first("return-path") is not None


def test_the_scenes_come_in_order_on_one_working_day_in_and_out_of_office_hours(story: Story) -> None:
    moments = [scene.received_at.astimezone(ZURICH) for scene in story.arrivals]
    open_at = {
        scene.key: any(a <= m.time() < b for a, b in story.office_hours[m.weekday()])
        for scene, m in zip(story.arrivals, moments, strict=True)
    }

    assert moments == sorted(moments)
    assert len({moment.date() for moment in moments}) == 1
    assert moments[0] > NOW
    assert open_at["client-by-day"]
    assert not open_at["client-after-hours"]


@pytest.mark.parametrize("now", [datetime(2025, 12, 23, 16, 0, tzinfo=UTC), datetime(2026, 3, 6, 20, 0, tzinfo=UTC)])
def test_the_day_of_the_scenes_is_never_a_weekend_or_christmas(now: datetime) -> None:
    day = tell(1, now, ZURICH).arrivals[0].received_at.astimezone(ZURICH).date()

    assert day.weekday() < 5
    assert (day.month, day.day) not in {(12, 24), (12, 25), (12, 26)}


def test_the_owners_answer_threads_under_the_question_and_quotes_it(story: Story) -> None:
    scene = story.arrivals[0]
    at = scene.received_at + timedelta(hours=3)

    question, answer = parse(scene.raw), parse(story.answer(scene.raw, at))

    assert answer.in_reply_to == (question.message_id,)
    assert answer.author is not None
    assert answer.author.key == story.owner.address
    assert [address.key for address in answer.to] == [scene.sender]
    assert answer.date == at.replace(microsecond=0)
    assert answer.subject == f"Re: {question.subject}"
    assert "\n> " in answer.text
    assert answer.defects == ()


def test_a_mail_that_is_no_question_has_no_answer(story: Story) -> None:
    with pytest.raises(ValueError, match="no answer"):
        story.answer(story.arrivals[1].raw, NOW)


def test_the_forger_fails_dmarc_and_uses_a_known_address(story: Story) -> None:
    forger = next(scene for scene in story.arrivals if scene.key == "forger")
    sent_to = {address.key for letter in story.letters if letter.folder == "Sent" for address in read(letter).to}

    assert "dmarc=fail" in (parse(forger.raw).first("authentication-results") or "")
    assert forger.sender in sent_to


def test_the_stranger_is_unknown_to_everybody(story: Story) -> None:
    stranger = next(scene for scene in story.arrivals if scene.key == "stranger")

    assert all(stranger.sender.encode() not in letter.raw for letter in story.letters)
    assert stranger.sender.rpartition("@")[2] not in {company.domain for company in story.cast.companies}


@pytest.mark.parametrize("language", ["de", "en", "es", "fr"])
def test_every_conversation_has_letters_and_closed_ones_begin_with_two_sides_or_minutes(language: str) -> None:
    for script in scripts(language):
        assert script.lines, script.subject
        assert ("open" in script.tags) == all(not line.ours for line in script.lines)


def test_every_part_of_the_day_can_be_told_in_several_ways() -> None:
    tags = Counter(tag for script in scenes() for tag in script.tags)

    assert min(tags[tag] for tag in ("day", "evening", "stranger", "forger")) >= 2
