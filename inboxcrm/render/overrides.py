"""Which template files of the owner's stand in the place of shipped ones, and the text of both."""

from __future__ import annotations

import difflib
import importlib.resources
from collections.abc import Iterator
from pathlib import Path

from inboxcrm.errors import TemplateError
from inboxcrm.render.languages import FALLBACK, LANGUAGE_TAG
from inboxcrm.render.templates import SUFFIX, TEMPLATE_NAME


def shipped_names() -> dict[str, tuple[str, ...]]:
    """The languages of every shipped template and part, by name."""
    root = importlib.resources.files("inboxcrm.templates")
    return {
        folder.name: tuple(
            sorted(file.name.removesuffix(SUFFIX) for file in folder.iterdir() if file.name.endswith(SUFFIX))
        )
        for folder in sorted((one for one in root.iterdir() if one.is_dir()), key=lambda one: one.name)
        if TEMPLATE_NAME.fullmatch(folder.name)
    }


def shipped(name: str, language: str) -> str | None:
    """The text as it is shipped; None where there is none in that very language."""
    if language not in shipped_names().get(name, ()):
        return None
    file = importlib.resources.files("inboxcrm.templates") / name / f"{language}{SUFFIX}"
    return file.read_text(encoding="utf-8")


def model(name: str, language: str) -> str:
    """The shipped text to begin a new language from: the one for all of it (`de` for `de-ch`), else English."""
    for candidate in (language, language.partition("-")[0], FALLBACK):
        text = shipped(name, candidate)
        if text is not None:
            return text
    near = difflib.get_close_matches(name, shipped_names(), n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise TemplateError(f"no template {name!r} is shipped.{hint} There are {', '.join(shipped_names())}")


def file_of(root: Path, name: str, language: str) -> Path:
    """Where the owner's text lies. `TemplateError` for a name or language that no file may have."""
    if not TEMPLATE_NAME.fullmatch(name) or not LANGUAGE_TAG.fullmatch(language):
        raise TemplateError(f"a template is called NAME and a language such as de or de-ch, not {name!r} {language!r}")
    return root / name / f"{language}{SUFFIX}"


def overrides(root: Path) -> Iterator[tuple[str, str, Path]]:
    """Name, language and file of each text of the owner's, by name and language."""
    for file in sorted(root.glob(f"*/*{SUFFIX}")):
        name, language = file.parent.name, file.name.removesuffix(SUFFIX)
        if TEMPLATE_NAME.fullmatch(name) and LANGUAGE_TAG.fullmatch(language):
            yield name, language, file
