"""The providers of installed packages: one instance each, and failures that are kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from completion_models import Scripted as Model
from suggesting import LOG, Scripted, ask, reply

from jupyter_ai.completions import BaseInlineCompletionProvider
from jupyter_ai.completions.models import InlineCompletionReply, InlineCompletionRequest
from jupyter_ai.completions.providers import InlineProviders
from jupyter_ai.completions.served import ServedProvider
from jupyter_ai.plugins import INLINE_COMPLETION_PROVIDERS, PluginRegistry


class Snippets(BaseInlineCompletionProvider):
    id = "snippets"
    name = "Snippets"
    closed = 0

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        return reply("1")

    async def aclose(self) -> None:
        type(self).closed += 1


class Broken(Snippets):
    id = "broken"
    name = "Broken"

    def __init__(self, **_: Any) -> None:
        raise RuntimeError("no index")


def registry(*classes: type) -> PluginRegistry:
    plugins = PluginRegistry(find=lambda group: [], log=LOG)
    add(plugins, *classes)
    return plugins


def add(plugins: PluginRegistry, *classes: type) -> None:
    for cls in classes:
        plugins.add(INLINE_COMPLETION_PROVIDERS, str(cls.id), cls)  # type: ignore[attr-defined]


def make(cls: Any) -> BaseInlineCompletionProvider:
    made: BaseInlineCompletionProvider = cls(log=LOG, config_manager=None, root_dir="", server_settings={})
    return made


async def found(plugins: PluginRegistry, **options: Any) -> InlineProviders:
    providers = InlineProviders(plugins, make, log=LOG, **options)
    await providers.ready()
    return providers


async def test_installed_class_has_one_instance() -> None:
    providers = await found(registry(Snippets))
    before = providers.get("snippets")
    await providers.ready()

    assert isinstance(before, Snippets)
    assert providers.get("snippets") is before


async def test_one_that_is_switched_off_is_not_made_and_told() -> None:
    providers = await found(registry(Broken, Snippets), disabled=["snippets"])
    [off] = [state for state in providers.states() if state["id"] == "snippets"]

    assert providers.get("snippets") is None
    assert (off["state"], "disabled_completion_providers" in off["reason"]) == ("off", True)


async def test_constructor_that_fails_costs_nobody_else() -> None:
    plugins = registry(Broken, Snippets)
    providers = await found(plugins)

    assert [(each["id"], each["state"], each["reason"]) for each in providers.states()] == [
        ("broken", "failed", "RuntimeError: no index"),
        ("snippets", "ready", None),
    ]


async def test_what_would_end_the_server_costs_its_provider_only() -> None:
    class Quits(Snippets):
        id = "quits"

        def __init__(self, **_: Any) -> None:
            raise SystemExit(3)

    class Leaves(Snippets):
        id = "leaves"

        async def aclose(self) -> None:
            raise KeyboardInterrupt

    providers = await found(registry(Leaves, Quits, Snippets))
    states = {each["id"]: (each["state"], each["reason"]) for each in providers.states()}
    closed = Snippets.closed

    await providers.aclose()

    assert states["quits"] == ("failed", "RuntimeError: the call raised SystemExit: 3")
    assert (states["snippets"][0], Snippets.closed) == ("ready", closed + 1)


class Mute(BaseInlineCompletionProvider):
    id = "mute"
    name = "Mute"


async def test_one_that_cannot_be_asked_is_refused() -> None:
    providers = await found(registry(Mute))

    assert "`generate_inline_completions` is not defined" in providers.states()[0]["reason"]
    with pytest.raises(ValueError, match="Mute defines neither"):
        providers.register(make(Mute))


async def test_class_that_is_no_provider_is_told_of() -> None:
    class Wrong:
        id = name = "wrong"

    providers = await found(registry(Wrong))

    assert [(each["id"], each["state"]) for each in providers.states()] == [("wrong", "failed")]


async def test_reload_makes_what_is_new_and_closes_what_is_gone() -> None:
    plugins = registry(Snippets)
    providers = await found(plugins)
    Snippets.closed = 0

    class Words(Snippets):
        id = "words"
        name = "Words"

    plugins.exchange(plugins.plugins(INLINE_COMPLETION_PROVIDERS), {})
    add(plugins, Words)
    await providers.renew()

    assert [each["id"] for each in providers.states()] == ["words"]
    assert Snippets.closed == 1


async def test_id_in_use_is_refused() -> None:
    providers = InlineProviders(log=LOG)
    providers.register(Scripted())

    with pytest.raises(ValueError, match="with the id 'scripted' is there: choose another"):
        providers.register(Scripted())


async def test_installed_provider_that_comes_later_does_not_get_an_id_in_use() -> None:
    plugins = registry()
    providers = await found(plugins)
    registered = Scripted(id="snippets")
    providers.register(registered)
    add(plugins, Snippets)
    await providers.renew()
    [late] = [state for state in providers.states() if state["state"] == "failed"]

    assert (late["id"], late["reason"].partition(":")[0]) == (
        "snippets",
        "The id 'snippets' is that of a provider that was registered at run time",
    )
    assert providers.get("snippets") is registered


def test_id_of_an_installed_provider_is_refused_before_that_is_imported() -> None:
    providers = InlineProviders(registry(Snippets), make, log=LOG)

    with pytest.raises(ValueError, match="with the id 'snippets' is there: choose another"):
        providers.register(Scripted(id="snippets"))


class Mistaken(Snippets):
    id = "mistaken"
    name = "Mistaken"
    options = {"language": "python"}  # type: ignore[assignment]  # noqa: RUF012


async def test_wrong_options_cost_nobody_else_and_are_named() -> None:
    providers = await found(registry(Mistaken, Snippets))
    states = {each["id"]: each["reason"] for each in providers.states()}

    assert "`options` is {'language': 'python'}: write `options = ProviderOptions(" in states["mistaken"]
    assert [served.id for served in providers.matching(ask())] == ["snippets"]


@pytest.mark.parametrize(
    ("name", "wrong"), [("id", None), ("id", 5), ("name", ["Snippets"]), ("options", {"language": "python"})]
)
def test_who_is_registered_with_something_wrong_is_refused(name: str, wrong: Any) -> None:
    provider = Scripted()
    setattr(provider, name, wrong)

    with pytest.raises(
        ValueError, match=re.escape(f"Scripted {'are' if name == 'options' else 'is'} {wrong!r}")
    ):
        InlineProviders(log=LOG).register(provider)


def test_a_model_s_field_of_the_name_options_is_its_own() -> None:
    class Local(Model):
        options: dict[str, int] = {}  # noqa: RUF012

    providers = InlineProviders(log=LOG)
    providers.register(Local(model_id="one", options={"threads": 4}))

    assert [served.id for served in providers.matching(ask())] == ["scripted"]


def test_registered_one_that_is_switched_off_is_told_and_not_asked() -> None:
    providers = InlineProviders(disabled=["scripted"], log=LOG)
    providers.register(Scripted())
    [off] = providers.states()

    assert (off["state"], "disabled_completion_providers" in off["reason"]) == ("off", True)
    assert providers.matching(ask()) == []


def fail(served: ServedProvider) -> None:
    if served.id in ("snippets", "scripted"):
        raise RuntimeError("it cannot be observed")


async def test_one_that_cannot_be_taken_into_service_costs_nobody_else() -> None:
    class Words(Snippets):
        id = "words"

    providers = InlineProviders(registry(Snippets, Words), make, log=LOG)
    providers.made = fail
    await providers.ready()
    with pytest.raises(RuntimeError):
        providers.register(Scripted())

    assert [(each["id"], each["state"]) for each in providers.states()] == [
        ("snippets", "failed"),
        ("words", "ready"),
    ]
