"""Where to chat: at the server that was named, at one that runs, or in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir

from jupyter_ai.errors import ChatRefused, ChatUnreachable
from jupyter_ai.terminal.client import ChatInfo, Place
from jupyter_ai.terminal.runtime_files import RunningServer, running_servers, sorted_for, told_token

if TYPE_CHECKING:
    from jupyter_ai.terminal.remote import RemotePlace

__all__ = ["choose_chat", "find_place", "named_place", "running_place"]


async def named_place(url: str, token: str) -> RemotePlace:
    """The server at `url`; without a token, with the one that a server running here has told."""
    from jupyter_ai.terminal.remote import RemotePlace, parse_url

    base, token_in_url = parse_url(url)
    given = token or token_in_url
    place = RemotePlace(base, lambda: given or told_token(base, _servers()))
    await place.chats()  # what is wrong with the URL or the token is told here
    return place


async def find_place(
    folder: Path, token: str, *, local: bool, log: logging.Logger, tell: Callable[[str], None]
) -> Place:
    """A running server, best one whose root holds `folder`, or else an engine of our own for `folder`.

    Raises `ChatRefused` if servers answer and none lets us in: who runs one expects its chats.
    """
    place = None if local else await running_place(folder, token, tell)
    if place is not None:
        return place
    from jupyter_ai.terminal.local import LocalPlace
    from jupyter_ai.terminal.settings import host_options, read_config

    options = host_options(read_config(tell), str(folder), jupyter_data_dir())
    return await LocalPlace.start(options, log)


async def running_place(folder: Path, token: str, tell: Callable[[str], None]) -> RemotePlace | None:
    """A running server, best one whose root holds `folder`; None if none runs. Raises `ChatRefused`."""
    refused: list[str] = []
    for server in sorted_for(folder, _servers()):
        try:
            return await _place_at(server, token)
        except ChatRefused as error:
            refused.append(error.url)
        except ChatUnreachable as error:
            if not isinstance(error.__cause__, OSError):  # it answers, but has no chats
                tell(f"Not used: {error}")
    if refused:
        raise ChatRefused(" and ".join(refused), found=True)
    return None


async def _place_at(server: RunningServer, token: str) -> RemotePlace:
    """The server, with this token, or with its own: an exported one may be another server's."""
    if token and server.token not in ("", token):
        with suppress(ChatRefused):
            return await named_place(server.url, token)
        token = ""
    return await named_place(server.url, token)


def _servers() -> Iterator[RunningServer]:
    return running_servers(Path(jupyter_runtime_dir()))


async def choose_chat(place: Place, wanted: str | None, new: str | None) -> ChatInfo | None:
    """The chat with this id (or its beginning) or whole title, or a new one; None: the default chat."""
    if new is not None:
        return await place.create(new)
    if wanted is None:
        return None
    chats = await place.chats()
    found = [c for c in chats if c.id == wanted] or [
        c for c in chats if wanted in (c.title, c.id[: len(wanted)])
    ]
    if len(found) == 1:
        return found[0]
    problem = f"{len(found)} chats are called" if found else "There is no chat"
    raise ChatUnreachable(f"{problem} {wanted!r}. `jupyter ai chat --list` shows the chats and their ids.")
