"""Plug-in discovery: what is found, what is imported when, who serves, and which failures are kept."""

import asyncio
import importlib
import json
import logging
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults
from jupyter_ai.plugins import (
    CHAT_HANDLERS,
    CONTEXT_PROVIDERS,
    DEFAULT_TASKS,
    EMBEDDINGS_PROVIDERS,
    GROUPS,
    MODEL_PROVIDERS,
    PERSONAS,
    Plugin,
    PluginError,
    PluginRegistry,
    builtin_class,
    loading,
)
from jupyter_ai.plugins.loading import GroupLoading
from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider

GUARD = 30.0  # seconds; a time-out that must not be reached

HANDLER = """
from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType

class Handler(BaseChatHandler):
    id = name = help = "{id}"
    routing_type = SlashCommandRoutingType(slash_id="{id}")

    async def process_message(self, message):
        pass
"""


class Site:
    """A directory of packages, as an installer leaves them: modules, and metadata with entry points."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.modules: set[str] = set()

    def install(self, name: str, entry_points: str, *, version: str = "1.0", **modules: str) -> None:
        info = self.path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(textwrap.dedent(entry_points))
        for module, source in modules.items():
            (self.path / f"{module}.py").write_text(textwrap.dedent(source))
            self.modules.add(module)
        importlib.invalidate_caches()  # they go by modification times, which are coarse

    def install_handler(self, name: str, source: str, *, attr: str = "Handler") -> None:
        """One chat handler `x` in the module `<name>_code`."""
        module = f"{name.replace('-', '_')}_code"
        self.install(name, f"[{CHAT_HANDLERS}]\nx = {module}:{attr}", **{module: source})

    def find(self, group: str) -> Iterable[metadata.EntryPoint]:
        """The entry points of this directory alone; what is installed beside the tests does not matter."""
        for distribution in metadata.distributions(path=[str(self.path)]):
            yield from distribution.entry_points.select(group=group)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(str(tmp_path))
    site = Site(tmp_path)
    yield site
    for module in site.modules:
        sys.modules.pop(module, None)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the registry has logged so far, each line with its level."""
    caplog.set_level(logging.INFO, logger="jupyter_ai.plugins")
    return lambda: [
        f"{r.levelname} {r.getMessage()}" for r in caplog.records if r.name == "jupyter_ai.plugins"
    ]


class Gate:
    """Holds up the import of a module until the test opens it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def pass_through(self) -> None:
        self.reached.set()
        assert self.opened.wait(GUARD)

    async def wait_reached(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, GUARD)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Importing a module with `GATED` blocks until `gate.opened` is set."""
    gate = Gate()
    module = ModuleType("plugin_test_gate")
    module.__dict__["gate"] = gate
    monkeypatch.setitem(sys.modules, "plugin_test_gate", module)
    yield gate
    gate.opened.set()


GATED = "from plugin_test_gate import gate\ngate.pass_through()\n"


def handler(slash_id: str | None, **attributes: Any) -> type[BaseChatHandler]:
    """A valid chat handler class of its own."""

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        pass

    members = {
        "id": slash_id or "default",
        "name": "Name",
        "help": "Help.",
        "routing_type": SlashCommandRoutingType(slash_id=slash_id),
        "process_message": process_message,
    }
    return type("Handler", (BaseChatHandler,), members | attributes)


def provider(id: str) -> type:
    members = {"id": id, "name": "Name", "models": ["m"], "model_id_key": "model"}
    return type("Provider", (BaseProvider,), members)


def context_provider(id: str) -> type:
    return type("ContextProvider", (), {"id": id, "help": "Help."})


def empty_registry(**options: Any) -> PluginRegistry:
    return PluginRegistry(find=lambda group: (), **options)


def found_in(site: Site, **options: Any) -> PluginRegistry:
    registry = PluginRegistry(find=site.find, **options)
    registry.discover()
    return registry


def loaded_from(site: Site, **options: Any) -> PluginRegistry:
    registry = found_in(site, **options)
    registry.load_all()
    return registry


def add_builtin(registry: PluginRegistry, name: str, cls: type, group: str = CHAT_HANDLERS) -> None:
    registry.add(group, name, cls, distribution="jupyter_ai", version="2.40.0", builtin=True)


def only(registry: PluginRegistry, **attributes: object) -> Plugin:
    [plugin] = [
        plugin
        for plugin in registry.plugins()
        if all(getattr(plugin, name) == value for name, value in attributes.items())
    ]
    return plugin


def states(registry: PluginRegistry) -> dict[str, str]:
    """State by "<distribution> <name>"."""
    return {f"{plugin.distribution} {plugin.name}": plugin.state for plugin in registry.plugins()}


# Discovery


def test_discovery_imports_no_plug_in(site: Site) -> None:
    site.install_handler("acme", "raise AssertionError('imported')")

    registry = found_in(site)

    assert "acme_code" not in sys.modules
    assert [plugin.state for plugin in registry.plugins()] == ["not loaded"]


def test_discovery_twice_lists_each_plug_in_once(site: Site) -> None:
    site.install_handler("acme", HANDLER.format(id="x"))
    registry = loaded_from(site)

    registry.discover()

    assert registry.loaded(CHAT_HANDLERS)
    assert states(registry) == {"acme x": "loaded"}


def test_what_was_installed_meanwhile_is_found_and_loaded_by_another_round(site: Site) -> None:
    registry = loaded_from(site)
    site.install_handler("acme", HANDLER.format(id="x"))

    registry.discover()
    registry.load(CHAT_HANDLERS)

    assert list(registry.handlers()) == ["/x"]


