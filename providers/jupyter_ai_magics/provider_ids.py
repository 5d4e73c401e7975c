"""The ids that provider classes of packages have, kept so that a blocked one is not imported again."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from jupyter_ai_magics.atomic_file import replace_file

__all__ = ["ProviderIds"]

_LOG = logging.getLogger(__name__)
_VERSION = 2  # of the file
_MOST = 1000  # ids; more come from packages that are long gone


class _Id(NamedTuple):
    id: str
    modified: int | None = None  # the time of its module's file, in nanoseconds


class ProviderIds:
    """The ids, by distribution, version and target; a file that cannot be used is as good as none.

    An id counts until its module is edited. It may be used from any thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._ids: dict[str, _Id] | None = None  # None: not read yet
        self._changed = False

    @classmethod
    def in_folder(cls, data_dir: Path | str) -> ProviderIds:
        """Those of the server whose data are in this folder."""
        return cls(Path(data_dir) / "jupyter_ai" / "provider-ids.json")

    def get(self, distribution: str, version: str, target: str) -> str | None:
        """The id of a class that some process has imported; None if none has."""
        with self._lock:
            found = self._known().get(_key(distribution, version, target))
        return found.id if found is not None and found.modified == _modified(target) else None

    def learn(self, distribution: str, version: str, target: str, id: str) -> None:
        """Keep an id; `save` writes it."""
        key, learnt = _key(distribution, version, target), _Id(id, _modified(target))
        with self._lock:
            known = self._known()
            if known.get(key) == learnt:
                return
            while len(known) >= _MOST:
                del known[next(iter(known))]
            known[key] = learnt
            self._changed = True

    def save(self) -> None:
        """Write what is new. If that fails, the next process imports once more."""
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            ids = {key: each._asdict() for key, each in self._known().items()}
            text = json.dumps({"version": _VERSION, "ids": ids}, indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(self._path, text.encode())
        except OSError as error:
            _LOG.debug("The ids of providers are not kept: %s", error)

    def _known(self) -> dict[str, _Id]:
        if self._ids is None:
            self._ids = _read(self._path)
        return self._ids


def _key(distribution: str, version: str, target: str) -> str:
    return f"{distribution} {version} {target}"


def _modified(target: str) -> int | None:
    """When the module of a target was written last, in nanoseconds; None if that cannot be told.

    Imports nothing: a parent package would be, if its module were looked for in the usual way.
    """
    from importlib.machinery import PathFinder
    from importlib.util import find_spec

    top, *rest = target.partition(":")[0].strip().split(".")
    try:
        spec, name = find_spec(top), top
        for part in rest:
            name = f"{name}.{part}"
            places = spec.submodule_search_locations if spec is not None else None
            spec = PathFinder.find_spec(name, places) if places is not None else None
        return Path(spec.origin).stat().st_mtime_ns if spec is not None and spec.origin is not None else None
    except (ImportError, OSError, ValueError):
        return None


def _read(path: Path) -> dict[str, _Id]:
    try:
        content = json.loads(path.read_bytes())
        found = content["ids"] if content["version"] == _VERSION else {}
        known = {key: _Id(**each) for key, each in found.items()}
        return {key: each for key, each in known.items() if isinstance(each.id, str)}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
