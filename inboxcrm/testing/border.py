"""What a border server writes above a mail before it lands in a mailbox."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Border:
    """A border server: `host` is its name in Received, `authserv_id` its name in Authentication-Results (RFC 8601)."""

    host: str
    authserv_id: str

    def stamp(
        self,
        raw: bytes,
        *,
        envelope_from: str,
        recipient: str,
        received_at: datetime,
        helo: str = "client.example.net",
        authentication: str | None = None,
    ) -> bytes:
        """The mail with Return-Path, Authentication-Results and Received on top, newest first (RFC 5321 section 4.4).

        `envelope_from` is "" for the null reverse-path. `authentication` is what follows the authserv-id, for example
        "spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org"; None writes no such field.
        """
        fields = [f"Return-Path: <{envelope_from}>"]
        if authentication is not None:
            fields.append(f"Authentication-Results: {self.authserv_id}; {authentication}")
        fields.append(
            f"Received: from {helo} (unknown [192.0.2.1])\r\n"
            f"\tby {self.host} with ESMTPS id {secrets.token_hex(6)}\r\n"
            f"\tfor <{recipient}>; {format_datetime(received_at)}"
        )
        return "".join(f"{field}\r\n" for field in fields).encode("utf-8", "surrogateescape") + raw
