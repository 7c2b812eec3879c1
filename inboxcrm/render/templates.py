"""Which text a situation and a language give: the templates we ship, and the owner's in their place.

A template is a file `NAME/LANGUAGE.txt.j2`: front matter between two lines of `---`, then the text in jinja2. Mail
data are values, never templates: they are put in once, in a sandbox, and are one clean line each. A name that is
missing stops the mail; half a text is never sent.
"""

from __future__ import annotations

import difflib
import importlib.resources
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from inboxcrm.domain.outbox import TemplateValue
from inboxcrm.errors import TemplateError
from inboxcrm.render.clean import VALUE_LENGTH, clean_name, one_line
from inboxcrm.render.languages import LANGUAGE_TAG, candidates, prefix
from inboxcrm.render.values import VALUES

SUFFIX = ".txt.j2"
MAX_TEXT = 4096
"""Octets of a finished text in UTF-8 (RFC 3834 section 2: automatic answers are small)."""

TEMPLATE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Intent(StrEnum):
    """What a template is for; the lint asks of each what its purpose owes."""

    ACKNOWLEDGE = "acknowledge"
    """Says that a mail arrived and when the answer comes."""
    MINIMAL = "minimal"
    """The same for somebody who may be a forger: the date and nothing else."""
    EXTEND = "extend"
    """Tells a new date."""
    APOLOGISE = "apologise"
    """Admits a broken promise and gives a new date; a draft for the owner's hand."""
    GREET = "greet"
    """Congratulates or greets; a draft for the owner's hand that asks for nothing."""
    LETTER = "letter"
    """Anything else that is drafted for the owner's hand."""
    PART = "part"
    """What other texts are built of: blocks to inherit and macros to import. Never sent by itself."""


@dataclass(frozen=True, slots=True)
class Template:
    """One text in one language. `origin` is the file as the owner would look for it."""

    name: str
    language: str
    origin: str
    intent: Intent
    subject: str
    needs: frozenset[str]
    body: str
    used: frozenset[str]
    parts: tuple[tuple[str, str], ...] = ()
    """The parts this text is built of, by name, in its own language."""
    asks: bool = False
    """A greeting that is meant to ask for something, as its front matter says."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished text. `subject` is the template's own, without the prefix that marks an automatic mail."""

    subject: str
    text: str
    language: str
    prefix: str
    intent: Intent


class _Sandbox(ImmutableSandboxedEnvironment):
    """No globals, no undefined names, None is never printed, and nothing is loaded but the parts it is given."""

    def __init__(self, parts: tuple[tuple[str, str], ...] = ()) -> None:
        loader = jinja2.DictLoader(dict(parts))
        super().__init__(undefined=jinja2.StrictUndefined, autoescape=False, finalize=_never_none, loader=loader)
        self.globals.clear()


def _never_none(value: object) -> object:
    if value is None:
        raise jinja2.UndefinedError("a value that does not apply here was to be printed")
    return value


_SANDBOX = _Sandbox()


@lru_cache(maxsize=64)
def _sandbox(parts: tuple[tuple[str, str], ...]) -> _Sandbox:
    """One for all the texts that are built of the same parts, which are compiled once then."""
    return _Sandbox(parts) if parts else _SANDBOX


@lru_cache(maxsize=512)
def _compiled(body: str, parts: tuple[tuple[str, str], ...]) -> jinja2.Template:
    return _sandbox(parts).from_string(body)


def parse_template(name: str, language: str, source: str, *, origin: str) -> Template:
    """Read one template file; `TemplateError` says what is wrong with it and what to type instead."""
    head, body = _split(source, origin)
    fields = dict(_fields(head, origin))
    if fields.get("intent") == Intent.PART:
        return Template(name, language, origin, Intent.PART, "", frozenset(), body, _names_used(body, origin))
    missing = {"intent", "subject", "needs"} - fields.keys()
    if missing:
        raise TemplateError(f"{origin}: the front matter has no {', '.join(f'`{one}:`' for one in sorted(missing))}")
    needs = frozenset(one.strip() for one in fields["needs"].split(",") if one.strip())
    for one in sorted(needs - VALUES.keys()):
        raise TemplateError(f"{origin}: `needs` asks for {one}, which nobody knows.{_nearest(one, VALUES)}")
    return Template(
        name=name,
        language=language,
        origin=origin,
        intent=_intent(fields["intent"], origin),
        subject=_subject(fields["subject"], origin),
        needs=needs,
        body=body,
        used=_names_used(body, origin),
        asks=_yes(fields.get("asks", "no"), origin),
    )


def _yes(value: str, origin: str) -> bool:
    if value not in ("yes", "no"):
        raise TemplateError(f"{origin}: asks is yes or no, not {value!r}")
    return value == "yes"


