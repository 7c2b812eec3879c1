"""The owner's own texts: copied from shipped ones, looked over after each change, and kept up with what is shipped."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inboxcrm import home as homes
from inboxcrm.domain.three_way import Merged, merge
from inboxcrm.errors import TemplateError, UserError
from inboxcrm.render import overrides
from inboxcrm.render.lint import lint
from inboxcrm.service.household import Household
from inboxcrm.store import home, template_copies


class Standing(StrEnum):
    """How a text of the owner's stands to the shipped one."""

    OWN = "own"
    """Nothing is shipped under this name in this language."""
    SAME = "same"
    """It says what is shipped, word for word, and could as well be deleted."""
    CURRENT = "current"
    """The shipped text has not changed since this was copied from it."""
    STALE = "stale"
    """The shipped text has changed since this was copied from it."""
    UNRECORDED = "unrecorded"
    """It was put there by hand: nobody knows which shipped text it came from."""


@dataclass(frozen=True, slots=True)
class Override:
    """A text of the owner's. `base` is the shipped text it was made from, `shipped` the one of today."""

    name: str
    language: str
    file: Path
    standing: Standing
    text: str
    base: str | None
    shipped: str | None

    def yours(self) -> str:
        """What the owner changed, as a unified diff; against today's shipped text where the first is not known."""
        before = self.base if self.base is not None else self.shipped
        return "" if before is None else _diff(before, self.text, "shipped", "yours")

    def upstream(self) -> str:
        """What has been changed in the shipped text since it was copied, as a unified diff."""
        if self.base is None or self.shipped is None:
            return ""
        return _diff(self.base, self.shipped, "shipped then", "shipped now")

    def merged(self) -> Merged | None:
        """Both changes in one text; None where there is nothing to take over."""
        if self.standing is not Standing.STALE or self.base is None or self.shipped is None:
            return None
        return merge(self.base, self.text, self.shipped)


def overrides_of(household: Household) -> list[Override]:
    """Every text of the owner's, by name and language."""
    root = household.config.home / "templates"
    return [_override(household, name, language, file) for name, language, file in overrides.overrides(root)]


def override(household: Household, name: str, language: str) -> Override:
    """One of them. `UserError` where there is none."""
    file = _file(household, name, language)
    if not file.is_file():
        raise UserError(f"{file} is not there; inboxcrm templates edit {name} {language} makes it")
    return _override(household, name, language, file)


def _override(household: Household, name: str, language: str, file: Path) -> Override:
    text, shipped = _read(file), overrides.shipped(name, language)
    with household.database.read() as connection:
        origin = template_copies.origin(connection, name, language)
    base = None if origin is None else origin.shipped
    return Override(name, language, file, _standing(text, base, shipped), text, base, shipped)


def _standing(text: str, base: str | None, shipped: str | None) -> Standing:
    if shipped is None:
        return Standing.OWN
    if text == shipped:
        return Standing.SAME
    if base is None:
        return Standing.UNRECORDED
    return Standing.CURRENT if base == shipped else Standing.STALE


def copy(household: Household, name: str, language: str) -> tuple[Path, bool]:
    """The owner's file for a text, and whether it was made now: from the shipped one, whose text is remembered."""
    file = _file(household, name, language)
    if file.exists():
        return file, False
    text = overrides.model(name, language)
    homes.write_whole(file, text)
    shipped = overrides.shipped(name, language)
    if shipped is not None:
        _remember(household, name, language, shipped)
    return file, True


def remove(household: Household, name: str, language: str) -> None:
    """Take the owner's file away; the shipped text is in use again."""
    file = _file(household, name, language)
    file.unlink()
    if not any(file.parent.iterdir()):
        file.parent.rmdir()
    with household.database.write() as connection:
        template_copies.forget(connection, name, language)


def put(household: Household, name: str, language: str, text: str) -> None:
    """Write the owner's file as it was."""
    homes.write_whole(_file(household, name, language), text)


def take_over(household: Household, name: str, language: str) -> Merged:
    """Bring what changed in the shipped text into the owner's, where both do not touch the same lines.

    `UserError` where there is nothing to bring; nothing is written where the two clash, or the result cannot be used.
    """
    found = override(household, name, language)
    merged = found.merged()
    if merged is None or found.shipped is None:
        why = f"it stands as {found.standing}" if found.standing is not Standing.UNRECORDED else "its origin is unknown"
        raise UserError(f"{found.file}: there is nothing to take over: {why}")
    if merged.clashes:
        return merged
    put(household, name, language, merged.text)
    try:
        household.load_templates()
    except TemplateError:
        put(household, name, language, found.text)
        raise
    _remember(household, name, language, found.shipped)
    return merged


def problems(household: Household, name: str, language: str) -> list[str]:
    """What is wrong with a text as it stands in the home now, and with those built of it; nothing where it is fit."""
    try:
        texts = household.load_templates()
    except TemplateError as error:
        return str(error).splitlines()
    concerned = [each for each in texts.all() if (each.name, each.language) == (name, language)]
    if not concerned:
        concerned = [each for each in texts.all() if each.language == language and name in dict(each.parts)]
    return list(dict.fromkeys(str(problem) for each in concerned for problem in lint(each)))


def _remember(household: Household, name: str, language: str, shipped: str) -> None:
    now, digest = household.clock.now(), hashlib.sha256(shipped.encode()).hexdigest()
    with household.database.write() as connection:
        template_copies.keep(connection, name, language, digest=digest, shipped=shipped, copied_at=now)
        home.journal(connection, "template-copied", f"template {name} {language}", {"digest": digest}, now=now)


def _file(household: Household, name: str, language: str) -> Path:
    return overrides.file_of(household.config.home / "templates", name, language)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{file}: {error}") from error


def _diff(before: str, after: str, named: str, then: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), named, then, lineterm="", n=2)
    return "\n".join(lines)
