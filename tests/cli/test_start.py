"""What a command loads before it does anything: no library that takes longer to import than most commands do."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("rule_engine", "numpy", "phonenumbers", "dateparser", "msal", "authlib", "vobject", "textual", "datasette")


def test_a_command_starts_without_the_heavy_libraries() -> None:
    program = (
        "import sys; from importlib import import_module; from inboxcrm.cli.root import MODULES\n"
        "for name in MODULES: import_module(f'inboxcrm.cli.{name}')\n"
        f"print([one for one in {HEAVY} if one in sys.modules])"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert told == "[]\n"
