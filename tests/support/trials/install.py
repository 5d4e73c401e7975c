"""`pip install .` of a copy of the tree where there is no node: into a clean environment, nothing cached."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["install"]

_TREE = Path(__file__).parents[3]
_ABSENT = {"corepack", "jlpm", "node", "nodejs", "npm", "npx", "yarn"}


def install() -> tuple[float, list[str]]:
    """Install it; the seconds it took, and the faults."""
    home = Path(tempfile.mkdtemp(prefix="install-"))
    try:
        return _install(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _install(home: Path) -> tuple[float, list[str]]:
    _copy_tree(home / "tree")
    subprocess.run([sys.executable, "-m", "venv", str(home / "venv")], check=True)
    python = home / "venv/bin/python"
    places = {"YARN_GLOBAL_FOLDER": str(home / "yarn"), "PIP_NO_CACHE_DIR": "1", "PATH": _path(home / "bin")}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON", "HATCH"))}
    began = time.monotonic()
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "."],
        cwd=home / "tree",
        env={**kept, **places},
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - began
    if done.returncode:
        return seconds, [f"pip ended with code {done.returncode}: {(done.stdout + done.stderr)[-4000:]}"]
    return seconds, _look(home / "venv/share/jupyter/labextensions/jupyter-ai-ui")


def _copy_tree(place: Path) -> None:
    """What git knows; nothing that was built or fetched."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=_TREE, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(_TREE / name, place / name)


def _path(folder: Path) -> str:
    """A `PATH` with all programs but node and those that come with it."""
    folder.mkdir()
    for place in map(Path, os.get_exec_path()):
        for program in place.iterdir() if place.is_dir() else ():
            link = folder / program.name
            if program.name not in _ABSENT and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def _look(extension: Path) -> list[str]:
    """What is wrong with the extension that was installed."""
    try:
        package = json.loads((extension / "package.json").read_text())
        entry = extension / package["jupyterlab"]["_build"]["load"]
    except (OSError, ValueError, KeyError) as error:
        return [f"the extension is not whole: {error!r}"]
    wanted = [entry, extension / "static/style.js", extension / "install.json"]
    return [f"not there: {path}" for path in wanted if not path.is_file()]
