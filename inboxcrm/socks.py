"""A connection through a SOCKS proxy (RFC 1928), to a name that the proxy resolves: nothing here asks for it."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from inboxcrm.config import Proxy

_VERSION, _NO_LOGIN, _CONNECT, _BY_NAME = 5, 0, 1, 3
_ADDRESS_OCTETS = {1: 4, 4: 16}
_REPLIES = {
    1: "it failed",
    2: "its rules do not allow it",
    3: "the network cannot be reached",
    4: "the server cannot be reached, or its name is not found",
    5: "nothing listens there (connection refused)",
    6: "the server did not answer in time",
}
"""What the proxy says of a connection it did not make (RFC 1928 section 6)."""


class ProxyError(OSError):
    """No connection through the proxy; the text names it and says why."""


def connect(proxy: Proxy, host: str, port: int, *, seconds: float) -> socket.socket:
    """A connected socket. `seconds` is for each step. Raises ProxyError, and ValueError for a name that is none."""
    address = _address(host)
    try:
        sock = socket.create_connection((proxy.host, proxy.port), timeout=seconds)
    except OSError as error:
        raise ProxyError(f"the proxy {proxy} cannot be reached: {error.strerror or error}") from error
    try:
        _ask(sock, proxy, address + port.to_bytes(2))
    except BaseException:
        sock.close()
        raise
    return sock


def _address(host: str) -> bytes:
    """A server as a proxy is told of it (RFC 1928 section 5): by its number where it has no name."""
    try:
        number = ip_address(host).packed
    except ValueError:
        name = host.encode("idna")
        return bytes((_BY_NAME, len(name))) + name
    return bytes((4 if len(number) == 16 else 1,)) + number


def _ask(sock: socket.socket, proxy: Proxy, address: bytes) -> None:
    try:
        sock.sendall(bytes((_VERSION, 1, _NO_LOGIN)))
        version, method = _read(sock, 2)
        if version != _VERSION:
            raise ProxyError(f"what listens at {proxy} is no SOCKS 5 proxy")
        if method != _NO_LOGIN:
            raise ProxyError(f"the proxy {proxy} wants a login, which is not offered here")
        sock.sendall(bytes((_VERSION, _CONNECT, 0)) + address)
        _, reply, _, kind = _read(sock, 4)
        if reply:
            raise ProxyError(f"the proxy {proxy} made no connection: {_REPLIES.get(reply, f'its answer is {reply}')}")
        _read(sock, (_ADDRESS_OCTETS[kind] if kind in _ADDRESS_OCTETS else _read(sock, 1)[0]) + 2)
    except TimeoutError as error:
        raise ProxyError(f"the proxy {proxy} did not answer in time") from error
    except ProxyError:
        raise
    except OSError as error:
        raise ProxyError(f"the proxy {proxy} cut the connection: {error.strerror or error}") from error


def _read(sock: socket.socket, size: int) -> bytes:
    octets = b""
    while len(octets) < size:
        more = sock.recv(size - len(octets))  # not an octet more: what follows is the server's
        if not more:
            raise ConnectionResetError("it hung up")
        octets += more
    return octets
