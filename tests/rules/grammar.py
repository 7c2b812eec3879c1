"""Writes the table of the parser of conditions: `python -m tests.rules.grammar`, after another rule-engine is pinned.

It is run on a Python before 3.13 and on one since, in either order: each writes the signature that it sees.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any
from unittest import mock

from rule_engine._vendor.ply import yacc
from rule_engine.parser import Parser

from inboxcrm.domain.rule_language import MODULE, TABLE

KEPT = Path(str(resources.files("inboxcrm.domain").joinpath(TABLE)))
SIGNATURE = "indented" if sys.version_info < (3, 13) else "plain"


def worked_out() -> tuple[str, dict[str, Any]]:
    """The signature of the grammar that is installed, and its table, as PLY works it out."""
    written: list[tuple[str, dict[str, Any]]] = []

    def keep(table: Any, _module: str, _folder: str = "", signature: str = "") -> None:
        productions = [
            [rule.str, rule.name, rule.len, *((rule.func, "parser", rule.line) if rule.func else (None, None, None))]
            for rule in table.lr_productions
        ]
        rows = {"action": table.lr_action, "goto": table.lr_goto, "productions": productions}
        written.append((signature, json.loads(json.dumps(rows))))

    def work_out(**options: Any) -> Any:
        return plain(**(options | {"write_tables": True}))

    plain = yacc.yacc
    with (
        mock.patch.dict(sys.modules, {MODULE: None}),
        mock.patch.object(yacc.LRGeneratedTable, "write_table", keep),
        mock.patch.object(yacc, "yacc", work_out),
    ):
        Parser()
    ((signature, table),) = written
    return signature, table


def main() -> None:
    """Write what this Python knows; the signature that another Python saw stays as long as the table does."""
    signature, table = worked_out()
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    others = kept.get("signatures", {}) if {**kept, "signatures": None} == {**table, "signatures": None} else {}
    KEPT.write_text(json.dumps({"signatures": {**others, SIGNATURE: signature}, **table}) + "\n", "utf-8")


if __name__ == "__main__":
    main()
