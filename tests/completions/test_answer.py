"""A request is answered once, and each suggestion ends once."""

from suggesting import begun, chunk, reply, shown

from jupyter_ai.completions.answer import Answer


def test_second_reply_is_dropped() -> None:
    answer = Answer(1)

    assert [answer.feed(reply("a")), answer.feed(reply("b"))] == [True, False]


def test_chunk_of_what_was_not_begun_is_dropped() -> None:
    answer = Answer(1)
    answer.feed(begun("t"))

    assert not answer.feed(chunk("a", "another"))


def test_chunk_after_the_end_is_dropped() -> None:
    answer = Answer(1)
    answer.feed(begun("t"))

    assert [answer.feed(chunk("a", done=True)), answer.feed(chunk("ab"))] == [True, False]


def test_nothing_is_answered_with_an_empty_reply() -> None:
    answer = Answer(7)
    left = list(answer.finish())

    assert (shown(left), left[0].reply_to) == ([[]], 7)
    assert not answer.feed(reply("late", number=7))


def test_what_was_begun_is_ended_with_what_was_sent() -> None:
    answer = Answer(1)
    answer.feed(begun("t", "u"))
    answer.feed(chunk("one"))

    assert shown(list(answer.finish())) == ["one.", "."]
