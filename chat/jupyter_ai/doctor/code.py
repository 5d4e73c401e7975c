"""What the code of a package imports that has moved, is deprecated or is gone; it is read, never run."""

from __future__ import annotations

import ast
import os
import stat
import warnings
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from jupyter_ai.doctor.finding import Finding, Level
from jupyter_ai.doctor.later_names import later_advice
from jupyter_ai.plugins import Plugin
from jupyter_ai_magics.langchain_moves import Import, imports_in, langchain_moves

__all__ = ["code_in", "code_of"]

_SKIPPED = {"node_modules", "site-packages", "__pycache__", "build", "dist"}
_LANGCHAIN_1 = 1  # the major version that has given up what the table of moves names
_MOST_BYTES = 2 << 20  # of a file; what is larger holds data, and its tree would fill the memory
_CATCHING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def code_in(path: Path) -> list[Finding]:
    """What the Python files of a folder, or one file, import; environments and what is built are left out."""
    files = [path] if path.is_file() else sorted(_python_files(path))
    found = [finding for file in files for finding in _of_file(file)]
    fine = Finding("code", str(path), "ok", f"nothing that is imported has moved (files: {len(files)})")
    return found or [fine]


def code_of(plugins: Iterable[Plugin]) -> list[Finding]:
    """The same of the installed packages of others that have plug-ins."""
    found: list[Finding] = []
    packages = {p.distribution: p.project for p in plugins if not p.builtin and p.version}
    for name, project in packages.items():
        files = sorted(_python_files(project)) if project is not None else _installed_files(name)
        found += [finding for file in files for finding in _of_file(file)]
    return found


def _python_files(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        yield from (Path(here, name) for name in files if name.endswith(".py"))


def _installed_files(name: str) -> list[Path]:
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        return []
    return [Path(str(file.locate())) for file in files if file.suffix == ".py"]


def _of_file(path: Path) -> Iterator[Finding]:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return  # a pipe would be waited for
        if found.st_size > _MOST_BYTES:
            text = f"it was not read: it has more than {_MOST_BYTES >> 20} MiB"
            yield Finding("code", path.name, "note", text, str(path))
            return
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        place = f"{path}:{line}" if line else str(path)
        yield Finding("code", path.name, "problem", f"it cannot be read as Python: {error}", place)
        return
    for node, guarded in _imports(tree):
        for wanted in imports_in(node):
            yield from _of_import(wanted, f"{path}:{node.lineno}", guarded)


def _imports(tree: ast.AST) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The imports in a tree, and whether the code goes on without each."""
    nodes = [(tree, False)]
    while nodes:
        node, guarded = nodes.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, guarded
            continue
        inner = guarded or _guards(node)
        children = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]
        nodes += [(child, inner) for child in reversed(children)]


def _guards(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in _names(node.test)
    if not isinstance(node, ast.Try):
        return False
    caught = [handler.type for handler in node.handlers]
    return any(kind is None or _CATCHING & _names(kind) for kind in caught)


def _names(node: ast.AST) -> set[str]:
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return found | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def _of_import(wanted: Import, place: str, guarded: bool) -> Iterator[Finding]:
    name = f"{wanted.module}: {', '.join(wanted.names)}" if wanted.names else wanted.module
    level: Level = "problem"
    if moved := langchain_moves(wanted):
        gone = _is_gone(wanted.module.partition(".")[0])
        text = "gone from LangChain 1.x" if gone else "deprecated: LangChain 1.x has it no more"
        level, remedy = ("problem" if gone else "warning"), f"import {' and '.join(moved)}"
    elif advice := later_advice(wanted):
        text, remedy = "not in this version of jupyter_ai", advice
    else:
        return
    yield Finding("code", name, "note" if guarded else level, text, place, remedy)


def _is_gone(package: str) -> bool:
    """Whether the version that is installed, if any, has given it up."""
    try:
        return int(metadata.version(package).partition(".")[0]) >= _LANGCHAIN_1
    except (metadata.PackageNotFoundError, ValueError):
        return True
