"""Arguments are completed by plug-ins, which may fail or hang."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from serving import eventually

from jupyter_ai import argument_options
from jupyter_ai.models import ListOptionsEntry

LOG = logging.getLogger("test")


class Provider:
    """Completes with what it is given."""

    def __init__(self, found: Any) -> None:
        self.found = found
        self.asked = 0

    def get_arg_options(self, prefix: str) -> Any:
        self.asked += 1
        return self.found() if callable(self.found) else self.found


def option(label: str) -> ListOptionsEntry:
    return ListOptionsEntry(id="@x", label=label, description="An x", only_start=False)


def fail() -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("found", "labels"),
    [
        ([option("@x:a"), 1], ["@x:a"]),
        ([option("@x:\udcff")], ["@x:\ufffd"]),
        ([1], []),
        (None, []),
        (fail, []),
    ],
)
async def test_what_is_no_completion_is_left_out(found: Any, labels: list[str]) -> None:
    options = await argument_options.argument_options(Provider(found), "", LOG)

    assert [option.label for option in options] == labels


async def test_one_that_hangs_is_left_behind_and_asked_a_few_times_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(argument_options, "_PATIENCE", 0.01)
    release = threading.Event()
    provider = Provider(lambda: [option("@x:a")] if release.wait(20) else [])

    asked = (argument_options.argument_options(provider, "", LOG) for _ in range(9))
    assert await asyncio.gather(*asked) == [[]] * 9
    await eventually(lambda: provider.asked >= 4)  # threads begin in their own time
    assert provider.asked == 4

    release.set()
    await eventually(lambda: not argument_options._gates)
    monkeypatch.undo()
    assert len(await argument_options.argument_options(provider, "", LOG)) == 1


async def test_the_newest_waits_for_its_turn_and_those_before_it_get_none() -> None:
    release = threading.Event()
    provider = Provider(lambda: [option("@x:a")] if release.wait(20) else [])

    asked = [asyncio.ensure_future(argument_options.argument_options(provider, "", LOG)) for _ in range(7)]
    await asked[5]
    release.set()

    assert [len(found) for found in await asyncio.gather(*asked)] == [1, 1, 1, 1, 0, 0, 1]


async def test_a_thread_that_does_not_begin_takes_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)

    assert await argument_options.argument_options(Provider([option("@x:a")]), "", LOG) == []
    assert argument_options._gates == {}
