"""A house in mode auto, in which Bob is known; from the tests of the promise."""

from tests.promise.conftest import house, open_house

__all__ = ["house", "open_house"]
