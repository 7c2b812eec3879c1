"""Loading, overriding, choosing a language, rendering: and every way in which it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from inboxcrm.errors import TemplateError
from inboxcrm.render import Intent, TemplateSet
from inboxcrm.render.languages import PREFIXES
from inboxcrm.render.templates import MAX_TEXT, parse_template
from inboxcrm.render.values import VALUES, samples

HEAD = "---\nintent: acknowledge\nsubject: Got it\nneeds: due\n---\n"


def home(tmp_path: Path, **files: str) -> Path:
    """A templates folder; a file is given as NAME__LANGUAGE."""
    for key, text in files.items():
        name, _, language = key.partition("__")
        path = tmp_path / name.replace("_", "-") / f"{language}.txt.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def refused(source: str) -> str:
    with pytest.raises(TemplateError) as error:
        parse_template("x", "en", source, origin="templates/x/en.txt.j2")
    return str(error.value)


def test_every_situation_is_shipped_in_every_language(shipped: TemplateSet) -> None:
    assert shipped.names() == (
        "acknowledge",
        "after-hours",
        "after-hours-policy",
        "apology",
        "away",
        "birthday",
        "call-back",
        "check-in",
        "congratulation",
        "extended",
        "late-answer",
        "minimal",
        "moved",
        "new-sender",
        "offer-follow-up",
        "three-questions",
        "years-together",
    )
    assert {shipped.languages(name) for name in shipped.names()} == {tuple(sorted(PREFIXES))}


def test_the_languages_of_one_template_ask_for_the_same_and_mean_the_same(shipped: TemplateSet) -> None:
    for name in shipped.names():
        templates = [shipped.find(name, language) for language in shipped.languages(name)]

        assert len({(one.needs, one.intent) for one in templates}) == 1, name


def test_a_file_of_the_home_takes_the_place_of_one_shipped_file(tmp_path: Path) -> None:
    templates = TemplateSet.load(home(tmp_path, acknowledge__de=HEAD + "Grüezi, {{ due }}.\n"))

    assert templates.render("acknowledge", "de", {"due": "bald"}).text == "Grüezi, bald.\n"
    assert "Hello" in templates.render("acknowledge", "en", samples("en")).text


def test_a_home_may_add_a_name_and_a_language(tmp_path: Path) -> None:
    templates = TemplateSet.load(home(tmp_path, acknowledge__sv=HEAD + "Hej {{ due }}", my_own__en=HEAD + "{{ due }}"))

    assert templates.find("acknowledge", "sv-SE").language == "sv"
    assert templates.languages("my-own") == ("en",)


def test_a_home_without_templates_is_no_problem(tmp_path: Path) -> None:
    assert TemplateSet.load(tmp_path / "none").names() == TemplateSet.load().names()


def test_every_problem_of_a_home_is_told_at_once(tmp_path: Path) -> None:
    folder = home(tmp_path, acknowledge__de="no front matter", away__en=HEAD + "{{ dew }}", away__fr=HEAD + "{% if %}")
    (folder / "away" / "readme.md").write_text("x")
    (folder / "away" / ".hidden").write_text("x")
    (folder / "away" / "nl.txt.j2").write_bytes(b"\xff\xfe")

    with pytest.raises(TemplateError) as error:
        TemplateSet.load(folder)

    problems = str(error.value).split("\n")
    assert len(problems) == 5
    assert any("readme.md: a template is called NAME/LANGUAGE.txt.j2, such as" in one for one in problems)
    assert any('uses dew, which `needs` does not name. Did you mean "due"?' in one for one in problems)
    assert any("fr.txt.j2: line 1 of the text" in one for one in problems)
    assert any("begin with front matter" in one for one in problems)
    assert any("nl.txt.j2" in one for one in problems)


@pytest.mark.parametrize(
    ("wanted", "default", "got"),
    [
        ("de", "en", "de"),
        ("de-CH", "en", "de"),
        ("de_AT", "en", "de"),
        ("DE", "en", "de"),
        ("sv", "fr", "fr"),
        ("sv", "da", "en"),
        ("", "ja", "ja"),
        ("../../etc", "en", "en"),
        ("pt-BR", "en", "pt"),
    ],
)
def test_the_nearest_language_is_chosen(wanted: str, default: str, got: str) -> None:
    templates = TemplateSet.load(default_language=default)

    assert templates.find("acknowledge", wanted).language == got


def test_a_template_in_one_strange_language_is_better_than_none(tmp_path: Path) -> None:
    templates = TemplateSet.load(home(tmp_path, special__sv=HEAD + "{{ due }}"))

    assert templates.find("special", "ja").language == "sv"


def test_an_unknown_name_is_told_with_its_nearest_spelling(shipped: TemplateSet) -> None:
    with pytest.raises(TemplateError, match=r"no template 'aknowledge'. Did you mean \"acknowledge\"\?"):
        shipped.render("aknowledge", "en", samples("en"))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "begin with front matter"),
        ("---\nintent: acknowledge\n", "begin with front matter"),
        ("---\nintent: acknowledge\n---\nx", "has no `needs:`, `subject:`"),
        ("---\nintent: aknowledge\nsubject: x\nneeds:\n---\n", 'Did you mean "acknowledge"?'),
        ("---\nintent: acknowledge\nsubjct: x\nneeds:\n---\n", 'Did you mean "subject"?'),
        ("---\nintent: acknowledge\nsubject: x\nneeds: sendr_name\n---\n", 'Did you mean "sender_name"?'),
        ("---\nintent: acknowledge\nsubject: {{ due }}\nneeds: due\n---\n", "the subject is plain text"),
        (HEAD + "\n{{ due ", "line 2 of the text"),
        (HEAD + "{% include 'x' %}{{ due | nofilter }}", "line 1 of the text"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_type(source: str, said: str) -> None:
    message = refused(source)

    assert message.startswith("templates/x/en.txt.j2: ")
    assert said in message


@pytest.mark.parametrize(
    "body",
    [
        "{{ due.__class__ }}",
        "{{ due.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''.__class__ }}",
        "{% include 'other' %}",
        "{{ due.format(1) if false else due.nothing }}",
        "{{ ''['__class__'] }}",
        "{{ reason_that_is_not_there }}",
        "{{ 1 / 0 }}",
        "{{ none }}",
    ],
)
def test_a_template_cannot_leave_its_sandbox_and_nothing_is_half_said(tmp_path: Path, body: str) -> None:
    template = parse_template("x", "en", HEAD + body, origin="x")

    with pytest.raises(TemplateError):
        TemplateSet("en", {"x": {"en": template}}).render("x", "en", {"due": "soon"})


def test_globals_of_jinja_are_not_there() -> None:
    template = parse_template("x", "en", HEAD + "{{ range(3) }}", origin="x")

    assert template.used == {"range"}


def test_a_text_is_bounded() -> None:
    template = parse_template("x", "en", HEAD + "ü" * (MAX_TEXT // 2), origin="x")

    with pytest.raises(TemplateError, match="the text is 4097 octets"):
        TemplateSet("en", {"x": {"en": template}}).render("x", "en", {"due": None})


def test_an_empty_text_is_no_mail() -> None:
    template = parse_template("x", "en", HEAD + "{% if due %}x{% endif %}", origin="x")

    with pytest.raises(TemplateError, match="the text is 0 octets"):
        TemplateSet("en", {"x": {"en": template}}).render("x", "en", {"due": None})


def test_values_are_one_clean_line_each(tmp_path: Path) -> None:
    template = parse_template("x", "en", HEAD + "[{{ due }}]", origin="x")

    text = TemplateSet("en", {"x": {"en": template}}).render("x", "en", {"due": "a\r\n\tb\u202e\x1b[0m\u2028c"}).text

    assert text == "[a b [0m c]\n"


def test_the_documentation_names_every_value_and_intent() -> None:
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")

    for name, meaning in VALUES.items():
        assert f"| `{name}` | {meaning} |" in page
    for intent in Intent:
        assert f"| `{intent}` |" in page