def test_default_find_reads_what_is_installed(site: Site) -> None:
    site.install("Acme.Tools", f"[{CHAT_HANDLERS}]\nplugin_test = acme:Handler", version="1.2")
    registry = PluginRegistry()

    registry.discover()

    plugin = only(registry, name="plugin_test")
    assert str(plugin) == "`plugin_test` of Acme.Tools 1.2 (acme:Handler)"
    assert not plugin.builtin


def test_of_two_installed_versions_the_first_on_the_path_counts(
    site: Site, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("acme", f"[{CHAT_HANDLERS}]\nplugin_test = old:Handler", version="1.0")
    newer = tmp_path_factory.mktemp("newer")
    monkeypatch.syspath_prepend(str(newer))
    Site(newer).install("acme", f"[{CHAT_HANDLERS}]\nplugin_test = new:Handler", version="2.0")
    registry = PluginRegistry()

    registry.discover()

    assert only(registry, name="plugin_test").target == "new:Handler"


def test_unreadable_metadata_of_one_package_do_not_hide_the_others(
    site: Site, log: Callable[[], list[str]]
) -> None:
    site.install("broken", f"[{CHAT_HANDLERS}]\nthis line has no equals sign")
    site.install("acme", f"[{CHAT_HANDLERS}]\nplugin_test = acme:Handler")
    registry = PluginRegistry()

    registry.discover()

    assert only(registry, name="plugin_test").distribution == "acme"
    assert any("entry points of broken cannot be read" in line for line in log())


def test_group_that_cannot_be_read_costs_no_other_group(site: Site) -> None:
    site.install_handler("acme", HANDLER.format(id="x"))

    def find(group: str) -> Iterable[metadata.EntryPoint]:
        if group == PERSONAS:
            raise OSError("disk on fire")
        return site.find(group)

    registry = PluginRegistry(find=find)
    registry.discover()

    assert states(registry) == {"acme x": "not loaded"}


@pytest.mark.parametrize("target", ["no colon", "module", ":Handler", "module:", "a b:c", ""])
def test_invalid_target_is_a_kept_failure(site: Site, target: str) -> None:
    site.install("acme", f"[{CHAT_HANDLERS}]\nx = {target}")

    registry = found_in(site)

    [plugin] = registry.plugins()
    assert plugin.state == "failed"
    assert f"`{target}` is not of the form `module:Class`" in (plugin.reason or "")


def test_extras_in_a_target_are_accepted(site: Site) -> None:
    site.install(
        "acme", f"[{CHAT_HANDLERS}]\nx = acme_code:Handler [extra]", acme_code=HANDLER.format(id="x")
    )

    registry = loaded_from(site)

    assert states(registry) == {"acme x": "loaded"}


def test_plug_ins_of_our_own_distribution_are_built_in(site: Site) -> None:
    site.install("Jupyter_AI", f"[{CHAT_HANDLERS}]\nx = acme:Handler")

    registry = found_in(site)

    assert [plugin.builtin for plugin in registry.plugins()] == [True]


def test_entry_point_without_a_distribution_is_listed() -> None:
    entry_point = metadata.EntryPoint("x", "acme:Handler", CHAT_HANDLERS)
    registry = PluginRegistry(find=lambda group: [entry_point] if group == CHAT_HANDLERS else [])

    registry.discover()

    assert states(registry) == {"(unknown) x": "not loaded"}


def test_default_tasks_are_listed_and_never_loaded(site: Site) -> None:
    site.install("acme", f"[{DEFAULT_TASKS}]\ntasks = acme.tasks:tasks")

    registry = loaded_from(site)

    assert [plugin.state for plugin in registry.plugins(DEFAULT_TASKS)] == ["not loaded"]
    assert "listed only" in (only(registry, name="tasks").reason or "")


def test_unknown_group_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'jupyter_ai.nonsense': use one of jupyter_ai.chat_handlers, "):
        empty_registry().load("jupyter_ai.nonsense")


def test_plug_ins_are_listed_by_group_name_and_distribution() -> None:
    registry = empty_registry()
    registry.add(PERSONAS, "a", handler("a"), distribution="acme")
    registry.add(CHAT_HANDLERS, "b", handler("b"), distribution="acme")
    registry.add(CHAT_HANDLERS, "a", handler("a"), distribution="beta")
    registry.add(CHAT_HANDLERS, "a", handler("a"), distribution="Acme")

    listed = [(p.group, p.name, p.distribution) for p in registry.plugins()]

    assert listed == [
        (CHAT_HANDLERS, "a", "Acme"),
        (CHAT_HANDLERS, "a", "beta"),
        (CHAT_HANDLERS, "b", "acme"),
        (PERSONAS, "a", "acme"),
    ]


def test_description_is_ready_for_json() -> None:
    registry = empty_registry()
    registry.add(
        CHAT_HANDLERS, "x", handler("fix", __module__="acme"), distribution="acme-fix", version="1.2"
    )
    registry.load(CHAT_HANDLERS)

    [plugin] = registry.plugins()

    assert json.loads(json.dumps(plugin.describe())) == {
        "group": "jupyter_ai.chat_handlers",
        "name": "x",
        "id": "fix",
        "slash_id": "fix",
        "target": "acme:Handler",
        "distribution": "acme-fix",
        "version": "1.2",
        "builtin": False,
        "state": "loaded",
        "reason": None,
        "traceback": None,
        "overridden_by": None,
        "trouble": None,
        "where": None,
    }


def test_import_of_the_registry_is_light() -> None:
    heavy = {"asyncio", "importlib.metadata", "langchain_core", "pydantic", "tornado", "traitlets"}
    program = "import sys, jupyter_ai.plugins; print(*sys.modules)"

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert set(result.stdout.split()) & heavy == set()


# Imports that fail

FAILURES = {
    "raises": ("raise RuntimeError('no\\nway')", "importing `acme_code` raised RuntimeError: no"),
    "exits": ("import sys; sys.exit(2)", "importing `acme_code` raised SystemExit: 2"),
    "is cancelled": ("import asyncio; raise asyncio.CancelledError", "raised CancelledError"),
    "raises what cannot be printed": (
        "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute",
        "raised Mute",
    ),
    "is no Python": ("def", "raised SyntaxError: invalid syntax (acme_code.py, line 1)"),
    "lacks the class": ("class Handlr: pass", "`acme_code` has no `Handler` (it has `Handlr`)"),
    "raises an AttributeError": ("len.nothing", "raised AttributeError"),
    "has no class there": ("def Handler(): pass", "`acme_code:Handler` is a function, not a class"),
    "needs another package": (
        "import plugin_test_gone.sub",
        "acme 1.0 needs the module `plugin_test_gone`, which is not installed; install what provides it "
        "(perhaps `pip install plugin-test-gone`)",
    ),
    "needs another version of ours": (
        "import jupyter_ai.plugin_test_gone",
        "jupyter_ai has no module `jupyter_ai.plugin_test_gone`; look for a version of acme 1.0 that suits",
    ),
}


@pytest.mark.parametrize(("source", "reason"), FAILURES.values(), ids=FAILURES.keys())
def test_failing_import_is_kept_with_its_reason_and_the_rest_goes_on(
    site: Site, source: str, reason: str
) -> None:
    site.install_handler("acme", source)
    site.install_handler("other", HANDLER.format(id="y"))
    site.install("third", f"[{CHAT_HANDLERS}]\nz = third_code:Handler", third_code=HANDLER.format(id="z"))

    registry = loaded_from(site)

    failed = only(registry, distribution="acme")
    assert failed.state == "failed"
    assert reason in (failed.reason or "")
    assert "\n" not in (failed.reason or "")
    assert list(registry.handlers()) == ["/y", "/z"]


def test_failing_import_keeps_its_traceback(site: Site) -> None:
    site.install_handler("acme", "raise RuntimeError('no')")

    registry = loaded_from(site)

    traceback = only(registry, name="x").traceback or ""
    assert 'acme_code.py", line 1' in traceback
    assert traceback.endswith("RuntimeError: no\n")


def test_missing_module_of_the_plug_ins_own_package_is_no_case_for_pip_install(site: Site) -> None:
    site.install("acme", f"[{CHAT_HANDLERS}]\nx = plugin_test_gone.handlers:Handler")

    registry = loaded_from(site)

    reason = only(registry, name="x").reason or ""
    assert "acme 1.0 contains no module `plugin_test_gone`; reinstall acme 1.0" in reason
    assert "pip install" not in reason


def test_failure_is_logged_with_plug_in_and_reason(site: Site, log: Callable[[], list[str]]) -> None:
    site.install_handler("acme", "raise RuntimeError('no')")

    loaded_from(site)

    assert log() == [
        "WARNING Failed to register chat handler `x` of acme 1.0 (acme_code:Handler): "
        "importing `acme_code` raised RuntimeError: no"
    ]


def test_strict_raises_the_first_failure_after_loading_all(site: Site) -> None:
    site.install_handler("acme", "raise RuntimeError('no')")
    site.install("other", f"[{CHAT_HANDLERS}]\ny = other_code:Handler", other_code=HANDLER.format(id="y"))
    registry = found_in(site, strict=True)

    with pytest.raises(PluginError, match=r"`x` of acme 1.0 .* raised RuntimeError: no") as raised:
        registry.load(CHAT_HANDLERS)

    assert isinstance(raised.value.__cause__, PluginError)
    assert isinstance(raised.value.__cause__.__cause__, RuntimeError)
    assert list(registry.handlers()) == ["/y"]


def test_strict_raises_for_a_clash_as_well() -> None:
    registry = empty_registry(strict=True)
    registry.add(CHAT_HANDLERS, "a", handler("x"))
    registry.add(CHAT_HANDLERS, "b", handler("x"))

    with pytest.raises(PluginError, match=r"`/x` is claimed by"):
        registry.load(CHAT_HANDLERS)


async def test_strict_raises_from_ready_as_well() -> None:
    registry = empty_registry(strict=True)
    registry.add(CHAT_HANDLERS, "a", handler("not valid"))

    with pytest.raises(PluginError, match="slash id 'not valid' is not valid"):
        await registry.ready(CHAT_HANDLERS, GUARD)


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit"])
def test_outside_the_main_thread_an_interrupt_is_the_plug_ins_own(site: Site, raised: str) -> None:
    site.install_handler("acme", f"raise {raised}")
    site.install_handler("beta", HANDLER.format(id="beta"))
    registry = found_in(site)

    thread = threading.Thread(target=registry.load, args=(CHAT_HANDLERS,))
    thread.start()
    thread.join()

    assert list(registry.handlers()) == ["/beta"]
    [failed] = [plugin for plugin in registry.plugins(CHAT_HANDLERS) if plugin.state == "failed"]
    assert f"importing `acme_code` raised {raised}" in (failed.reason or "")


def test_keyboard_interrupt_passes_and_loading_can_be_resumed(site: Site) -> None:
    site.install_handler("acme", "raise KeyboardInterrupt")
    registry = found_in(site)
    with pytest.raises(KeyboardInterrupt):
        registry.load(CHAT_HANDLERS)
    (site.path / "acme_code.py").write_text(HANDLER.format(id="resumed"))

    registry.load(CHAT_HANDLERS)

    assert list(registry.handlers()) == ["/resumed"]


# Validation


def reason_for(group: str, cls: Any) -> str:
    """Why this class is refused; it must be."""
    registry = empty_registry()
    registry.add(group, "x", cls)
    registry.load(group)
    [plugin] = registry.plugins()
    assert plugin.state == "failed"
    assert plugin.obj is None
    return plugin.reason or ""


def test_valid_handler_is_registered_under_its_slash_id() -> None:
    registry = empty_registry()
    cls = handler("Fix_2")
    registry.add(CHAT_HANDLERS, "x", cls)

    registry.load(CHAT_HANDLERS)

    assert registry.classes(CHAT_HANDLERS) == {"x": cls}
    assert list(registry.handlers()) == ["/Fix_2"]


def test_default_handler_comes_first_even_beside_a_command_of_that_name() -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "a", handler("a"))
    registry.add(CHAT_HANDLERS, "b", handler("default"))
    registry.add(CHAT_HANDLERS, "c", handler(None))

    registry.load(CHAT_HANDLERS)

    assert list(registry.handlers()) == ["default", "/a", "/default"]


