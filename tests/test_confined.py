"""Files of a folder are read, and nothing else."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from jupyter_ai.confined import Entry, confine, list_confined, read_confined
from jupyter_ai.errors import FileRefused


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with every kind of thing in it, and a secret beside it."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (tmp_path / "root2").mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "a.txt").write_text("text")
    (root / "in" / "up").symlink_to("..")
    (root / "out").symlink_to(tmp_path)
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    with (root / "sparse").open("wb") as file:
        file.truncate(10 << 30)
    return root


@pytest.mark.parametrize("path", ["a.txt", "in/../a.txt", "in/up/a.txt", "./a.txt"])
def test_file_is_read(root: Path, path: str) -> None:
    assert read_confined(path, root, 4) == b"text"


def test_absolute_path_in_the_root_is_read(root: Path) -> None:
    assert read_confined(root / "a.txt", root, 4) == b"text"


def test_root_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "to-root").symlink_to(root)

    assert read_confined("a.txt", tmp_path / "to-root", 4) == b"text"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../secret", "outside"),
        ("/etc/passwd", "outside"),
        ("../root2", "outside"),
        ("out/secret", "outside"),
        ("link", "outside"),
        ("/dev/zero", "outside"),
        ("/proc/self/environ", "outside"),
        ("in", "folder"),
        ("pipe", "a pipe"),
        ("sparse", "larger than 4 bytes"),
        ("gone", "no file"),
        ("loop", "cannot be"),
        ("a\0.txt", "null character"),
        ("x" * 5000, "cannot be"),
    ],
)
def test_anything_else_is_refused_with_the_reason(root: Path, path: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read_confined(path, root, 4)


def test_device_in_the_root_is_refused() -> None:
    with pytest.raises(FileRefused, match="device"):
        read_confined("zero", "/dev", 4)


def test_socket_in_the_root_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("plug")

        with pytest.raises(FileRefused):
            read_confined("plug", root, 4)


def test_path_to_be_made_is_confined(root: Path) -> None:
    assert confine("new/file", root) == root / "new" / "file"
    with pytest.raises(FileRefused):
        confine("out/new", root)


def test_folder_is_listed_and_no_link_followed_out_of_the_root(root: Path) -> None:
    (root / "to-a").symlink_to("a.txt")

    assert list_confined(".", root, 100) == [
        Entry("a.txt", False, False, 4),
        Entry("in", True, False, 0),
        Entry("link", False, True, 0),
        Entry("loop", False, True, 0),
        Entry("out", False, True, 0),
        Entry("pipe", False, False, 0),
        Entry("sparse", False, False, 10 << 30),
        Entry("to-a", False, True, 4),
    ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [("..", "outside"), ("out", "outside"), ("a.txt", "not a folder"), ("gone", "no folder")],
)
def test_listing_of_anything_else_is_refused(root: Path, path: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        list_confined(path, root, 100)


def test_what_vanishes_while_a_folder_is_listed_is_left_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    class Late:
        """Entries of a folder, one of which is deleted before it is looked at."""

        def __init__(self, opened: int) -> None:
            with scan(opened) as entries:
                self.entries = list(entries)
            (root / "a.txt").unlink()

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(os, "scandir", Late)
    monkeypatch.setattr(os, "supports_fd", {Late})

    assert "pipe" in [entry.name for entry in list_confined(".", root, 100)]


def test_listing_is_bounded(root: Path) -> None:
    assert len(list_confined(".", root, 2)) == 2
