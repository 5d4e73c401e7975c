"""The model that completes code, over REST."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from completion_models import HTTPError, Keyed, Scripted, choose, config
from serving import Serve, Server, Socket

from jupyter_ai.plugins import MODEL_PROVIDERS

STATUS, MODELS, MODEL = (f"api/ai/completion/{name}" for name in ("status", "models", "model"))
URL = "http://models.invalid/v1"


async def completing(serve: Serve, **traits: Any) -> Server:
    server = await serve(config={"AiExtension": traits})
    for provider in (Scripted, Keyed):
        server.host.plugins.add(MODEL_PROVIDERS, provider.id, provider, distribution="test")
    await server.ready()
    return server


async def told(server: Server) -> dict[str, Any]:
    status: dict[str, Any] = (await server.get(STATUS)).json()
    return status


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEYED_API_KEY", "OPENAI_API_KEY", "JUPYTER_AI_COMPLETIONS_MODEL"):
        monkeypatch.delenv(name, raising=False)


async def test_models_are_listed_with_what_they_lack(serve: Serve) -> None:
    server = await completing(
        serve, blocked_models=["scripted:two"], completions_base_url=URL, completion_candidates=["keyed:new"]
    )
    listed = (await server.get(MODELS)).json()
    found = {model["id"]: model for model in listed["models"]}

    assert (listed["chosen"], listed["fixed"]) == ("", False)
    assert list(found)[:2] == ["auto", "endpoint:default"]
    assert "scripted:two" not in found
    assert found["scripted:one"] == {
        "id": "scripted:one",
        "name": "one",
        "description": "one by Scripted.",
        "vendor": "Scripted",
        "family": "one",
        "available": True,
        "reason": None,
    }
    assert found["keyed:new"]["reason"] == "keyed:new needs KEYED_API_KEY, which is not set."
    assert found["openai-chat:gpt-4o"]["vendor"] == "OpenAI"
    assert not found["auto"]["available"]
    assert "mockllm:offline" not in found


async def test_choice_is_kept_and_counts_at_once(serve: Serve, tmp_path: Path) -> None:
    server = await completing(serve, default_completions_model="scripted:three")
    seen = [await told(server)]
    for chosen in ("scripted:two", "auto", ""):
        assert (await server.post(MODEL, {"id": chosen})).status == 204
        seen.append(await told(server))
        listed = (await server.get(MODELS)).json()["chosen"]
        kept = json.loads((tmp_path / "data/jupyter_ai/config.json").read_text())
        assert (listed, kept["completions_model_provider_id"]) == (chosen, chosen or None)

    assert [(status["mode"], status["model"], status["enabled"]) for status in seen] == [
        ("model", "scripted:three", True),
        ("model", "scripted:two", True),
        ("auto", "auto", True),
        ("model", "scripted:three", True),
    ]


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"id": "nobody:m"}, 400, "id: nobody:m cannot be used: its provider nobody is not installed."),
    ({"id": "keyed:one"}, 400, "id: keyed:one needs KEYED_API_KEY"),
    ({"id": "endpoint:m"}, 400, "id: endpoint:m cannot be used"),
    ({"id": "scripted:two"}, 403, "id: scripted:two may not be used"),
    ({"id": 5}, 400, "id"),
    ({"model": "auto"}, 400, "id"),
]


async def test_what_cannot_be_chosen_is_refused_by_the_name_of_the_field(serve: Serve) -> None:
    server = await completing(serve, blocked_models=["scripted:two"])
    for body, status, message in REFUSED:
        response = await server.post(MODEL, body)

        assert (response.status, response.json()["message"][: len(message)]) == (status, message)


async def test_every_editor_is_told_of_another_model_and_gets_its_suggestions(serve: Serve) -> None:
    server = await completing(serve, default_completions_model="scripted:three")
    editor = await server.ws("api/ai/completion/inline?status=1")
    seen: list[Any] = [(await editor.last("status"))["model"]]
    for number, chosen in enumerate(("scripted:one", "scripted:two"), 1):
        await server.post(MODEL, {"id": chosen})
        seen.append((await editor.last("status", model=chosen))["model"])
        await editor.send(asked(number))
        seen.append(await suggested(editor, number))

    assert seen == [
        "scripted:three",
        "scripted:one",
        [("one()", "scripted:one")],
        "scripted:two",
        [("two()", "scripted:two")],
    ]


async def test_model_that_another_process_chose_counts_before_what_is_known(
    serve: Serve, tmp_path: Path
) -> None:
    server = await completing(serve, default_completions_model="scripted:one")
    editor, seen = await server.ws("api/ai/completion/inline"), []
    for number in (1, 2):
        await editor.send(asked(number))
        seen.append(await suggested(editor, number))
        choose(config(path=tmp_path / "data/jupyter_ai/config.json"), "scripted:two")

    assert seen == [[("one()", "scripted:one")], [("two()", "scripted:two")]]


async def test_editor_that_asks_for_nothing_is_told_what_another_process_chose(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_ai.completions.watch.EVERY", 0.01)
    server = await completing(serve, default_completions_model="scripted:one")
    editor = await server.ws("api/ai/completion/inline?status=1")
    await editor.last("status", model="scripted:one")
    choose(config(path=tmp_path / "data/jupyter_ai/config.json"), "scripted:two")

    assert (await editor.last("status", model="scripted:two"))["enabled"]


async def test_editor_is_told_of_the_end_of_a_pause(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scripted, "script", {"one": HTTPError(429, retry_after_ms="50")})
    server = await completing(serve, default_completions_model="scripted:one")
    editor = await server.ws("api/ai/completion/inline?status=1")
    await editor.last("status")
    await editor.send(asked(1))
    paused, resumed = [await status(editor, enabled) for enabled in (False, True)]

    assert paused["reason"] == "one was asked too often; it is asked again in 1 s."
    assert [p["state"] for p in resumed["providers"] if p["id"] == "model"] == ["ready"]


async def status(editor: Socket, enabled: bool) -> dict[str, Any]:
    """The next status that says so, whatever else comes."""
    while (frame := await editor.receive()) is not None:
        if frame.get("type") == "status" and frame["enabled"] == enabled:
            return frame
    raise AssertionError("the connection was closed")


async def suggested(editor: Socket, number: int) -> list[tuple[str, str]]:
    """The texts of the reply to a request, and the models that they are of."""
    while (frame := await editor.receive()) is not None:
        if frame.get("reply_to") == number:
            return [(item["insertText"], item["model"]) for item in frame["list"]["items"]]
    raise AssertionError("the connection was closed")


def asked(number: int) -> dict[str, Any]:
    request = {"number": number, "prefix": "x = ", "suffix": "", "mime": "text/x-python", "stream": False}
    return {**request, "path": "a.py", "language": "python"}


async def test_fixed_model_cannot_be_changed(serve: Serve) -> None:
    server = await completing(serve, completions_model="scripted:one")

    response = await server.post(MODEL, {"id": "auto"})
    status = await told(server)

    assert (response.status, response.json()["code"]) == (403, "fixed")
    assert (status["model"], status["fixed"]) == ("scripted:one", True)


async def test_status_tells_why_nothing_completes(serve: Serve) -> None:
    server = await completing(serve)

    status = await told(server)

    assert (status["mode"], status["model"], status["reason"]) == (
        "none",
        None,
        "No completion model is chosen.",
    )
    assert sorted(provider["id"] for provider in status["providers"]) == ["document-words", "model"]


async def test_wrong_class_of_the_administrators_is_named_by_status_and_health(serve: Serve) -> None:
    server = await completing(
        serve, default_completions_model="scripted:one", completion_fetcher_class="nowhere.Fetcher"
    )
    problem = "AiExtension.completion_fetcher_class: 'nowhere.Fetcher' cannot be made: "
    health = (await server.get("api/ai/health")).json()
    status = await told(server)

    assert [said[: 13 + len(problem)] for said in health["problems"]] == [f"completions: {problem}"]
    assert (status["enabled"], status["reason"][: len(problem)]) == (False, problem)