def test_one_message_lists_all_that_is_wrong_with_a_handler() -> None:
    cls = type("Bare", (BaseChatHandler,), {"__module__": "acme"})

    reason = reason_for(CHAT_HANDLERS, cls)

    assert reason == (
        "`Bare` (acme:Bare) cannot be used as chat handler: "
        "`id` is missing: add `id = …` to the class; "
        "`name` is missing: add `name = …` to the class; "
        "`help` is missing: add `help = …` to the class; "
        '`routing_type` is missing: add `routing_type = SlashCommandRoutingType(slash_id="…")` to the class; '
        "`process_message` is not defined: write `async def process_message(self, message): …`"
    )


@pytest.mark.parametrize("id", ["", " ", 3, property(lambda self: "x")])
def test_id_of_a_handler_is_a_string_that_is_not_empty(id: object) -> None:
    assert "make it a string that is not empty" in reason_for(CHAT_HANDLERS, handler("x", id=id))


@pytest.mark.parametrize("slash_id", ["", "/fix", "fix it", "fix-it", "füx", "fix\n"])
def test_slash_id_is_of_ascii_letters_digits_and_underscores(slash_id: str) -> None:
    assert f"slash id {slash_id!r} is not valid" in reason_for(CHAT_HANDLERS, handler(slash_id))


