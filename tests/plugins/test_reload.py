"""What is installed, removed or edited while plug-ins serve is taken in by a reload."""

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from jupyter_ai.plugins import CHAT_HANDLERS, PluginRegistry
from jupyter_ai.plugins.installation import Installation
from jupyter_ai.plugins.reload import Changes, Reloader

HANDLER = """
from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
{before}

class Handler(BaseChatHandler):
    id = name = "{id}"
    help = "{help}"
    routing_type = SlashCommandRoutingType(slash_id="{id}")

    async def process_message(self, message):
        pass
"""


class Site:
    """A site-packages folder and projects beside it, whose handlers a registry has found."""

    def __init__(self, path: Path) -> None:
        self.site = path / "site-packages"
        self.projects = path / "projects"
        self.site.mkdir()
        self.registry = PluginRegistry(find=self._find)
        self.registry.discover()
        self.registry.load_all()
        self.reloader = Reloader(self.registry, Installation(lambda: [str(self.site)]))

    def _find(self, group: str) -> Iterator[metadata.EntryPoint]:
        for distribution in metadata.distributions(path=[str(self.site)]):
            yield from distribution.entry_points.select(group=group)

    def install(self, name: str, version: str = "1.0", *, help: str = "Old", before: str = "") -> Path:
        """A package with the command of its name; its module's file."""
        info = self._describe(name, version)
        file = self.site / f"{name}.py"
        file.write_text(HANDLER.format(id=name, help=help, before=before))
        (info / "RECORD").write_text(f"{name}.py,,\n")
        return file

    def install_editable(self, name: str, *, help: str = "Old") -> Path:
        """The same, in a project of its own that a `.pth` file leads to."""
        project = self.projects / name
        project.mkdir(parents=True)
        (self.site / f"{name}.pth").write_text(f"{project}\n")
        noted = {"url": project.as_uri(), "dir_info": {"editable": True}}
        (self._describe(name, "1.0") / "direct_url.json").write_text(json.dumps(noted))
        (project / f"{name}.py").write_text(HANDLER.format(id=name, help=help, before=""))
        return project / f"{name}.py"

    def _describe(self, name: str, version: str) -> Path:
        for old in self.site.glob(f"{name}-*.dist-info"):
            shutil.rmtree(old)
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[{CHAT_HANDLERS}]\n{name} = {name}:Handler\n")
        return info

    def reload(self) -> Changes:
        changes = self.reloader.reload()
        assert changes is not None
        self.registry.load_all()
        return changes

    def helps(self) -> dict[str, str]:
        """What the commands that serve say of themselves."""
        return {key: plugin.obj.help for key, plugin in self.registry.handlers().items() if plugin.obj}  # type: ignore[attr-defined]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site-packages"), *sys.path])
    known = set(sys.modules)
    yield Site(tmp_path)
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    importlib.invalidate_caches()


def test_a_new_package_is_added(site: Site) -> None:
    site.install("acme_new")

    changes = site.reload()

    assert [plugin.name for plugin in changes.added] == ["acme_new"]
    assert site.helps() == {"/acme_new": "Old"}


def test_a_new_editable_package_is_added(site: Site) -> None:
    site.install_editable("acme_editable")
    site.reload()

    assert site.helps() == {"/acme_editable": "Old"}


def test_what_a_pth_file_runs_is_run_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "acme_runs", [], raising=False)
    (site.site / "acme.pth").write_text("import sys; sys.acme_runs.append(1)\n")
    site.reload()
    site.reload()

    assert getattr(sys, "acme_runs") == [1]  # noqa: B009 - mypy knows no such attribute


def test_a_removed_package_leaves(site: Site) -> None:
    site.install("acme_gone")
    site.reload()
    shutil.rmtree(site.site / "acme_gone-1.0.dist-info")

    changes = site.reload()

    assert [plugin.name for plugin in changes.removed] == ["acme_gone"]
    assert site.helps() == {}


def test_a_class_that_was_added_by_hand_stays(site: Site) -> None:
    from jupyter_ai.chat_handlers.help import HelpChatHandler

    site.registry.add(CHAT_HANDLERS, "help", HelpChatHandler)
    site.reload()

    assert list(site.registry.handlers()) == ["/help"]


def test_an_edited_handler_is_imported_anew(site: Site) -> None:
    file = site.install_editable("acme_edited")
    site.reload()
    old = site.registry.handlers()["/acme_edited"].obj
    file.write_text(file.read_text().replace("Old", "New"))  # of the same size, within a second

    changes = site.reload()

    assert [plugin.name for plugin in changes.edited] == ["acme_edited"]
    assert site.helps() == {"/acme_edited": "New"}
    assert old is not None
    assert old.process_message.__globals__["Handler"] is old  # type: ignore[attr-defined]


def test_what_was_not_edited_is_not_imported_again(site: Site) -> None:
    site.install_editable("acme_quiet")
    site.reload()
    old = site.registry.handlers()["/acme_quiet"].obj

    assert site.reload().edited == []
    assert old is site.registry.handlers()["/acme_quiet"].obj


def test_a_command_that_is_new_in_an_edited_package_is_added(site: Site) -> None:
    file = site.install_editable("acme_two")
    site.reload()
    file.write_text(file.read_text() + "\nclass Second(Handler):\n"
                    "    routing_type = SlashCommandRoutingType(slash_id='second')\n")  # fmt: skip
    points = site.site / "acme_two-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text() + "second = acme_two:Second\n")

    changes = site.reload()

    assert [plugin.name for plugin in changes.added] == ["second"]
    assert list(site.helps()) == ["/acme_two", "/second"]


def test_an_edit_that_fails_keeps_what_serves(site: Site) -> None:
    file = site.install_editable("acme_slip")
    site.reload()
    module = sys.modules["acme_slip"]
    file.write_text("raise ValueError('a slip')\n")

    changes = site.reload()

    (plugin,) = changes.kept
    assert site.helps() == {"/acme_slip": "Old"}
    assert sys.modules["acme_slip"] is module
    assert "ValueError: a slip" in str(plugin.trouble)
    assert f"{file}:1" == plugin.where


def test_a_slip_that_was_mended_is_imported(site: Site) -> None:
    file = site.install_editable("acme_mended")
    site.reload()
    file.write_text("raise ValueError('a slip')\n")
    site.reload()
    file.write_text(HANDLER.format(id="acme_mended", help="New", before=""))
    site.reload()

    assert site.helps() == {"/acme_mended": "New"}
    assert [plugin.trouble for plugin in site.registry.plugins()] == [None]


def test_what_failed_is_tried_again(site: Site) -> None:
    site.install("acme_needy", before="import acme_needed")
    site.reload()
    (site.site / "acme_needed.py").write_text("")
    site.reload()

    assert site.helps() == {"/acme_needy": "Old"}


def test_another_version_of_what_is_imported_asks_for_a_restart(site: Site) -> None:
    site.install("acme_upgraded")
    site.reload()
    site.install("acme_upgraded", "2.0", help="New")

    told = [[str(upgrade) for upgrade in site.reload().upgrades] for _ in range(2)]

    assert told == 2 * [["acme-upgraded is 2.0 now, and this server has imported 1.0"]]
    assert site.helps() == {"/acme_upgraded": "Old"}


def test_another_version_of_what_is_not_imported_asks_for_nothing(site: Site) -> None:
    site.install("acme_lazy")
    site.reloader.reload()
    site.install("acme_lazy", "2.0", help="New")

    assert site.reload().upgrades == []
    assert site.helps() == {"/acme_lazy": "New"}
    assert [plugin.version for plugin in site.registry.plugins()] == ["2.0"]
