"""A token is renewed before it ends, once for everybody, and no grant is lost on the way."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import keyring
import pytest

from inboxcrm.config import MailboxConfig, PasswordSource, TokenStore
from inboxcrm.errors import SignInNeededError, TransientError, UserError
from inboxcrm.oauth.exchange import post
from inboxcrm.oauth.source import TokenSource
from inboxcrm.oauth.tokens import Tokens
from inboxcrm.passwords import PasswordError
from inboxcrm.testing.clock import FakeClock
from tests.oauth.conftest import NOON, MakeSource, custom, granted, signed_in_by
from tests.oauth.provider import Provider

HOUR = timedelta(hours=1)


def test_a_good_token_is_shown_again_and_nobody_is_asked(source: TokenSource, provider: Provider) -> None:
    assert source().token == source().token == "access-1"
    assert provider.asked == []


@pytest.mark.parametrize(
    ("life", "later", "renewed"),
    [
        (3600, timedelta(minutes=54), False),
        (3600, timedelta(minutes=56), True),
        (60, timedelta(seconds=29), False),
        (60, timedelta(seconds=31), True),
        ("3600", timedelta(minutes=56), True),
        (None, timedelta(minutes=54), False),
        (None, timedelta(minutes=56), True),
        (3600, timedelta(days=400), True),
    ],
)
def test_a_token_is_renewed_ahead_of_its_end(
    make_source: MakeSource, provider: Provider, clock: FakeClock, life: object, later: timedelta, renewed: bool
) -> None:
    provider.life = life
    source = make_source()
    source.keep(granted(provider, clock))

    clock.advance(later)

    assert (source().token != "access-1") is renewed


def test_a_clock_that_was_set_back_makes_a_token_doubtful_and_it_is_renewed(
    source: TokenSource, clock: FakeClock
) -> None:
    clock.jump(timedelta(days=-1))

    assert source().token == "access-2"


def test_a_token_that_a_server_refused_is_exchanged_whatever_our_clock_says(
    source: TokenSource, provider: Provider
) -> None:
    source().refused()

    assert source().token == source().token == "access-2"
    assert len(provider.asked) == 1


def test_many_who_ask_at_once_cause_one_renewal(
    source: TokenSource, make_source: MakeSource, provider: Provider, clock: FakeClock
) -> None:
    provider.delay = 0.1
    clock.advance(HOUR)
    sources, had = [source, make_source()], list[str]()

    threads = [threading.Thread(target=lambda n=n: had.append(sources[n % 2]().token)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert had == ["access-2"] * 8
    assert len(provider.asked) == 1


def test_another_process_that_renews_is_waited_for(
    source: TokenSource, provider: Provider, clock: FakeClock, tmp_path: Path
) -> None:
    clock.advance(HOUR)
    holds = (
        "import sys, time\nfrom pathlib import Path\nfrom inboxcrm.config import TokenStore\n"
        "from inboxcrm.oauth.keeper import Keeper\n"
        "with Keeper(Path(sys.argv[1]), 'main', TokenStore.FILE).alone():\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", holds, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    had = list[str]()
    asks = threading.Thread(target=lambda: had.append(source().token))
    asks.start()
    asks.join(0.3)
    waited = not had

    other.communicate("")
    asks.join()

    assert waited
    assert had == ["access-2"]


# -- rotation


def test_a_rotated_refresh_token_is_on_the_disk_before_the_access_token_is_handed_out(
    source: TokenSource, make_source: MakeSource, provider: Provider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(HOUR)

    def crashes(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inboxcrm.oauth.source.Bearer", crashes)
    with pytest.raises(KeyboardInterrupt):
        source()
    monkeypatch.undo()

    clock.advance(HOUR)
    assert make_source()().token == "access-3"
    assert [each["refresh_token"] for each in provider.asked] == ["refresh-1", "refresh-2"]


def test_a_grant_that_cannot_be_kept_is_not_used_and_not_lost(
    source: TokenSource, make_source: MakeSource, provider: Provider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    clock.advance(HOUR)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TransientError, match="No space left"):
        source()
    monkeypatch.undo()

    assert source().token == make_source()().token == "access-2"
    assert len(provider.asked) == 1


def test_a_grant_that_could_not_be_kept_does_not_take_the_place_of_a_later_sign_in(
    source: TokenSource, make_source: MakeSource, provider: Provider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    clock.advance(HOUR)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TransientError, match="No space left"):
        source()
    monkeypatch.undo()
    clock.advance(timedelta(minutes=1))
    make_source().keep(granted(provider, clock))
    later = make_source()().token

    assert source().token == later != "access-2"


def test_a_provider_that_keeps_the_refresh_token_need_not_repeat_it(
    source: TokenSource, provider: Provider, clock: FakeClock
) -> None:
    provider.rotates = False
    for number in (2, 3):
        clock.advance(HOUR)
        assert source().token == f"access-{number}"


# -- refusals


def test_a_withdrawn_grant_is_told_and_never_tried_again(
    source: TokenSource, make_source: MakeSource, provider: Provider, clock: FakeClock
) -> None:
    provider.refuse_grants()
    clock.advance(HOUR)

    for each in (source, source, make_source()):
        with pytest.raises(SignInNeededError, match=r"(?s)main has ended .*Type: inboxcrm sign-in main") as told:
            each()

    assert "refresh-1" not in str(told.value)
    assert len(provider.asked) == 1


def test_signing_in_again_is_seen_by_a_daemon_that_runs(
    source: TokenSource, make_source: MakeSource, provider: Provider, clock: FakeClock
) -> None:
    provider.refuse_grants()
    clock.advance(HOUR)
    with pytest.raises(SignInNeededError):
        source()

    make_source().keep(granted(provider, clock))

    assert source().token == "access-2"


@pytest.mark.parametrize(
    ("mood", "told", "retry_after"),
    [
        ((500, {}), "answer 500", None),
        ((503, b"<html>down</html>"), "answer 503", None),
        ((400, {"error": "temporarily_unavailable", "error_description": "later"}), "later", None),
        ((200, b"not json"), "answer 200", None),
        ((429, {"error": "slow_down"}), "slow_down", None),
    ],
    ids=["500", "503", "unavailable", "no json", "429"],
)
def test_what_may_pass_is_no_reason_to_sign_in(
    source: TokenSource, provider: Provider, clock: FakeClock, mood: Any, told: str, retry_after: timedelta | None
) -> None:
    provider.moods.append(mood)
    clock.advance(HOUR)

    with pytest.raises(TransientError, match=told):
        source()

    assert source().token == "access-2"


def test_a_provider_that_cannot_be_reached_is_no_reason_to_sign_in(
    mailbox: MailboxConfig, tmp_path: Path, provider: Provider, clock: FakeClock
) -> None:
    source = TokenSource(mailbox, tmp_path, clock, within=timedelta(seconds=0.2))
    source.keep(granted(provider, clock))
    clock.advance(HOUR)
    provider.delay = 1.0

    with pytest.raises(TransientError, match="localhost cannot be reached"):
        source()


def test_a_provider_that_drips_on_for_ever_is_cut_off(tmp_path: Path, clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/token"

        def drip() -> None:
            talk, _ = listener.accept()
            with talk, suppress(OSError):
                talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while True:
                    talk.sendall(b"x")
                    time.sleep(0.02)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()

        with pytest.raises(TransientError):
            post(url, {}, within=timedelta(seconds=0.2))
        thread.join(5)

    assert not thread.is_alive()


def test_a_client_that_is_not_known_is_the_settings_fault_and_can_be_mended(
    source: TokenSource, provider: Provider, clock: FakeClock
) -> None:
    provider.secret = "needed"
    clock.advance(HOUR)
    with pytest.raises(UserError, match=r"invalid_client: AADSTS7000215: who are you\?\. Check client_id") as told:
        source()
    assert not isinstance(told.value, SignInNeededError)

    provider.secret = None

    assert source().token == "access-2"


def test_a_client_secret_is_read_when_it_is_shown(
    provider: Provider, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.secret = "needed"
    auth = custom(provider, client_secret=PasswordSource(env="CLIENT_SECRET"))
    source = TokenSource(signed_in_by(auth), tmp_path, clock)
    source.keep(granted(provider, clock))
    clock.advance(HOUR)

    monkeypatch.setenv("CLIENT_SECRET", "needed")

    assert source().token == "access-2"


@pytest.mark.parametrize(
    "answer",
    [
        {"token_type": "Bearer"},
        {"access_token": "", "token_type": "Bearer"},
        {"access_token": "a\r\nb", "token_type": "Bearer"},
        {"access_token": "a", "token_type": "mac"},
        {"access_token": 7},
    ],
    ids=["none", "empty", "two lines", "no bearer", "no text"],
)
def test_an_answer_without_a_usable_token_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(UserError):
        Tokens.granted(answer, client_id="c", token_url="https://example.org/token", now=NOON)


# -- who may see them


def test_tokens_are_shown_to_nobody_but_who_gave_them(
    source: TokenSource, provider: Provider, clock: FakeClock, tmp_path: Path
) -> None:
    with Provider() as other:
        elsewhere = TokenSource(signed_in_by(custom(other)), tmp_path, clock)
        clock.advance(HOUR)

        with pytest.raises(SignInNeededError, match="another client_id or provider"):
            elsewhere()

        assert other.asked == []


def test_nobody_signed_in_yet_is_told_with_what_to_type(make_source: MakeSource) -> None:
    with pytest.raises(
        SignInNeededError, match=r"nobody has signed in to mailbox main yet\. Type: inboxcrm sign-in main"
    ):
        make_source()()


def test_the_file_is_readable_by_its_owner_alone(source: TokenSource, tmp_path: Path, clock: FakeClock) -> None:
    clock.advance(HOUR)
    source()

    file = tmp_path / "tokens" / "main.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert json.loads(file.read_text())["access"] == "access-2"


def test_a_file_that_was_spoilt_asks_for_a_sign_in(source: TokenSource, tmp_path: Path) -> None:
    (tmp_path / "tokens" / "main.json").write_text('{"access": "half')

    with pytest.raises(SignInNeededError):
        source()


def test_nothing_of_a_token_is_shown_or_logged(
    source: TokenSource, provider: Provider, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock.advance(HOUR)
    bearer = source()
    provider.refuse_grants()
    clock.advance(HOUR)
    with pytest.raises(SignInNeededError):
        source()

    told = " ".join(str(vars(each)) for each in caplog.records) + repr(bearer) + repr(source.keeper.read())
    assert "oauth.renewed" in told
    assert "access-" not in told
    assert "refresh-" not in told


# -- the keyring


class Drawer:
    """A keyring in memory."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.mark.parametrize("store", [TokenStore.AUTO, TokenStore.KEYRING])
