"""A site-packages folder on the path, into which a test installs packages with chat handlers."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from site import addsitedir

HANDLER = """
from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
{before}

class Handler(BaseChatHandler):
    id = name = "{id}"
    help = "{help}"
    routing_type = SlashCommandRoutingType(slash_id="{id}")
    uses_llm = False

    async def process_message(self, message):
        {body}
"""


def handler(id: str, *, help: str = "Old", before: str = "", body: str = "pass") -> str:
    """The source of a chat handler `Handler`."""
    return HANDLER.format(id=id, help=help, before=before, body=body)


class PackageSite:
    """Packages of one module each, named like their distributions, as installers leave them."""

    def __init__(self, path: Path) -> None:
        self.path = path / "site-packages"
        self.projects = path / "projects"
        self.path.mkdir()

    def install(self, name: str, source: str, version: str = "1.0", target: str = "Handler") -> Path:
        """A package with the chat handler `name`; its module's file."""
        info = self.describe(name, version, f"{name} = {name}:{target}")
        file = self.path / f"{name}.py"
        file.write_text(source)
        (info / "RECORD").write_text(f"{name}.py,,\n")
        return file

    def install_editable(self, name: str, source: str) -> Path:
        """The same, in a project of its own that a `.pth` file leads to."""
        project = self.projects / name
        project.mkdir(parents=True)
        (self.path / f"{name}.pth").write_text(f"{project}\n")
        info = self.describe(name, "1.0", f"{name} = {name}:Handler")
        noted = {"url": project.as_uri(), "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(noted))
        (project / f"{name}.py").write_text(source)
        return project / f"{name}.py"

    def describe(self, name: str, version: str, entry_points: str) -> Path:
        """The metadata alone, in place of those of another version; their folder."""
        self.uninstall(name)
        info = self.path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[jupyter_ai.chat_handlers]\n{entry_points}\n")
        return info

    def read_paths(self) -> None:
        """Do with the `.pth` files what a start of Python does."""
        addsitedir(str(self.path))

    def uninstall(self, name: str) -> None:
        for info in self.path.glob(f"{name}-*.dist-info"):
            shutil.rmtree(info)


@contextmanager
def package_site(path: Path) -> Iterator[PackageSite]:
    """Within, what is installed can be found and imported; then, nothing of it is left."""
    before, known = sys.path[:], set(sys.modules)
    site = PackageSite(path)
    sys.path.insert(0, str(site.path))
    importlib.invalidate_caches()
    yield site
    sys.path[:] = before
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(path)):
            del sys.modules[name]
    importlib.invalidate_caches()
