"""Providers that other packages bring: by entry point, by module name, or from a file."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from mockllm.registry import ProviderRegistry
from mockllm.wording import sentence

__all__ = ["GROUP", "ProviderLoadError", "load_built_ins", "load_entry_points", "load_provider_module"]

GROUP = "mockllm.providers"
"""The entry point group: each names a module, or a class, that registers itself when imported."""

logger = logging.getLogger("mockllm")


class ProviderLoadError(Exception):
    """A module of providers that cannot be loaded; the message says why."""


def load_built_ins() -> None:
    """Import our own providers, which registers them."""
    import mockllm.providers as package

    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def load_entry_points(registry: ProviderRegistry) -> None:
    """Import the providers of installed packages; a failing one is logged and kept in `registry.failures`."""
    for entry_point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        key = _distribution(entry_point), entry_point.name
        registry.failures.pop(key, None)
        if reason := _failure(entry_point):
            registry.failures[key] = reason
            logger.warning("The provider `%s` of %s cannot be used: %s", key[1], key[0] or "?", reason)


def load_provider_module(named: str) -> ModuleType:
    """Import a module by its dotted name, or by the path of its .py file.

    Raises `ProviderLoadError` from whatever its import raises.
    """
    try:
        return _from_file(Path(named)) if named.endswith(".py") else importlib.import_module(named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may call sys.exit()
        raise ProviderLoadError(
            sentence(f"The provider module {named} cannot be loaded: {_said(error)}")
        ) from error


def _failure(entry_point: EntryPoint) -> str | None:
    try:
        entry_point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - as above
        return f"importing `{entry_point.value}` raised {_said(error)}"
    return None


def _from_file(path: Path) -> ModuleType:
    # One name for one file: loaded again, its providers replace what they were.
    path = path.expanduser().resolve()
    digest = sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    name = f"mockllm_provider_{path.stem}_{digest}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _distribution(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else ""


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