def test_a_keyring_is_used_where_there_is_one(
    provider: Provider, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: TokenStore
) -> None:
    drawer = Drawer()
    monkeypatch.setattr(keyring, "get_keyring", lambda: drawer)
    for action in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, action, getattr(drawer, action))
    source = TokenSource(signed_in_by(custom(provider, tokens=store)), tmp_path, clock)
    source.keep(granted(provider, clock))
    clock.advance(HOUR)

    assert source().token == "access-2"
    [kept] = drawer.kept.values()
    assert "access-2" in kept
    assert not (tmp_path / "tokens" / "main.json").exists()
    source.forget()
    assert drawer.kept == {}


class Gone(Drawer):
    """A keyring whose service has ended since, as that of a desktop does with the session."""

    @property
    def priority(self) -> float:  # type: ignore[override]
        raise RuntimeError("The Secret Service daemon is neither running nor activatable through D-Bus")

    def get_password(self, service: str, username: str) -> str | None:
        raise ConnectionResetError("the bus is gone")


@pytest.mark.parametrize("store", [TokenStore.AUTO, TokenStore.KEYRING])
def test_a_keyring_that_is_gone_is_told_and_not_taken_for_none(
    provider: Provider, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: TokenStore
) -> None:
    gone = Gone()
    monkeypatch.setattr(keyring, "get_keyring", lambda: gone)
    monkeypatch.setattr(keyring, "get_password", gone.get_password)
    source = TokenSource(signed_in_by(custom(provider, tokens=store)), tmp_path, clock)

    with pytest.raises(PasswordError, match="cannot be asked"):
        source()


def test_without_a_keyring_a_file_is_used(provider: Provider, clock: FakeClock, tmp_path: Path) -> None:
    source = TokenSource(signed_in_by(custom(provider, tokens=TokenStore.AUTO)), tmp_path, clock)
    source.keep(granted(provider, clock))

    assert source().token == "access-1"
    assert (tmp_path / "tokens" / "main.json").exists()
    source.forget()
    assert not (tmp_path / "tokens" / "main.json").exists()


# -- how long the sign-in itself lasts


def test_the_end_of_the_sign_in_is_known_where_the_provider_tells_it(
    make_source: MakeSource, provider: Provider, clock: FakeClock
) -> None:
    provider.extra = {"refresh_token_expires_in": 7 * 86400}
    source = make_source()
    source.keep(granted(provider, clock))

    source()

    assert source.ends_at == NOON + timedelta(days=7)
