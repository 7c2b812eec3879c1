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
"""


def test_the_desk_opens_turns_pages_and_leaves_in_tmux(tmux: str, tmp_path: Path) -> None:
    with opened(tmp_path) as home:
        _fill(home)
    program = tmp_path / "sit_down.py"
    program.write_text(SIT_DOWN, encoding="utf-8")
    root = Path(__file__).parent.parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    server = [tmux, "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]

    def screen() -> str:
        return subprocess.run([*server, "capture-pane", "-p"], capture_output=True, text=True, check=False).stdout

    def wait_for(text: str) -> None:
        for _ in range(150):
            if text in screen():
                return
            time.sleep(0.1)
        raise AssertionError(f"{text!r} never came up on:\n{screen()}")

    subprocess.run(
        [*server, "new-session", "-d", "-x", "120", "-y", "35", sys.executable, str(program), str(tmp_path)],
        env=environment,
        check=True,
    )
    try:
        wait_for("1 person waits for you")
        assert "[@click=app.quit]figures" in screen()
        subprocess.run([*server, "send-keys", "h"], check=True)
        wait_for("Keeping a promise")
        subprocess.run([*server, "send-keys", "q"], check=True)
        for _ in range(100):
            if subprocess.run([*server, "has-session"], capture_output=True, check=False).returncode:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the desk did not leave")
    finally:
        subprocess.run([*server, "kill-server"], capture_output=True, check=False)


def _fill(home: Home) -> None:
    home.mail("Ada Asker", "[@click=app.quit]figures")
