"""The test kit for authors of plug-ins: a pytest plug-in with a chat in memory and scripted models.

    async def test_greets(make_chat):
        chat = make_chat(handlers=[MyHandler], model=FakeModel(["Hel", "lo"]))

        reply = await chat.send("/greet Ada")

        assert reply.text == "Hello"

No server, no thread, no sleep, no key. Works under pytest-asyncio (strict and auto) and anyio on asyncio.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_ai.testkit.chat import MakeChat, Reply, TestChat
    from jupyter_ai.testkit.completer import Completer, MakeCompleter
    from jupyter_ai.testkit.models import HANG, FakeModel, FakeSyncModel

_HOMES = {
    "Completer": "jupyter_ai.testkit.completer",
    "HANG": "jupyter_ai.testkit.models",
    "FakeModel": "jupyter_ai.testkit.models",
    "FakeSyncModel": "jupyter_ai.testkit.models",
    "MakeChat": "jupyter_ai.testkit.chat",
    "MakeCompleter": "jupyter_ai.testkit.completer",
    "Reply": "jupyter_ai.testkit.chat",
    "TestChat": "jupyter_ai.testkit.chat",
}

__all__ = [
    "HANG",
    "Completer",
    "FakeModel",
    "FakeSyncModel",
    "MakeChat",
    "MakeCompleter",
    "Reply",
    "TestChat",
    "make_chat",
    "make_completer",
]


def __getattr__(name: str) -> Any:
    # Imported when used: the plug-in must not slow down a run of pytest that has no use for it.
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


@pytest.fixture
def make_chat(tmp_path: Path) -> Iterator[MakeChat]:
    """A function that makes chats, with the arguments of `TestChat`; they are closed after the test.

    `root_dir` is the test's `tmp_path` unless given.
    """
    from jupyter_ai.testkit.chat import TestChat

    chats: list[TestChat] = []

    def make(**kwargs: Any) -> TestChat:
        chats.append(TestChat(**{"root_dir": str(tmp_path), **kwargs}))
        return chats[-1]

    yield make
    for chat in chats:
        chat.close()


@pytest.fixture
def make_completer(tmp_path: Path) -> MakeCompleter:
    """A function that makes a `Completer` of its arguments: providers of inline completions.

    `root_dir` is the test's `tmp_path` unless given.
    """
    from jupyter_ai.testkit.completer import Completer

    return lambda *providers, **arguments: Completer(*providers, **{"root_dir": str(tmp_path), **arguments})
