"""How often a growing suggestion is sent."""

from jupyter_ai.completions.streams import Growth


def test_5000_chunks_of_24_kb_are_a_megabyte_at_most() -> None:
    growth, text, sent = Growth(), "", 0
    for number in range(5000):
        text += "abcd " if number % 5 else "abcde"
        sent += len(text) + 300 if growth.feed(text) else 0

    assert 24_000 < len(text) < sent < 1_000_000


def test_first_and_last_text_are_looked_at() -> None:
    growth = Growth()

    assert [growth.feed("a" * 100), growth.feed("a" * 101), growth.feed("a" * 101, last=True)] == [
        True,
        False,
        True,
    ]


def test_another_text_is_looked_at() -> None:
    growth = Growth()
    growth.feed("abc" * 100)

    assert growth.feed("abd" * 100)
