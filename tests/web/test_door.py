"""Who is let in, where to, and under which headers."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from inboxcrm.config import Mode
from inboxcrm.errors import UserError
from inboxcrm.web.door import Key
from inboxcrm.web.serve import serve, start
from tests.web import home
from tests.web.conftest import Window

SECRETIVE = "bob@example.com"


async def test_a_visitor_without_the_token_sees_a_helpful_page_and_nothing_else(window: Window) -> None:
    for path in (*window.own_pages().values(), "/inboxcrm/message_list", "/inboxcrm/message_list.csv"):
        answer = await window.get(path, seated=False)
        assert answer.status_code == 403
        assert "inboxcrm web" in answer.text
        assert SECRETIVE not in answer.text
        assert home.OWNER.name not in answer.text


async def test_the_start_token_is_changed_for_a_cookie_and_leaves_the_address(window: Window) -> None:
    answer = await window.get(f"/-/inboxcrm/search?q=a+b&token={window.key.token}", seated=False)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/-/inboxcrm/search?q=a+b"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert window.key.token not in cookie


@pytest.mark.parametrize("token", ["", "x", "ä", "a" * 10_000])
async def test_a_wrong_token_opens_nothing(window: Window, token: str) -> None:
    assert (await window.get(f"/?token={token}", seated=False)).status_code == 403


async def test_the_cookie_of_another_run_opens_nothing(window: Window) -> None:
    other = Key("8001")

    answer = await window.site.client.get("/", cookies={window.key.cookie_name: other.cookie})

    assert answer.status_code == 403


async def test_a_start_address_cannot_lead_elsewhere(window: Window) -> None:
    answer = await window.site.client.request(
        "GET", f"http://localhost//evil.example/?token={window.key.token}", avoid_path_rewrites=True
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8001", "", "0.0.0.0"]
)
async def test_a_name_that_was_rebound_to_us_is_refused(window: Window, host: str) -> None:
    answer = await window.get("/", headers={"host": host})

    assert answer.status_code == 421
    assert SECRETIVE not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:1", "[::1]:8001", "LOCALHOST"])
async def test_our_own_names_are_answered(window: Window, host: str) -> None:
    assert (await window.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
async def test_nothing_can_be_changed(window: Window, method: str) -> None:
    cookies = {window.key.cookie_name: window.key.cookie}
    answer = await getattr(window.site.client, method)("/", cookies=cookies)

    assert answer.status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/inboxcrm/home",
        "/inboxcrm/home.json",
        "/inboxcrm/HOME",
        "/inboxcrm/h%6fme",
        "/inboxcrm/h~6Fme.json",
        "/inboxcrm/letters",
        "/inboxcrm/letters/1",
        "/inboxcrm/letters/1.blob?_blob_column=raw",
        "/inboxcrm/outbox",
        "/inboxcrm/answered",
        "/inboxcrm/search",
        "/inboxcrm/search_data",
        "/inboxcrm/search_source",
        "/inboxcrm/messages",
        "/inboxcrm/message_list/1",
        "/inboxcrm.db",
        "/inboxcrm.json",
        "/inboxcrm.json?sql=select+*+from+home",
        "/_internal",
        "/_memory",
        "/_memory.json?sql=select+1",
        "/-/auth-token",
        "/-/permissions",
        "/-/databases.json",
        "/-/metadata.json",
        "/-/settings.json",
        "/-/plugins.json",
        "/-/threads.json",
        "/-/actor.json",
        "/-/static/../app.py",
        "/-/static-plugins/inboxcrm/web.css",
        "//inboxcrm/home",
        "/inboxcrm/owed\nx",
    ],
)
async def test_datasettes_other_rooms_do_not_exist(window: Window, path: str) -> None:
    answer = await window.get(path.replace("\n", "%0A"))

    assert answer.status_code == 404


async def test_every_answer_forbids_scripts_and_loads(window: Window) -> None:
    for path in (*window.own_pages().values(), "/inboxcrm/message_list", "/inboxcrm/owed.json", "/-/inboxcrm/none"):
        headers = (await window.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/", "/-/inboxcrm/contacts", "/-/inboxcrm/contact/1", "/-/inboxcrm/message/1/mail.eml"]
)
async def test_every_route_of_ours_asks_datasette_for_permission(window: Window, path: str) -> None:
    window.site._metadata_local["allow"] = {"id": "somebody-else"}

    assert (await window.get(path)).status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::", "127.1"])
def test_only_loopback_is_served_and_the_refusal_says_what_to_do(host: str) -> None:
    with pytest.raises(UserError, match="ssh -L"):
        serve(None, host=host)  # type: ignore[arg-type]  # refused before the settings are looked at


async def test_a_window_opens_inside_a_running_program_and_closes(tmp_path: Path) -> None:
    rows = home.build(tmp_path / "inboxcrm.db")

    server = await start(tmp_path / "inboxcrm.db", home.OWNER, mode=Mode.AUTO, clock=home.FixedClock())
    try:
        async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
            first = await browser.get(server.url)
            second = await browser.get(httpx.URL(server.url).join(f"/-/inboxcrm/contact/{rows.contact}"))
    finally:
        await server.stop()

    assert "answer owed" in first.text
    assert SECRETIVE in second.text
    async with httpx.AsyncClient(trust_env=False) as browser:
        with pytest.raises(httpx.ConnectError):
            await browser.get(server.url)


async def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    home.build(tmp_path / "inboxcrm.db")
    server = await start(tmp_path / "inboxcrm.db", home.OWNER)
    try:
        with pytest.raises(UserError, match="Try another"):
            await start(tmp_path / "inboxcrm.db", home.OWNER, port=httpx.URL(server.url).port or 0)
    finally:
        await server.stop()
