"""One folder, for the owner's eyes only, run by one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxcrm.errors import HomeBusyError, UserError
from inboxcrm.home import (
    FOLDERS,
    LOCK_FILE,
    HomeLock,
    create,
    find,
    note_trouble,
    running_pid,
    too_open,
    trouble_of_running,
)
from tests.limits import files_end_at

RUN = """
import sys, time
from pathlib import Path
from inboxcrm.home import HomeLock
with HomeLock(Path(sys.argv[1])):
    {then}
    print("held", flush=True)
    time.sleep(3600)
"""
ASK = """
import sys
from pathlib import Path
from inboxcrm.home import running_pid
print(running_pid(Path(sys.argv[1])))
"""
LEAVE_A_WORKER = "import os\n    if os.fork() == 0: time.sleep(5); os._exit(0)"


@pytest.fixture
def holder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the home."""
    then = getattr(request, "param", "pass")
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(then=then), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        pytest.param("/a/b", {"INBOXCRM_HOME": "/c"}, "/a/b", id="the option first"),
        pytest.param(None, {"INBOXCRM_HOME": "/c"}, "/c", id="then the environment"),
    ],
)
def test_a_home_is_found(option: str | None, environ: dict[str, str], expected: str) -> None:
    assert find(Path(option) if option else None, environ) == Path(expected).absolute()


def test_a_home_nobody_named_is_in_the_users_data_folder() -> None:
    home = find(None, {})

    assert home.name == "inboxcrm"
    assert home.is_absolute()


def test_a_tilde_is_the_users_folder() -> None:
    assert find(None, {"INBOXCRM_HOME": "~/crm"}) == Path.home() / "crm"


def test_a_new_home_is_for_the_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"

    create(home)

    assert sorted(each.name for each in home.iterdir()) == sorted(FOLDERS)
    assert not too_open(home)


def test_a_folder_that_is_there_keeps_its_mode_and_files(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.toml").write_text("")

    create(tmp_path)

    assert too_open(tmp_path)
    assert (tmp_path / "rules" / "mine.toml").exists()


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="--home"):
        create(tmp_path / "file" / "home")


def test_a_second_process_is_refused_with_the_pid_of_the_first(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(HomeBusyError, match=rf"process {holder.pid} already.*kill {holder.pid}"):
        HomeLock(tmp_path).acquire()

    assert running_pid(tmp_path) == holder.pid


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param("pass", id="alone"),
        pytest.param(
            LEAVE_A_WORKER,
            id="with a worker that lives on",
            marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which this system does not have"),
        ),
    ],
    indirect=True,
)
def test_a_killed_process_leaves_the_home_free(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    assert running_pid(tmp_path) is None
    with HomeLock(tmp_path):
        assert running_pid(tmp_path) == os.getpid()


def test_a_lock_is_released_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), HomeLock(tmp_path):
        raise ValueError("inside")

    with HomeLock(tmp_path):
        pass
    assert running_pid(tmp_path) is None


def test_the_same_process_cannot_run_a_home_twice(tmp_path: Path) -> None:
    with HomeLock(tmp_path), pytest.raises(HomeBusyError, match=str(os.getpid())):
        HomeLock(tmp_path).acquire()


def test_asking_who_runs_a_home_does_not_free_it(tmp_path: Path) -> None:

    with HomeLock(tmp_path):
        running_pid(tmp_path)
        asked = subprocess.run([sys.executable, "-c", ASK, str(tmp_path)], capture_output=True, text=True, check=True)

    assert asked.stdout.strip() == str(os.getpid())


def test_what_keeps_the_holder_from_writing_stands_beside_its_pid(tmp_path: Path) -> None:
    with HomeLock(tmp_path):
        note_trouble(tmp_path, "the disk is full")
        during = trouble_of_running(tmp_path), running_pid(tmp_path)
        asked = subprocess.run([sys.executable, "-c", ASK, str(tmp_path)], capture_output=True, text=True, check=True)
        note_trouble(tmp_path, None)
        after = trouble_of_running(tmp_path)
        note_trouble(tmp_path, "the disk is full again")

    assert during == ("the disk is full", os.getpid())
    assert asked.stdout.strip() == str(os.getpid())
    assert after is None
    assert trouble_of_running(tmp_path) is None  # nobody runs it


def test_a_home_on_a_full_disk_cannot_be_run_and_says_so(tmp_path: Path) -> None:
    with files_end_at(0), pytest.raises(UserError, match="cannot be written"):
        HomeLock(tmp_path).acquire()

    assert running_pid(tmp_path) is None


def test_a_home_nobody_ever_ran_is_free(tmp_path: Path) -> None:
    assert running_pid(tmp_path) is None
    assert not (tmp_path / LOCK_FILE).exists()


def test_a_home_that_is_missing_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        HomeLock(tmp_path / "nowhere").acquire()


def test_releasing_a_lock_that_is_not_held_is_harmless(tmp_path: Path) -> None:
    HomeLock(tmp_path).release()
