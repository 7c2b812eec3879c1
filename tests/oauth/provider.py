"""An OAuth provider in this process: sign-in page, device codes, tokens that rotate, and every way to refuse."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

Form = dict[str, str]
Reply = tuple[int, object]


class Provider:
    """`moods` are answers of the token endpoint before it works again; `asked` what was asked there, oldest first.

    `life` is what `expires_in` says. `rotates`: each refresh token is good once. `good` tells of an access token.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, client_id: str = "client-1", secret: str | None = None
    ) -> None:
        self.client_id, self.secret = client_id, secret
        self.life: object = 3600
        self.rotates = True
        self.delay = 0.0
        self.extra: dict[str, object] = {}
        self.moods: deque[Reply] = deque()
        self.asked: list[Form] = []
        self.authorized: list[Form] = []
        self.refresh_tokens: set[str] = set()
        self.access_tokens: set[str] = set()
        self.pending: deque[str] = deque()
        self.hits: Counter[str] = Counter()
        self._challenges: dict[str, str] = {}
        self._numbers = iter(range(1, 10_000))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def good(self, user: str, token: str) -> bool:
        """Whether a mail server lets this user in with this token."""
        return user == "ann@example.org" and token in self.access_tokens

    def refuse_grants(self) -> None:
        """The owner withdrew the access."""
        self.refresh_tokens.clear()

    def approve(self, url: str) -> str:
        """Sign in at the page with this address: where the browser is sent back to."""
        form = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
        self.authorized.append(form)
        code = f"code-{len(self.authorized)}"
        self._challenges[code] = form["code_challenge"]
        return f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form['state']})}"

    def grant(self) -> dict[str, object]:
        number = next(self._numbers)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self.access_tokens.add(access)
        self.refresh_tokens.add(refresh)
        answer = {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "scope": "mail"}
        return {**answer, **({} if self.life is None else {"expires_in": self.life}), **self.extra}

    def _token(self, form: Form) -> Reply:
        self.asked.append(form)
        time.sleep(self.delay)
        if self.moods:
            return self.moods.popleft()
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.secret:
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: who are you?\r\nTrace: 1"}
        return self._grants()[form["grant_type"]](form)

    def _grants(self) -> dict[str, Callable[[Form], Reply]]:
        return {
            "refresh_token": self._refresh,
            "authorization_code": self._code,
            "urn:ietf:params:oauth:grant-type:device_code": self._device,
        }

    def _refresh(self, form: Form) -> Reply:
        if form["refresh_token"] not in self.refresh_tokens:
            return 400, {"error": "invalid_grant", "error_description": f"Token {form['refresh_token']} was revoked."}
        if self.rotates:
            self.refresh_tokens.discard(form["refresh_token"])
            return 200, self.grant()
        return 200, {key: value for key, value in self.grant().items() if key != "refresh_token"}

    def _code(self, form: Form) -> Reply:
        wanted = self._challenges.pop(form["code"], None)
        shown = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if wanted != shown:
            return 400, {"error": "invalid_grant", "error_description": "the verifier does not fit"}
        return 200, self.grant()

    def _device(self, form: Form) -> Reply:
        word = self.pending.popleft() if self.pending else ""
        return (400, {"error": word, "error_description": word}) if word else (200, self.grant())

    def _device_code(self, form: Form) -> Reply:
        place = "verification_uri"
        told = {
            "device_code": "d-1",
            "user_code": "ABCD-EFGH",
            place: f"{self.url}/enter",
            "expires_in": 900,
            "interval": 1,
        }
        return (200, told) if form.get("client_id") == self.client_id else (400, {"error": "invalid_client"})

    def _discovery(self, path: str) -> object:
        base = f"{self.url}/{path.split('/')[1]}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        }

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                provider.hits[path] += 1
                if path.endswith("/authorize"):
                    self.send_response(302)
                    self.send_header("Location", provider.approve(self.path))
                    self.end_headers()
                elif path.endswith("/.well-known/openid-configuration"):
                    self._say(200, provider._discovery(path))
                elif path.endswith("/introspect"):
                    token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
                    good = token in provider.access_tokens
                    self._say(200, {"active": good, "username": "ann"} if good else {"active": False})
                else:
                    self._say(404, {})

            def do_POST(self) -> None:
                path = urlsplit(self.path).path
                provider.hits[path] += 1
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {key: value[0] for key, value in parse_qs(body).items()}
                self._say(*(provider._device_code(form) if path.endswith("/devicecode") else provider._token(form)))

            def _say(self, status: int, answer: object) -> None:
                octets = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # whoever asked did not wait
                    self.wfile.write(octets)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                pass

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
