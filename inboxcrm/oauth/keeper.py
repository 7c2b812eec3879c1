"""Where the tokens of a mailbox are kept: the system's keyring, or a file of the home that only its owner can read."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inboxcrm.config import TokenStore
from inboxcrm.errors import TransientError, UserError
from inboxcrm.home import TOKENS, try_lock, unlock
from inboxcrm.oauth.tokens import Tokens
from inboxcrm.passwords import ask_keyring, has_keyring

SERVICE = "inboxcrm-tokens"

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.05
_in_turn: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
"""Record locks keep other processes out; these keep out the other threads of this one."""


class Keeper:
    """Reads and writes the tokens of one mailbox; blocking."""

    def __init__(self, home: Path, mailbox: str, store: TokenStore) -> None:
        self._file = home / TOKENS / f"{mailbox}.json"
        self._lock = home / TOKENS / f"{mailbox}.lock"
        self._entry = f"{home}/{mailbox}"
        self._store = store

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else, in this process or another, renews these tokens meanwhile. TransientError after a minute."""
        until = time.monotonic() + _PATIENCE_SECONDS
        turn = _in_turn[self._lock]
        if not turn.acquire(timeout=_PATIENCE_SECONDS):
            raise TransientError("another part of the program has been renewing the sign-in for a minute")
        try:
            self._make_folder()
            with self._lock.open("a+b") as file:
                while not try_lock(file):
                    if time.monotonic() > until:
                        raise TransientError("another process has been renewing the sign-in for a minute")
                    time.sleep(_PAUSE_SECONDS)
                try:
                    yield
                finally:
                    unlock(file)
        finally:
            turn.release()

    def read(self) -> Tokens | None:
        """What is kept; None where nobody signed in. PasswordError where the keyring is silent."""
        if self._in_file():
            try:
                return Tokens.read(self._file.read_text(encoding="utf-8"))
            except FileNotFoundError:
                return None
            except OSError as error:
                raise UserError(f"{self._file} cannot be read: {error.strerror or error}") from error
        text = ask_keyring("get_password", SERVICE, self._entry)
        return Tokens.read(text) if isinstance(text, str) else None

    def write(self, tokens: Tokens) -> None:
        """Keep these in the place of others; when it returns they outlast a crash. TransientError, PasswordError."""
        if not self._in_file():
            ask_keyring("set_password", SERVICE, self._entry, tokens.written())
            return
        try:
            self._make_folder()
            self._replace(tokens.written())
        except OSError as error:
            raise TransientError(f"{self._file} cannot be written: {error.strerror or error}") from error

    def forget(self) -> None:
        """Keep nothing."""
        if self._in_file():
            self._file.unlink(missing_ok=True)
        elif ask_keyring("get_password", SERVICE, self._entry) is not None:
            ask_keyring("delete_password", SERVICE, self._entry)

    @property
    def place(self) -> str:
        """Where they are kept, as a person says it."""
        return str(self._file) if self._in_file() else "the system's keyring"

    def _in_file(self) -> bool:
        """A file that is there is used; else the keyring where there is one."""
        if self._store is TokenStore.AUTO:
            return self._file.exists() or not has_keyring()
        return self._store is TokenStore.FILE

    def _make_folder(self) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _replace(self, text: str) -> None:
        """Whole or not at all, and on the disk: the old refresh token may be void already."""
        new = self._file.with_suffix(".new")
        with suppress(FileNotFoundError):
            new.unlink()
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        new.replace(self._file)
        if os.name == "posix":
            folder = os.open(self._file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
