"""Texts built of parts: blocks and macros in the language of the text, the home's parts before the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from inboxcrm.domain.salutation import first_name
from inboxcrm.errors import TemplateError
from inboxcrm.render import TemplateSet
from inboxcrm.render.values import samples

NOTE = """\
---
intent: letter
subject: A note
needs: {needs}
---
{body}
"""
INHERITS = "{% extends 'letter' %}\n{% block body %}\nI think of you.\n{% endblock %}"


def write(home: Path, path: str, text: str) -> None:
    file = home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_a_text_inherits_greeting_and_closing(tmp_path: Path) -> None:
    needs = "first_name, form, owner_name, sender_name"
    write(tmp_path, "note/de.txt.j2", NOTE.format(needs=needs, body=INHERITS))

    text = TemplateSet.load(tmp_path).render("note", "de", samples("de")).text

    assert text == "Hallo Bob,\n\nI think of you.\n\nFreundliche Grüße\nAnn Example\n"


def test_a_part_of_the_home_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, "letter/en.txt.j2", "---\nintent: part\n---\nDear all,\n{% block body %}{% endblock %}\n")
    write(tmp_path, "note/en.txt.j2", NOTE.format(needs="", body=INHERITS))

    assert TemplateSet.load(tmp_path).render("note", "en", {}).text == "Dear all,\n\nI think of you.\n"


def test_a_macro_is_imported(tmp_path: Path) -> None:
    write(
        tmp_path,
        "words/en.txt.j2",
        "---\nintent: part\n---\n{% macro promise(due) %}You hear {{ due }}.{% endmacro %}\n",
    )
    body = "{% from 'words' import promise %}\n{{ promise(due) }}"
    write(tmp_path, "note/en.txt.j2", NOTE.format(needs="due", body=body))

    assert TemplateSet.load(tmp_path).render("note", "en", {"due": "on Monday"}).text == "You hear on Monday.\n"


def test_a_part_is_not_a_text_that_can_be_sent() -> None:
    assert "letter" not in TemplateSet.load().names()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{% extends 'leter' %}", "there is no part 'leter' in en. Did you mean \"letter\"?"),
        ("{% extends 'acknowledge' %}", "there is no part 'acknowledge' in en"),
        ("{% extends owner_name %}", "the name of a part is written out"),
        ("{% extends 'letter' %}", "the text uses first_name, form, sender_name, which `needs` does not name"),
    ],
)
def test_a_mistake_about_a_part_is_told(tmp_path: Path, body: str, told: str) -> None:
    write(tmp_path, "note/en.txt.j2", NOTE.format(needs="owner_name", body=body))

    with pytest.raises(TemplateError) as raised:
        TemplateSet.load(tmp_path)

    assert told in str(raised.value)


def test_a_part_reads_no_file(tmp_path: Path) -> None:
    write(tmp_path, "note/en.txt.j2", NOTE.format(needs="", body="{% include '../../config.toml' %}"))

    with pytest.raises(TemplateError, match="there is no part"):
        TemplateSet.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Bob Builder", "Bob"),
        ("Builder, Bob", "Bob"),
        ("Dr. Mia Muster", "Mia"),
        ("Herr Prof. Jan Muster", "Jan"),
        ("佐藤 美咲", "美咲"),
        ("佐藤美咲", None),
        ("bob@client.example", None),
        ("B. Builder", None),
        ("", None),
    ],
)
def test_a_first_name_is_told_or_left_out(name: str, given: str | None) -> None:
    assert first_name(name) == given
