"""The source files of packages that are installed editable: whether they were edited since their import."""

from __future__ import annotations

import importlib.util
import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

__all__ = ["Sources", "imported_from"]

_ENVIRONMENTS = {"site-packages", "dist-packages"}

_Stamp = dict[str, tuple[int, int]]  # by file: when it was written, in nanoseconds, and its size


class Sources:
    """What the files of each project were like when something of it was imported last."""

    def __init__(self) -> None:
        self._noted: dict[Path, tuple[set[Path], _Stamp]] = {}  # by project: where its files are, and they

    def note(self, project: Path) -> None:
        """Something of this project was just imported, or failed to be."""
        roots = {_root(name, module) for name, module in imported_from(project).items()}
        self._noted[project] = roots, _stamp(roots)

    def edited(self, project: Path) -> bool:
        """Whether a file of its packages was written, added or removed since."""
        roots, stamp = self._noted.get(project, (set(), {}))
        return _stamp(roots) != stamp

    def forget_bytecode(self, project: Path) -> None:
        """Have what was edited compiled anew: an edit within a second may leave the compiled file valid."""
        roots, before = self._noted.get(project, (set(), {}))
        for file, found in _stamp(roots).items():
            if before.get(file) != found:
                with suppress(OSError, NotImplementedError):
                    os.unlink(importlib.util.cache_from_source(file))
        linecache.checkcache()


def imported_from(project: Path) -> dict[str, ModuleType]:
    """The modules that were imported from a project's folder, but not from an environment within it."""
    prefixes = tuple({f"{project}{os.sep}", f"{os.path.realpath(project)}{os.sep}"})
    return {
        name: module
        for name, module in sys.modules.copy().items()
        if (file := getattr(module, "__file__", None))
        and str(file).startswith(prefixes)
        and not _ENVIRONMENTS & set(Path(file).parts[len(project.parts) :])
    }


def _root(name: str, module: ModuleType) -> Path:
    """The folder of the topmost package that a module belongs to and that has a file; or its own file."""
    parents = [".".join(name.split(".")[:end]) for end in range(1, name.count(".") + 2)]
    for parent in parents:
        found = sys.modules.get(parent)
        if found is not None and getattr(found, "__path__", None) and getattr(found, "__file__", None):
            return Path(str(found.__file__)).parent
    return Path(str(module.__file__))


def _stamp(roots: set[Path]) -> _Stamp:
    return {str(file): (found.st_mtime_ns, found.st_size) for root in roots for file, found in _files(root)}


def _files(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for file in root.rglob("*.py") if root.is_dir() else (root,):
        with suppress(OSError):
            yield file, file.stat()
