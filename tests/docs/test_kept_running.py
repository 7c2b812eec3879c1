"""What docs/start.md has the system keep running is understood by it, and is a command of this program."""

from __future__ import annotations

import configparser
import plistlib
import re
from pathlib import Path

from inboxcrm.cli.root import cli

PAGE = (Path(__file__).parents[2] / "docs" / "start.md").read_text("utf-8")

KEYS = {
    "Label": str,
    "ProgramArguments": list,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "Umask": int,
    "StandardErrorPath": str,
}
"""Those of launchd.plist(5) that are used, and what they are."""


def test_launchd_is_given_a_property_list_with_keys_it_knows() -> None:
    (text,) = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)
    agent = plistlib.loads(text.encode())

    assert {key: type(value) for key, value in agent.items()} == KEYS
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["Umask"] == 0o077
    assert agent["ExitTimeOut"] > 30  # ten times what the daemon waits for at its end
    assert all(path.startswith("/") for path in (agent["ProgramArguments"][0], agent["StandardErrorPath"]))
    assert f"gui/$(id -u)/{agent['Label']} " in PAGE
    runs(agent["ProgramArguments"])


def test_systemd_is_given_a_unit_that_starts_the_daemon_anew_after_a_failure() -> None:
    (text,) = re.findall(r"```\n(\[Unit\].*?)```", PAGE, re.DOTALL)
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string(text)

    assert unit["Service"]["Restart"] == "on-failure"
    runs(unit["Service"]["ExecStart"].split())


def runs(argv: list[str]) -> None:
    """The command line is one of ours, and ends in the daemon."""
    program, *arguments = argv
    assert program.endswith("/inboxcrm")
    with cli.make_context("inboxcrm", list(arguments), resilient_parsing=True) as context:
        assert [*context._protected_args, *context.args] == ["run"]
