"""A home with a complete config.toml, and a way to change one thing in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inboxcrm.configuration import ConfigRefusedError, Problem, load

SMALLEST = """\
[owner]
name = "Ann"
addresses = ["ann@example.org"]
timezone = "Europe/Zurich"

[[mailbox]]
name = "main"
imap = { host = "imap.example.org" }
smtp = { host = "smtp.example.org" }
user = "ann@example.org"
password = { env = "ANN_PASSWORD" }
"""
"""What no home can do without."""

COMPLETE = """\
[owner]
name = "Ann Example"
addresses = ["ann@example.org", "ann.example@example.com"]
timezone = "Europe/Zurich"
language = "en"
phone = "+41 44 555 01 23"

[[mailbox]]
name = "main"
imap = { host = "imap.example.org", port = 993, security = "tls" }
smtp = { host = "smtp.example.org", port = 465, security = "tls" }
user = "ann@example.org"
password = { env = "ANN_PASSWORD" }
trusted_authserv_ids = ["mx.example.org"]
border_hosts = ["mx.example.org"]
folders = ["Clients"]
null_sender = true

[office]
hours = { mon = ["09:00-12:30", "13:30-17:30"], tue = ["09:00-17:30"] }
exceptions = { "2026-12-24" = ["09:00-12:00"], "2026-12-28" = [] }
holidays = "CH-ZH"
holidays_not_adopted = ["Labor Day"]
mail_hours = ["09:00", "16:00"]

[acknowledge]
mode = "shadow"
policy = "when-slow"
grace = "10m"
grace_closed = "2m"
normal_expectation = "8h"
max_delay = "24h"

[plans.standard]
target = "8h"

[plans.gold]
target = "2h"
floor = "30m"
ceiling = "4h"
after_hours = "phone"

[safety]
own_addresses = ["old@example.net"]
own_lists = ["info.example.org"]
form_senders = ["forms@example.org Enquiry"]
list_addresses = ["all@example.org"]
robot_addresses = ["@robots.example"]
arc_sealers = ["lists.example.net"]
answer_cc = false
"""

Problems = Callable[[str], tuple[Problem, ...]]


@pytest.fixture
def problems(tmp_path: Path) -> Problems:
    """What is wrong with a configuration text, in the order of the file."""

    def read(text: str) -> tuple[Problem, ...]:
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigRefusedError) as refused:
            load(tmp_path)
        return refused.value.problems

    return read


def complete(old: str = "", new: str = "") -> str:
    """The complete text with one part, which must be there once, replaced."""
    if not old:
        return COMPLETE
    assert COMPLETE.count(old) == 1, old
    return COMPLETE.replace(old, new)