@pytest.mark.parametrize("routing_type", [SlashCommandRoutingType, "fix"])
def test_routing_type_is_an_instance_with_a_slash_id(routing_type: object) -> None:
    cls = handler("x", routing_type=routing_type)

    assert "`routing_type` is not an instance with a `slash_id`" in reason_for(CHAT_HANDLERS, cls)


def test_process_message_of_a_handler_is_a_coroutine_function() -> None:
    cls = handler("x", process_message=lambda self, message: None)

    assert "`process_message` is not a coroutine function" in reason_for(CHAT_HANDLERS, cls)


def test_class_that_is_no_chat_handler_is_told_what_to_derive_from() -> None:
    assert "no subclass of `jupyter_ai.chat_handlers.BaseChatHandler`" in reason_for(CHAT_HANDLERS, Site)


def test_what_is_added_must_be_a_class() -> None:
    assert "is not a class" in reason_for(CHAT_HANDLERS, "Handler")


def test_embeddings_provider_names_the_keyword_of_its_model() -> None:
    registry = empty_registry()
    registry.add(EMBEDDINGS_PROVIDERS, "x", type("Embedder", (BaseEmbeddingsProvider,), {}))
    registry.load(EMBEDDINGS_PROVIDERS)

    assert "`model_id_key` is missing: add `model_id_key = …`" in str(only(registry).reason)


@pytest.mark.parametrize("group", [MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS])
def test_provider_has_id_name_and_models(group: str) -> None:
    registry = empty_registry()
    registry.add(group, "x", provider("p"))
    registry.load(group)

    reason = reason_for(group, type("Bare", (BaseProvider,), {"id": "p"}))

    assert list(registry.classes(group)) == ["x"]
    assert "`name` is missing" in reason
    assert "`models` is missing" in reason
    assert "`id` is missing" not in reason


def test_context_provider_has_id_and_help() -> None:
    registry = empty_registry()
    registry.add(CONTEXT_PROVIDERS, "x", context_provider("file"))
    registry.load(CONTEXT_PROVIDERS)

    reason = reason_for(CONTEXT_PROVIDERS, type("Bare", (), {}))

    assert list(registry.classes(CONTEXT_PROVIDERS)) == ["x"]
    assert "`id` is missing" in reason
    assert "`help` is missing" in reason


def persona(**members: Any) -> type:
    async def process_message(self: Any, message: Any) -> None: ...

    defaults = property(lambda self: PersonaDefaults(name="Ada"))
    return type("Ada", (BasePersona,), {"defaults": defaults, "process_message": process_message, **members})


def test_persona_with_defaults_and_process_message_serves() -> None:
    registry = empty_registry()
    registry.add(PERSONAS, "x", persona())

    registry.load(PERSONAS)

    assert states(registry) == {"(local) x": "loaded"}


@pytest.mark.parametrize(
    ("cls", "missing"),
    [
        (Site, "derive it from that class"),
        (persona(defaults=BasePersona.defaults), "`defaults` is missing"),
        (persona(process_message=BasePersona.process_message), "`process_message` is not defined"),
        (persona(process_message=lambda self, message: None), "is not a coroutine function"),
    ],
)
def test_persona_is_told_what_it_lacks(cls: type, missing: str) -> None:
    assert missing in reason_for(PERSONAS, cls)


