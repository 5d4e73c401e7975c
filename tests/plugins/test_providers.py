"""Providers that serve before they are imported: our partners' ones; and ids that are known from before."""

import asyncio
import importlib
import json
import logging
import os
import stat
import sys
import textwrap
import threading
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS, Plugin, PluginRegistry
from jupyter_ai.server.provider_entries import list_providers
from jupyter_ai_magics import catalogue
from jupyter_ai_magics.card import Card
from jupyter_ai_magics.lazy_providers import LazyProviders
from jupyter_ai_magics.provider_ids import ProviderIds

LOG = logging.getLogger("test")
PROVIDER = """
from pathlib import Path

from jupyter_ai_magics import BaseProvider

with open(Path(__file__).with_suffix(".imports"), "a") as file:
    file.write("x")

class Provider(BaseProvider):
    id, name, models = "{id}", "Name", ["m"]
    help, auth_strategy, registry, fields = None, None, False, []
"""


class Site:
    """A directory of packages, and a registry of what is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.modules: set[str] = set()

    def install(self, module: str, source: str, *, name: str = "x", distribution: str = "acme") -> str:
        """A package with a model provider; returns its target."""
        info = self.path / f"{distribution}-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        target = f"{module}:Provider"
        entry_points = info / "entry_points.txt"
        known = entry_points.read_text() if entry_points.exists() else f"[{MODEL_PROVIDERS}]\n"
        entry_points.write_text(f"{known}{name} = {target}\n")
        (self.path / f"{module}.py").write_text(textwrap.dedent(source))
        self.modules.add(module)
        importlib.invalidate_caches()
        return target

    def imports(self, module: str) -> int:
        record = self.path / f"{module}.imports"
        return len(record.read_text()) if record.exists() else 0

    def forget(self) -> None:
        """As in a new process."""
        for module in self.modules:
            sys.modules.pop(module, None)

    def registry(self, blocked: Iterable[str] = ()) -> PluginRegistry:
        registry = self.found(blocked)
        registry.load_all()
        return registry

    def found(self, blocked: Iterable[str] = ()) -> PluginRegistry:
        """One that has not loaded anything."""
        self.forget()
        registry = PluginRegistry(
            find=self._find,
            blocked=lambda plugin: "it is blocked" if plugin.id in blocked else None,
            ids=ProviderIds.in_folder(self.path),
        )
        registry.discover()
        return registry

    def _find(self, group: str) -> Iterable[metadata.EntryPoint]:
        for distribution in metadata.distributions(path=[str(self.path)]):
            yield from distribution.entry_points.select(group=group)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(str(tmp_path))
    site = Site(tmp_path)
    yield site
    site.forget()


@pytest.fixture
def partner(site: Site, monkeypatch: pytest.MonkeyPatch) -> str:
    """The module of a partner provider `acme` of ours, over a package that is there."""
    make_partner(site, monkeypatch, requires="json")
    return "acme_partner"


def make_partner(site: Site, monkeypatch: pytest.MonkeyPatch, requires: str, source: str = PROVIDER) -> None:
    module = "acme_partner"
    target = site.install(module, source.format(id="acme"), distribution="jupyter_ai")
    card = Card(
        entry_point="x",
        target=target,
        id="acme",
        name="Acme",
        model_id_key="model",
        models=("m",),
        extra="acme",
        requires=(requires,),
    )
    monkeypatch.setattr(catalogue, "_BY_TARGET", {target: card})


def only(registry: PluginRegistry) -> Plugin:
    [plugin] = registry.plugins(MODEL_PROVIDERS)
    return plugin


def listed(registry: PluginRegistry) -> list[dict[str, object]]:
    return json.loads(list_providers(registry, MODEL_PROVIDERS, LOG).model_dump_json())["providers"]


def test_a_partner_provider_serves_and_is_not_imported(site: Site, partner: str, caplog) -> None:
    caplog.set_level("INFO", logger="jupyter_ai.plugins")
    registry = site.registry()

    assert only(registry).state == "not loaded"
    assert registry.provider_ids(MODEL_PROVIDERS) == ["acme"]
    assert "Registered model provider `acme`." in caplog.messages
    assert site.imports(partner) == 0


def test_it_is_imported_when_it_is_asked_for(site: Site, partner: str) -> None:
    registry = site.registry()

    classes = [registry.provider(MODEL_PROVIDERS, "acme") for _ in range(2)]

    assert [cls.__name__ for cls in classes] == ["Provider", "Provider"]
    assert (only(registry).state, only(registry).reason) == ("loaded", None)
    assert site.imports(partner) == 1


def test_listing_it_imports_nothing(site: Site, partner: str) -> None:
    [entry] = listed(site.registry())

    assert (entry["id"], entry["name"], entry["installed"]) == ("acme", "Acme", True)
    assert site.imports(partner) == 0


def test_one_that_is_not_installed_is_listed_with_what_installs_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_partner(site, monkeypatch, requires="acme_gone")
    registry = site.registry()
    plugin = only(registry)

    assert (plugin.state, plugin.traceback) == ("not installed", None)
    assert plugin.reason == 'install it with `pip install "jupyter_ai[acme]"`'
    assert registry.provider(MODEL_PROVIDERS, "acme") is None
    [entry] = listed(registry)
    assert (entry["installed"], entry["install_hint"]) == (False, 'pip install "jupyter_ai[acme]"')


def test_one_that_fails_when_it_is_used_is_kept_with_the_reason(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    make_partner(site, monkeypatch, requires="json", source="import acme_gone")
    registry = site.registry()

    assert registry.provider(MODEL_PROVIDERS, "acme") is None
    assert only(registry).state == "failed"
    assert "needs the module `acme_gone`" in str(only(registry).reason)
    assert '`pip install "jupyter_ai[acme]"` installs what it needs' in caplog.text
    assert "ModuleNotFoundError" in str(only(registry).traceback)
    assert listed(registry) == []


def test_a_third_party_takes_the_place_of_one_by_its_entry_point_name(site: Site, partner: str) -> None:
    site.install("acme_other", PROVIDER.format(id="other"))
    registry = site.registry()

    assert registry.provider_ids(MODEL_PROVIDERS) == ["other"]
    assert [entry["id"] for entry in listed(registry)] == ["other"]
    assert site.imports(partner) == 0


def test_a_third_party_cannot_take_the_id_of_one(site: Site, partner: str) -> None:
    site.install("acme_other", PROVIDER.format(id="acme"), name="y")
    states = {p.name: (p.state, str(p.reason)) for p in site.registry().plugins(MODEL_PROVIDERS)}

    assert states["x"][0] == "not loaded"
    assert states["y"][0] == "failed"
    assert "the id `acme` is claimed" in states["y"][1]


def test_one_that_is_blocked_is_never_imported(site: Site, partner: str) -> None:
    registry = site.registry(blocked=["acme"])

    assert only(registry).state == "blocked"
    assert registry.provider(MODEL_PROVIDERS, "acme") is None
    assert site.imports(partner) == 0


def test_a_third_party_that_is_blocked_by_its_id_is_imported_once_to_learn_it(site: Site) -> None:
    site.install("acme_other", PROVIDER.format(id="evil"))
    states = []
    for _ in range(2):
        states.append(only(site.registry(blocked=["evil"])).state)

        assert site.imports("acme_other") == 1
    assert states == ["blocked", "blocked"]


def test_an_id_is_learnt_again_when_its_module_was_edited(site: Site) -> None:
    site.install("acme_other", PROVIDER.format(id="evil"))
    site.registry(blocked=["evil"])
    file = site.path / "acme_other.py"
    file.write_text(PROVIDER.format(id="good"))
    os.utime(file, ns=(1, 1))
    importlib.invalidate_caches()

    assert site.registry(blocked=["evil"]).provider_ids(MODEL_PROVIDERS) == ["good"]


def test_the_module_of_a_package_is_found_without_importing_it(site: Site) -> None:
    (site.path / "acme_pkg").mkdir()
    (site.path / "acme_pkg" / "__init__.py").write_text("raise AssertionError")
    (site.path / "acme_pkg" / "inner.py").write_text("")
    importlib.invalidate_caches()
    ids = ProviderIds(site.path / "ids.json")
    ids.learn("acme", "1.0", "acme_pkg.inner:P", "p")

    assert ids.get("acme", "1.0", "acme_pkg.inner:P") == "p"
    os.utime(site.path / "acme_pkg" / "inner.py", ns=(1, 1))
    assert ids.get("acme", "1.0", "acme_pkg.inner:P") is None


def test_ids_are_kept_in_a_file_for_its_owner_alone(site: Site) -> None:
    site.install("acme_other", PROVIDER.format(id="other"))
    site.registry()
    file = site.path / "jupyter_ai" / "provider-ids.json"

    content = json.loads(file.read_text())
    assert {key: each["id"] for key, each in content["ids"].items()} == {
        "acme 1.0 acme_other:Provider": "other"
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 1, "ids": {}}',
        '{"version": 2, "ids": 3}',
        '{"version": 2, "ids": {"a": 3}}',
        "{",
    ],
)
def test_a_broken_file_of_ids_is_as_good_as_none(site: Site, text: str) -> None:
    (site.path / "jupyter_ai").mkdir()
    (site.path / "jupyter_ai" / "provider-ids.json").write_text(text)
    site.install("acme_other", PROVIDER.format(id="evil"))

    assert only(site.registry(blocked=["evil"])).state == "blocked"
    assert site.imports("acme_other") == 1


def test_a_class_that_cannot_describe_itself_is_left_out_of_the_list_and_told_once(
    site: Site, caplog
) -> None:
    broken = "    @classmethod\n    def completion_models(cls):\n        return 1 / 0\n"
    site.install("acme_other", PROVIDER.format(id="other") + broken)
    registry = site.registry()

    assert (listed(registry), listed(registry)) == ([], [])
    assert only(registry).trouble == "it cannot be described: ZeroDivisionError: division by zero"
    assert [r.getMessage() for r in caplog.records if "described" in r.getMessage()] == [
        "Model provider `x` of acme 1.0 (acme_other:Provider): "
        "it cannot be described: ZeroDivisionError: division by zero"
    ]


def test_every_provider_of_ours_has_an_entry_point_and_a_card() -> None:
    ours = metadata.distribution("jupyter_ai").entry_points
    cards = {(card.embeddings, card.entry_point, card.target) for card in catalogue.CARDS}
    groups = {False: MODEL_PROVIDERS, True: EMBEDDINGS_PROVIDERS}

    found = {(kind, e.name, e.value) for kind, group in groups.items() for e in ours.select(group=group)}

    assert cards == found - {(False, "mockllm", "jupyter_ai_magics.offline:MockLLMProvider")}


def test_a_mapping_of_providers_imports_what_is_asked_for_alone() -> None:
    asked: list[str] = []

    def find(id: str) -> type | None:
        asked.append(id)
        return type(id, (), {"models": ["m"]}) if id != "broken" else None

    providers = LazyProviders(lambda: ["a", "b", "broken"], find, lambda id: ["told"] if id == "a" else None)

    assert (list(providers), len(providers), "b" in providers) == (["a", "b", "broken"], 3, True)
    assert list(providers.models_of("a")) == ["told"]
    assert asked == []
    assert providers["a"].__name__ == "a"
    assert (providers.get("broken"), providers.get("c")) == (None, None)
    assert asked == ["a", "broken"]
    assert [id for id, _ in providers.items()] == ["a", "b"]


def test_a_mapping_of_providers_takes_changes_as_a_dictionary_does() -> None:
    providers = LazyProviders(lambda: ["a", "b"], lambda id: id.upper())

    providers["c"] = "C"
    del providers["a"]

    assert providers.copy() == {"b": "B", "c": "C"}
    assert "a" not in providers
    with pytest.raises(KeyError):
        del providers["a"]


# What is in serves, whatever the rest does


HANGING = "from slow_provider_gate import opened\nopened.wait(30)\n"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Modules with `HANGING` are imported as soon as it is set."""
    gate = ModuleType("slow_provider_gate")
    gate.__dict__["opened"] = event = threading.Event()
    monkeypatch.setitem(sys.modules, gate.__name__, gate)
    yield event
    event.set()


