"""A responses file is read again when it changes, and a wrong one changes nothing."""

import logging
import os
from pathlib import Path

import pytest

from mockllm.config import Prompt, ResponsesError, parse_responses
from mockllm.live import LiveResponses


class File:
    """A responses file, the answers in use, and a clock that is moved by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds = 0.0
        self.versions = 0
        self.write("rules: [{answers: [one, two]}]")
        self.live = LiveResponses(path, clock=lambda: self.seconds)

    def write(self, text: str) -> None:
        self.versions += 1
        self.path.write_text(text)
        os.utime(self.path, ns=(self.versions, self.versions))

    def ask(self, *, after: float = 1) -> str:
        self.seconds += after
        return self.live.current.reply(Prompt("a")).text


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "f.yaml")


def test_a_changed_file_is_read_again(file: File) -> None:
    file.write("rules: [{answer: new}]")

    assert file.ask() == "new"


def test_what_was_counted_survives_while_the_file_does_not_change(file: File) -> None:
    assert [file.ask(), file.ask()] == ["one", "two"]


def test_it_looks_five_times_a_second_at_most(file: File) -> None:
    file.write("rules: [{answer: new}]")

    assert file.ask(after=0.19) == "one"
    assert file.ask(after=0.02) == "new"


def test_a_wrong_file_leaves_the_last_good_one_in_use_and_is_logged_once(
    file: File, caplog: pytest.LogCaptureFixture
) -> None:
    file.write("rules: [{answr: new}]")

    assert [file.ask(), file.ask()] == ["one", "two"]
    assert "f.yaml, line 1: `rules[0].answr` is not a known key; did you mean `answer`?" in str(
        file.live.problem
    )
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_mended_file_is_read_and_the_problem_is_over(file: File) -> None:
    file.write("rules: [")
    file.ask()
    file.write("rules: [{answer: mended}]")

    assert file.ask() == "mended"
    assert file.live.problem is None


def test_a_deleted_file_leaves_the_last_good_one_in_use(file: File) -> None:
    file.path.unlink()

    assert file.ask() == "one"
    assert "f.yaml cannot be read: No such file" in str(file.live.problem)


def test_a_file_that_is_wrong_from_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResponsesError, match=r"none\.yaml cannot be read"):
        LiveResponses(tmp_path / "none.yaml")


def test_answers_need_no_file() -> None:
    live = LiveResponses.fixed(parse_responses("responses: {a: b}"))

    assert live.current.reply(Prompt("a")).text == "b"
    assert live.current is live.current


def test_who_adds_to_the_file_loses_no_count(file: File) -> None:
    file.ask()
    added = "rules: [{answers: [one, two, three]}, {answer: b}]"
    file.write(added)
    file.live.adopt(parse_responses(added))

    assert [file.ask(), file.ask()] == ["two", "three"]
