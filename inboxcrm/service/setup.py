"""The home that `inboxcrm init` makes of the answers to its questions. Asking and printing are the command's affair."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from inboxcrm import home as homes
from inboxcrm.config import OAuth, PasswordSource, Proxy, Server
from inboxcrm.configuration import read_config, values
from inboxcrm.errors import UserError
from inboxcrm.service.config_text import Answers, config_text
from inboxcrm.service.discovery import Found
from inboxcrm.service.questions import (
    PROPOSED,
    QUESTIONS,
    Given,
    Question,
    as_written,
    listed,
    login,
    password_source,
    server,
)

Find = Callable[[str], Found | None]
"""Which servers an address probably has."""

Ask = Callable[[Question, str | None], str]
"""Asks a person; gets the default, and may come back with an answer that is refused."""


def answer(
    given: Given,
    *,
    ask: Ask | None,
    complain: Callable[[str], None] = lambda _said: None,
    note: Callable[[str], None] = lambda _said: None,
    find: Find = lambda _address: None,
) -> Answers:
    """The answers from flags, from `ask` where a flag is missing, and from defaults where nobody is asked.

    What a person answers wrongly is told to `complain` and asked again; what helps them is told to `note`. The servers
    that `find` finds are proposed, and taken unasked only where they are sure. UserError for a flag that cannot be
    used, or when there is nobody to ask.
    """
    found: dict[str, str] = {}
    for question in QUESTIONS:
        if question.name not in given and not question.matters(found):
            found[question.name] = ""
            continue
        default = question.default(found)
        if question.name in given:
            question.refuse_unusable(given[question.name])
            found[question.name] = given[question.name]
        elif ask is None or question.optional:
            if default is None:
                raise UserError(f"--{question.name} is needed: {question.help}")
            found[question.name] = default
        else:
            if helpful := question.note(found):
                note(helpful)
            found[question.name] = _asked(question, default, ask, complain)
        if question.name == "address" and not {"imap", "smtp"} <= given.keys():
            found |= _proposed(find(found["address"]), note, asked=ask is not None)
    return _answers(found)


def free_place(home: Path) -> Path:
    """Where a new home's config.toml goes. UserError if there is one already."""
    file = home / homes.CONFIG_FILE
    if file.exists():
        raise UserError(f"{file} is there already and is left as it is. Edit it, or choose another place with --home")
    return file


def write_home(home: Path, answers: Answers) -> Path:
    """Make the home and its config.toml, mode 0600, and say where it is. UserError if there is one already."""
    text = config_text(answers)
    read_config(text, home)
    file = free_place(home)
    homes.create(home)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        file.unlink(missing_ok=True)  # half a file would be taken for a home that is there
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from error
    return file


def _proposed(servers: Found | None, note: Callable[[str], None], *, asked: bool) -> dict[str, str]:
    """What was found, as answers to propose."""
    if servers is None or not (servers.sure or asked):
        return {}
    if servers.how:
        note(servers.how)
    return {PROPOSED + "imap": as_written(servers.imap), PROPOSED + "smtp": as_written(servers.smtp)}


def _asked(question: Question, default: str | None, ask: Ask, complain: Callable[[str], None]) -> str:
    while True:
        said = ask(question, default).strip() or (default or "")
        try:
            question.refuse_unusable(said)
        except UserError as error:
            complain(str(error))
        else:
            return said


def _answers(found: Given) -> Answers:
    ca_file = Path(found["ca-file"]).expanduser().absolute() if found["ca-file"] else None
    imap, smtp = server("imap", found["imap"]), server("smtp", found["smtp"])
    how = login(found["password"])
    secret = password_source(found["client-secret"]) if found["client-secret"] else None
    return Answers(
        name=found["name"].strip(),
        addresses=(found["address"].strip(), *listed(found["also"])),
        timezone=found["timezone"].strip(),
        language=found["language"].strip(),
        hours=listed(found["hours"]),
        holidays=found["holidays"].strip() or None,
        mailbox=found["mailbox"].strip(),
        imap=Server(imap.host, imap.port, imap.security, ca_file),
        smtp=Server(smtp.host, smtp.port, smtp.security, ca_file),
        user=found["user"].strip(),
        password=how if isinstance(how, PasswordSource) else None,
        auth=None if isinstance(how, PasswordSource) else OAuth(how, found["client-id"].strip(), secret),
        proxy=_proxy(found["proxy"], found["proxy-password"]),
    )


def _proxy(written: str, password: str) -> Proxy | None:
    chosen = values.proxy(written) if written else None
    return None if chosen is None else replace(chosen, password=password_source(password) if password else None)