async def test_what_is_in_serves_while_another_import_hangs(
    site: Site, partner: str, opened: threading.Event
) -> None:
    site.install("zeta_slow", HANGING + PROVIDER.format(id="slow"), name="a", distribution="zeta")
    site.install("beta_quick", PROVIDER.format(id="quick"), name="b", distribution="beta")
    registry = site.found()
    loaded = asyncio.create_task(asyncio.to_thread(registry.load, MODEL_PROVIDERS))

    assert await registry.ready(MODEL_PROVIDERS, 30, id="acme")
    assert await registry.ready(MODEL_PROVIDERS, 30, id="quick")
    assert not await registry.ready(MODEL_PROVIDERS, 0, id="slow")
    assert registry.provider_ids(MODEL_PROVIDERS) == ["quick", "acme"]
    opened.set()
    await loaded
    assert sorted(registry.provider_ids(MODEL_PROVIDERS)) == ["acme", "quick", "slow"]


async def test_a_builtin_waits_for_what_may_replace_it(
    site: Site, partner: str, opened: threading.Event
) -> None:
    site.install("acme_slow", HANGING + PROVIDER.format(id="slow"))
    registry = site.found()
    loaded = asyncio.create_task(asyncio.to_thread(registry.load, MODEL_PROVIDERS))

    assert not await registry.ready(MODEL_PROVIDERS, 0, id="acme")
    opened.set()
    await loaded
    assert registry.provider_ids(MODEL_PROVIDERS) == ["slow"]


async def test_nobody_waits_for_a_provider_that_is_known_to_have_another_id(
    site: Site, opened: threading.Event
) -> None:
    opened.set()
    site.install("acme_slow", HANGING + PROVIDER.format(id="slow"))
    site.registry()
    opened.clear()
    site.forget()
    registry = site.found()
    loaded = asyncio.create_task(asyncio.to_thread(registry.load, MODEL_PROVIDERS))

    assert await registry.ready(MODEL_PROVIDERS, 30, id="another")
    assert not registry.loaded(MODEL_PROVIDERS)
    opened.set()
    await loaded
