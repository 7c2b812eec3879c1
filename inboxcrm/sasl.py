"""How an access token is shown to a mail server: OAUTHBEARER (RFC 7628), or XOAUTH2 where a provider has only that."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass

from inboxcrm.domain.text import plain
from inboxcrm.ports import Bearer

LONGEST_TOLD = 200
"""Characters of a server's own explanation that are shown."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A SASL mechanism with its initial response, not yet in base64. It holds a token and does not show itself.

    `after_error` is what is said to the server's explanation of a failure, so that it can end the exchange: one %x01
    (RFC 7628 section 3.2.3), and an empty line with XOAUTH2.
    """

    mechanism: str
    initial: bytes
    after_error: bytes

    def __repr__(self) -> str:
        return f"Presented({self.mechanism})"

    @property
    def line(self) -> bytes:
        """The initial response in base64."""
        return base64.b64encode(self.initial)

    @property
    def last_line(self) -> bytes:
        """`after_error` in base64."""
        return base64.b64encode(self.after_error)


def present(bearer: Bearer, user: str, *, host: str, port: int, offered: Collection[str]) -> Presented | None:
    """The best way there is among the mechanisms a server offers; None where it takes no token."""
    names = {each.upper() for each in offered}
    if "OAUTHBEARER" in names:
        parts = (f"n,a={_saslname(user)},", f"host={host}", f"port={port}", f"auth=Bearer {bearer.token}", "", "")
        return Presented("OAUTHBEARER", "\x01".join(parts).encode(), b"\x01")
    if "XOAUTH2" in names:
        return Presented("XOAUTH2", f"user={user}\x01auth=Bearer {bearer.token}\x01\x01".encode(), b"")
    return None


def explained(challenge: bytes) -> str:
    """Why a token was refused, from the server's base64 JSON (RFC 7628 section 3.2.2); "" where it says nothing."""
    try:
        told = json.loads(base64.b64decode(challenge, validate=True))
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    kept = [f"{key} {told[key]}" for key in ("status", "scope") if isinstance(told.get(key), str | int)]
    return plain(", ".join(kept), LONGEST_TOLD)


def _saslname(user: str) -> str:
    """A name as GS2 writes it (RFC 5801 section 4)."""
    return user.replace("=", "=3D").replace(",", "=2C")
