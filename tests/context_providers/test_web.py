"""`@url:`: pages of hosts that are allowed, and of no others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from jupyter_ai.context_providers import web
from jupyter_ai.context_providers.web import Page, fetch
from jupyter_ai.context_providers.web_hosts import WebHosts, is_public
from jupyter_ai.context_providers.web_text import page_text
from jupyter_ai.errors import FileRefused
from jupyter_ai.testing import FakeModel

HTML = b"<title>Sea</title><script>x</script><nav>menu</nav><p>A <b>blue</b>\n whale</p><p>sings</p>"


class Site(RequestHandler):
    """Answers by path, and keeps what it was asked."""

    def initialize(self, asked: list[Any]) -> None:
        self.asked = asked

    async def get(self, path: str) -> None:
        self.asked.append(self.request)
        match path:
            case "page":
                self.write(HTML)
            case "long":
                self.write(b"x" * 5000)
            case "slow":
                await asyncio.sleep(60)
            case "away":
                self.redirect("http://localhost/secret")
            case "round":
                self.redirect("/round")
            case "on":
                self.redirect("page")
            case "packed":
                self.set_header("Content-Encoding", "gzip")
            case "image":
                self.set_header("Content-Type", "image/png")
            case _:
                self.send_error(404)


@pytest.fixture
async def site() -> AsyncIterator[Any]:
    """The address of a site, `host:port`, and what it was asked."""
    asked: list[Any] = []
    server = HTTPServer(Application([(r"/(.*)", Site, {"asked": asked})], log_function=lambda _: None))
    sock, port = bind_unused_port()
    server.add_sockets([sock])
    yield f"127.0.0.1:{port}", asked
    server.stop()
    await server.close_all_connections()


async def test_page_is_read_and_told(make_chat: Any, site: Any) -> None:
    host, asked = site
    model = FakeModel(["Yes."])
    chat = make_chat(model=model)
    (await chat.open()).engine.config_manager.url_hosts = (host,)

    reply = await chat.send(f"Sum up @url:http://{host}/page#top.")

    assert "```\nSea\nA blue whale\nsings\n```" in model.prompts[0]
    assert reply.metadata["context"]["included"][0]["kind"] == "page"
    assert {"Cookie", "Authorization", "Referer"} & set(asked[0].headers) == set()
    assert asked[0].headers["User-Agent"] == "jupyter_ai"


async def test_it_is_off_unless_hosts_are_named(make_chat: Any, site: Any) -> None:
    host, asked = site

    reply = await make_chat().send(f"@url:http://{host}/page")

    assert "reading pages is off" in reply.text
    assert asked == []


async def test_hosts_are_completed(make_chat: Any) -> None:
    chat = make_chat()
    (await chat.open()).engine.config_manager.url_hosts = ("a.example", "*.b.example")

    assert await chat.complete("@url:") == ["@url:https://a.example/"]


async def test_redirect_on_the_list_is_followed(site: Any) -> None:
    host, _ = site

    assert (await fetch(f"http://{host}/on", WebHosts([host]))).url == f"http://{host}/page"


@pytest.mark.parametrize(
    ("url", "hosts", "reason"),
    [
        ("http://{}/away", ["{}"], "does not allow pages of localhost"),
        ("http://{}/round", ["{}"], "leads on more than 5 times"),
        ("http://{}/packed", ["{}"], "packed"),
        ("http://{}/gone", ["{}"], "answers with 404"),
        ("http://{}/long", ["{}"], "cannot be read"),
        ("http://user:key@{}/page", ["{}"], "not sent"),
        ("http://{}/page", ["127.0.0.1"], "does not allow"),
        ("ftp://{}/page", ["{}"], "`ftp:` is not read"),
        ("file:///etc/passwd", ["*"], "`file:` is not read"),
        ("http://127.0.0.1/", ["*"], "private address"),
        ("http://2130706433/", ["*"], "private address"),
        ("http://[::1]/", ["*"], "private address"),
        ("http://localhost/", ["*"], "private address"),
        ("http://x:y/", ["*"], "cannot be read"),
    ],
)
async def test_anything_else_is_refused(
    site: Any, url: str, hosts: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_MOST_BYTES", 4000)

    with pytest.raises(FileRefused, match=reason):
        await fetch(url.format(site[0]), WebHosts([host.format(site[0]) for host in hosts]))


async def test_slow_page_is_given_up(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_SECONDS", 0.05)

    with pytest.raises(FileRefused, match="did not answer"):
        await fetch(f"http://{site[0]}/slow", WebHosts([site[0]]))


async def test_name_with_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(FileRefused, match=r"whale\.example has a private address"):
        await fetch("http://whale.example/", WebHosts(["*.example"]))


@pytest.mark.parametrize(
    ("pattern", "url", "allowed"),
    [
        ("a.example", "https://a.example/x", True),
        ("a.example", "https://A.Example/", True),
        ("a.example", "http://a.example:8080/", False),
        ("a.example:8080", "http://a.example:8080/", True),
        ("a.example", "https://b.a.example/", False),
        ("*.a.example", "https://b.a.example/", True),
        ("*.a.example", "https://a.example/", False),
        ("*.a.example", "https://ba.example/", False),
        ("a.example", "https://a.example.evil/", False),
        ("*", "https://a.example/", True),
        ("::1", "http://[::1]/", True),
    ],
)
def test_host_is_on_the_list(pattern: str, url: str, allowed: bool) -> None:
    assert WebHosts([pattern]).allows(urlsplit(url)) is allowed


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("media_type", "charset", "content", "text"),
    [
        ("text/plain", "latin-1", b"\xe4", "ä"),
        ("text/plain", "unknown", b"a", "a"),
        ("text/plain", "idna", b"a", "a"),
        ("application/json", None, b"{}", "{}"),
        ("text/html", "latin-1", b"<p>\xe4<br>b", "ä\nb"),
        ("text/html", None, b"", "(It has no text.)"),
        ("text/html", None, b"<p>a</p>\n <pre>if x:\n    y</pre> <i>b</i>", "a\nif x:\n    y\nb"),
        ("text/html", None, b"<svg>x</svg></nav>a <a>b</a>&amp;c", "a b&c"),
        ("text/html", None, b"<div>" * 100_000 + b"deep", "deep"),
    ],
)
def test_text_of_a_page(media_type: str, charset: str | None, content: bytes, text: str) -> None:
    assert page_text(Page("", content, media_type, charset)) == text


def test_page_that_is_no_text_is_refused() -> None:
    with pytest.raises(FileRefused, match="image/png"):
        page_text(Page("", b"", "image/png", None))
