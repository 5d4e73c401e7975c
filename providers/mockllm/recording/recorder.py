"""Record and replay: what the responses file does not answer a real server answers, once."""

from __future__ import annotations

import asyncio
import glob
import logging
import os
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from unicodedata import normalize

import httpx
from starlette.requests import Request
from starlette.responses import StreamingResponse

from mockllm.config import Prompt, ResponsesConfig, ResponsesError, parse_responses
from mockllm.live import LiveResponses, Version, version_of
from mockllm.provider_utils import Cut
from mockllm.recording.reply_reader import Reader, ReadReply, read_reply, reader_of
from mockllm.recording.rule_writer import with_rule
from mockllm.redaction import SECRET, Redactor, header_secrets
from mockllm.responder import Responder, Unrecorded
from mockllm.wording import sentence

__all__ = ["Recorder", "UpstreamError", "recorded_rule"]

logger = logging.getLogger("mockllm")

_LARGEST = 10_000_000
_PATIENCE = 10.0  # seconds for which another recorder may write the file
_TRIES = 20  # while others than recorders write it
_SYSTEM_KEPT = 200  # characters of a system message that a rule asks for
_TIMEOUT = httpx.Timeout(600, connect=10)

# Those that concern one connection, and cookies, which are for another host than the real server.
# fmt: off
_NOT_PASSED_ON = frozenset((
    "accept-encoding", "connection", "content-encoding", "content-length", "cookie", "date", "expect", "host",
    "keep-alive", "proxy-authenticate", "proxy-connection", "server", "set-cookie", "te", "trailer",
    "transfer-encoding", "upgrade",
))
# fmt: on


class UpstreamError(Exception):
    """The real server could not be asked; to be answered with status 502 and this message."""


class Recorder:
    """Forwards requests to the server at `upstream`, and saves its answers in the responses file of `live`.

    The client's key is passed on and not stored. `live` must have a file.
    """

    def __init__(
        self, upstream: str, live: LiveResponses, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        if live.path is None:
            raise ValueError("Recording needs a responses file: name one.")
        self._upstream = upstream.rstrip("/")
        self._live = live
        self._path = live.path
        self._client = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT)
        self._writing = asyncio.Lock()

    @classmethod
    def open(cls, upstream: str, path: Path) -> Recorder:
        """With the file's answers, `recorder.live`; the file is made if it is not there.

        Raises `ResponsesError` if it cannot be used.
        """
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise ResponsesError(f"{path} cannot be written: {error.strerror}.") from error
        return cls(upstream, LiveResponses(path, is_recording=True))

    @property
    def live(self) -> LiveResponses:
        return self._live

    async def aclose(self) -> None:
        """Close the connections to the real server."""
        await self._client.aclose()

    async def record(self, request: Request, prompt: Prompt) -> StreamingResponse:
        """The real server's response, unchanged; its answer is saved once the client has all of it.

        An error of that server is passed on and not saved. Raises `UpstreamError` if it cannot be asked.
        Cancelling closes the connection to it, and nothing is saved.
        """
        reader = reader_of(request.url.path)
        if reader is None:
            raise UpstreamError(
                f"Answers to {request.url.path} cannot be recorded: add a rule for this prompt."
            )
        response = await self._ask(request)
        redactor = Redactor(header_secrets(request.headers))
        return StreamingResponse(
            self._passed_on(response, reader, prompt, redactor), response.status_code, _kept(response.headers)
        )

    async def _ask(self, request: Request) -> httpx.Response:
        url = self._upstream + _path(self._upstream, request)
        headers = {**_kept(request.headers), "accept-encoding": "identity"}
        try:
            made = self._client.build_request(
                request.method, url, headers=headers, content=await request.body()
            )
            return await self._client.send(made, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise UpstreamError(sentence(f"{self._upstream} could not be asked: {reason}")) from error

    async def _passed_on(
        self, response: httpx.Response, reader: Reader, prompt: Prompt, redactor: Redactor
    ) -> AsyncIterator[bytes]:
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                if len(body) <= _LARGEST:
                    body += chunk
                yield chunk
        except httpx.HTTPError as error:
            logger.warning("%s Nothing is saved.", sentence(f"{self._upstream} broke off: {error}"))
            raise Cut from error
        finally:
            await response.aclose()
        if response.is_success and len(body) <= _LARGEST:
            kind = response.headers.get("content-type", "")
            await self._save(prompt, read_reply(reader, kind, bytes(body)), redactor)

    async def _save(self, prompt: Prompt, reply: ReadReply | None, redactor: Redactor) -> None:
        if reply is None:
            logger.warning("The answer of %s is not understood. Nothing is saved.", self._upstream)
            return
        try:
            async with self._writing:
                await asyncio.to_thread(self._write, prompt, recorded_rule(prompt, reply, redactor))
        except (OSError, ResponsesError) as error:
            logger.warning("The answer of %s could not be saved: %s", self._upstream, error)

    def _write(self, prompt: Prompt, rule: Mapping[str, Any]) -> None:
        from filelock import FileLock  # slow to import

        path = self._path.resolve()
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE):
            if not any(self._wrote(path, prompt, rule) for _ in range(_TRIES)):
                raise ResponsesError(f"{self._path} keeps changing: it stays as it is.")

    def _wrote(self, path: Path, prompt: Prompt, rule: Mapping[str, Any]) -> bool:
        """False if the file has changed in the meantime."""
        version = version_of(path)
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        before = parse_responses(text.removeprefix("\ufeff"), source=str(self._path))
        if _answers(before, prompt):
            self._live.adopt(before)
            return True  # another request for the same was faster
        text = with_rule(text, rule)
        after = parse_responses(text.removeprefix("\ufeff"), source=str(self._path))
        if len(after.rules) != len(before.rules) + 1 or not _answers(after, prompt):
            raise ResponsesError(f"{self._path} has a form to which no rule can be added; it stays as it is.")
        if not _replaced(path, text, version):
            return False
        self._live.adopt(after)
        return True


