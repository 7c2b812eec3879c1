"""A password comes from where the owner said, and shows itself nowhere."""

from __future__ import annotations

import copy
import pickle
import sys
import traceback
from datetime import timedelta
from pathlib import Path

import keyring
import pytest
from keyring.errors import KeyringLocked

from inboxcrm.config import MailboxConfig, PasswordSource, Security, Server
from inboxcrm.passwords import PasswordError, Secret, keep_in_keyring, read_password


def mailbox(source: PasswordSource, host: str = "imap.example.org") -> MailboxConfig:
    server = Server(host, 993, Security.TLS)
    return MailboxConfig("main", server, server, "ann@example.org", source)


class Drawer:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.locked: type[Exception] | None = None
        self.kept = {("inboxcrm", "main"): "from the drawer"}

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked is not None:
            raise self.locked("a message that may hold anything")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked is not None:
            raise self.locked("a message that may hold anything")
        self.kept[service, username] = password


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    drawer = Drawer()
    monkeypatch.setattr(keyring, "get_password", drawer.get_password)
    monkeypatch.setattr(keyring, "set_password", drawer.set_password)
    return drawer


def test_a_password_is_read_from_the_environment() -> None:
    secret = read_password(mailbox(PasswordSource(env="ANN")), environ={"ANN": "sesame"})

    assert secret.reveal() == "sesame"


def test_a_command_gives_its_first_line() -> None:
    source = PasswordSource(command=f"\"{sys.executable}\" -c \"print('sesame'); print('a note')\"")

    assert read_password(mailbox(source)).reveal() == "sesame"


def test_a_command_is_not_given_to_a_shell(tmp_path: Path) -> None:
    source = PasswordSource(command=f'"{sys.executable}" -c "import sys; print(sys.argv[1:])" "$HOME" ; touch x')

    assert read_password(mailbox(source)).reveal() == "['$HOME', ';', 'touch', 'x']"


def test_a_password_is_read_from_the_keyring(drawer: Drawer) -> None:
    assert read_password(mailbox(PasswordSource(keyring="inboxcrm/main"))).reveal() == "from the drawer"


def test_a_password_kept_in_the_keyring_is_read_back(drawer: Drawer) -> None:
    keep_in_keyring("a service/with/slashes", Secret("sesame"))

    assert read_password(mailbox(PasswordSource(keyring="a service/with/slashes"))).reveal() == "sesame"


def test_a_locked_keyring_keeps_nothing_and_says_so(drawer: Drawer) -> None:
    drawer.locked = KeyringLocked

    with pytest.raises(PasswordError, match="unlock it"):
        keep_in_keyring("inboxcrm/main", Secret("sesame"))


@pytest.mark.parametrize(
    ("host", "written", "read"),
    [
        pytest.param("imap.gmail.com", "abcd efgh ijkl mnop", "abcdefghijklmnop", id="groups of four at Gmail"),
        pytest.param("imap.gmail.com", "a pass phrase", "a pass phrase", id="other spaces at Gmail"),
        pytest.param("imap.example.org", "abcd efgh ijkl mnop", "abcd efgh ijkl mnop", id="groups of four elsewhere"),
    ],
)
def test_the_spaces_an_app_password_is_shown_with_are_left_out(host: str, written: str, read: str) -> None:
    secret = read_password(mailbox(PasswordSource(env="ANN"), host), environ={"ANN": written})

    assert secret.reveal() == read


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param(PasswordSource(env="ANN"), "ANN is not set. Type: read -rs ANN && export ANN", id="not set"),
        pytest.param(PasswordSource(env="EMPTY"), "EMPTY is empty", id="empty variable"),
        pytest.param(PasswordSource(command="no-such-command-here"), 'no command "no-such-command-here"', id="unknown"),
        pytest.param(PasswordSource(command="pass 'show"), "quote that is never closed", id="open quote"),
        pytest.param(PasswordSource(command=" "), "the command is empty", id="empty command"),
        pytest.param(PasswordSource(command=f'"{sys.executable}" -c "exit(3)"'), "code 3", id="failing command"),
        pytest.param(PasswordSource(command=f'"{sys.executable}" -c "print()"'), "printed nothing", id="silent"),
        pytest.param(
            PasswordSource(command=f'"{sys.executable}" -c "import os; os.write(1, b\'\\\\xff\')"'),
            "not UTF-8",
            id="bytes",
        ),
        pytest.param(PasswordSource(keyring="inboxcrm/other"), "-m keyring set inboxcrm other", id="no entry"),
        pytest.param(PasswordSource(), "no source is named", id="no source"),
    ],
)
def test_what_cannot_be_had_says_what_to_type(drawer: Drawer, source: PasswordSource, says: str) -> None:
    with pytest.raises(PasswordError) as refused:
        read_password(mailbox(source), environ={"EMPTY": ""})

    assert says in str(refused.value)


@pytest.mark.parametrize("silent", [KeyringLocked, RuntimeError, ConnectionResetError, TimeoutError])
def test_a_keyring_that_is_locked_or_gone_is_told_without_its_own_words(
    drawer: Drawer, silent: type[Exception]
) -> None:
    """Without its service (a desktop session that ended) a keyring raises what its libraries do."""
    drawer.locked = silent

    with pytest.raises(PasswordError, match="unlock it") as refused:
        read_password(mailbox(PasswordSource(keyring="inboxcrm/main")))

    assert "may hold anything" not in str(refused.value)


def test_a_command_that_hangs_is_given_up() -> None:
    source = PasswordSource(command=f'"{sys.executable}" -c "import time; time.sleep(60)"')

    with pytest.raises(PasswordError, match="no answer"):
        read_password(mailbox(source), time_limit=timedelta(milliseconds=300))


def test_what_a_failing_command_printed_is_nowhere_in_the_traceback() -> None:
    source = PasswordSource(command=f"\"{sys.executable}\" -c \"print('ses'+'ame'); exit(1)\"")

    with pytest.raises(PasswordError) as refused:
        read_password(mailbox(source))

    assert "sesame" not in "".join(traceback.format_exception(refused.value))


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("sesame")

    assert "sesame" not in f"{secret} {secret!r} {[secret]} %s" % secret
    assert secret == Secret("sesame")
    assert secret != Secret("other")


def test_a_secret_is_not_written_down() -> None:
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(Secret("sesame"))
    with pytest.raises(TypeError, match="not written down"):
        copy.deepcopy(Secret("sesame"))
