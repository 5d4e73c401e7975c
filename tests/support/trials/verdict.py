"""What must be true of a chat after its server was killed, given what a client had seen of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from trials.fold import Json, View
from trials.recital import asked, recital, word

__all__ = ["BEAT", "LOSS", "Beat", "Life", "complaints", "memory_complaints", "time_to_save"]

LOSS = 0.5
"""Seconds of a stream before the kill that may be lost."""

BEAT = 0.02
"""Seconds between two signs of life."""

Beat = tuple[float, float]
"""A sign of life of an event loop: when, and the processor time it had used by then."""

_STOPPED = "(AI response stopped by user)"
_TOLD = "(The server stopped before this"
_TOLD_LATER = "(The server stopped before this answer"
_SEVERAL = ("/pair", "@Ada")  # are answered by two streams


@dataclass
class Life:
    """One life of a chat: what was seen of it, what was asked of it, and when it was killed."""

    view: View = field(default_factory=View)
    cleared: set[str] = field(default_factory=set)  # human messages that somebody meant to clear
    cleared_all: bool = False  # somebody meant to clear everything
    frames: int = 0
    ended: float = 0.0
    due: float = float("inf")  # what was seen of a stream by then must be there

    def may_be_gone(self, message: Json) -> bool:
        """Whether somebody asked for it to go, and was killed before it was seen to be gone."""
        return self.cleared_all or message["id"] in self.cleared or message.get("reply_to") in self.cleared

    def loss(self, stream: str, kept: int) -> float:
        """How long before the end the oldest text was seen that is not among the first `kept` code points."""
        lost = [at for at, length in self.view.marks.get(stream, ()) if length > kept]
        return self.ended - min(lost, default=self.ended)


def time_to_save(beats: list[Beat], ended: float) -> float:
    """When what was seen of a stream had to be on its way to the disk, for a life that ended at `ended`.

    A machine may give a process no turn for a second. What counts is the time in which its loop turned, or
    worked: a gap without a sign of life counts for no more than the processor time that was used in it.
    """
    left = LOSS
    signs = [(ended, beats[-1][1]), *reversed(beats)] if beats else []
    for (later, spent_later), (earlier, spent) in pairwise(signs):
        left -= min(later - earlier, max(2 * BEAT, spent_later - spent))
        if left <= 0:
            return earlier
    return float("-inf")


def complaints(life: Life, restored: dict[str, Json]) -> Iterator[str]:
    """What is wrong with a restored chat."""
    whole = life.view.whole()
    kept = {id: m for id, m in life.view.messages.items() if id in restored or not life.may_be_gone(m)}
    for id, seen in kept.items():
        if id not in restored:
            yield f"{seen['type']} {id} is gone: {seen['body'][:80]!r}"
        elif id in whole and restored[id] != seen:
            yield f"{seen['type']} {id} was altered: {seen} became {restored[id]}"
        elif id not in whole:
            yield from _cut_complaints(life, seen, restored[id])
    order = [id for id in restored if id in kept]
    if order != [id for id in kept if id in restored]:
        yield "the order was altered"
    yield from reply_complaints(restored.values())


def _cut_complaints(life: Life, seen: Json, restored: Json) -> Iterator[str]:
    id, text, known = restored["id"], restored["body"], seen["body"]
    due = known[: life.view.seen_by(id, life.due)]
    if not text.startswith(due):
        yield f"stream {id} lost what was seen in time: {len(due)} due, {len(text)} restored"
    if not (text.startswith(known) or known.startswith(text)):
        yield f"stream {id} was altered"


def reply_complaints(messages: Iterable[Json]) -> Iterator[str]:
    """What is wrong with the answers in a chat in which nothing is at work: each follows from its prompt."""
    replies: dict[str, list[Json]] = {}
    humans = []
    for message in messages:
        if message["type"] == "human":
            humans.append(message)
        elif "warning" not in message["metadata"]:  # of the watchdog, whenever the machine stood still
            replies.setdefault(message["reply_to"], []).append(message)
    for human in humans:
        if human["prompt"] == "/memory":
            continue
        yield from _answer_complaints(human, replies.get(human["id"], []))


def _answer_complaints(human: Json, replies: list[Json]) -> Iterator[str]:
    prompt = human["prompt"]
    if not replies:
        yield f"nobody answered {prompt!r}, nor told why"
    for reply in replies:
        if not reply.get("complete", True):
            yield f"a stream that answers {prompt!r} is still open"
        if not _is_true(reply, prompt):
            yield f"an answer to {prompt!r} is wrong: {reply['body'][-80:]!r} {reply['metadata']}"
    told = [reply for reply in replies if reply["body"].startswith(_TOLD)]
    if len(told) > 1:
        yield f"told {len(told)} times that {prompt!r} was cut"
    if any(reply["body"].startswith(_TOLD_LATER) != (len(replies) > 1) for reply in told):
        yield f"told the wrong thing of {prompt!r}: {told[0]['body']}"
    # Its two streams end one after the other, and the run after both.
    if told and not prompt.startswith(_SEVERAL) and _is_answered(prompt, replies):
        yield f"told that {prompt!r} was cut, although it was answered"


def _is_true(reply: Json, prompt: str) -> bool:
    text, told = str(reply["body"]), reply["metadata"]
    full = recital(asked(prompt)[0])
    if reply["type"] == "agent":
        return text in {word(number) for number in range(asked(prompt)[0])}
    if told.get("interrupted"):
        return full.startswith(text) or text.startswith(_TOLD)
    if told.get("stopped"):
        return full.startswith(_spoken(text))
    return text == full


def _spoken(text: str) -> str:
    """The text of a reply without the mark that it was stopped."""
    return text.removesuffix(_STOPPED).removesuffix("\n\n")


def _is_answered(prompt: str, replies: list[Json]) -> bool:
    full = Counter(r["type"] for r in replies if not r["metadata"].get("interrupted"))
    if prompt.startswith("/whole"):
        return full["agent"] >= asked(prompt)[0]
    return full["agent-stream"] >= 1


def _unaddressed(text: str) -> str:
    return re.sub(r"^(?:@\w+ )+", "", text)


def memory_complaints(messages: Iterable[Json], memory: list[tuple[str, str]]) -> Iterator[str]:
    """What is wrong with what the model remembers: (human message, text) of each remembered message."""
    expected: Counter[tuple[str, str]] = Counter()
    prompts = {m["id"]: m["prompt"] for m in messages if m["type"] == "human"}
    for message in messages:
        prompt = prompts.get(message.get("reply_to", ""), "/")
        if prompt.startswith(("/", *_SEVERAL)) or message["type"] != "agent-stream":
            continue
        text = _spoken(message["body"]) if message["metadata"].get("stopped") else message["body"]
        if not text or text.startswith(_TOLD):
            continue
        expected[message["reply_to"], _unaddressed(prompt)] += 1
        expected[message["reply_to"], text] += 1
    remembered = Counter((human, _unaddressed(text)) for human, text in memory)
    for (human, text), count in (expected - remembered).items():
        yield f"the model forgot {count} times {text[:60]!r} of {human}"
    for (human, text), count in (remembered - expected).items():
        yield f"the model remembers {count} times {text[:60]!r} of {human}, which is not in the chat"
