"""Connections to an endpoint: with TLS, through proxies, kept, and what is told where there is none."""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from upstream import Upstream, private_authority, serve_models

from jupyter_ai.completions.connections import _usual_authorities
from jupyter_ai.completions.fetch import CompletionsFetcher
from jupyter_ai.errors import FetchFailure, FetchMalformed, FetchMisconfigured, FetchUnreachable
from jupyter_ai_magics.network import NetworkSettings

Authority = tuple[Path, ssl.SSLContext]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return private_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def endpoint(authority: Authority) -> Iterator[Upstream]:
    with serve_models(authority[1]) as upstream:
        yield upstream


async def answer(url: str, **network: Any) -> str:
    """The text that the endpoint answers."""
    fetcher = CompletionsFetcher(network=NetworkSettings(**network))
    try:
        async with await fetcher.fetch(f"{url}/v1/completions", "k", {"prompt": "a"}, "r") as response:
            return str((await response.json())["choices"][0]["text"])
    finally:
        await fetcher.aclose()


async def failure(url: str, **network: Any) -> FetchFailure:
    with pytest.raises(FetchFailure) as raised:
        await answer(url, **network)
    return raised.value


class Proxy:
    """Hands bytes on as it is asked to by CONNECT, or answers `says` and hangs up."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.url = ""
        self.head = b""
        self._tasks: set[asyncio.Task[Any]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._own(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError):
            self.head = await reader.read(1 << 16)
            if self.says:
                writer.write(self.says)
            else:
                await self._connect(reader, writer)
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def aclose(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self.head.split()[1].decode().partition(":")
        there, to_there = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        back = asyncio.create_task(self._pipe(there, writer))
        self._own(back)
        await self._pipe(reader, to_there)
        await back

    async def _pipe(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError), closing(target):
            while data := await source.read(1 << 16):
                target.write(data)

    def _own(self, task: asyncio.Task[Any] | None) -> None:
        assert task is not None
        self._tasks.add(task)


@asynccontextmanager
async def proxying(tls: ssl.SSLContext | None = None, says: bytes = b"") -> AsyncIterator[Proxy]:
    proxy = Proxy(says)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    proxy.url = f"{'https' if tls else 'http'}://user:p%40w@localhost:{port}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.aclose()


@pytest.mark.parametrize("speaks_tls", [False, True])
async def test_tunnel_of_a_proxy_is_used_with_its_password(
    authority: Authority, endpoint: Upstream, speaks_tls: bool
) -> None:
    bundle, context = authority
    async with proxying(context if speaks_tls else None) as proxy:
        text = await answer(endpoint.url, proxy=proxy.url, ca_bundle=str(bundle))

    password = base64.b64encode(b"user:p@w")
    assert text == "hello"
    assert proxy.head.startswith(b"CONNECT " + endpoint.url.removeprefix("https://").encode())
    assert (b"Basic " + password in proxy.head, b"Bearer" in proxy.head) == (True, False)
    assert "proxy-authorization" not in endpoint.last.headers


async def test_certificate_that_is_not_trusted_is_told(endpoint: Upstream) -> None:
    told = str(await failure(endpoint.url))

    assert told.startswith("localhost cannot be reached: its certificate is not trusted (")
    assert "AiExtension.network_ca_bundle" in told


async def test_proxy_whose_certificate_is_not_trusted_is_told(
    authority: Authority, endpoint: Upstream
) -> None:
    async with proxying(authority[1]) as proxy:
        error = await failure(endpoint.url, proxy=proxy.url)

    told = "The proxy localhost cannot be reached: its certificate is not trusted ("
    assert (type(error), str(error)[: len(told)]) == (FetchUnreachable, told)


REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("says", "change", "expected"),
    [
        (REFUSED, str, "lets nothing through: 407 Proxy Authentication Required."),
        (b"?", str, "broke off its answer: RemoteProtocolError."),
        (
            REFUSED,
            lambda url: url.replace("http", "https"),
            "cannot be reached: it does not speak TLS (WRONG_VERSION_NUMBER).",
        ),
        (b"", lambda url: "http://localhost:9", "cannot be reached: ConnectError."),
    ],
    ids=["no password", "no answer", "no TLS", "nobody"],
)
async def test_trouble_of_a_proxy_is_told_as_its_own(
    says: bytes, change: Callable[[str], str], expected: str
) -> None:
    async with proxying(says=says) as proxy:
        error = await failure("https://models.invalid", proxy=change(proxy.url))

    assert str(error) == f"The proxy localhost {expected}"


async def test_trouble_behind_a_proxy_is_the_endpoints() -> None:
    with serve_models() as proxy:
        proxy.silent = True
        error = await failure("http://models.invalid", proxy=proxy.url, timeout=0.1)

    assert str(error) == "models.invalid has not answered in time."


@pytest.mark.parametrize(
    ("network", "named"),
    [
        ({"ca_bundle": "/nowhere/bundle.pem"}, "/nowhere/bundle.pem"),
        ({"proxy": "socks5://proxy:1080"}, "socksio"),
        ({"proxy": "ftp://proxy"}, "AiExtension.network_proxy"),
        ({"proxy": "proxy:3128"}, "AiExtension.network_proxy"),
    ],
    ids=["bundle", "socks", "scheme", "no scheme"],
)
async def test_setting_that_cannot_be_used_is_named(
    network: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)

    error = await failure("http://models.invalid", **network)

    assert (type(error), named in str(error)) == (FetchMisconfigured, True)


async def test_authorities_of_the_environment_that_cannot_be_read_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/bundle.pem")
    _usual_authorities.cache_clear()

    assert "SSL_CERT_FILE" in str(await failure("http://models.invalid"))


class Forgetful:
    """An endpoint that hangs up when it is asked again on a connection that was kept, or `always`."""

    def __init__(self, *, always: bool = False) -> None:
        self.always = always
        self.asked = 0
        self._all_there = asyncio.Barrier(1)
        self._tasks: list[Any] = []

    async def answers(self, *counts: int) -> list[Any]:
        """What a fetcher gets, for so many requests at once, and then for so many."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        url, fetcher = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", CompletionsFetcher()

        async def asked() -> Any:
            return await (await fetcher.fetch(url, "", {}, "r")).json()

        try:
            found = []
            for count in counts:
                self._all_there = asyncio.Barrier(count)
                found += await asyncio.gather(*(asked() for _ in range(count)))
            return found
        finally:
            await fetcher.aclose()
            server.close()
            await asyncio.wait(self._tasks)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            if not self.always:
                await self._read(reader)
                await self._all_there.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await self._read(reader)
        writer.close()
        await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
        self.asked += 1


@pytest.mark.parametrize("kept", [1, 3])
async def test_connections_that_were_kept_and_are_gone_cost_no_answer(kept: int) -> None:
    endpoint = Forgetful()

    assert (await endpoint.answers(kept, 1), endpoint.asked) == ([{}] * (kept + 1), kept + 2)


async def test_new_connection_that_breaks_is_not_tried_again() -> None:
    endpoint = Forgetful(always=True)

    with pytest.raises(FetchMalformed):
        await endpoint.answers(1)
    assert endpoint.asked == 1
