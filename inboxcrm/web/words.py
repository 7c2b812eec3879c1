"""Which rows of a shown view hold the words of `?_search=`, in a Datasette that has no full text of views.

Datasette itself passes over the words where there is no full-text table, and shows every row as found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from datasette.filters import FilterArguments
from datasette.utils.asgi import BadRequest

from inboxcrm.store.patterns import held

MOST = 32
"""Of so many words all are looked for; of more there is an error."""

_ASKS = "_search"
_IN_COLUMN = "_search_"


async def filters(request: Any, database: str, table: str, datasette: Any) -> FilterArguments:
    """Every word of `_search` stands in some cell of the row, and every one of `_search_COLUMN` in that of its column.

    Raises BadRequest for a column that the view does not have, and for too many words.
    """
    columns: list[str] = await datasette.get_database(database).table_columns(table)
    asked = [(name, request.args[name]) for name in request.args if name == _ASKS or name.startswith(_IN_COLUMN)]
    clauses: list[str] = []
    params: dict[str, str] = {}
    told: list[str] = []
    for name, words in asked:
        column = name.removeprefix(_IN_COLUMN)
        if name != _ASKS and column not in columns:
            raise BadRequest(f"{table} has no column {column} to search in. It has: {', '.join(columns)}")
        within = columns if name == _ASKS else [column]
        for word in words.split():
            forms = {f"words{len(params) + number}": held(form) for number, form in enumerate(_forms(word))}
            clauses.append(_holds(within, forms))
            params |= forms
        if words.strip():
            told.append(f'{"a cell" if name == _ASKS else column} holds "{words.strip()}"')
    if len(clauses) > MOST:
        raise BadRequest(f"these are {len(clauses)} words: {MOST} are looked for at a time")
    shown = {"supports_search": True, "search": request.args.get(_ASKS) or ""}
    return FilterArguments(clauses, params=params, human_descriptions=told, extra_context=shown)


def _holds(columns: Iterable[str], forms: Iterable[str]) -> str:
    cells = " || CHAR(10) || ".join(f"""COALESCE("{each.replace('"', '""')}", '')""" for each in columns)
    return f"({' OR '.join(f'{cells} LIKE :{form} ESCAPE CHAR(92)' for form in forms)})"


def _forms(word: str) -> list[str]:
    """A word in the ways it may be written: SQLite takes capital and small letters of ASCII only for the same."""
    return [word] if word.isascii() else sorted({word, word.lower(), word.upper(), word.capitalize()})
