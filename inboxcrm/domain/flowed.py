"""How a text/plain; format=flowed letter reads once its soft line breaks are taken out (RFC 3676)."""

from __future__ import annotations


def unflow(text: str, *, delete_space: bool) -> str:
    """The text with flowed lines joined, quote marks normalised to `> ` and space-stuffing removed."""
    lines: list[str] = []
    pending: list[str] = []
    pending_depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if pending and depth != pending_depth:
            lines.append(_quoted(pending_depth, "".join(pending)))
            pending = []
        pending_depth = depth
        if content.endswith(" ") and content != "-- ":
            pending.append(content[:-1] if delete_space else content)
            continue
        if content == "-- " and pending:
            lines.append(_quoted(depth, "".join(pending)))
            pending = []
        lines.append(_quoted(depth, "".join(pending) + content))
        pending = []
    if pending:
        lines.append(_quoted(pending_depth, "".join(pending)))
    return "\n".join(lines)


def _quoted(depth: int, content: str) -> str:
    return f"{'>' * depth} {content}" if depth else content
