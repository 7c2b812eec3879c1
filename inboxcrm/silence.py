"""Whether a server that does not greet waits for TLS: then `security` in config.toml is not what the port is for."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

LONG = 4.0
"""Seconds without a greeting after which that is asked: who listens for a TLS handshake says nothing before it."""

_PATIENCE = 4.0

_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_EOF_WHILE_READING"})
"""What OpenSSL calls an answer that is no TLS, or none."""


def waits_for_tls(dial: Callable[[], socket.socket]) -> bool:
    """Whether a handshake is answered, over a connection of its own, to which nothing else is said. Takes seconds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with dial() as sock:
            sock.settimeout(_PATIENCE)
            context.wrap_socket(sock).close()
    except ssl.SSLError as error:
        return error.reason is not None and error.reason not in _NO_TLS
    except (OSError, ValueError):
        return False
    return True


def explained(starttls_port: int) -> str:
    """What to tell the owner; `starttls_port` is where servers offer STARTTLS."""
    return (
        "the server waits for TLS there from the start, and says nothing before. Write "
        f'`security = "tls"`, or the port at which it offers STARTTLS ({starttls_port})'
    )
