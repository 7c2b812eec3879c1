"""Notices of social networks: recognised by who surely sent them, one interaction each, never acknowledged."""

from __future__ import annotations

import json

import pytest

from inboxcrm.domain.social import Notice, recognise
from inboxcrm.service.memory import remember
from tests.memory.conftest import Run
from tests.service.house import House, mail

LINKEDIN = "LinkedIn <messages-noreply@linkedin.com>"
PAGE = "https://www.linkedin.com/in/bob-client-12"
FIELDS = ("Auto-Submitted: auto-generated", "List-Unsubscribe: <https://www.linkedin.com/u>")


def told(sender: str, subject: str, text: str = "", *, list_id: str = "") -> Notice | None:
    return recognise(sender=sender, list_id=list_id, subject=subject, text=text)


@pytest.mark.parametrize(
    ("sender", "subject", "text", "expected"),
    [
        (
            "messages-noreply@linkedin.com",
            "Bob Client sent you a message",
            "See https://www.linkedin.com/comm/in/Bob-Client-12?trk=x",
            Notice("linkedin", "message", "Bob Client", PAGE),
        ),
        (
            "notification@facebookmail.com",
            "Bob Client commented on your post",
            "",
            Notice("facebook", "comment", "Bob Client", ""),
        ),
        (
            "no-reply@mail.instagram.com",
            "Bob Client started following you",
            "",
            Notice("facebook", "invitation", "Bob Client", ""),
        ),
        (
            "notify@x.com",
            "Bob Client (@bobc) mentioned you",
            "https://x.com/bobc/status/1",
            Notice("x", "comment", "Bob Client", "https://x.com/bobc"),
        ),
        (
            "noreply@bsky.app",
            "Bob Client replied to your post",
            "https://bsky.app/profile/bob.example",
            Notice("bluesky", "comment", "Bob Client", "https://bsky.app/profile/bob.example"),
        ),
        (
            "businessprofile-noreply@google.com",
            "Bob Client left a review for Ann",
            "",
            Notice("google", "review", "Bob Client", ""),
        ),
        (
            "mailrobot@mail.xing.com",
            "Neue Nachricht von Bob Client",
            "",
            Notice("xing", "message", "Bob Client", ""),
        ),
    ],
    ids=["linkedin", "facebook", "instagram", "x", "bluesky", "google", "xing"],
)
def test_each_network_is_read(sender: str, subject: str, text: str, expected: Notice) -> None:
    assert told(sender, subject, text) == expected


def test_mastodon_is_read_by_its_structure_wherever_it_runs() -> None:
    notice = told(
        "notifications@social.example",
        "You were mentioned by Bob Client",
        "https://social.example/@bob",
        list_id="<mention.ann.social.example>",
    )

    assert notice == Notice("mastodon", "comment", "Bob Client", "https://social.example/@bob")


@pytest.mark.parametrize(
    ("sender", "subject", "list_id"),
    [
        ("messages-noreply@linkedin.com.evil.example", "Bob Client sent you a message", ""),
        ("messages-noreply@notlinkedin.com", "Bob Client sent you a message", ""),
        ("messages-noreply@linkedin.com", "Your weekly summary", ""),
        ("noreply@google.com", "Bob Client left a review", ""),
        ("notifications@other.example", "You were mentioned by Bob", "<mention.ann.social.example>"),
    ],
    ids=["longer domain", "like domain", "other mail", "other sender", "another's list"],
)
def test_what_is_not_surely_a_notice_is_none(sender: str, subject: str, list_id: str) -> None:
    assert told(sender, subject, list_id=list_id) is None


async def came(house: House, number: int = 1, *, text: str = f"See {PAGE}\n") -> None:
    raw = mail(number, sender=LINKEDIN, subject="Bob Client sent you a message", text=text, fields=FIELDS)
    await house.arrive(raw)
    await remember(house.household)


async def test_a_notice_of_a_known_name_is_one_interaction_and_no_mail_goes_out(house: House, run: Run) -> None:
    await house.know()
    await came(house)
    await remember(house.household)

    (row,) = [json.loads(line) for line in run("social", "--json").output.splitlines()]
    assert (row["network"], row["what"], row["contact"]) == ("linkedin", "message", "Bob Client")
    assert row["due_at"] == "2026-03-02T13:00:00Z"
    (logged,) = [json.loads(line) for line in run("interactions", "--json").output.splitlines()]
    assert (logged["channel"], logged["note"], logged["from_owner"]) == ("post", "message on linkedin", False)
    assert house.outbox() == []
    assert house.promises() == []


async def test_an_unknown_name_is_asked_about_once_and_its_page_remembered(house: House, run: Run) -> None:
    await house.know("Robert Client <bob@client.example>")
    await came(house)
    assert "Bob Client?" in run("social").output
    assert run("interactions").output == "Nothing is logged.\n"

    assert run("social", "link", "2", "bob@client.example").output == "Robert Client: message on linkedin.\n"
    await came(house, 2)

    assert run("social").output.count("Robert Client") == 2
    assert run("interactions").output.count("message on linkedin") == 2
    assert "linked to Robert Client already" in str(run("social", "link", "2", "bob@client.example").exception)


async def test_a_notice_is_closed(house: House, run: Run) -> None:
    await house.know()
    await came(house)

    assert run("social", "close", "2").output == "Closed.\n"
    assert run("social").output == "Nothing waits there.\n"
    assert "no open notice" in str(run("social", "close", "2").exception)


async def test_a_notice_that_nobody_vouches_for_is_none(house: House, run: Run) -> None:
    await house.know()
    raw = mail(1, sender=LINKEDIN, subject="Bob Client sent you a message", text=f"See {PAGE}\n", fields=FIELDS)
    await house.arrive(raw.replace(b"=pass", b"=fail"))
    await remember(house.household)

    assert run("social").output == "Nothing waits there.\n"
