"""What a server tells of its completions: to who asks, to handlers of events and to Prometheus."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client import REGISTRY, generate_latest
from serving import TOKEN, Serve, Server, eventually

from jupyter_ai.cli import main
from jupyter_ai.completions import BaseInlineCompletionProvider
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
)
from jupyter_ai.plugins import INLINE_COMPLETION_PROVIDERS

MARKER = "planted_9f2c"


class Planted(BaseInlineCompletionProvider):
    """Suggests what must never be told."""

    id = "planted"
    name = "Planted"

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        items = [InlineCompletionItem(insertText=f"{MARKER}(1)")]
        return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)


class Quoting(Planted):
    """Fails with the code in its message."""

    id = "quoting"
    name = "Quoting"

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        raise ValueError(f"cannot complete {request.prefix}")


async def used(serve: Serve, config: dict[str, Any] | None = None) -> Server:
    """A server at which a suggestion was shown and accepted."""
    server = await serve(config=config)
    for provider in (Planted, Quoting):
        server.host.plugins.add(INLINE_COMPLETION_PROVIDERS, provider.id, provider, distribution="test")
    editor = await server.ws("api/ai/completion/inline")
    await editor.send(
        {"number": 1, "prefix": f"{MARKER} = ", "suffix": f"\n{MARKER}", "mime": "", "stream": False}
        | {"path": f"{MARKER}.py", "language": "python"}
    )
    reply = await editor.receive()
    assert reply is not None
    [item] = reply["list"]["items"]
    for event in ("shown", "accepted"):
        await editor.send({"type": "event", "event": event, "item": item["id"], "index": 0})
    await eventually(lambda: server.host.completion_telemetry.stats.use.events["accepted"] == 1)
    return server


async def test_counts_are_told_over_rest(serve: Serve) -> None:
    server = await used(serve)
    told = (await server.get("api/ai/completion/stats")).json()

    assert (told["requests"], told["use"]["acceptance_rate"]) == (1, 1.0)
    assert told["models"]["planted"]["shown"] == 1
    assert told["languages"]["python"] == {"requests": 1, "failed": 1, "error_rate": 1.0}


async def test_nobody_is_told_without_a_token(serve: Serve) -> None:
    server = await serve()

    assert (await server.get("api/ai/completion/stats", authorization="")).status == 403


async def test_the_command_tells_the_counts(serve: Serve) -> None:
    server = await used(serve)
    order = ["completions", "stats", "--url", server.url, "--token", TOKEN]
    lines = (await asyncio.to_thread(CliRunner().invoke, main, order)).stdout.splitlines()

    assert lines[1] == "1 requests, 0 of them superseded by a newer one"
    assert "language python: 1 requests, 100.0% with an error" in lines
    assert any(line.startswith("planted: 1 shown, 100.0% accepted; first text: 1, p50") for line in lines)
    assert "error of quoting: ValueError, 1 times" in lines


async def test_no_server_is_told_by_the_command(jupyter_dirs: None) -> None:
    result = await asyncio.to_thread(CliRunner().invoke, main, ["completions", "stats"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "No server runs" in result.stderr


async def test_code_and_paths_are_in_nothing_that_is_told(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    out = io.StringIO()
    server = await used(serve, {"EventLogger": {"handlers": [logging.StreamHandler(out)]}})
    told = [
        out.getvalue(),
        generate_latest(REGISTRY).decode(),
        (await server.get("api/ai/completion/stats")).body.decode(),
        caplog.text,
    ]

    assert [text.count(MARKER) for text in told] == [0, 0, 0, 0]
    assert [json.loads(line)["__schema__"].split(":")[-2] for line in out.getvalue().splitlines()] == [
        "provided",
        "used",
        "used",
    ]
    assert 'jupyter_ai_completion_acceptance_rate{model="planted"} 1.0' in told[1]


async def test_a_server_that_stops_leaves_the_metrics(serve: Serve) -> None:
    server = await used(serve)
    await server.host.aclose()

    assert b"jupyter_ai_completion" not in generate_latest(REGISTRY)