def test_chat_handler_among_the_personas_serves_its_slash_id() -> None:
    registry = empty_registry()
    registry.add(PERSONAS, "x", handler("fix"))

    registry.load(PERSONAS)

    assert list(registry.handlers()) == ["/fix"]


def test_chat_handler_among_the_personas_must_be_complete() -> None:
    assert "`help` is missing" in reason_for(PERSONAS, handler("x", help=None))


def test_disabled_class_is_skipped_without_validation() -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "x", type("Off", (), {"disabled": True}))

    registry.load(CHAT_HANDLERS)

    assert states(registry) == {"(local) x": "disabled"}
    assert registry.handlers() == {}


def test_property_named_disabled_does_not_disable() -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "x", handler("x", disabled=property(lambda self: False)))

    registry.load(CHAT_HANDLERS)

    assert states(registry) == {"(local) x": "loaded"}


def test_each_load_is_logged(log: Callable[[], list[str]]) -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "a", handler("fix"))
    registry.add(CHAT_HANDLERS, "b", handler(None))
    registry.add(PERSONAS, "c", handler("bot"))
    registry.add(MODEL_PROVIDERS, "d", provider("model"))
    registry.add(EMBEDDINGS_PROVIDERS, "e", provider("embedder"))
    registry.add(CONTEXT_PROVIDERS, "f", context_provider("file"))

    registry.load_all()

    assert log() == [
        "INFO Registered chat handler `fix` with command `/fix`.",
        "INFO Registered chat handler `default`.",
        "INFO Registered persona `bot`.",
        "INFO Registered context provider `file`.",
        "INFO Registered model provider `model`.",
        "INFO Registered embeddings provider `embedder`.",
    ]


# What is blocked


def test_blocked_plug_in_is_never_imported(site: Site) -> None:
    site.install_handler("acme", "raise AssertionError('imported')")

    registry = loaded_from(site, blocked=lambda plugin: "not allowed here")

    plugin = only(registry, name="x")
    assert (plugin.state, plugin.reason) == ("blocked", "not allowed here")
    assert "acme_code" not in sys.modules


def test_plug_in_is_blocked_by_the_id_that_only_its_class_tells() -> None:
    registry = empty_registry(blocked=lambda plugin: "not allowed" if plugin.id == "evil" else None)
    registry.add(MODEL_PROVIDERS, "harmless", provider("evil"))

    registry.load(MODEL_PROVIDERS)

    assert states(registry) == {"(local) harmless": "blocked"}
    assert registry.classes(MODEL_PROVIDERS) == {}


def test_policy_that_raises_lets_nothing_in(site: Site) -> None:
    site.install_handler("acme", "raise AssertionError('imported')")

    def blocked(plugin: Plugin) -> str | None:
        raise LookupError("no policy")

    registry = loaded_from(site, blocked=blocked)

    plugin = only(registry, name="x")
    assert (plugin.state, plugin.reason) == ("failed", "LookupError: no policy")
    assert "acme_code" not in sys.modules


# Equal names


def test_built_in_is_replaced_by_an_equal_entry_point_name(log: Callable[[], list[str]]) -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fix", handler("repair"), distribution="acme", version="1.2")

    registry.load(CHAT_HANDLERS)

    builtin = only(registry, distribution="jupyter_ai")
    assert list(registry.handlers()) == ["/repair"]
    assert states(registry) == {"acme fix": "loaded", "jupyter_ai fix": "overridden"}
    assert builtin.overridden_by == str(only(registry, distribution="acme"))
    assert any(
        line.startswith("INFO") and "`fix` of acme 1.2" in line and "`fix` of jupyter_ai 2.40.0" in line
        for line in log()
    )


def test_trait_forbids_to_replace_a_built_in(log: Callable[[], list[str]]) -> None:
    registry = empty_registry(allow_builtin_override=False)
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fix", handler("repair"), distribution="acme")

    registry.load(CHAT_HANDLERS)

    refused = only(registry, distribution="acme")
    assert list(registry.handlers()) == ["/fix"]
    assert refused.state == "overridden"
    assert refused.overridden_by == str(only(registry, distribution="jupyter_ai"))
    assert "`AiExtension.allow_builtin_override`" in (refused.reason or "")
    assert any(line.startswith("WARNING") and "allow_builtin_override" in line for line in log())


def test_replacement_that_fails_falls_back_to_the_built_in() -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fix", handler("not valid"), distribution="acme")

    registry.load(CHAT_HANDLERS)

    assert states(registry) == {"acme fix": "failed", "jupyter_ai fix": "loaded"}
    assert "`fix` of acme" in (registry.handlers()["/fix"].reason or "")


def test_replacement_that_is_blocked_falls_back_to_the_built_in() -> None:
    registry = empty_registry(blocked=lambda plugin: None if plugin.builtin else "third party")
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fix", handler("fix"), distribution="acme")

    registry.load(CHAT_HANDLERS)

    assert states(registry) == {"acme fix": "blocked", "jupyter_ai fix": "loaded"}


def test_disabled_class_under_a_built_ins_name_switches_it_off() -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fix", handler("fix", disabled=True), distribution="acme")

    registry.load(CHAT_HANDLERS)

    builtin = only(registry, distribution="jupyter_ai")
    assert registry.handlers() == {}
    assert states(registry) == {"acme fix": "disabled", "jupyter_ai fix": "overridden"}
    assert builtin.overridden_by == str(only(registry, distribution="acme"))
    assert "switched off by `fix` of acme" in (builtin.reason or "")


def test_trait_forbids_to_switch_a_built_in_off() -> None:
    registry = empty_registry(allow_builtin_override=False)
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fix", handler("fix", disabled=True), distribution="acme")

    registry.load(CHAT_HANDLERS)

    assert states(registry) == {"acme fix": "disabled", "jupyter_ai fix": "loaded"}


