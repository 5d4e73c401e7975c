"""Which files of the server's root a pattern such as `src/**/*.py` means."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from jupyter_ai.confined import Entry, list_confined
from jupyter_ai.errors import FileRefused

__all__ = ["Glob", "has_pattern"]

_MAGIC = frozenset("*?[")


def has_pattern(path: str) -> bool:
    """Whether a path has a `*`, a `?` or a `[`."""
    return not _MAGIC.isdisjoint(path)


class Glob:
    """Finds the files of one pattern, looking at `limit` entries of folders at most.

    `**` stands for any number of folders, without those that are links; what begins with a dot is found only
    by a pattern that does. Blocks.
    """

    def __init__(self, pattern: str, root: str, limit: int = 10_000) -> None:
        parts = [part for part in pattern.split("/") if part not in ("", ".")]
        # `**/**` finds what `**` does, at many times the cost.
        self._parts = [
            part for part, before in zip(parts, ["", *parts], strict=False) if part != "**" or before != "**"
        ]
        if self._parts[-1:] == ["**"]:
            self._parts.append("*")
        self._root = root
        self._left = limit
        self._found: dict[str, list[Entry]] = {}  # by folder
        self._searched: set[tuple[str, int]] = set()  # folders, and how many parts were looked for below them
        self.is_cut = False
        """Whether there may be more files than were found."""

    def files(self) -> list[str]:
        """Their paths, relative to the root, sorted. Raises `FileRefused` for a `..` in the pattern."""
        if ".." in self._parts:
            raise FileRefused("A pattern cannot lead upwards with `..`.")
        return sorted(dict.fromkeys(self._below("", self._parts)))

    def _below(self, folder: str, parts: list[str]) -> Iterator[str]:
        if (folder, len(parts)) in self._searched:
            return  # several `**` lead to a folder in many ways
        self._searched.add((folder, len(parts)))
        part, *rest = parts
        if part == "**":
            yield from self._below(folder, rest)
            for entry in self._entries(folder):
                if entry.is_dir and not entry.is_link and not entry.name.startswith("."):
                    yield from self._below(_join(folder, entry.name), parts)
            return
        for entry in self._entries(folder):
            if not _matches(entry.name, part):
                continue
            if rest and entry.is_dir:
                yield from self._below(_join(folder, entry.name), rest)
            elif not rest and not entry.is_dir:
                yield _join(folder, entry.name)

    def _entries(self, folder: str) -> list[Entry]:
        if folder not in self._found:
            self._found[folder] = self._listed(folder)
        return self._found[folder]

    def _listed(self, folder: str) -> list[Entry]:
        try:
            entries = list_confined(folder or ".", self._root, self._left + 1)
        except FileRefused:
            return []  # it is a matter of files that can be read
        self.is_cut |= len(entries) > self._left
        entries = entries[: self._left]
        self._left -= len(entries)
        return entries


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith("."))
