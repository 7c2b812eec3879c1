"""A web address is posted to: ntfy's headers, or one JSON object; its answer says whether to try again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.config import PasswordSource, Webhook, WebhookFormat
from inboxcrm.errors import TransientError, UserError
from inboxcrm.notify.webhook import WebhookNotifier
from inboxcrm.passwords import Secret
from inboxcrm.ports import Notice
from tests.notify.web import Site, site

NOTICE = Notice("k1", "urgent-mail", "Dringend: Zürich", "Bob <bob@client.example>\nnichts geht", urgent=True)


@pytest.fixture
def ntfy() -> Iterator[Site]:
    with site() as running:
        yield running


def notifier(url: str, *, within: float = 60, **how: object) -> WebhookNotifier:
    webhook = Webhook(url, **how)  # type: ignore[arg-type]  # keywords of a test
    return WebhookNotifier(webhook, lambda source: Secret(f"secret of {source.env}"), within=timedelta(seconds=within))


async def test_ntfy_gets_the_text_with_title_and_priority(ntfy: Site) -> None:
    await notifier(ntfy.url).tell(NOTICE)

    ((path, headers, body),) = ntfy.posts
    assert (path, body.decode()) == ("/ann?x=1", NOTICE.text)
    assert headers["Title"] == "=?UTF-8?B?RHJpbmdlbmQ6IFrDvHJpY2g=?="
    assert (headers["Priority"], headers["Tags"]) == ("5", "urgent-mail")


async def test_json_gets_one_object(ntfy: Site) -> None:
    await notifier(ntfy.url, format=WebhookFormat.JSON).tell(NOTICE)

    ((_, headers, body),) = ntfy.posts
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {
        "key": "k1",
        "kind": "urgent-mail",
        "title": NOTICE.title,
        "text": NOTICE.text,
        "urgent": True,
    }


async def test_a_headers_secret_is_read_when_it_is_needed(ntfy: Site) -> None:
    headers = {"Authorization": PasswordSource(env="NTFY"), "X-Fixed": "as it is"}

    await notifier(ntfy.url, headers=headers).tell(NOTICE)

    got = ntfy.posts[0][1]
    assert (got["Authorization"], got["X-Fixed"]) == ("secret of NTFY", "as it is")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_server_in_trouble_is_asked_again(ntfy: Site, status: int) -> None:
    ntfy.answers, ntfy.headers = [status], {"Retry-After": "90"}

    with pytest.raises(TransientError) as later:
        await notifier(ntfy.url).tell(NOTICE)

    assert later.value.retry_after == timedelta(seconds=90)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404])
async def test_a_refusal_is_for_the_owner_and_a_redirect_is_not_followed(ntfy: Site, status: int) -> None:
    ntfy.answers, ntfy.headers = [status], {"Location": ntfy.url}

    with pytest.raises(UserError, match=str(status)):
        await notifier(ntfy.url).tell(NOTICE)

    assert len(ntfy.posts) == 1


async def test_a_server_that_says_nothing_is_not_waited_for(ntfy: Site) -> None:
    ntfy.sleeps = 1.0

    with pytest.raises(TransientError):
        await notifier(ntfy.url, within=0.2).tell(NOTICE)


async def test_nobody_listens() -> None:
    with site() as gone:
        url = gone.url

    with pytest.raises(TransientError, match=r"127\.0\.0\.1 cannot be reached"):
        await notifier(url).tell(NOTICE)


async def test_a_secret_that_no_header_may_hold_is_not_repeated(ntfy: Site) -> None:
    webhook = Webhook(ntfy.url, headers={"Authorization": PasswordSource(env="X")})
    broken = WebhookNotifier(webhook, lambda source: Secret("hidden\r\nX-Other: 1"))

    with pytest.raises(UserError) as refused:
        await broken.tell(NOTICE)

    assert "hidden" not in str(refused.value)
    assert ntfy.posts == []


async def test_an_authority_whose_file_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ca\.pem cannot be read as a certificate: No such file"):
        await notifier("https://ntfy.example.org/ann", ca_file=tmp_path / "ca.pem").tell(NOTICE)
