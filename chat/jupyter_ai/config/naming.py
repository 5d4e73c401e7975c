"""Names of models and keys: which can be, and how a message repeats them."""

from __future__ import annotations

import re

from jupyter_ai.errors import InvalidSetting

__all__ = ["MOST", "check_key", "check_key_name", "told"]


MOST = 200  # code points of the id of a model, and of a name that a message repeats
_KEY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def told(name: str) -> str:
    """A name that somebody sent, for a message: no longer than people read."""
    return name if len(name) <= MOST else f"{name[:MOST]}…"


def check_key_name(name: str) -> None:
    """Raise `InvalidSetting` for what is no name of a key: it is not repeated, since it may be a key."""
    if not _KEY_NAME.fullmatch(name) or len(name) > MOST:
        raise InvalidSetting(
            "api_keys: a key is named like an environment variable, with letters, digits and _, such as "
            "OPENAI_API_KEY. Are a name and its key exchanged?"
        )


def check_key(name: str, key: str) -> None:
    """Raise `InvalidSetting` for what no server takes as a key: a control character, or half a character."""
    if not key.isprintable() or "\N{REPLACEMENT CHARACTER}" in key:
        raise InvalidSetting(
            f"api_keys.{name}: the key holds a character that cannot be printed. Was it copied whole?"
        )
