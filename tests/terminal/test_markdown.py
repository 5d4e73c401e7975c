"""Markdown is settled block by block, each line once, wherever the chunks are cut."""

from __future__ import annotations

import random

from jupyter_ai.terminal.markdown import MarkdownTail, Piece, clean

CODE = "".join(f"code{i}\n" for i in range(150))
BULLETS = "".join(f"* bullet{i}\n" for i in range(60))
NUMBERS = "".join(f"{i}. number{i}\n\n" for i in range(1, 60))
PAGE = (
    "\n\nA *paragraph*\nof two lines\n\n# Heading\n\n- one\n- two\n\n  still two\n\n"
    f"```python\n{CODE}```\n\n| a | b |\n|---|---|\n| 漢字 | 😀 |\n\n{NUMBERS}\n---\n\n{BULLETS}\nthe end"
)


def settle_all(text: str, cuts: random.Random) -> list[Piece]:
    tail, pieces, at = MarkdownTail(), [], 0
    while at < len(text):
        size = cuts.choice([1, 2, 7, 300])
        tail.feed(text[at : at + size])
        at += size
        if cuts.random() < 0.5:
            pieces += tail.settle()
    return pieces + tail.finish()


def words(pieces: list[Piece]) -> list[str]:
    return [word for piece in pieces for word in piece.text.split() if word not in ("```python", "```")]


def test_every_line_is_settled_once() -> None:
    for seed in range(10):
        pieces = settle_all(PAGE, random.Random(seed))

        assert words(pieces) == [word for word in PAGE.split() if word not in ("```python", "```")], seed


def test_a_block_is_settled_when_the_next_one_begins() -> None:
    tail = MarkdownTail()

    tail.feed("One\ntwo\n")
    assert tail.settle() == []
    tail.feed("\nthr")
    assert tail.settle() == []
    tail.feed("ee\n")
    assert tail.settle() == [Piece("One\ntwo\n\n")]
    assert tail.rest() == [Piece("three\n")]
    assert tail.finish() == [Piece("three\n")]
    assert tail.rest() == []


def test_a_long_code_block_is_settled_in_parts_that_are_code_blocks() -> None:
    tail = MarkdownTail()

    tail.feed("~~~py\n" + CODE)
    pieces = tail.settle()
    tail.feed("last\n~~~\nafter")
    pieces += tail.finish()

    *code, after = pieces
    assert len(code) > 2
    assert all(piece.text.startswith("~~~py\n") and piece.text.endswith("~~~\n") for piece in code)
    assert [piece.joined for piece in pieces] == [False, *[True] * (len(code) - 1), False]
    assert after == Piece("after\n")


def test_a_numbered_list_is_cut_only_where_its_numbers_go_on() -> None:
    counted, lazy = MarkdownTail(), MarkdownTail()
    counted.feed(NUMBERS)
    lazy.feed("1. same\n" * 60)

    assert counted.settle()
    assert counted.rest()[0].text.startswith("59. number59")
    assert lazy.settle() == []


def test_the_tail_stays_short_whatever_the_length() -> None:
    for text in ("```\n" + CODE * 20, BULLETS * 20, "word word\n\n" * 2000):
        tail = MarkdownTail()
        tail.feed(text)
        tail.settle()

        assert len(tail.rest()[0].text) < 400


def test_what_a_terminal_would_obey_is_made_visible() -> None:
    assert clean("a\x1b]0;t\x07b\x9b2J\x7f\r\nc\td") == "a␛]0;t␇b�2J␡\nc\td"
