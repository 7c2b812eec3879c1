"""Where a mailbox's password comes from: the environment, a command's first line, or the system's keyring."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta

from inboxcrm import providers
from inboxcrm.config import MailboxConfig, PasswordSource
from inboxcrm.errors import UserError

COMMAND_TIME = timedelta(seconds=30)
"""How long a password command may take; long enough for somebody to unlock it."""

_GROUPS_OF_FOUR = re.compile(r"\w{4}(?: \w{4}){2,}", re.ASCII)


class PasswordError(UserError):
    """A password cannot be had; the message says why and what to type, never what was read."""


class Secret:
    """A password that does not show itself: `reveal()` where it is handed over, nowhere else."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The password itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not written down")


def read_password(
    mailbox: MailboxConfig, *, environ: Mapping[str, str] = os.environ, time_limit: timedelta = COMMAND_TIME
) -> Secret:
    """The mailbox's password, as its provider wants it typed. Blocks while a command or keyring answers.

    PasswordError.
    """
    if mailbox.password is None:
        raise PasswordError(f"mailbox {mailbox.name} has no password: it is signed in to")
    provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
    text = read_source(mailbox.password, environ=environ, time_limit=time_limit).reveal()
    if provider and provider.grouped_passwords and _GROUPS_OF_FOUR.fullmatch(text):
        text = text.replace(" ", "")
    return Secret(text)


def read_source(
    source: PasswordSource, *, environ: Mapping[str, str] = os.environ, time_limit: timedelta = COMMAND_TIME
) -> Secret:
    """What a source holds, as it stands there. Blocks while a command or keyring answers. PasswordError."""
    return Secret(_read(source, environ, time_limit))


def _read(source: PasswordSource, environ: Mapping[str, str], time_limit: timedelta) -> str:
    match source:
        case PasswordSource(env=str(name)):
            return _from_environment(name, environ)
        case PasswordSource(command=str(line)):
            return _from_command(line, time_limit)
        case PasswordSource(keyring=str(entry)):
            return _from_keyring(entry)
        case _:
            raise PasswordError("no source is named: set env, command or keyring")


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    text = environ.get(name, "")
    if not text:
        state = "empty" if name in environ else "not set"
        raise PasswordError(f"the environment variable {name} is {state}. Type: read -rs {name} && export {name}")
    return text


def _from_command(line: str, time_limit: timedelta) -> str:
    """The first line a command prints. It runs without a shell; what it printed is never repeated."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise PasswordError("the command has a quote that is never closed") from error
    if not words:
        raise PasswordError("the command is empty")
    try:
        done = subprocess.run(  # the owner's own command
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=time_limit.total_seconds(), check=False
        )
    except FileNotFoundError as error:
        raise PasswordError(f'there is no command "{words[0]}" here. Try it in a terminal') from error
    except PermissionError as error:
        raise PasswordError(
            f'the command "{words[0]}" may not be run. Type: chmod u+x {shlex.quote(words[0])}'
        ) from error
    except subprocess.TimeoutExpired as error:
        limit = int(time_limit.total_seconds())
        raise PasswordError(
            f'the command "{words[0]}" gave no answer in {limit} s; it must not ask anything'
        ) from error
    except OSError as error:
        raise PasswordError(f'the command "{words[0]}" cannot be run: {error.strerror}') from error
    return _first_line(words[0], done)


def _first_line(name: str, done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode != 0:
        raise PasswordError(f'the command "{name}" ended with code {done.returncode}. Try it in a terminal')
    try:
        lines = done.stdout.decode().splitlines()
    except UnicodeDecodeError:
        raise PasswordError(f'the command "{name}" printed something that is not UTF-8 text') from None
    if not lines or not lines[0]:
        raise PasswordError(f'the command "{name}" printed nothing. Try it in a terminal')
    return lines[0]


def keep_in_keyring(entry: str, secret: Secret) -> None:
    """Put a password where `{ keyring = entry }` finds it. PasswordError."""
    service, _, name = entry.rpartition("/")
    ask_keyring("set_password", service, name, secret.reveal())


def _from_keyring(entry: str) -> str:
    service, _, name = entry.rpartition("/")
    text = ask_keyring("get_password", service, name)
    if not isinstance(text, str) or not text:
        command = f"{shlex.quote(sys.executable)} -m keyring set {shlex.quote(service)} {shlex.quote(name)}"
        raise PasswordError(f'the keyring has nothing under "{entry}". Type: {command}')
    return text


def has_keyring() -> bool:
    """Whether the system has a keyring. PasswordError where it has one that does not answer now."""
    import keyring  # asked for only where it is used: it looks for a desktop when it is imported

    try:
        return bool(keyring.get_keyring().priority > 0)
    except Exception as error:  # of the system's own kinds: a desktop that has ended raises RuntimeError here
        raise PasswordError(_keyring_silent(error)) from None


def ask_keyring(action: str, *arguments: str) -> object:
    """What the system's keyring says to `get_password`, `set_password` or `delete_password`. PasswordError."""
    import keyring  # as above

    try:
        return getattr(keyring, action)(*arguments)
    except Exception as error:  # not KeyringError alone: without its service each back end raises what it likes
        raise PasswordError(_keyring_silent(error)) from None


def _keyring_silent(error: Exception) -> str:
    """Its kind only: what a back end says may hold anything."""
    return (
        f"the keyring cannot be asked ({type(error).__name__}): unlock it, or keep passwords by env or command, and "
        'sign-ins by tokens = "file" in `auth`'
    )
