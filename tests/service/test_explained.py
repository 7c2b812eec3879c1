"""What is stored about a decision is told in full by the command and by the desk, in the same words."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from inboxcrm_tui.desk import Reasons
from inboxcrm_tui.why import page

from inboxcrm.cli.reading import explain
from inboxcrm.cli.root import Place
from inboxcrm.service.story import notes, speech_notes
from tests.config.conftest import COMPLETE
from tests.service.house import ZONE, House, mail


async def test_command_and_desk_tell_each_note_of_a_decision(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(COMPLETE)
    (tmp_path / "rules").mkdir()
    rule = '[[rule]]\nname = "offers"\nwhen = "message.words > 1"\nthen = { mode = "approve", tag = "offer" }\n'
    (tmp_path / "rules" / "10-offers.toml").write_text(rule)
    house = House(tmp_path)
    await house.arrive(mail())
    row = house.messages()[0]
    story = house.story(row.id)

    command = CliRunner().invoke(explain, [str(row.id)], obj=Place(tmp_path)).output
    desk = page(Reasons(row, story, ()), ZONE).plain
    house.close()

    told = [*notes(story), *speech_notes(story, ZONE)]
    assert {"contact", "matter", "rule", "tags", "promise", "because", "mode"} <= {word for word, _ in told}
    for word, text in told:
        assert " ".join(text.split()) in " ".join(command.split()), word
        assert " ".join(text.split()) in " ".join(desk.split()), word
    assert all(finding["row"] in command and finding["row"] in desk for finding in story["gate"]["asked"])
