"""A responses file is read again when it changes, and a wrong one changes nothing."""

import logging
import os
from pathlib import Path

import pytest

from mockllm.config import Prompt, ResponsesConfig, ResponsesError, parse_responses
from mockllm.live import LiveResponses
from mockllm.responder import Unrecorded


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


def test_a_file_whose_aliases_multiply_leaves_the_last_good_one_in_use(file: File) -> None:
    levels = [f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 9)]
    file.write("\n".join(["providers:", " x:", "  a0: &a0 [1, 1, 1]", *levels]))

    assert file.ask() == "one"
    assert "f.yaml, line 8: the aliases stand for more than 100000 values." in str(file.live.problem)


def test_a_mended_file_is_read_and_the_problem_is_over(file: File) -> None:
    file.write("rules: [")
    file.ask()
    file.write("rules: [{answer: mended}]")

    assert file.ask() == "mended"
    assert file.live.problem is None


def test_an_empty_file_is_taken_for_one_being_saved_for_a_second(file: File) -> None:
    file.write("")

    assert [file.ask(), file.ask(after=0.5)] == ["one", "two"]
    file.write("rules: [{answer: saved}]")
    assert file.ask(after=0.3) == "saved"

    file.write("")
    assert file.ask() == "saved"
    assert "There is no answer" in file.ask(after=1)


def test_a_newer_file_is_checked_before_it_is_used(file: File) -> None:
    def check(responses: ResponsesConfig, source: str) -> None:
        if len(responses.rules) > 1:
            raise ResponsesError(f"{source} has too many rules.")

    file.live.check_with(check)
    file.write("rules: [{answer: new}, {answer: other}]")

    assert file.ask() == "one"
    assert str(file.live.problem).endswith("f.yaml has too many rules.")


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


def test_an_edit_does_not_end_the_recording(file: File) -> None:
    live = LiveResponses(file.path, is_recording=True, clock=lambda: file.seconds)
    file.write("rules: [{exact: b, answer: new}]")
    file.seconds += 1

    assert live.current.reply(Prompt("b")).text == "new"
    with pytest.raises(Unrecorded):
        live.current.reply(Prompt("a"))
