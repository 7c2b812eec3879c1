"""`inboxcrm sign-in`, as it is typed."""

from __future__ import annotations

import threading
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run
from tests.oauth.provider import Provider

__all__ = ["run"]


@pytest.fixture
def home(provider: Provider, tmp_path: Path) -> Path:
    urls = f'authorize_url = "{provider.url}/authorize", token_url = "{provider.url}/token"'
    (tmp_path / "config.toml").write_text(
        f"""
[owner]
name = "Ann Example"
addresses = ["ann@example.org"]
timezone = "Europe/Zurich"

[[mailbox]]
name = "main"
imap = {{ host = "127.0.0.1", port = 9, security = "none" }}
smtp = {{ host = "127.0.0.1", port = 9, security = "none" }}
user = "ann@example.org"
auth = {{ oauth = "custom", client_id = "client-1", {urls}, tokens = "file", scopes = ["mail"] }}

[[mailbox]]
name = "old"
imap = {{ host = "127.0.0.1", port = 9, security = "none" }}
smtp = {{ host = "127.0.0.1", port = 9, security = "none" }}
user = "ann@example.org"
password = {{ env = "OLD" }}
"""
    )
    return tmp_path


def test_pasting_an_address_signs_in_and_forgetting_undoes_it(
    run: Run, home: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[str]()
    monkeypatch.setattr("click.echo", lambda text="", **_: shown.append(str(text)))

    def paste(*_: object, **__: object) -> str:
        [url] = [line for text in shown for line in text.splitlines() if "/authorize?" in line]
        return provider.approve(url)

    monkeypatch.setattr("click.prompt", paste)
    assert run("--home", home, "sign-in", "--way", "paste", "--no-check").code == 0
    assert shown[-1] == f"Signed in to main. It is kept in {home / 'tokens' / 'main.json'}."

    assert run("--home", home, "sign-in", "main", "--forget").code == 0
    assert not (home / "tokens" / "main.json").exists()


def test_a_browser_on_this_machine_comes_back_by_itself(
    run: Run, home: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def browse(url: str) -> bool:
        threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=60).close(), daemon=True).start()
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)

    said = run("--home", home, "sign-in", "main", "--no-check")

    assert said.code == 0, said.err
    assert "A browser was opened for you to sign in." in said.out
    assert (home / "tokens" / "main.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sign-in", "other"], "there is no mailbox other; there are: main, old"),
        (["sign-in", "old"], "mailbox old has a password and nothing to sign in to"),
        (["sign-in", "old", "--forget"], "mailbox old has a password"),
        (["sign-in", "--way", "device"], "gives no codes. Add --way browser, or --way paste"),
        (["doctor"], "nobody has signed in to mailbox main yet. Type: inboxcrm sign-in main"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_to_type(run: Run, home: Path, arguments: list[str], says: str) -> None:
    said = run("--home", home, *arguments)

    assert said.code == 2
    assert says in said.err + said.out