def test_name_switched_off_by_one_third_party_may_be_served_by_another() -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fix", handler("fix", disabled=True), distribution="acme")
    registry.add(CHAT_HANDLERS, "fix", handler("fix"), distribution="beta")

    registry.load(CHAT_HANDLERS)

    assert registry.handlers()["/fix"].distribution == "beta"
    assert only(registry, builtin=True).state == "overridden"


def test_of_third_parties_with_equal_names_the_first_distribution_serves(
    log: Callable[[], list[str]],
) -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "x", handler("b"), distribution="beta")
    registry.add(CHAT_HANDLERS, "x", handler("a"), distribution="Acme")

    registry.load(CHAT_HANDLERS)

    beaten = only(registry, distribution="beta")
    assert list(registry.handlers()) == ["/a"]
    assert states(registry) == {"Acme x": "loaded", "beta x": "overridden"}
    assert beaten.overridden_by == str(only(registry, distribution="Acme"))
    assert any(
        line.startswith("WARNING") and "`x` of beta" in line and "`x` of Acme" in line for line in log()
    )


def test_equal_names_in_two_groups_do_not_clash() -> None:
    registry = empty_registry()
    registry.add(MODEL_PROVIDERS, "x", provider("p"))
    registry.add(EMBEDDINGS_PROVIDERS, "x", provider("p"))

    registry.load_all()

    assert [plugin.state for plugin in registry.plugins()] == ["loaded", "loaded"]


# Equal ids under different names


def test_built_in_keeps_its_slash_id_against_another_name(log: Callable[[], list[str]]) -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    registry.add(CHAT_HANDLERS, "fixer", handler("fix"), distribution="acme", version="1.2")

    registry.load(CHAT_HANDLERS)

    loser = only(registry, name="fixer")
    served = registry.handlers()["/fix"]
    assert served.builtin
    assert loser.state == "failed"
    assert "`/fix` is claimed by `fixer` of acme 1.2" in (loser.reason or "")
    assert "and by `fix` of jupyter_ai 2.40.0" in (loser.reason or "")
    assert "name its entry point `fix` if it is to replace the built-in" in (loser.reason or "")
    assert "`fixer` of acme 1.2" in (served.reason or "")
    assert any(line.startswith("WARNING") and " failed: `/fix` is claimed by" in line for line in log())


def test_between_third_parties_one_slash_id_goes_to_the_first_distribution() -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "a", handler("x"), distribution="beta")
    registry.add(CHAT_HANDLERS, "b", handler("x"), distribution="acme")

    registry.load(CHAT_HANDLERS)

    loser, served = only(registry, name="a"), registry.handlers()["/x"]
    assert served.distribution == "acme"
    assert str(served) in (loser.reason or "")
    assert "give one of the two another `slash_id`, or uninstall it" in (loser.reason or "")
    assert str(loser) in (served.reason or "")


def test_within_a_distribution_one_slash_id_goes_to_the_first_name() -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "b", handler("x"), distribution="acme")
    registry.add(CHAT_HANDLERS, "a", handler("x"), distribution="acme")

    registry.load(CHAT_HANDLERS)

    assert registry.handlers()["/x"].name == "a"


def test_two_default_handlers_clash() -> None:
    registry = empty_registry()
    add_builtin(registry, "default", handler(None))
    registry.add(CHAT_HANDLERS, "mine", handler(None), distribution="acme")

    registry.load(CHAT_HANDLERS)

    assert registry.handlers()["default"].builtin
    assert "the place of the default handler (slash_id None) is claimed" in (
        only(registry, name="mine").reason or ""
    )


@pytest.mark.parametrize("groups", [(CHAT_HANDLERS, PERSONAS), (PERSONAS, CHAT_HANDLERS)])
def test_chat_handlers_and_personas_share_one_space_of_slash_ids(groups: tuple[str, str]) -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    registry.add(PERSONAS, "fix", handler("fix"), distribution="acme")

    for group in groups:
        registry.load(group)

    assert registry.handlers()["/fix"].builtin
    assert [plugin.state for plugin in registry.plugins(PERSONAS)] == ["failed"]


def test_class_that_is_registered_twice_serves_once_without_a_clash(log: Callable[[], list[str]]) -> None:
    registry = empty_registry()
    cls = handler("fix")
    registry.add(CHAT_HANDLERS, "fix", cls, distribution="acme")
    registry.add(PERSONAS, "fix", cls, distribution="acme")

    registry.load_all()

    assert [plugin.state for plugin in registry.plugins()] == ["loaded", "overridden"]
    assert not any(line.startswith("WARNING") for line in log())


def test_replacement_that_loses_its_slash_id_falls_back_to_the_built_in() -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    add_builtin(registry, "help", handler("help"))
    registry.add(CHAT_HANDLERS, "fix", handler("help"), distribution="acme")

    registry.load(CHAT_HANDLERS)

    served = {key: plugin.distribution for key, plugin in registry.handlers().items()}
    assert served == {"/fix": "jupyter_ai", "/help": "jupyter_ai"}
    assert only(registry, distribution="acme").state == "failed"


def test_built_in_that_falls_back_takes_its_slash_id_from_third_parties() -> None:
    registry = empty_registry()
    add_builtin(registry, "fix", handler("fix"))
    add_builtin(registry, "help", handler("help"))
    registry.add(CHAT_HANDLERS, "fix", handler("help"), distribution="acme")
    registry.add(CHAT_HANDLERS, "a", handler("fix"), distribution="beta")
    registry.add(CHAT_HANDLERS, "b", handler("fix"), distribution="beta")

    registry.load(CHAT_HANDLERS)

    fix = registry.handlers()["/fix"]
    assert fix.builtin
    assert all(str(fix) in (only(registry, name=name).reason or "") for name in ("a", "b"))


