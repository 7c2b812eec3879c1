"""The year of thirty clients, played on a real home: at its end the tables hold exactly what the script says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.year.cast import script
from tests.year.play import play


def test_the_script_is_a_year_of_thirty_people() -> None:
    written = script()
    letters = sum(scene.kind == "letter" for client in written.clients for scene in client.scenes)

    assert (written.ends - written.starts).days >= 350
    assert len({client.name for client in written.clients}) == 30
    assert {client.language for client in written.clients} == set(written.words)
    assert letters > 450
    assert sum(client.leaves for client in written.clients) >= 5


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute of processor time, however many share it
async def test_the_year_leaves_behind_what_its_script_says_and_nothing_else(tmp_path: Path) -> None:
    reckonings = await play(tmp_path)

    assert {each.kind: each.wrong for each in reckonings if each.wrong} == {}
    assert {each.kind: each.asked for each in reckonings}["automatic mail"] > 90
