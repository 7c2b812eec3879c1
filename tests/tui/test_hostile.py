"""What strangers write moves no cursor, makes no link and runs no action (hostile input, rows 45, 46 and 49)."""

from __future__ import annotations

import pytest

from tests.tui.conftest import Sit
from tests.tui.home import Home

pytestmark = pytest.mark.slow

HOSTILE = {
    "markup": "[link=https://evil.example]c[/link] [@click=app.quit]f[/] [bold red]x[/bold red] [/] [/nonsense] [",
    "controls": "a\x1b]8;;https://evil.example\x07b\x1b[2J \x9b2Jb\x90c invoice\u202egpj.exe pay\u200bpal a\tb\r\nc",
    "size": "e" + "\u0301" * 500 + "漢字" * 200 + "x" * 100_000,
}
FORBIDDEN = frozenset("\x1b\x07\x9b\x90\u202e\u200b\r\t")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_text_is_only_text_on_every_page(home: Home, sit: Sit, text: str) -> None:
    mail = home.mail(f"Eve {text[:200]}", text[:500], text)
    home.decided(mail, saw=text[:200])
    home.awaiting(mail, text)

    async with sit() as desk:
        for page in ((), ("enter",), ("enter",), ("escape", "escape"), ("c",), ("escape", "question_mark"),
                     ("escape", "2"), ("3",), ("4",), ("1", "d"), ("escape", "p"), ("escape", "w")):  # fmt: skip
            await desk.press(*page)
            assert not FORBIDDEN & set(desk.screen)
            assert all("evil.example" not in str(segment.style and segment.style.link)
                       for strip in desk.app.screen._compositor.render_strips() for segment in strip)  # fmt: skip
            assert all(not (segment.style and segment.style.meta.get("@click"))
                       for strip in desk.app.screen._compositor.render_strips() for segment in strip)  # fmt: skip


async def test_brackets_in_a_subject_are_shown_as_they_are(home: Home, sit: Sit) -> None:
    home.mail("Eve [b]Bold[/b]", "[@click=app.quit]free[/]")

    async with sit(width=160) as desk:
        assert "[@click=app.quit]free[/]" in desk.screen
        assert "Eve [b]Bold[/b]" in desk.screen


async def test_a_refusal_that_quotes_a_subject_is_shown_as_it_is(home: Home, sit: Sit) -> None:
    home.mail("Eve [b]Bold[/b]", "figures")

    async with sit() as desk:
        await desk.press("d", "y")
        await desk.wait_for("Eve [b]Bold[/b]: the promise is kept.")
