"""The classes that we ship, by the names of their entry points."""

from __future__ import annotations

from jupyter_ai.plugins import validation
from jupyter_ai.plugins.record import OURS
from jupyter_ai.plugins.validation import PluginError

__all__ = ["builtin_class"]


def builtin_class(group: str, name: str) -> type:
    """The class that we ship under this entry point name, whether or not it is overridden.

    It needs no registry, so that a plug-in's module may ask for it while it is imported itself.
    """
    from importlib import metadata

    entry_points = metadata.distribution(OURS).entry_points.select(group=group, name=name)
    if not entry_points:
        raise ImportError(f"jupyter_ai comes without the built-in `{name}` of {group}: reinstall it")
    try:
        return validation.import_class(next(iter(entry_points)).value, "jupyter_ai")
    except PluginError as exc:
        raise ImportError(f"the built-in `{name}` of {group} cannot be imported: {exc}") from exc
