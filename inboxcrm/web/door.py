"""Who may come in, to which rooms, and under which rules of conduct? The outermost layer of the reviewer's window.

Loopback is no protection by itself: any page in the owner's browser can send requests there (DNS rebinding, cross-site
requests), and so can other users of the machine. So a visitor needs a host name of ours, the start token or the cookie
that it is changed for, and a path on the list; every answer carries headers under which a hostile mail can run nothing
and load nothing.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from inboxcrm.store.vault import SHOWN

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HOSTS = frozenset(("127.0.0.1", "localhost", "[::1]"))
"""What a browser may call us. A name that an attacker's DNS points at 127.0.0.1 is not among them."""

_ROOMS = re.compile(
    rf"""/ | /favicon\.ico | /-/inboxcrm(?:/.*)? | /-/static/[\w.-]+
    | /inboxcrm | /inboxcrm/(?:{"|".join(SHOWN)})(?:\.json|\.csv)?""",
    re.VERBOSE,
)
"""The paths that exist. Datasette has more: its debugging pages, downloads and raw tables are not for a reviewer."""

_POLICY = (
    "default-src 'none'; script-src 'none'; img-src 'self' data:; style-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_POLICY_OF_DATASETTE = _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""Datasette's own templates style inline. No script runs on them either: they work without."""

_CONDUCT = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-dns-prefetch-control", b"off"),
    (b"cache-control", b"no-store"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """The start token of one run, and the cookie that a visitor who showed it carries.

    `seat` names the run (its port): cookies do not keep the ports of one machine apart.
    """

    seat: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def cookie_name(self) -> str:
        """What the cookie is called."""
        return f"inboxcrm-{self.seat}"

    @property
    def cookie(self) -> str:
        """What the cookie holds: proof that its bearer had the token, and not the token."""
        return hmac.new(self.token.encode(), b"seat", sha256).hexdigest()

    def opens_with(self, token: str) -> bool:
        """Whether this is the start token."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def knows(self, cookie: str) -> bool:
        """Whether this cookie was given here."""
        return hmac.compare_digest(cookie.encode(), self.cookie.encode())


class Door:
    """The ASGI layer around Datasette."""

    def __init__(self, app: App, key: Key, refusal: Callable[[int, str, str], str]) -> None:
        """`refusal` writes the page for a status, a heading and a sentence."""
        self._app = app
        self._key = key
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        refused = self._refused(scope, path)
        query = parse_qsl((scope.get("query_string") or b"").decode("latin-1"), keep_blank_values=True)
        token = dict(query).get("token")
        if refused is None and token is not None and self._key.opens_with(token):
            await self._let_in(send, path, query)
            return
        if refused is None and not self._is_seated(scope):
            refused = 403, "This window needs its start address", (
                "Open it with the address that “inboxcrm web” printed: it carries a token. If you came from another "
                "page and have been in before, reload this one. A new start has a new token."
            )  # fmt: skip
        if refused is not None:
            await self._refuse(send, *refused)
            return
        await self._app(scope, receive, _well_behaved(send, path))

    def _refused(self, scope: Scope, path: str) -> tuple[int, str, str] | None:
        host = _header(scope, b"host").lower()
        if re.sub(r":\d{1,5}\Z", "", host) not in HOSTS:
            return 421, "Not here", "This window answers to 127.0.0.1 and localhost only."
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "Read-only", "This window shows the correspondence; it changes nothing."
        if _ROOMS.fullmatch(path) is None:
            return 404, "There is no such page", "The first page is / and leads to all others."
        return None

    def _is_seated(self, scope: Scope) -> bool:
        try:
            cookies = SimpleCookie(_header(scope, b"cookie"))
        except CookieError:
            return False
        given = cookies.get(self._key.cookie_name)
        return given is not None and self._key.knows(given.value)

    async def _let_in(self, send: Send, path: str, query: Iterable[tuple[str, str]]) -> None:
        """Change the token for a cookie, and take it out of the address."""
        rest = urlencode([pair for pair in query if pair[0] != "token"])
        cookie = f"{self._key.cookie_name}={self._key.cookie}; Path=/; HttpOnly; SameSite=Strict"
        await _respond(send, 303, b"", (
            (b"location", (re.sub(r"\A/+", "/", path) + (f"?{rest}" if rest else "")).encode("latin-1")),
            (b"set-cookie", cookie.encode()),
        ))  # fmt: skip

    async def _refuse(self, send: Send, status: int, heading: str, sentence: str) -> None:
        body = self._refusal(status, heading, sentence).encode()
        policy = _POLICY_OF_DATASETTE.encode()
        await _respond(
            send,
            status,
            body,
            ((b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", policy)),
        )


def _header(scope: Scope, name: bytes) -> str:
    """The one value of a header; empty where there is none or several."""
    found = [value for key, value in scope.get("headers") or () if key.lower() == name]
    return bytes(found[0]).decode("latin-1") if len(found) == 1 else ""


async def _respond(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    given = [*headers, *_CONDUCT, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": body})


def _well_behaved(send: Send, path: str) -> Send:
    """The rules of conduct on every answer. Our own pages bring a policy where they need a stricter one."""
    ours = path == "/" or path.startswith("/-/inboxcrm")
    policy = _POLICY if ours else _POLICY_OF_DATASETTE

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
            given = {name for name, _ in headers}
            headers += [pair for pair in _CONDUCT if pair[0] not in given or pair[0] == b"x-content-type-options"]
            if b"content-security-policy" not in given:
                headers.append((b"content-security-policy", policy.encode()))
            message = {**message, "headers": headers}
        await send(message)

    return sending
