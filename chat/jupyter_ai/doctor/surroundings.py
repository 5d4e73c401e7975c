"""Where all of it runs: Python, the machine, and Jupyter's folders."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

from jupyter_ai.doctor.finding import Finding

__all__ = ["surroundings"]

_OLDEST = (3, 11)


def surroundings() -> Iterator[Finding]:
    """Python, the platform, and the folders; a folder that cannot be written to is a problem."""
    version = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        remedy = f"make an environment with Python {oldest} or newer"
        yield Finding("environment", "python", "problem", f"{version} is too old", sys.executable, remedy)
    else:
        yield Finding("environment", "python", "ok", version, sys.executable)
    yield Finding("environment", "platform", "ok", platform.platform())
    yield Finding("environment", "prefix", "ok", sys.prefix)
    for name, folder in _FOLDERS.items():
        yield _folder(name, Path(folder()))


_FOLDERS = {"config": jupyter_config_dir, "data": jupyter_data_dir, "runtime": jupyter_runtime_dir}


def _folder(name: str, folder: Path) -> Finding:
    there = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if there.is_dir() and os.access(there, os.W_OK):
        return Finding("environment", f"{name} folder", "ok", str(folder))
    remedy = f"make it writable, or name another in JUPYTER_{name.upper()}_DIR"
    return Finding("environment", f"{name} folder", "problem", "cannot be written to", str(folder), remedy)
