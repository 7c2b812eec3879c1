"""The desk in a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.tui.home import Home, opened

SIT_DOWN = """
import sys
from pathlib import Path
from inboxcrm import bootstrap
from inboxcrm.testing.clock import FakeClock
from inboxcrm_tui.app import run
from tests.tui.home import NOW
with bootstrap.household(Path(sys.argv[1]), clock=FakeClock(NOW)) as household:
    run(household)
print("the desk was left")
"""


def test_the_desk_opens_stops_goes_on_turns_pages_and_leaves_in_tmux(tmux: str, tmp_path: Path) -> None:
    with opened(tmp_path) as home:
        _fill(home)
    program = tmp_path / "sit_down.py"
    program.write_text(SIT_DOWN, encoding="utf-8")
    root = Path(__file__).parent.parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    server = [tmux, "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]

    def screen() -> str:
        return subprocess.run([*server, "capture-pane", "-p"], capture_output=True, text=True, check=False).stdout

    def type_in(*keys: str) -> None:
        subprocess.run([*server, "send-keys", *keys], check=True)

    def wait_for(text: str) -> None:
        for _ in range(600):
            if text in screen():
                return
            time.sleep(0.1)
        raise AssertionError(f"{text!r} never came up on:\n{screen()}")

    shell = ["bash", "--norc", "--noprofile", "-i"]
    subprocess.run([*server, "new-session", "-d", "-x", "120", "-y", "35", *shell], env=environment, check=True)
    type_in(f"{sys.executable} {program} {tmp_path}", "Enter")
    try:
        wait_for("1 person waits for you")
        assert "[@click=app.quit]figures" in screen()
        type_in("C-z")
        wait_for("Stopped")
        type_in("fg", "Enter")
        wait_for("1 person waits for you")
        type_in("h")
        wait_for("Keeping a promise")
        type_in("q", "w", "f")
        wait_for("the desk was left")
        assert "Traceback" not in screen()
    finally:
        subprocess.run([*server, "kill-server"], capture_output=True, check=False)


def _fill(home: Home) -> None:
    home.mail("Ada Asker", "[@click=app.quit]figures")