@pytest.mark.parametrize("group", [MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS])
def test_two_providers_with_one_id_under_different_names_clash(group: str) -> None:
    registry = empty_registry()
    registry.add(group, "a", provider("p"), distribution="beta")
    registry.add(group, "b", provider("p"), distribution="acme")

    registry.load(group)

    assert list(registry.classes(group)) == ["b"]
    assert "the id `p` is claimed by `a` of beta" in (only(registry, name="a").reason or "")


def test_two_context_providers_with_one_id_under_different_names_clash() -> None:
    registry = empty_registry()
    add_builtin(registry, "file", context_provider("file"), CONTEXT_PROVIDERS)
    registry.add(CONTEXT_PROVIDERS, "a", context_provider("file"), distribution="acme")

    registry.load(CONTEXT_PROVIDERS)

    assert list(registry.classes(CONTEXT_PROVIDERS)) == ["file"]
    assert only(registry, name="a").state == "failed"


# Loading


def test_loading_twice_imports_and_logs_once(site: Site, log: Callable[[], list[str]]) -> None:
    site.install_handler("acme", HANDLER.format(id="x"))
    registry = found_in(site)

    registry.load(CHAT_HANDLERS)
    registry.load(CHAT_HANDLERS)

    assert log() == ["INFO Registered chat handler `x` with command `/x`."]


def test_plug_ins_are_imported_in_sorted_order(site: Site) -> None:
    order: list[str] = []
    site.install("beta", f"[{CHAT_HANDLERS}]\nb = gone:X\na = gone:X")
    site.install("acme", f"[{CHAT_HANDLERS}]\nb = gone:X")

    def note(plugin: Plugin) -> str:
        order.append(f"{plugin.distribution} {plugin.name}")
        return "just noted"

    loaded_from(site, blocked=note)

    assert order == ["acme b", "beta a", "beta b"]


def test_plug_in_that_is_added_to_a_loaded_group_is_loaded_next_time() -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "a", handler("a"))
    registry.load(CHAT_HANDLERS)

    registry.add(CHAT_HANDLERS, "b", handler("b"))

    assert not registry.loaded(CHAT_HANDLERS)
    registry.load(CHAT_HANDLERS)
    assert list(registry.handlers()) == ["/a", "/b"]


def test_class_that_is_added_twice_is_listed_once() -> None:
    registry = empty_registry()
    cls = handler("a")

    registry.add(CHAT_HANDLERS, "a", cls)
    registry.add(CHAT_HANDLERS, "a", cls)

    assert len(registry.plugins()) == 1


def test_plug_in_that_is_added_by_an_import_is_loaded_with_it() -> None:
    def blocked(plugin: Plugin) -> str | None:
        registry.add(CHAT_HANDLERS, "b", added)
        return None

    added = handler("b")
    registry = empty_registry(blocked=blocked)
    registry.add(CHAT_HANDLERS, "a", handler("a"))

    registry.load(CHAT_HANDLERS)

    assert list(registry.handlers()) == ["/a", "/b"]


def test_import_that_asks_for_its_own_group_does_not_wait_for_itself() -> None:
    def blocked(plugin: Plugin) -> str | None:
        registry.load(CHAT_HANDLERS)
        return None

    registry = empty_registry(blocked=blocked)
    registry.add(CHAT_HANDLERS, "a", handler("a"))

    registry.load(CHAT_HANDLERS)

    assert list(registry.handlers()) == ["/a"]


async def test_second_caller_waits_for_the_first(site: Site, gate: Gate) -> None:
    site.install_handler("acme", GATED + HANDLER.format(id="x"))
    registry = found_in(site)
    first = asyncio.create_task(asyncio.to_thread(registry.load, CHAT_HANDLERS))
    await gate.wait_reached()
    second = asyncio.create_task(asyncio.to_thread(registry.load, CHAT_HANDLERS))
    third = asyncio.create_task(registry.ready(CHAT_HANDLERS, GUARD))
    await asyncio.sleep(0)

    assert not any((second.done(), third.done(), registry.loaded(CHAT_HANDLERS)))
    gate.opened.set()
    await asyncio.gather(first, second)
    assert await third
    assert list(registry.handlers()) == ["/x"]


async def test_two_groups_can_load_at_once(site: Site, gate: Gate) -> None:
    site.install_handler("acme", GATED + HANDLER.format(id="x"))
    registry = found_in(site)
    registry.add(MODEL_PROVIDERS, "p", provider("p"))
    hanging = asyncio.create_task(registry.ready(CHAT_HANDLERS, GUARD))
    await gate.wait_reached()

    assert await registry.ready(MODEL_PROVIDERS, GUARD)
    assert list(registry.classes(MODEL_PROVIDERS)) == ["p"]
    gate.opened.set()
    assert await hanging


async def test_registry_answers_while_an_import_hangs(site: Site, gate: Gate) -> None:
    site.install_handler("acme", GATED + HANDLER.format(id="x"))
    registry = found_in(site)
    loading = asyncio.create_task(registry.ready(CHAT_HANDLERS, GUARD))
    await gate.wait_reached()

    registry.discover()

    assert states(registry) == {"acme x": "not loaded"}
    assert registry.handlers() == {}
    gate.opened.set()
    assert await loading


async def test_ready_loads_a_group_that_nobody_loads() -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "a", handler("a"))

    assert await registry.ready(CHAT_HANDLERS, GUARD)
    assert await registry.ready(CHAT_HANDLERS, GUARD)
    assert list(registry.handlers()) == ["/a"]


