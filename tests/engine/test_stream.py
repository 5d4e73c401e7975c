"""A stream's text is whole however it was cut, and frames are due when they should be."""

from itertools import pairwise, product

from jupyter_ai.engine.stream import MERGE_WINDOW, StreamBuffer

TEXT = "aé\n🎉e\u0301\u200db"  # two to four bytes a code point, a combining mark, a joiner


def cuts(text: str) -> list[list[str]]:
    """Every way to cut `text` into chunks."""
    ways = []
    for marks in product([False, True], repeat=len(text) - 1):
        edges = [0, *(i + 1 for i, cut in enumerate(marks) if cut), len(text)]
        ways.append([text[a:b] for a, b in pairwise(edges)])
    return ways


def test_frames_join_to_the_text_at_every_chunk_boundary() -> None:
    for chunks in cuts(TEXT):
        for taken in product([False, True], repeat=len(chunks)):
            buffer, received = StreamBuffer(), ""
            for chunk, take in zip(chunks, taken, strict=True):
                buffer.feed(chunk, 0.0)
                if take:
                    offset, text = buffer.take(0.0)
                    assert offset == len(received)
                    received += text
            received += buffer.take(0.0)[1]

            assert received == TEXT == buffer.text() == buffer.take_unsaved()
            assert buffer.length == buffer.sent == len(TEXT)


def test_the_first_chunk_is_due_at_once_and_the_next_after_the_window() -> None:
    buffer = StreamBuffer()
    assert buffer.feed("a", 100.0)
    buffer.take(100.0)

    assert not buffer.feed("b", 100.0 + MERGE_WINDOW / 2)
    assert buffer.due() == 100.0 + MERGE_WINDOW
    assert buffer.feed("c", 100.0 + 2 * MERGE_WINDOW)


def test_what_was_taken_is_not_taken_again() -> None:
    buffer = StreamBuffer()
    buffer.feed("ab", 0.0)

    assert [buffer.take(0.0), buffer.take(0.0)] == [(0, "ab"), (2, "")]
    assert [buffer.take_unsaved(), buffer.take_unsaved()] == ["ab", ""]


def test_reading_the_text_in_between_loses_nothing() -> None:
    buffer, read = StreamBuffer(), []
    for chunk in TEXT:
        buffer.feed(chunk, 0.0)
        read.append(buffer.text())

    assert read == [TEXT[: i + 1] for i in range(len(TEXT))]
    assert buffer.take(0.0) == (0, TEXT)


def test_an_empty_stream_has_no_text() -> None:
    assert (StreamBuffer().text(), StreamBuffer().take(0.0)) == ("", (0, ""))
