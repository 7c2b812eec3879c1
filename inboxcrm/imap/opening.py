"""How a connection comes about: connected, protected as configured, greeted, and nothing secret said before."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inboxcrm import dialling, silence, socks
from inboxcrm.config import Security, Server
from inboxcrm.domain.hosts import is_loopback
from inboxcrm.errors import InboxcrmError
from inboxcrm.imap.errors import (
    CertificateError,
    CommandTimeoutError,
    ConnectionLostError,
    InsecureConnectionError,
    ProtocolError,
    ServerByeError,
)
from inboxcrm.imap.waker import Waker
from inboxcrm.imap.wire import MAX_LITERAL, Wire
from inboxcrm.spool import PIECE
from inboxcrm.trust import trust

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_IMAP_PORT = 143
"""Where STARTTLS is offered (RFC 8314 section 3.2)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds each step may take as a whole, and the largest message (bytes) that is read.

    A message above `piece` bytes is read in pieces of that size; a large one waits in `spool` (a folder) meanwhile.
    """

    connect: float = 20.0
    login: float = 30.0
    command: float = 120.0
    fetch: float = 60.0
    done: float = 30.0
    logout: float = 2.0
    literal: int = MAX_LITERAL
    piece: int = PIECE
    spool: Path | None = None


class ImapOverWire(imaplib.IMAP4):
    """imaplib's commands over our Wire, keeping no transcript (it would hold the password)."""

    def __init__(self, server: Server, waker: Waker, limits: Limits) -> None:
        self._server = server
        self._waker = waker
        self._limits = limits
        super().__init__(server.host, server.port)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002 - imaplib's
        """Connect, protect as configured, and leave the greeting to imaplib."""
        self.host, self.port = host, port
        sock, protected = self._dial(), self._server.security is Security.TLS
        if protected:
            sock = trust(self._server.ca_file).wrap_socket(sock, server_hostname=host)
        self.wire = Wire(sock, self._waker, max_literal=self._limits.literal)
        self.sock = self.wire.sock
        self.wire.allow(self._limits.connect)
        if not protected and not self.wire.heard_within(silence.LONG) and silence.waits_for_tls(self._dial):
            raise InsecureConnectionError(f"{host}:{port}: {silence.explained(_IMAP_PORT)}.")

    def _dial(self) -> socket.socket:
        proxy, seconds = self._server.proxy, self._limits.connect
        if proxy is None:
            return dialling.connect(self.host, self.port, seconds=seconds)
        return socks.connect(proxy, self.host, self.port, seconds=seconds)

    def protect(self) -> None:
        """STARTTLS, required: refuse a server that does not offer it, greets us as logged in, or talks too early.

        Bytes that came with the OK were sent by somebody before the handshake and would be read as if they were inside
        (response injection, CVE-2021-38371 and its kin).
        """
        if self.state != "NONAUTH" or "STARTTLS" not in self.capabilities:
            raise InsecureConnectionError(_no_starttls(self._server))
        self.wire.allow(self._limits.connect)
        answer, _ = self._simple_command("STARTTLS")
        if answer != "OK":
            raise InsecureConnectionError(_no_starttls(self._server))
        if self.wire.buffered:
            raise InsecureConnectionError(
                f"{self.host}:{self.port}: unprotected data was sent behind STARTTLS. Somebody may stand between you "
                'and the server; nothing was sent. Use `port = 993, security = "tls"` if the server offers it.'
            )
        self.wire.secure(trust(self._server.ca_file), self.host, self._limits.connect)
        self.sock = self.wire.sock
        self._tls_established = True
        self.wire.allow(self._limits.connect)
        self._get_capabilities()  # imaplib's own; RFC 3501 6.2.1: forget what was said before

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        return self.wire.read(size)

    def readline(self) -> bytes:
        """One line."""
        return self.wire.readline()

    def send(self, data: ReadableBuffer) -> None:
        """All of it."""
        self.wire.send(bytes(data))

    def shutdown(self) -> None:
        """Close the socket."""
        if hasattr(self, "wire"):
            self.wire.close()

    def _log(self, line: str) -> None:
        """imaplib keeps the last commands for its debug print, LOGIN among them; we keep none."""


def refuse_plaintext(server: Server) -> None:
    if server.security is not Security.NONE or is_loopback(server.host):
        return
    raise InsecureConnectionError(
        f'{server.host}:{server.port}: `security = "none"` is only for this machine itself; nothing was sent. '
        'Write `port = 993, security = "tls"`.'
    )


def _no_starttls(server: Server) -> str:
    return (
        f"{server.host}:{server.port}: the server does not offer STARTTLS, so the password would travel unprotected; "
        'nothing was sent. Write `port = 993, security = "tls"` if the server offers it.'
    )


_OF_NOBODY_KNOWN = (18, 19, 20, 21)
"""OpenSSL's codes (X509_V_ERR_*) for a certificate that leads to no authority that is trusted."""


_NO_IMAP = "unexpected response"
"""How imaplib begins what it says of a line that is none of IMAP's."""


@contextmanager
def connecting(server: Server) -> Iterator[None]:
    """Translate what can go wrong before the login."""
    place = f"{server.host}:{server.port}"
    try:
        yield
    except CommandTimeoutError as error:
        raise CommandTimeoutError(f"{place}: no answer came in time") from error
    except InboxcrmError:
        raise
    except ssl.SSLCertVerificationError as error:
        advice = "Check `host` in config.toml; for a server of your own give its authority as `ca_file`."
        if server.ca_file is not None and error.verify_code in _OF_NOBODY_KNOWN:
            advice = f"No authority in {server.ca_file} vouches for it: if the server has a new one, put that there."
        raise CertificateError(
            f"{place}: the server's certificate cannot be trusted ({error.verify_message}). {advice} "
            "Then run `inboxcrm doctor`."
        ) from error
    except ssl.SSLEOFError as error:
        raise ConnectionLostError(f"{place}: the connection ended during the TLS handshake") from error
    except ssl.SSLError as error:
        raise InsecureConnectionError(
            f"{place}: {dialling.in_words(error)}. Check `port` and `security`; TLS 1.2 is the least that is accepted."
        ) from error
    except imaplib.IMAP4.error as error:
        text = str(error)
        if text.startswith(_NO_IMAP):
            raise ProtocolError(f"{place}: what answers there speaks no IMAP. Another port may") from error
        raise (ServerByeError if "BYE" in text else ProtocolError)(f"{place}: {text}") from error
    except OSError as error:
        raise ConnectionLostError(f"{place}: {dialling.in_words(error)}") from error
