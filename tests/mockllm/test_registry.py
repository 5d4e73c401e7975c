"""Who may register what, and which provider a request is for."""

import pytest

from mockllm.providers.base import LLMProvider
from mockllm.registry import Endpoint, ProviderRegistry, RegistrationError, register_provider


@pytest.fixture
def registry() -> ProviderRegistry:
    return ProviderRegistry()


class Provider(LLMProvider):
    async def handle_image(self, request):
        return {}


class Other(LLMProvider):
    pass


def endpoints_of(registry: ProviderRegistry, name: str) -> list[tuple[str, str, str]]:
    return [(each.method, each.path, each.handler) for each in registry.get(name).endpoints]


def test_without_endpoints_there_is_one_for_chat(registry) -> None:
    register_provider("mine", registry=registry)(Provider)

    assert endpoints_of(registry, "mine") == [("POST", "/v1/mine/chat", "handle_chat_completion")]


@pytest.mark.parametrize(
    ("path", "handler"),
    [
        ("/v1/chat/completions", "handle_chat_completion"),
        ("/v1/Complete", "handle_completion"),
        ("/completions", "handle_completion"),
        ("/api/embed", "handle_embeddings"),
        ("/v1/embeddings", "handle_embeddings"),
    ],
)
def test_a_path_tells_its_handler(registry, path: str, handler: str) -> None:
    register_provider("mine", endpoints=[{"path": path, "method": "put"}], registry=registry)(Provider)

    assert endpoints_of(registry, "mine") == [("PUT", path, handler)]


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({"path": "/image"}, r"/image speaks of neither chat, completion nor embedding; name the method"),
        (
            {"path": "/image", "handler": "handle_imag"},
            r"has no `handle_imag` .*; did you mean `handle_image`\?",
        ),
        ({"path": "/image", "handler": "draw"}, r"no `draw` .*; write `async def draw\(self, request\)`"),
        ({"path": "chat"}, r"needs a `path` that begins with `/`"),
        ({}, r"needs a `path`"),
        ({"path": "/chat", "method": "FETCH"}, r"/chat has the method 'FETCH'; known are GET, POST"),
        (
            {"path": "/chat", "methods": ["POST"]},
            r"an endpoint has `path`, `method` and `handler`, and no `methods`",
        ),
        (
            {"path": "/v1/models", "method": "GET", "handler": "handle_image"},
            r"GET /v1/models is the server's own",
        ),
        ({"path": "/journal/chat"}, r"POST /journal/chat is the server's own; choose another path"),
    ],
)
def test_a_wrong_endpoint_is_refused_with_advice(registry, endpoint, message: str) -> None:
    with pytest.raises(RegistrationError, match=message):
        register_provider("mine", endpoints=[endpoint], registry=registry)(Provider)

    assert registry.providers == ()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/{1a}/chat", r"the variable `\{1a\}` of /v1/\{1a\}/chat must be a name"),
        ("/v1/{}/chat", r"the variable `\{\}`"),
        ("/v1/{a-b}/chat", r"the variable `\{a-b\}`"),
        ("/v1/{a}/{a:path}/chat", r"has a variable twice"),
        ("/v1/{a:int}/chat", r"has a brace"),
        ("/v1/{a/chat", r"has a brace"),
        ("/\ud800/chat", r"or a character"),
    ],
)
def test_a_path_that_is_no_template_is_refused(registry, path: str, message: str) -> None:
    with pytest.raises(RegistrationError, match=message):
        register_provider("mine", endpoints=[{"path": path}], registry=registry)(Provider)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"supported_models": "gpt-4"}, "`supported_models` must be a list of names, not 'gpt-4'"),
        ({"supported_models": ["a", 5]}, "`supported_models` has 5, which is no name"),
        ({"supported_models": ["\ud800"]}, "which is no name"),
        ({"capabilities": ["chat"]}, "`capabilities` must be a dictionary of what JSON knows"),
        ({"capabilities": {"a": object()}}, "`capabilities` must be a dictionary of what JSON knows"),
        ({"capabilities": {"a": float("nan")}}, "`capabilities` must be"),
        ({"config_schema": "object"}, "`config_schema` must be a dictionary"),
        ({"config_schema": {"type": str}}, "`config_schema` must be a dictionary"),
        ({"endpoints": ["/chat"]}, "an endpoint is a dictionary with a `path`, not '/chat'"),
        ({"endpoints": [{"path": "/chat", "handler": 5}]}, "has no `5`"),
    ],
)
def test_what_could_not_be_listed_is_refused(registry, options, message: str) -> None:
    with pytest.raises(RegistrationError, match=message):
        register_provider("mine", registry=registry, **options)(Provider)

    assert registry.providers == ()


