"""The parser of conditions finds its table worked out, and it is the one that belongs to the grammar."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.rules.grammar import KEPT, SIGNATURE, worked_out

LOADED = """
from inboxcrm.domain.rule_language import MODULE, rule_engine
import sys
print(rule_engine.Rule.parser._parser.action is sys.modules[MODULE]._lr_action)
"""


def test_the_table_that_is_kept_is_the_one_that_ply_works_out() -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    signatures = kept.pop("signatures")
    assert worked_out() == (signatures[SIGNATURE], kept)


def test_nothing_is_worked_out_when_the_rules_are_loaded() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert loaded.stdout == "True\n"