async def test_ready_is_false_on_time_out_and_names_the_import_that_hangs(
    site: Site, gate: Gate, log: Callable[[], list[str]]
) -> None:
    site.install_handler("acme", GATED + HANDLER.format(id="x"))
    registry = found_in(site)
    loading = asyncio.create_task(registry.ready(CHAT_HANDLERS, GUARD))
    await gate.wait_reached()

    in_time = await registry.ready(CHAT_HANDLERS, timeout=0)

    assert not in_time
    assert log() == [
        "WARNING jupyter_ai.chat_handlers are not loaded after 0 s: "
        "the import of `x` of acme 1.0 (acme_code:Handler) has not returned"
    ]
    gate.opened.set()
    assert await loading


async def test_cancelling_ready_leaves_the_loading_alone(site: Site, gate: Gate) -> None:
    site.install_handler("acme", GATED + HANDLER.format(id="x"))
    registry = found_in(site)
    cancelled = asyncio.create_task(registry.ready(CHAT_HANDLERS, GUARD))
    await gate.wait_reached()

    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    gate.opened.set()

    assert await registry.ready(CHAT_HANDLERS, GUARD)
    assert list(registry.handlers()) == ["/x"]


async def test_start_loading_loads_every_group_once_the_loop_runs(log: Callable[[], list[str]]) -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "a", handler("a"))
    registry.add(CONTEXT_PROVIDERS, "f", context_provider("file"))

    registry.start_loading(asyncio.get_running_loop())

    assert not registry.loaded(CHAT_HANDLERS)
    assert all(await asyncio.gather(*(registry.ready(group, GUARD) for group in GROUPS)))
    assert len(log()) == 2


async def test_starting_twice_loads_once(log: Callable[[], list[str]]) -> None:
    registry = empty_registry()
    registry.add(CHAT_HANDLERS, "a", handler("a"))

    registry.start_loading(asyncio.get_running_loop())
    registry.start_loading(asyncio.get_running_loop())

    assert all(await asyncio.gather(*(registry.ready(group, GUARD) for group in GROUPS)))
    assert len(log()) == 1


async def test_groups_after_the_one_that_loads_wait_for_their_turn(
    site: Site, gate: Gate, log: Callable[[], list[str]]
) -> None:
    site.install_handler("acme", GATED + HANDLER.format(id="x"))
    registry = found_in(site)
    registry.add(MODEL_PROVIDERS, "p", provider("p"))
    registry.start_loading(asyncio.get_running_loop())
    await gate.wait_reached()

    in_time = await registry.ready(MODEL_PROVIDERS, timeout=0)

    assert not in_time
    assert "the import of `x` of acme 1.0 (acme_code:Handler) has not returned" in log()[0]
    gate.opened.set()
    assert await registry.ready(MODEL_PROVIDERS, GUARD)


async def test_import_that_hangs_does_not_stop_the_other_groups(
    site: Site, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_PATIENCE", 0.001)
    site.install_handler("acme", GATED + HANDLER.format(id="x"))
    registry = found_in(site)
    registry.start_loading(asyncio.get_running_loop())
    await gate.wait_reached()

    ready = await asyncio.gather(*(registry.ready(group, GUARD) for group in GROUPS[1:]))

    assert all(ready)
    assert not registry.loaded(CHAT_HANDLERS)
    gate.opened.set()
    assert await registry.ready(CHAT_HANDLERS, GUARD)


def test_loop_that_was_closed_while_waiting_does_no_harm() -> None:
    opened = threading.Event()

    def work(loading: GroupLoading, ours_only: bool) -> None:
        loading.done = opened.wait(GUARD)

    loading = GroupLoading("a group", work, threading.RLock())
    closed = asyncio.new_event_loop()
    waiter = loading.waiter(closed, lambda: False)
    [thread] = [thread for thread in threading.enumerate() if thread.name == "load a group"]
    closed.close()
    opened.set()
    thread.join(GUARD)

    assert loading.done
    assert waiter is not None
    assert not waiter.done()


# Our own classes, by name


def test_builtin_class_is_ours_whatever_overrides_it(
    monkeypatch: pytest.MonkeyPatch, site: Site, tmp_path: Path
) -> None:
    site.install(
        "jupyter-ai", f"[{CHAT_HANDLERS}]\nfix = ours_code:Handler", ours_code=HANDLER.format(id="fix")
    )
    site.install("acme", f"[{CHAT_HANDLERS}]\nfix = acme_code:Handler")

    cls = builtin_class(CHAT_HANDLERS, "fix")

    assert cls.__module__ == "ours_code"


def test_builtin_class_that_we_do_not_ship_is_an_import_error(site: Site) -> None:
    site.install("jupyter-ai", f"[{CHAT_HANDLERS}]\nfix = plugin_test_gone:Handler")

    with pytest.raises(ImportError, match="without the built-in `nonsense`"):
        builtin_class(CHAT_HANDLERS, "nonsense")
    with pytest.raises(ImportError, match=r"the built-in `fix` of .* cannot be imported"):
        builtin_class(CHAT_HANDLERS, "fix")


async def test_what_is_added_after_all_groups_were_loaded_is_loaded_by_who_waits_for_it() -> None:
    registry = empty_registry()
    registry.start_loading(asyncio.get_running_loop())
    await asyncio.to_thread(wait_for_all_groups, registry)

    registry.add(CHAT_HANDLERS, "late", handler("late"))

    assert await registry.ready(CHAT_HANDLERS, timeout=10)
    assert "/late" in registry.handlers()


def wait_for_all_groups(registry: PluginRegistry) -> None:
    """Not by `ready`, which would load them itself."""
    while not all(registry.loaded(group) for group in GROUPS):
        threading.Event().wait(0.001)
