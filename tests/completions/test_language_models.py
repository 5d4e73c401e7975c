"""Which model is asked for a completion, what becomes of its answer, and who is asked when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from completion_models import HTTPError, LastSelector, Scripted, choose, config, models, request, texts

from jupyter_ai.completions.caller import Caller, asking
from jupyter_ai.completions.language_models import CompletionModels
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.completions.selector import Candidate, Situation, ab_group
from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.errors import CompletionUnavailable, FetchMisconfigured
from jupyter_ai.models import UpdateConfigRequest
from jupyter_ai_magics.network import NetworkSettings
from jupyter_ai_magics.partner_providers.openai import ChatOpenAICustomProvider
from jupyter_ai_magics.threads import run_in_thread
from mockllm.fixture import MockLLM

BOTH = ["scripted:one", "scripted:two"]
TOO_OFTEN = HTTPError(429, retry_after="30")


async def asked(provider: CompletionModels, **fields: Any) -> list[str]:
    return texts(await provider.generate_inline_completions(request(**fields)))


async def streamed(provider: CompletionModels) -> list[tuple[str, str | None]]:
    """The text and the model of each item that came."""
    found = []
    async for part in provider.stream_inline_completions(request(stream=True)):
        items = part.list.items if isinstance(part, InlineCompletionReply) else [part.response]
        found += [(item.insertText, item.model) for item in items]
    return found


async def refusal(provider: CompletionModels) -> CompletionUnavailable:
    with pytest.raises(CompletionUnavailable) as raised:
        await asked(provider)
    return raised.value


class TestChosenModel:
    async def test_chosen_model_is_asked_and_named(self) -> None:
        reply = await models(config("scripted:two")).generate_inline_completions(request())

        assert [(item.insertText, item.model) for item in reply.list.items] == [("two()", "scripted:two")]

    async def test_stream_begins_when_there_are_words(self) -> None:
        assert await streamed(models(config("scripted:two"))) == [
            ("", "scripted:two"),
            ("two()", "scripted:two"),
        ]

    async def test_nothing_is_asked_where_nobody_chose_a_model(self) -> None:
        error = await refusal(models(config()))

        assert (error.type, str(error)) == ("no-model", "No completion model is chosen.")
        assert Scripted.asked == []

    async def test_missing_key_is_named(self) -> None:
        settings = config()
        choose(settings, "keyed:one", api_keys={"KEYED_API_KEY": "k"})
        settings.keys.delete("KEYED_API_KEY")

        assert str(await refusal(models(settings))) == "keyed:one needs KEYED_API_KEY, which is not set."

    async def test_one_instance_is_made_for_the_same_settings_and_another_for_others(self) -> None:
        settings = config("scripted:one")
        provider = models(settings)
        answers = [await asked(provider), await asked(provider)]
        made = len(Scripted.made)
        choose(settings, "scripted:one", completions_fields={"scripted:one": {"style": "_new"}})
        answers.append(await asked(provider))

        assert answers == [["one()"], ["one()"], ["one_new()"]]
        assert (made, len(Scripted.made)) == (1, 2)

    async def test_administrators_parameters_override(self) -> None:
        settings = config("scripted:one", model_parameters={"scripted:one": {"style": "_fixed"}})

        assert await asked(models(settings)) == ["one_fixed()"]

    async def test_no_other_model_is_asked_when_the_chosen_one_fails(self) -> None:
        Scripted.script["one"] = ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await asked(models(config("scripted:one", candidates=BOTH)))
        assert Scripted.asked == ["one"]

    async def test_model_that_was_asked_too_often_is_left_alone(self) -> None:
        Scripted.script["one"] = TOO_OFTEN
        provider = models(config("scripted:one"))
        with pytest.raises(HTTPError):
            await asked(provider)

        error = await refusal(provider)

        assert (error.type, error.upstream_status, Scripted.asked) == ("too-often", 429, ["one"])
        assert provider.status()["reason"] == "one was asked too often; it is asked again in 30 s."

    async def test_models_that_answer_one_request_at_a_time_are_asked_so(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called, released = asyncio.Queue[str](), asyncio.Event()
        for name, value in {"at_once": False, "called": called, "released": released}.items():
            monkeypatch.setattr(Scripted, name, value)
        provider = models(config("scripted:one"))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asked(provider)) for _ in range(3)]
            await called.get()
            for _ in range(10):
                await asyncio.sleep(0)
            at_once = len(Scripted.asked)
            released.set()

        assert (at_once, len(Scripted.asked)) == (1, 3)
        assert all(task.result() == ["one()"] for task in tasks)

    async def test_what_is_no_exception_is_made_one(self) -> None:
        Scripted.script["one"] = SystemExit(1)

        with pytest.raises(RuntimeError, match="SystemExit"):
            await asked(models(config("scripted:one")))


class TestAuto:
    async def test_the_next_is_asked_where_one_fails(self) -> None:
        Scripted.script["one"] = HTTPError(500)
        provider = models(config("auto", candidates=BOTH))

        assert [await asked(provider), await streamed(provider)] == [
            ["two()"],
            [("", "scripted:two"), ("two()", "scripted:two")],
        ]

    async def test_what_the_last_one_raises_is_told(self) -> None:
        Scripted.script |= {"one": HTTPError(500), "two": ValueError("no")}
        provider = models(config("auto", candidates=BOTH))

        with pytest.raises(ValueError, match="no"):
            await asked(provider)
        with pytest.raises((ValueError, HTTPError)):
            await streamed(provider)

    async def test_model_that_was_asked_too_often_is_passed_over(self) -> None:
        Scripted.script["one"] = TOO_OFTEN
        provider = models(config("auto", candidates=BOTH))
        for _ in range(3):
            await asked(provider)

        assert Scripted.asked == ["one", "two", "two", "two"]

    async def test_it_is_told_when_all_are_left_alone(self) -> None:
        Scripted.script |= {"one": TOO_OFTEN, "two": HTTPError(429, retry_after="20")}
        provider = models(config("auto", candidates=BOTH))
        with pytest.raises(HTTPError):
            await asked(provider)

        assert str(await refusal(provider)) == ("Automatic was asked too often; it is asked again in 20 s.")

    async def test_slow_model_has_two_seconds_while_there_is_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        provider = models(config("auto", candidates=BOTH, selector=InOrder()))
        await asked(provider)  # it is imported and made
        monkeypatch.setattr("jupyter_ai.completions.language_models._HURRY", 0.01)
        called, released = asyncio.Queue[str](), asyncio.Event()
        monkeypatch.setattr(Scripted, "called", called)
        monkeypatch.setattr(Scripted, "released", released)
        task = asyncio.create_task(streamed(provider))
        assert [await called.get(), await called.get()] == ["one", "two"]
        released.set()

        assert await task == [("", "scripted:two"), ("two()", "scripted:two")]

    async def test_candidate_that_the_policy_forbids_meanwhile_is_not_asked(self) -> None:
        provider = models(config("auto", candidates=["keyed:one"]))

        assert "AiExtension.completion_candidates" in str(await refusal(provider))


class InOrder:
    def select(self, candidates: Sequence[Candidate], situation: Situation) -> list[str]:
        return [candidate.id for candidate in candidates]


class Raises:
    def select(self, candidates: Sequence[Candidate], situation: Situation) -> list[str]:
        raise RuntimeError("no idea")


class TestSelector:
    async def test_selector_is_told_who_asks_and_how_models_did(self) -> None:
        selector = LastSelector()
        settings = config("auto", candidates=BOTH, selector=selector, experiment="e", tiers={"ada": "gold"})
        provider = models(settings)
        token = asking.set(Caller("c", "ada"))
        try:
            answers = [await asked(provider, language="python", trigger="explicit") for _ in range(2)]
        finally:
            asking.reset(token)

        candidates, situation = selector.told[-1]
        assert answers == [["two()"]] * 2
        assert situation == Situation("ada", "gold", ab_group("ada", "e"), "python", True, 0)
        assert [(c.id, c.asked, c.latency_ms is None) for c in candidates] == [
            ("scripted:one", 0, True),
            ("scripted:two", 1, False),
        ]

    @pytest.mark.parametrize(
        "selector", [LastSelector, "completion_models.LastSelector"], ids=["class", "dotted name"]
    )
    async def test_selector_may_be_named(self, selector: Any) -> None:
        provider = models(config("auto", candidates=BOTH, selector=selector))

        assert await asked(provider) == ["two()"]

    @pytest.mark.parametrize(
        ("trait", "decided", "reason"),
        [
            ("selector", "nowhere.Selector", "'nowhere.Selector' cannot be made: ModuleNotFoundError"),
            ("selector", LastSelector.select, "function has no method `select`."),
            ("selector", Caller, "Caller cannot be made: TypeError"),
            ("fetcher", InOrder(), "InOrder has no method `fetch`."),
        ],
    )
    async def test_wrong_trait_is_named_and_nothing_is_asked(
        self, trait: str, decided: Any, reason: str
    ) -> None:
        provider = models(config("scripted:one", **{trait: decided}))
        told = f"AiExtension.completion_{trait}_class: {reason}"

        assert str(await refusal(provider))[: len(told)] == told
        assert provider.status()["reason"].startswith(told)
        assert Scripted.asked == []

    async def test_selector_that_raises_costs_nobody_an_answer(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        provider = models(config("auto", candidates=BOTH, selector=Raises()))

        assert await asked(provider) == ["one()"]
        assert "The selector of completion models failed." in caplog.text

    @pytest.mark.parametrize(
        ("selected", "expected"), [([["two"]], "one()"), ("scripted:two", "two()")], ids=["lists", "one id"]
    )
    async def test_selector_that_returns_no_list_of_ids_costs_nobody_an_answer(
        self, selected: Any, expected: str
    ) -> None:
        selector = LastSelector()
        selector.select = lambda candidates, situation: selected  # type: ignore[method-assign]

        assert await asked(models(config("auto", candidates=BOTH, selector=selector))) == [expected]

    async def test_endpoint_that_wants_to_be_told_a_model_is_quoted(self, mockllm: MockLLM) -> None:
        provider = models(config("endpoint:default", base_url=mockllm.openai_url))
        with pytest.raises(Exception, match="status 400"):
            await asked(provider)
        status = provider.status()
        await provider.aclose()

        assert status["enabled"]
        assert status["reason"].startswith("127.0.0.1 refused with status 400 (Bad Request): ")
        assert "`model`" in status["reason"]
        assert "AiExtension.completions_endpoint_models" in status["reason"]

    async def test_network_setting_that_cannot_be_used_is_told_to_everybody(self) -> None:
        network = NetworkSettings(ca_bundle="/nowhere/bundle.pem")
        provider = models(config("endpoint:default", base_url="https://models.invalid", network=network))
        with pytest.raises(FetchMisconfigured):
            await asked(provider)

        reason = provider.status()["reason"]
        assert reason.startswith("The CA bundle '/nowhere/bundle.pem' cannot be read")
        assert reason.endswith("name a PEM file.")

    async def test_model_may_be_left_to_the_server(self, mockllm: MockLLM) -> None:
        url = mockllm.openai_url
        provider = models(
            config("auto", base_url=url, candidates=[*BOTH, "endpoint:default"], selector=LastSelector())
        )
        with pytest.raises(Exception, match="status 400"):  # the mock server wants to be told a model
            await asked(provider)
        await provider.aclose()

        assert "model" not in mockllm.journal[-1].body


class TestChanges:
    def seen(self, provider: CompletionModels) -> list[Any]:
        seen: list[Any] = []
        provider.observe(lambda: seen.append(provider.status()["model"]))
        return seen

    async def test_change_on_any_thread_is_told_on_the_loop(self) -> None:
        settings = config("scripted:one")
        seen = self.seen(models(settings))
        await run_in_thread(choose, settings, "scripted:two")
        await asyncio.sleep(0)

        assert seen == ["scripted:two"]

    async def test_key_that_comes_is_a_change_and_another_setting_is_none(self) -> None:
        settings = config(defaults={"completions_model_provider_id": "keyed:one"})
        provider = models(settings)
        seen = self.seen(provider)
        settings.update_config(UpdateConfigRequest(max_chat_history=3))
        await asyncio.sleep(0)
        before = list(seen)
        settings.update_config(UpdateConfigRequest(api_keys={"KEYED_API_KEY": "k"}))
        await asyncio.sleep(0)

        assert (before, seen) == ([], ["keyed:one"])

    async def test_change_of_another_process_is_seen_with_the_next_look(self, tmp_path: Path) -> None:
        path = tmp_path / "jupyter_ai" / "config.json"
        provider = models(config("scripted:one", path=path))
        seen = self.seen(provider)
        choose(config(path=path), "scripted:two")
        provider.look()
        provider.look()

        assert seen == ["scripted:two"]
        assert await asked(provider) == ["two()"]

    async def test_change_of_another_process_is_seen_by_a_look_aside(self, tmp_path: Path) -> None:
        path = tmp_path / "jupyter_ai" / "config.json"
        provider = models(config("scripted:one", path=path))
        seen = self.seen(provider)
        await provider.look_aside()
        choose(config(path=path), "scripted:two")
        await provider.look_aside()

        assert seen == ["scripted:two"]

    async def test_end_of_a_pause_is_told(self) -> None:
        Scripted.script["one"] = HTTPError(429, retry_after_ms="300")
        provider = models(config("scripted:one"))
        told = asyncio.Queue[bool]()
        provider.observe_pauses(lambda: told.put_nowait(provider.status()["enabled"]))
        with pytest.raises(HTTPError):
            await asked(provider)

        assert [await told.get(), await told.get()] == [False, True]

    async def test_who_does_not_observe_any_more_is_not_told(self) -> None:
        settings = config("scripted:one")
        provider = models(settings)
        seen: list[None] = []
        provider.observe(lambda: seen.append(None))()
        choose(settings, "scripted:two")
        await asyncio.sleep(0)

        assert seen == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (config(), ("none", None, "No model", False, "No completion model is chosen.")),
        (config("scripted:one"), ("model", "scripted:one", "one", True, None)),
        (config("auto", candidates=BOTH), ("auto", "auto", "Automatic", True, None)),
    ],
    ids=["none", "model", "auto"],
)
def test_status(settings: ConfigManager, expected: tuple[Any, ...]) -> None:
    status = models(settings).status()

    assert tuple(status[name] for name in ("mode", "model", "name", "enabled", "reason")) == expected
    assert status["fixed"] is False


async def test_endpoint_is_asked_for_the_model_that_was_chosen_and_its_stream_closed(
    mockllm: MockLLM,
) -> None:
    mockllm.reply_with("one two three", token_ms=60_000)
    settings = config("endpoint:coder", base_url=mockllm.openai_url, endpoint_models=["coder"])
    provider = models(settings)

    task = asyncio.create_task(streamed(provider))
    await run_in_thread(mockllm.wait_for, lambda entry: entry.prompt)
    task.cancel()
    await asyncio.wait([task])
    entry = await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)
    await provider.aclose()

    assert entry.body["model"] == "coder"


waiting: asyncio.Queue[int] = asyncio.Queue()


class Deaf(Scripted):
    """Swallows a cancellation, as `asyncio.wait_for` of Python 3.11 may round a chunk."""

    id = "deaf"

    async def stream_inline_completions(self, request: InlineCompletionRequest) -> AsyncIterator[Any]:
        for number in range(2):
            with suppress(asyncio.CancelledError):
                waiting.put_nowait(number)
                await asyncio.Event().wait()
            item = InlineCompletionItem(insertText=str(number), token="t")
            yield InlineCompletionStreamChunk(response=item, reply_to=1, done=False)


async def test_cancellation_that_a_client_library_swallows_ends_the_stream() -> None:
    provider = models(config("deaf:one", providers={"deaf": Deaf}))
    task = asyncio.create_task(streamed(provider))
    await waiting.get()

    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert waiting.empty()


@pytest.fixture
async def chat_model(mockllm: MockLLM) -> AsyncIterator[CompletionModels]:
    """What asks a partner's chat model, which is at the mock server."""
    gid = "openai-chat-custom:m"
    async with httpx.AsyncClient() as client:
        settings = config(
            providers={"openai-chat-custom": ChatOpenAICustomProvider},
            defaults={"completions_model_provider_id": gid, "api_keys": {"OPENAI_API_KEY": "sk-test"}},
            model_parameters={gid: {"openai_api_base": mockllm.openai_url, "http_async_client": client}},
        )
        yield models(settings)


async def test_cancelling_closes_the_chat_models_connection(
    mockllm: MockLLM, chat_model: CompletionModels
) -> None:
    mockllm.reply_with("one two three", token_ms=60_000)

    task = asyncio.create_task(streamed(chat_model))
    await run_in_thread(mockllm.wait_for, lambda entry: entry.prompt)
    task.cancel()
    await asyncio.wait([task])

    await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)


async def test_client_library_does_not_ask_again_by_itself(
    mockllm: MockLLM, chat_model: CompletionModels
) -> None:
    mockllm.reply_with("no", status=429, retry_after=30)
    with pytest.raises(Exception, match="429"):
        await asked(chat_model)

    assert (await refusal(chat_model)).type == "too-often"
    assert len(mockllm.journal) == 1


def test_failed_log_names_the_model_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Scripted.script["one"] = TOO_OFTEN
    with pytest.raises(HTTPError):
        asyncio.run(asked(models(config("scripted:one"))))

    assert [r.getMessage() for r in caplog.records if "completes no code" in r.getMessage()] == [
        "scripted:one completes no code for 30 s: HTTPError: status 429"
    ]
