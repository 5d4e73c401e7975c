"""Which folders' persona files each person has allowed to be run."""

from __future__ import annotations

from pathlib import Path

from jupyter_ai.private_file import PrivateFile

__all__ = ["AllowedFolders"]


class AllowedFolders:
    """Real paths of folders, by who allowed them; kept in a file of the user's, or (None) in memory.

    Its methods block. A file that cannot be read allows nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = PrivateFile(path, "folders", {}, remedy="allow them again") if path is not None else None
        self._folders: dict[str, list[str]] = {}

    def owners(self, folder: Path) -> frozenset[str]:
        """Who has allowed it."""
        found = self._file.read() if self._file is not None else self._folders
        return frozenset(owner for owner, paths in found.items() if str(folder) in _paths(paths))

    def allow(self, owner: str, folder: Path) -> None:
        """Remember that `owner` allows it. Raises `SecretsError` if that cannot be written."""
        self._change(owner, folder, allowed=True)

    def forget(self, owner: str, folder: Path) -> None:
        """Remember that `owner` does not allow it any more. Raises `SecretsError`."""
        self._change(owner, folder, allowed=False)

    def _change(self, owner: str, folder: Path, *, allowed: bool) -> None:
        if self._file is None:
            self._folders = _changed(self._folders, owner, folder, allowed)
            return
        with self._file.locked():
            self._file.write(_changed(self._file.read_or_raise(), owner, folder, allowed))


def _changed(folders: dict[str, list[str]], owner: str, folder: Path, allowed: bool) -> dict[str, list[str]]:
    others = [path for path in _paths(folders.get(owner)) if path != str(folder)]
    return {**folders, owner: [*others, str(folder)] if allowed else others}


def _paths(value: object) -> list[str]:
    return [path for path in value if isinstance(path, str)] if isinstance(value, list) else []
