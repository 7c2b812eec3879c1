"""Finding the line of a key in any valid TOML."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.configuration.lines import Path, locate, nearest_line

TEXT = '''\
# a comment with [brackets] and "quotes"
top = 1
"a b".c = """
[not.a.table]
x = 1"""

[[mailbox]] # first
name = 'one'
imap = { host = "h # not a comment", ports = [1, 2] }
[[mailbox]]
name = "two"
hours = [
  "09:00-12:00", # morning

  ["nested", { deep = true }],
]
[mailbox.extra]
key = 2026-01-01T10:00:00Z
[mailbox.extra.more]
y.z = -1.5e3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param(("top",), 2, id="a key"),
        pytest.param(("a b", "c"), 3, id="a dotted and quoted key"),
        pytest.param(("mailbox",), 7, id="an array of tables"),
        pytest.param(("mailbox", 0), 7, id="its first table"),
        pytest.param(("mailbox", 0, "name"), 8, id="a key in it"),
        pytest.param(("mailbox", 0, "imap", "ports", 1), 9, id="inside an inline table"),
        pytest.param(("mailbox", 1), 10, id="its second table"),
        pytest.param(("mailbox", 1, "hours", 0), 13, id="an element of an array over lines"),
        pytest.param(("mailbox", 1, "hours", 1, 1, "deep"), 15, id="deep in an array"),
        pytest.param(("mailbox", 1, "extra", "key"), 18, id="a table inside the last table"),
        pytest.param(("mailbox", 1, "extra", "more", "y", "z"), 20, id="a dotted key at the end"),
    ],
)
def test_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert locate(TEXT)[path] == line


def test_what_a_string_or_comment_holds_is_no_key() -> None:
    assert ("x",) not in locate(TEXT)
    assert ("not",) not in locate(TEXT)


def test_a_key_that_is_not_written_stands_where_its_table_begins() -> None:
    assert nearest_line(locate(TEXT), ("mailbox", 1, "user")) == 10


def test_a_table_that_is_not_written_stands_nowhere() -> None:
    assert nearest_line(locate(TEXT), ("owner", "name")) is None


def paths(value: object, here: Path = ()) -> set[Path]:
    found: set[Path] = {here} if here else set()
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= paths(inner, (*here, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found |= paths(inner, (*here, index))
    return found


keys = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", "h.i", '"j\\"k"'])
scalars = st.sampled_from(["1", "true", '"x"', "'y # z'", '"""m\nn"""', "'''o\n'p'''", "1979-05-27", '"]}"', "+inf"])


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arrays = st.lists(inner, max_size=3).map(lambda each: "[\n" + ", # c ]\n".join(each) + "\n]")
    tables = st.lists(st.tuples(keys, inner), max_size=2, unique_by=lambda pair: pair[0])
    return arrays | tables.map(lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}")


values = st.recursive(scalars, containers, max_leaves=6)
sections = st.sampled_from(["[s]", "[[t]]", "[[t]]", "[t.u]", '[ "v" . w ]', "# nothing"])


@settings(max_examples=150)
@given(st.lists(st.tuples(sections, st.lists(st.tuples(keys, values), max_size=3)), max_size=4))
def test_every_value_the_parser_finds_has_a_line(document: list[tuple[str, list[tuple[str, str]]]]) -> None:
    text = "".join(
        f"{section}\n" + "".join(f"{key} = {value}\r\n" for key, value in pairs) for section, pairs in document
    )
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # a table defined twice, say: such a text is refused before anybody asks for lines

    places = locate(text)

    assert paths(parsed) <= places.keys()
    assert all(1 <= line <= text.count("\n") + 1 for line in places.values())