def _split(source: str, origin: str) -> tuple[str, str]:
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].strip() != "---" or "---" not in lines[1:]:
        raise TemplateError(f"{origin}: begin with front matter: `---`, the lines intent, subject and needs, `---`")
    end = lines.index("---", 1)
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])


def _fields(head: str, origin: str) -> Iterator[tuple[str, str]]:
    known = ("intent", "subject", "needs", "asks")
    for line in filter(str.strip, head.split("\n")):
        key, colon, value = line.partition(":")
        if not colon or key.strip() not in known:
            raise TemplateError(
                f"{origin}: `{line.strip()}` is no front matter.{_nearest(key.strip(), known)} "
                f"Allowed are {', '.join(known)}, each followed by a colon"
            )
        yield key.strip(), value.strip()


def _intent(value: str, origin: str) -> Intent:
    try:
        return Intent(value)
    except ValueError:
        allowed = ", ".join(Intent)
        raise TemplateError(f"{origin}: intent {value!r} is none of {allowed}.{_nearest(value, Intent)}") from None


def _subject(value: str, origin: str) -> str:
    if not value or "{{" in value or "{%" in value:
        raise TemplateError(f"{origin}: the subject is plain text, not empty and without placeholders")
    return one_line(value, 100)


def _names_used(body: str, origin: str) -> frozenset[str]:
    try:
        return _anatomy(body)[0]
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{origin}: line {error.lineno} of the text: {error.message}") from error


@lru_cache(maxsize=1024)
def _anatomy(body: str) -> tuple[frozenset[str], tuple[str | None, ...]]:
    """The values that a text uses and the parts it refers to, None for one whose name is not written out.

    Kept, because the same texts are read again whenever a file of the home changes.
    """
    tree = _SANDBOX.parse(body)
    return frozenset(meta.find_undeclared_variables(tree)), tuple(meta.find_referenced_templates(tree))


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f' Did you mean "{close[0]}"?' if close else ""


def render_template(template: Template, values: Mapping[str, TemplateValue]) -> Rendered:
    """The finished text; `TemplateError` when a value is missing, unknown or the text comes out too long or empty."""
    missing = template.needs - values.keys()
    if missing:
        raise TemplateError(f"{template.origin}: needs {', '.join(sorted(missing))}, which this mail does not have")
    return _rendered(template, tuple((name, values[name]) for name in sorted(template.needs)))


@lru_cache(maxsize=64)
def _rendered(template: Template, values: tuple[tuple[str, TemplateValue], ...]) -> Rendered:
    """Kept, because most who write on one day are told the same."""
    given: dict[str, Any] = {name: _cleaned(name, value) for name, value in values}
    try:
        text = _tidy(_compiled(template.body, template.parts).render(given))
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise TemplateError(f"{template.origin}: {error}") from error
    size = len(text.encode())
    if not 0 < size <= MAX_TEXT:
        raise TemplateError(f"{template.origin}: the text is {size} octets; it must be 1 to {MAX_TEXT}")
    return Rendered(template.subject, text, template.language, prefix(template.language), template.intent)


def _cleaned(name: str, value: TemplateValue) -> TemplateValue:
    """One visible line, or None for nothing."""
    if value is None:
        return None
    return (clean_name(value) if name in ("sender_name", "first_name") else one_line(value, VALUE_LENGTH)) or None


def _tidy(text: str) -> str:
    """Paragraphs parted by one empty line, no space at line ends, one line feed at the end."""
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n" if any(lines) else ""


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """Every template by name and language."""

    default_language: str
    _by_name: Mapping[str, Mapping[str, Template]] = field(repr=False)

    @classmethod
    def load(cls, home_templates: Path | None = None, *, default_language: str = "en") -> TemplateSet:
        """The shipped templates, and the owner's over them file by file.

        Raises one `TemplateError` with every problem found, a line each; the caller keeps its last good set.
        """
        found: dict[str, dict[str, Template]] = {}
        problems: list[str] = []
        for name, language, origin, read in (*_shipped(), *_at_home(home_templates, problems)):
            try:
                template = parse_template(name, language, read(), origin=origin)
            except (TemplateError, OSError, UnicodeDecodeError) as error:
                problems.append(str(error) if isinstance(error, TemplateError) else f"{origin}: {error}")
            else:
                found.setdefault(name, {})[language] = template
        texts = _assembled(found, problems)
        if problems:
            raise TemplateError("\n".join(problems))
        return cls(default_language, texts)

    def names(self) -> tuple[str, ...]:
        """The situations there is a text for, sorted."""
        return tuple(sorted(self._by_name))

    def languages(self, name: str) -> tuple[str, ...]:
        """The languages of one template, sorted; `TemplateError` for a name nobody knows."""
        return tuple(sorted(self._languages_of(name)))

    def all(self) -> Iterator[Template]:
        """Every template, by name and language."""
        return (self._by_name[name][language] for name in self.names() for language in self.languages(name))

    def find(self, name: str, language: str) -> Template:
        """The template in the language asked for, else in the owner's, else in English, else in any."""
        texts = self._languages_of(name)
        for candidate in candidates(language, self.default_language):
            if candidate in texts:
                return texts[candidate]
        return texts[min(texts)]

    def render(self, name: str, language: str, values: Mapping[str, TemplateValue]) -> Rendered:
        """The finished text in the best language there is; see `render_template` for what it refuses."""
        return render_template(self.find(name, language), values)

    def _languages_of(self, name: str) -> Mapping[str, Template]:
        try:
            return self._by_name[name]
        except KeyError:
            raise TemplateError(
                f"there is no template {name!r}.{_nearest(name, self._by_name)} Known are {', '.join(self.names())}"
            ) from None


