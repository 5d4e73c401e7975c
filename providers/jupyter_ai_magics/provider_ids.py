"""The ids that provider classes of packages have, kept so that a blocked one is not imported again."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from threading import Lock

__all__ = ["ProviderIds"]

_LOG = logging.getLogger(__name__)
_VERSION = 1  # of the file
_MOST = 1000  # ids; more come from packages that are long gone


class ProviderIds:
    """The ids, by distribution, version and target; a file that cannot be used is as good as none.

    It may be used from any thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._ids: dict[str, str] | None = None  # None: not read yet
        self._changed = False

    @classmethod
    def in_folder(cls, data_dir: Path | str) -> ProviderIds:
        """Those of the server whose data are in this folder."""
        return cls(Path(data_dir) / "jupyter_ai" / "provider-ids.json")

    def get(self, distribution: str, version: str, target: str) -> str | None:
        """The id of a class that some process has imported; None if none has."""
        with self._lock:
            return self._known().get(_key(distribution, version, target))

    def learn(self, distribution: str, version: str, target: str, id: str) -> None:
        """Keep an id; `save` writes it."""
        key = _key(distribution, version, target)
        with self._lock:
            known = self._known()
            if known.get(key) == id:
                return
            while len(known) >= _MOST:
                del known[next(iter(known))]
            known[key] = id
            self._changed = True

    def save(self) -> None:
        """Write what is new. If that fails, the next process imports once more."""
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            text = json.dumps({"version": _VERSION, "ids": self._known()}, indent=1)
        try:
            _replace(self._path, text)
        except OSError as error:
            _LOG.debug("The ids of providers are not kept: %s", error)

    def _known(self) -> dict[str, str]:
        if self._ids is None:
            self._ids = _read(self._path)
        return self._ids


def _key(distribution: str, version: str, target: str) -> str:
    return f"{distribution} {version} {target}"


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_bytes())
        found = content["ids"] if content["version"] == _VERSION else {}
        return {key: id for key, id in found.items() if isinstance(id, str)}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = mkstemp(prefix=f".{path.name}-", dir=path.parent)  # of mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