def recorded_rule(prompt: Prompt, reply: ReadReply, redactor: Redactor) -> dict[str, Any]:
    """The rule that gives this reply to this prompt, without secrets, as it is written in a file."""
    rule: dict[str, Any] = _text_condition(redactor.text(prompt.text))
    if system := _without_secrets(redactor.text(normalize("NFC", prompt.system)))[:_SYSTEM_KEPT].strip():
        rule["system"] = system
    rule["turn"] = prompt.turn
    if prompt.model:
        rule["model"] = glob.escape(redactor.text(prompt.model))
    if prompt.tool_results or reply.tool_calls:
        rule["tool_results"] = prompt.tool_results
    if reply.text or not reply.tool_calls:
        rule["answer"] = _literal(redactor.text(reply.text))
    if reply.tool_calls:
        rule["tool_calls"] = [
            {"name": call.name, "arguments": _literals(redactor.value(call.arguments))}
            for call in reply.tool_calls
        ]
    return rule


def _text_condition(text: str) -> dict[str, str]:
    if SECRET not in text:
        return {"exact": text}
    secret = r"[\s\S]+" if "PRIVATE KEY-----" in text else r"\S+"  # that one has several lines
    parts = secret.join(map(re.escape, text.split(SECRET)))
    return {"regex": rf"\A{parts}\Z"}


def _without_secrets(text: str) -> str:
    """The longest part that has none."""
    return max(text.split(SECRET), key=len)


def _literal(text: str) -> str:
    """A text that says the same as a template, if it would be taken for one."""
    if "{{" not in text and "{%" not in text:
        return text
    return re.sub(r"\{[{%#]", lambda found: f"{{{{ '{found[0]}' }}}}", text)


def _literals(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _literals(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_literals(each) for each in value]
    return _literal(value) if isinstance(value, str) else value


def _answers(responses: ResponsesConfig, prompt: Prompt) -> bool:
    try:
        Responder(responses, is_recording=True).reply(prompt)
    except Unrecorded:
        return False
    return True


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}


def _path(upstream: str, request: Request) -> str:
    """The path and query to ask for; the version is not said twice if the upstream's address has it."""
    path = request.url.path
    if upstream.endswith("/v1"):
        path = path.removeprefix("/v1")
    return f"{path}?{request.url.query}" if request.url.query else path


def _replaced(path: Path, text: str, version: Version | None) -> bool:
    """Write the file so that it is at each moment either the old one or the new one; unless it is newer."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777)
        if is_same := version_of(path) == version:
            os.replace(name, path)
        return is_same
    finally:
        with suppress(OSError):
            os.unlink(name)