def _refuse_unknown_names(template: Template) -> None:
    unknown = sorted(template.used - template.needs)
    if unknown:
        raise TemplateError(
            f"{template.origin}: the text uses {', '.join(unknown)}, which `needs` does not name."
            f"{_nearest(unknown[0], template.needs)}"
        )


_Found = Mapping[str, Mapping[str, Template]]


def _assembled(found: _Found, problems: list[str]) -> dict[str, dict[str, Template]]:
    """Every text that can be sent, with the parts it is built of; what is missing or unknown goes to `problems`."""
    texts: dict[str, dict[str, Template]] = {}
    for name, languages in found.items():
        for language, template in languages.items():
            if template.intent is Intent.PART:
                continue
            try:
                whole = _with_parts(template, found)
                _refuse_unknown_names(whole)
            except TemplateError as error:
                problems.append(str(error))
            else:
                texts.setdefault(name, {})[language] = whole
    return texts


def _with_parts(template: Template, found: _Found) -> Template:
    """The text with each part it refers to, and those that they refer to, in its own language."""
    parts: dict[str, Template] = {}
    waiting = [(template, one) for one in _referred_to(template)]
    while waiting:
        whose, wanted = waiting.pop()
        if wanted in parts:
            continue
        part = _part(wanted, template.language, found)
        if part is None:
            known = [name for name, languages in found.items() if any(_is_part(one) for one in languages.values())]
            raise TemplateError(
                f"{whose.origin}: there is no part {wanted!r} in {template.language}.{_nearest(wanted, known)}"
            )
        parts[wanted] = part
        waiting += [(part, one) for one in _referred_to(part)]
    if not parts:
        return template
    used = template.used.union(*(part.used for part in parts.values()))
    return replace(template, used=used, parts=tuple((name, part.body) for name, part in sorted(parts.items())))


def _referred_to(template: Template) -> list[str]:
    _, names = _anatomy(template.body)
    if None in names:
        raise TemplateError(f"{template.origin}: the name of a part is written out, such as {{% extends 'letter' %}}")
    return [name for name in names if name is not None]


def _part(name: str, language: str, found: _Found) -> Template | None:
    languages = found.get(name, {})
    part = languages.get(language) or languages.get(language.partition("-")[0])
    return part if part is not None and _is_part(part) else None


def _is_part(template: Template) -> bool:
    return template.intent is Intent.PART


_Source = tuple[str, str, str, Callable[[], str]]


def _shipped() -> Iterator[_Source]:
    """Name, language, origin and reader of each template in the package."""
    root = importlib.resources.files("inboxcrm.templates")
    for folder in sorted((one for one in root.iterdir() if one.is_dir()), key=lambda one: one.name):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith(SUFFIX):
                language = file.name.removesuffix(SUFFIX)
                yield folder.name, language, f"templates/{folder.name}/{file.name}", _reader(file)


def _at_home(root: Path | None, problems: list[str]) -> Iterator[_Source]:
    """The same for the owner's folder; what does not look like a template is named in `problems`."""
    if root is None or not root.is_dir():
        return
    for file in sorted(root.glob("*/*")):
        if file.name.startswith(".") or file.name.endswith("~"):
            continue
        name, language = file.parent.name, file.name.removesuffix(SUFFIX)
        if not (file.name.endswith(SUFFIX) and LANGUAGE_TAG.fullmatch(language) and TEMPLATE_NAME.fullmatch(name)):
            problems.append(f"{file}: a template is called NAME/LANGUAGE{SUFFIX}, such as acknowledge/de{SUFFIX}")
            continue
        yield name, language, str(file), _reader(file)


def _reader(file: Any) -> Callable[[], str]:
    """Reads one file of the package (a `Traversable`) or of the home (a `Path`) when it is called."""
    return lambda: str(file.read_text(encoding="utf-8"))