@pytest.mark.parametrize("name", ["", "a/b", "a b", None])
def test_a_name_that_cannot_be_in_a_path_is_refused(registry, name) -> None:
    with pytest.raises(RegistrationError, match="must consist of letters"):
        register_provider(name, registry=registry)(Provider)


def test_what_is_no_provider_is_refused(registry) -> None:
    with pytest.raises(RegistrationError, match="is no provider: derive it"):
        register_provider("mine", registry=registry)(dict)


def test_a_name_that_another_class_has_is_refused_with_both(registry) -> None:
    register_provider("mine", registry=registry)(Provider)

    with pytest.raises(RegistrationError) as refused:
        register_provider("mine", endpoints=[{"path": "/chat"}], registry=registry)(Other)

    assert ".Provider" in str(refused.value)
    assert ".Other" in str(refused.value)
    assert registry.get("mine").cls is Provider


@pytest.mark.parametrize(
    ("path", "other"),
    [("/chat", "/chat"), ("/{model}/chat", "/{deployment}/chat"), ("/a/{x:path}/chat",) * 2],
)
def test_a_path_that_another_provider_has_is_refused_with_both(registry, path: str, other: str) -> None:
    register_provider("mine", endpoints=[{"path": path}], registry=registry)(Provider)

    with pytest.raises(
        RegistrationError, match=r"`yours` .* answered by `mine` .*: give one of them another"
    ):
        register_provider("yours", endpoints=[{"path": other}], registry=registry)(Other)

    register_provider("yours", endpoints=[{"path": other, "method": "PUT"}], registry=registry)(Other)


def test_an_endpoint_listed_twice_is_refused(registry) -> None:
    with pytest.raises(RegistrationError, match="lists POST /chat twice"):
        register_provider("mine", endpoints=[{"path": "/chat"}] * 2, registry=registry)(Provider)


def test_a_module_that_is_imported_again_replaces_its_provider(registry) -> None:
    again = type("Provider", (LLMProvider,), {"__module__": __name__, "__qualname__": "Provider"})
    register_provider("mine", registry=registry)(Provider)

    register_provider("mine", endpoints=[{"path": "/new/chat"}], registry=registry)(again)

    assert registry.match("POST", "/v1/mine/chat") is None
    assert registry.match("POST", "/new/chat").info.cls is again


def test_a_path_without_variables_goes_before_one_with(registry) -> None:
    paths = ["/{model}/chat", "/mine/chat", "/deep/{rest:path}/chat"]
    register_provider("mine", endpoints=[{"path": path} for path in paths], registry=registry)(Provider)

    assert registry.match("POST", "/mine/chat").endpoint.path == "/mine/chat"
    assert registry.match("POST", "/yours/chat").path_params == {"model": "yours"}
    assert registry.match("POST", "/deep/a/b/chat").path_params == {"rest": "a/b"}
    assert registry.match("POST", "/a/b/chat") is None
    assert registry.allowed_methods("/mine/chat") == ["POST"]


def test_literals_in_a_template_are_no_pattern() -> None:
    assert Endpoint("/a.b/{x}", "GET", "h").pattern.fullmatch("/aXb/1") is None


def test_a_removed_provider_answers_no_more(registry) -> None:
    register_provider("mine", registry=registry)(Provider)

    registry.remove("mine")
    registry.remove("mine")

    assert registry.match("POST", "/v1/mine/chat") is None
