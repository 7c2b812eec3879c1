"""A connection through a SOCKS proxy (RFC 1928), to a name that the proxy resolves: nothing here asks for it.

A proxy that wants a login is given user and password (RFC 1929), in clear text: nothing else is offered there.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address

from inboxcrm.config import Proxy
from inboxcrm.passwords import PasswordError, read_source

_VERSION, _NO_LOGIN, _USER_AND_PASSWORD, _CONNECT, _BY_NAME = 5, 0, 2, 1, 3
_LOGIN_VERSION = 1
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

_DOWN = "Start it, or mend `proxy` in config.toml; nothing is tried without it"


class ProxyError(OSError):
    """No connection through the proxy; the text names it and says why."""


def connect(proxy: Proxy, host: str, port: int, *, seconds: float) -> socket.socket:
    """A connected socket. `seconds` is for each step; a command or a keyring that has the password is waited for.

    Raises ProxyError, and ValueError for a name that is none.
    """
    address, login = _address(host), _login(proxy)
    try:
        sock = socket.create_connection((proxy.host, proxy.port), timeout=seconds)
    except OSError as error:
        raise ProxyError(f"the proxy {proxy} cannot be reached: {error.strerror or error}. {_DOWN}") from error
    try:
        _ask(sock, proxy, address + port.to_bytes(2), login)
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


def _login(proxy: Proxy) -> bytes | None:
    """What is said where the proxy wants a login (RFC 1929 section 2); None where there is none."""
    if proxy.user is None or proxy.password is None:
        return None
    try:
        user, password = proxy.user.encode(), read_source(proxy.password).reveal().encode()
    except PasswordError as error:
        raise ProxyError(f"the password for the proxy {proxy} cannot be had: {error}") from error
    if not (0 < len(user) < 256 and 0 < len(password) < 256):
        raise ProxyError(f"user and password for the proxy {proxy} may have 255 octets each")
    return bytes((_LOGIN_VERSION, len(user))) + user + bytes((len(password),)) + password


def _ask(sock: socket.socket, proxy: Proxy, address: bytes, login: bytes | None) -> None:
    methods = bytes((_NO_LOGIN,) if login is None else (_NO_LOGIN, _USER_AND_PASSWORD))
    try:
        sock.sendall(bytes((_VERSION, len(methods))) + methods)
        version, method = _read(sock, 2)
        if version != _VERSION:
            raise ProxyError(f"what listens at {proxy} is no SOCKS 5 proxy")
        if method not in methods:
            if login is None:
                raise ProxyError(f'the proxy {proxy} wants a login: proxy = "socks5://USER@HOST:PORT" in config.toml')
            raise ProxyError(f"the proxy {proxy} takes no user and password")
        if method == _USER_AND_PASSWORD and login is not None:
            sock.sendall(login)
            if _read(sock, 2)[1]:
                raise ProxyError(f"the proxy {proxy} does not accept the login of {proxy.user}")
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
