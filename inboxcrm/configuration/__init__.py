"""Reading config.toml: `load` gives a Config or tells every problem at once; `inboxcrm.config` holds the values."""

from inboxcrm.configuration.problems import ConfigRefusedError, Problem
from inboxcrm.configuration.reader import check_passwords, load, password_problems, read_config

__all__ = ["ConfigRefusedError", "Problem", "check_passwords", "load", "password_problems", "read_config"]
