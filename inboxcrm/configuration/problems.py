"""What is wrong with a setting, told so that the owner can put it right without looking anything up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from inboxcrm.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: where it stands, what was found there, what is allowed, and the nearest spelling.

    `key` is written as the file writes it ("office.hours.mon"), with tables of an array counted from 1
    ("mailbox[2].imap.port"). `line` counts from 1 and is None when the file has no such place.
    """

    file: Path
    line: int | None
    key: str
    found: str
    allowed: str
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.file.name}:{self.line}" if self.line else self.file.name
        hint = f" Did you mean {self.nearest}?" if self.nearest else ""
        where = f"{place}: {self.key}" if self.key else place
        return f"{where}: {self.found}; {self.allowed}.{hint}"


class ConfigRefusedError(ConfigError):
    """The settings cannot be used: the message lists every problem, one to a line, and `problems` holds them."""

    def __init__(self, file: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{file} cannot be used: {count}\n{listed}")


def nearest(written: str, allowed: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The allowed spelling most like the written one, in quotes as one would type it; None when none is near."""
    by_folded = {each.casefold(): each for each in allowed}
    found = get_close_matches(written.casefold(), by_folded, n=1, cutoff=cutoff)
    return f'"{by_folded[found[0]]}"' if found else None


def listed(choices: Iterable[str]) -> str:
    """Choices as a sentence names them: `"tls", "starttls" or "none"`."""
    *most, last = [f'"{choice}"' for choice in choices]
    return f"{', '.join(most)} or {last}" if most else last
