"""Notices of every network in its own layout, through the gate: who did what there, and nothing goes out."""

from __future__ import annotations

from pathlib import Path

from inboxcrm.domain.social import Notice
from inboxcrm.service.memory import remember
from tests.service.house import House

MAILS = Path(__file__).parents[1] / "mail" / "social"
LINKEDIN = "https://www.linkedin.com/in/bob-client-12"
BOB = "Bob Client"

LAYOUTS = {
    "linkedin-message": Notice("linkedin", "message", BOB, LINKEDIN),
    "linkedin-invitation-german": Notice("linkedin", "invitation", BOB, LINKEDIN),
    "facebook-comment": Notice("facebook", "comment", BOB, "https://www.facebook.com/bob.client.12"),
    "instagram-mention": Notice("facebook", "comment", "bob.client", "https://www.facebook.com/bob.client"),
    "x-mention": Notice("x", "comment", BOB, "https://x.com/bobclient12"),
    "mastodon-mention": Notice("mastodon", "comment", BOB, "https://social.example/@bobclient"),
    "bluesky-reply": Notice("bluesky", "comment", BOB, "https://bsky.app/profile/bobclient.example"),
    "google-review": Notice("google", "review", BOB, "https://www.google.com/maps/contrib/101234567890"),
    "xing-message-german": Notice("xing", "message", BOB, "https://www.xing.com/profile/bob_client12"),
}


def test_every_layout_is_told_and_every_network_has_one() -> None:
    assert {file.stem for file in MAILS.glob("*.eml")} == set(LAYOUTS)
    assert {notice.network for notice in LAYOUTS.values()} == {
        *("linkedin", "facebook", "x", "mastodon", "bluesky", "google", "xing")
    }


async def test_each_notice_is_one_interaction_of_the_known_contact_and_is_never_answered(house: House) -> None:
    await house.know()
    for name in LAYOUTS:
        await house.arrive((MAILS / f"{name}.eml").read_bytes())
    await remember(house.household)

    rows = house.ask("SELECT network, what, who, profile FROM social_notices ORDER BY message_id")
    assert rows == [(each.network, each.what, each.who, each.profile) for each in LAYOUTS.values()]
    known = [each for each in LAYOUTS.values() if each.who == BOB]
    assert house.ask("SELECT COUNT(*) FROM interactions WHERE channel = 'post'") == [(len(known),)]
    assert house.outbox() == []
    assert house.promises() == []


async def test_the_same_mail_with_a_broken_signature_is_no_notice(house: House) -> None:
    await house.know()
    for name in LAYOUTS:
        raw = (MAILS / f"{name}.eml").read_bytes()
        await house.arrive(raw.replace(b"=pass", b"=fail"))
    await remember(house.household)

    assert house.ask("SELECT COUNT(*) FROM social_notices") == [(0,)]
    assert house.outbox() == []
