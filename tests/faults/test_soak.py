"""An hour of random traffic and random faults; `make soak` plays eight, from any seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.fast import run
from tests.faults.soak import soak

pytestmark = pytest.mark.slow


def test_an_hour_of_random_faults_breaks_no_invariant(tmp_path: Path) -> None:
    found = run(soak(tmp_path, seed=3, hours=1))

    assert found["mails on record"] > 0
