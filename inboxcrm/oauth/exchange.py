"""Asking a provider's token endpoint: one POST, and what its answer means (RFC 6749 section 5)."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from inboxcrm import https
from inboxcrm.config import Proxy
from inboxcrm.domain.text import plain
from inboxcrm.errors import TransientError, UserError

WITHIN = timedelta(seconds=10)
"""How long connecting, and each wait for the server, may take; the whole of it has twice as long."""

MOST_OCTETS = 1 << 20
LONGEST_TOLD = 200

_LATER = frozenset((408, 425, 429))
_SAYS_LATER = frozenset(("temporarily_unavailable", "server_error", "slow_down", "authorization_pending"))
_SAYS_SIGN_IN = frozenset(
    ("invalid_grant", "interaction_required", "login_required", "consent_required", "expired_token", "access_denied")
)


class GrantRefusedError(UserError):
    """The provider gives nothing for what we showed: its owner must grant it again."""


class NotYetError(TransientError):
    """The provider says to ask again; `error` is its word for why."""

    def __init__(self, message: str, *, error: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.error = error


def post(
    url: str,
    form: Mapping[str, str],
    *,
    ca_file: Path | None = None,
    proxy: Proxy | None = None,
    within: timedelta = WITHIN,
) -> Mapping[str, object]:
    """What the endpoint grants; with a `proxy` it is reached through that alone.

    GrantRefusedError where only signing in again helps, another UserError where the settings must be mended,
    TransientError (NotYetError where the provider said so) where asking later may help. No message holds what was sent.
    """
    host = urlsplit(url).hostname or ""
    connection = https.connection(url, within=within, ca_file=ca_file, proxy=proxy)
    status, pause, octets = _talk(connection, https.target(url), host, urlencode(form), within)
    answer = _parsed(octets)
    if status == 200 and answer:
        return answer
    error = answer.get("error")
    why = _why(answer, secrets=form.values()) or f"answer {status}"
    if isinstance(error, str) and error in _SAYS_LATER:
        raise NotYetError(f"{host}: {why}", error=error, retry_after=pause)
    if isinstance(error, str) and error in _SAYS_SIGN_IN:
        raise GrantRefusedError(why)
    if status in _LATER or status >= 500 or status < 400:
        raise TransientError(f"{host}: {why}", retry_after=pause)
    raise UserError(f"{host} refuses us: {why}. Check client_id, client_secret and scopes of `auth` in config.toml")


def _talk(
    connection: http.client.HTTPConnection, path: str, host: str, body: str, within: timedelta
) -> tuple[int, timedelta | None, bytes]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    watchdog = threading.Timer(2 * within.total_seconds(), _cut, [connection])
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, https.pause(response.getheader("Retry-After")), response.read(MOST_OCTETS)
    except ssl.SSLCertVerificationError as error:
        raise UserError(f"the certificate of {host} is not trusted: {error.verify_message}") from error
    except (*https.UNREACHED, AttributeError) as error:  # AttributeError: cut between two steps
        raise TransientError(f"{host} cannot be reached: {https.why(error)}") from error
    finally:
        watchdog.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a talk that drips on."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _parsed(octets: bytes) -> Mapping[str, object]:
    try:
        answer = json.loads(octets)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _why(answer: Mapping[str, object], *, secrets: Iterable[str]) -> str:
    """The provider's words, the first line of its explanation only, without anything of ours it may repeat."""
    told = [answer.get("error"), answer.get("error_description")]
    text = ": ".join(each.strip().splitlines()[0] for each in told if isinstance(each, str) and each.strip())
    for secret in secrets:
        if len(secret) > 8:
            text = text.replace(secret, "***")
    return plain(text, LONGEST_TOLD)
