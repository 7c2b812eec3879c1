from __future__ import annotations

import subprocess
import sys

import pytest

_TAKE_AND_FREE = """
import sys
from pathlib import Path
if sys.argv[1] == "asked":
    from inboxcrm.allocation import give_back
    give_back()
b"x" * (24 << 20)
pieces = [b"x" * 400_000 for _ in range(200)]
last = b"y" * 400_000
del pieces
print(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc: Linux only")
def test_large_pieces_go_back_to_the_system_when_they_are_freed() -> None:
    def resident(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", _TAKE_AND_FREE, how], check=True, capture_output=True, text=True)
        return int(done.stdout)

    assert resident("kept") - resident("asked") > 40 << 20
