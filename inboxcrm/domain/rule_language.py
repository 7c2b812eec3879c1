"""The language of the rules' conditions: rule-engine, whose parser finds its table worked out.

At each import rule-engine has PLY work out the LALR table of its grammar, which takes half a second. PLY first looks
for a module that holds the table, and takes it where its signature is that of the grammar; rule-engine brings none, so
one is made here of `data/rule_table.json`. Beside a rule-engine of another grammar PLY works the table out as ever.
`python -m tests.rules.grammar` writes the file.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from types import ModuleType
from typing import Any

TABLE = "data/rule_table.json"
MODULE = "rule_engine.parser.parsetab"
"""Where PLY looks."""


def table_module(kept: dict[str, Any]) -> ModuleType:
    """The table as PLY would have written it; the format is that of its version 3.10."""
    module = ModuleType(MODULE)
    # Since 3.13 Python takes the indentation out of docstrings, in which the grammar stands.
    signature = kept["signatures"].get("indented" if sys.version_info < (3, 13) else "plain", "")
    vars(module).update(
        _tabversion="3.10",
        _lr_method="LALR",
        _lr_signature=signature,
        _lr_action={int(state): row for state, row in kept["action"].items()},
        _lr_goto={int(state): row for state, row in kept["goto"].items()},
        _lr_productions=kept["productions"],
    )
    return module


sys.modules.setdefault(
    MODULE, table_module(json.loads(resources.files("inboxcrm.domain").joinpath(TABLE).read_text("utf-8")))
)

import rule_engine  # noqa: E402 - not before the table is there
from rule_engine import DataType, ast, errors  # noqa: E402

__all__ = ["DataType", "ast", "errors", "rule_engine"]
