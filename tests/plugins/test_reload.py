"""What is installed, removed or edited while plug-ins serve is taken in by a reload."""

import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from package_site import PackageSite, handler, package_site

from jupyter_ai.plugins import CHAT_HANDLERS, PluginRegistry
from jupyter_ai.plugins.installation import Installation
from jupyter_ai.plugins.reload import Changes, Reloader


class Served:
    """The handlers of a folder of packages, and their reload."""

    def __init__(self, site: PackageSite) -> None:
        self.site = site
        self.registry = PluginRegistry(find=self._find)
        self.registry.discover()
        self.reloader = Reloader(self.registry, Installation(lambda: [str(site.path)]))

    def _find(self, group: str) -> Iterator[metadata.EntryPoint]:
        for distribution in metadata.distributions(path=[str(self.site.path)]):
            yield from distribution.entry_points.select(group=group)

    def install(self, name: str, version: str = "1.0", **parts: str) -> Path:
        return self.site.install(name, handler(name, **parts), version)

    def install_editable(self, name: str) -> Path:
        return self.site.install_editable(name, handler(name))

    def reload(self) -> Changes:
        changes = self.reloader.reload()
        assert changes is not None
        self.registry.load_all()
        return changes

    def helps(self) -> dict[str, str]:
        """What the commands that serve say of themselves."""
        return {key: getattr(plugin.obj, "help", "") for key, plugin in self.registry.handlers().items()}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with package_site(tmp_path) as site:
        yield Served(site)


def test_a_new_package_is_added(site: Served) -> None:
    site.install("acme_new")

    changes = site.reload()

    assert [plugin.name for plugin in changes.added] == ["acme_new"]
    assert site.helps() == {"/acme_new": "Old"}


def test_a_new_editable_package_is_added(site: Served) -> None:
    site.install_editable("acme_editable")
    site.reload()

    assert site.helps() == {"/acme_editable": "Old"}


def test_what_a_pth_file_runs_is_run_once(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "acme_runs", [], raising=False)
    (site.site.path / "acme.pth").write_text("import sys; sys.acme_runs.append(1)\n")
    site.reload()
    site.reload()

    assert getattr(sys, "acme_runs") == [1]  # noqa: B009 - mypy knows no such attribute


def test_a_pth_file_that_ends_python_keeps_no_other_from_being_read(site: Served) -> None:
    (site.site.path / "a.pth").write_text("import sys; sys.exit(4)\n")
    (site.site.path / "b.pth").write_bytes(b"\xff\n")
    os.mkfifo(site.site.path / "c.pth")
    site.install_editable("acme_editable")

    told = [
        {path.name: reason.partition(":")[0] for path, reason in site.reload().unread.items()} for _ in "ab"
    ]

    assert told == 2 * [{"a.pth": "SystemExit", "b.pth": "UnicodeDecodeError"}]
    assert list(site.helps()) == ["/acme_editable"]


def test_a_pth_file_that_came_while_python_started_is_read(tmp_path: Path) -> None:
    with package_site(tmp_path) as folder:
        folder.install_editable("acme_early", handler("acme_early"))
        site = Served(folder)
        site.registry.load_all()
        assert site.helps() == {}
        site.reload()

        assert site.helps() == {"/acme_early": "Old"}


def test_a_removed_package_leaves(site: Served) -> None:
    site.install("acme_gone")
    site.reload()
    site.site.uninstall("acme_gone")

    changes = site.reload()

    assert [plugin.name for plugin in changes.removed] == ["acme_gone"]
    assert site.helps() == {}


def test_a_class_that_was_added_by_hand_stays(site: Served) -> None:
    from jupyter_ai.chat_handlers.help import HelpChatHandler

    site.registry.add(CHAT_HANDLERS, "help", HelpChatHandler)
    site.reload()

    assert list(site.registry.handlers()) == ["/help"]


def test_an_edited_handler_is_imported_anew(site: Served) -> None:
    file = site.install_editable("acme_edited")
    site.reload()
    old = site.registry.handlers()["/acme_edited"].obj
    file.write_text(file.read_text().replace("Old", "New"))  # of the same size, within a second

    changes = site.reload()

    assert [plugin.name for plugin in changes.edited] == ["acme_edited"]
    assert site.helps() == {"/acme_edited": "New"}
    assert old is not None
    assert old.process_message.__globals__["Handler"] is old  # type: ignore[attr-defined]


def test_what_was_not_edited_is_not_imported_again(site: Served) -> None:
    site.install_editable("acme_quiet")
    site.reload()
    old = site.registry.handlers()["/acme_quiet"].obj

    assert site.reload().edited == []
    assert old is site.registry.handlers()["/acme_quiet"].obj


def test_a_command_that_is_new_in_an_edited_package_is_added(site: Served) -> None:
    file = site.install_editable("acme_two")
    site.reload()
    file.write_text(file.read_text() + "\nclass Second(Handler):\n"
                    "    routing_type = SlashCommandRoutingType(slash_id='second')\n")  # fmt: skip
    points = site.site.path / "acme_two-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text() + "second = acme_two:Second\n")

    changes = site.reload()

    assert [plugin.name for plugin in changes.added] == ["second"]
    assert list(site.helps()) == ["/acme_two", "/second"]


def test_an_edit_that_fails_keeps_what_serves(site: Served) -> None:
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


def test_nothing_is_added_with_an_edit_that_fails(site: Served) -> None:
    file = site.install_editable("acme_torn")
    site.reload()
    file.write_text("raise ValueError('a slip')\n")
    points = site.site.path / "acme_torn-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text() + "second = acme_torn:Second\n")

    changes = site.reload()

    assert changes.added == []
    assert list(site.helps()) == ["/acme_torn"]


def test_a_slip_that_was_mended_is_imported(site: Served) -> None:
    file = site.install_editable("acme_mended")
    site.reload()
    file.write_text("raise ValueError('a slip')\n")
    site.reload()
    file.write_text(handler("acme_mended", help="New"))
    site.reload()

    assert site.helps() == {"/acme_mended": "New"}
    assert [plugin.trouble for plugin in site.registry.plugins()] == [None]


def test_what_failed_is_tried_again(site: Served) -> None:
    site.install("acme_needy", before="import acme_needed")
    site.reload()
    (site.site.path / "acme_needed.py").write_text("")
    site.reload()

    assert site.helps() == {"/acme_needy": "Old"}


def test_another_version_of_what_is_imported_asks_for_a_restart(site: Served) -> None:
    site.install("acme_upgraded")
    site.reload()
    site.install("acme_upgraded", "2.0", help="New")

    told = [[str(upgrade) for upgrade in site.reload().upgrades] for _ in range(2)]

    assert told == 2 * [["acme-upgraded is 2.0 now, and this server has imported 1.0"]]
    assert site.helps() == {"/acme_upgraded": "Old"}


def test_another_version_of_what_is_not_imported_asks_for_nothing(site: Served) -> None:
    site.install("acme_lazy")
    site.reloader.reload()
    site.install("acme_lazy", "2.0", help="New")

    assert site.reload().upgrades == []
    assert site.helps() == {"/acme_lazy": "New"}
    assert [plugin.version for plugin in site.registry.plugins()] == ["2.0"]
