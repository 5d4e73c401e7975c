"""What is installed, as this process found it; and what was installed since."""

from __future__ import annotations

import importlib
import os
import site
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from jupyter_ai.plugins.clashes import canonical
from jupyter_ai_magics.failures import summarize

__all__ = ["Installation", "Upgrade", "site_folders"]


_START = (
    60 * 10**9
)  # nanoseconds: a file that is not older than this may have come after Python read the others


class Upgrade(NamedTuple):
    """A distribution of which this process runs another version than the one that is installed now."""

    name: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.name} is {self.now or 'gone'} now, and this server has imported {self.before}"


def site_folders() -> Iterator[str]:
    """The folders whose `.pth` files Python reads when it starts."""
    folders = [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    folders += [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return iter(dict.fromkeys(folders))


class Installation:
    """The distributions on the path and the `.pth` files of `folders`, as they were found last."""

    def __init__(self, folders: Callable[[], Iterable[str]] = site_folders) -> None:
        self._folders = folders
        before = time.time_ns() - _START
        self._paths = {path: stamp for path, stamp in self._path_files() if stamp[0] < before}
        self._versions = _versions()

    def refresh(self) -> dict[Path, str]:
        """Have what was installed since be found: read `.pth` files that are new, and forget old listings.

        What a `.pth` file runs is run once only, as at a start of Python; again if it was written shortly
        before this one. Why one cannot be read is returned, and it is tried again the next time.
        """
        found = dict(self._path_files())
        known = {os.path.normcase(os.path.abspath(entry)) for entry in sys.path}
        unread: dict[Path, str] = {}
        for path, stamp in found.items():
            if self._paths.get(path) != stamp:
                try:
                    site.addpackage(str(path.parent), path.name, known)
                except BaseException as error:  # noqa: BLE001 - what it runs is anybody's code
                    unread[path] = summarize(error)
        self._paths = {path: stamp for path, stamp in found.items() if path not in unread}
        importlib.invalidate_caches()
        return unread

    def upgrades(self) -> list[Upgrade]:
        """The distributions that have another version now and of which modules are imported.

        They are told at each call, since only a new process is rid of them.
        """
        now = _versions()
        changed = {name: version for name, version in now.items() if self._versions.get(name) != version}
        upgrades = [
            Upgrade(name, self._versions[name], version)
            for name, version in changed.items()
            if name in self._versions and _is_imported(name)
        ]
        kept = {upgrade.name: upgrade.before for upgrade in upgrades}
        self._versions = {**self._versions, **now, **kept}
        return sorted(upgrades)

    def _path_files(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        for folder in self._folders():
            with suppress(OSError):
                for path in sorted(Path(folder).glob("*.pth")):
                    found = path.stat()
                    if stat.S_ISREG(found.st_mode):  # a pipe would be waited for
                        yield path, (found.st_mtime_ns, found.st_size)


def _versions() -> dict[str, str]:
    """The versions of all distributions, by the names of their folders: nothing is read."""
    versions: dict[str, str] = {}
    for entry in sys.path:
        with suppress(OSError), os.scandir(entry or ".") as found:
            for folder in found:
                stem, dot, kind = folder.name.rpartition(".")
                if dot and kind == "dist-info" and stem.count("-") == 1:
                    name, _, version = stem.partition("-")
                    versions.setdefault(canonical(name), version)
    return versions


def _is_imported(name: str) -> bool:
    from importlib import metadata

    try:
        files = metadata.distribution(name).files or ()
    except Exception:  # noqa: BLE001 - any parser's error; it is told when its plug-ins are looked for
        return False
    return any(_module(file.parts) in sys.modules for file in files if file.suffix == ".py")


def _module(parts: tuple[str, ...]) -> str:
    *folders, file = parts
    return ".".join(folders if file == "__init__.py" else [*folders, file.removesuffix(".py")])
