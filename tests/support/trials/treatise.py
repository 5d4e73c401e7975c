"""A long answer of all that Markdown has, at an even pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from time import monotonic
from typing import Any

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from trials.recital import asked

__all__ = ["END", "START", "TREATISE_HANDLERS", "treatise"]

START, END = "Chapter 1:", "The treatise ends here."
_CHUNK = 25  # characters

_CHAPTER = """\
## Chapter {n}: what *was found* in sample {n}

Sample {n} was weighed **twice**, and `weigh({n})` was repeated where the two differ by more than $3\\sigma$;
the rest went into the table, see [the protocol](https://example.org/{n}). None of what follows depends on it.

1. Dry it, and note the time.
2. Weigh it:
   - at once, {n} g,
   - and after a day.

```python
def weigh_{n}(samples: list[float], limit: float = {n}.5) -> dict[str, float]:
    \"\"\"The mean of those below the limit, and how many they are.\"\"\"
    kept = [sample for sample in samples if sample < limit]
    if not kept:
        raise ValueError(f"none of {{len(samples)}} is below {{limit}}")
    return {{"mean": sum(kept) / len(kept), "count": float(len(kept))}}
```

| Weighing | Wet | Dry | Lost |
|:--|--:|--:|--:|
| first | {n}.31 | {n}.02 | 0.29 |
| second | {n}.28 | {n}.01 | 0.27 |

$$
\\hat m_{{{n}}} = \\frac{{1}}{{k}} \\sum_{{i=1}}^{{k}} m_i, \\quad
\\sigma^2 = \\sum_i \\frac{{(m_i - \\hat m)^2}}{{k - 1}}
$$

> What is lost is water: {n} of them were burnt, and nothing else came out.

"""


@cache
def treatise(kilobytes: int) -> str:
    """So many thousand characters, and up to a chapter more."""
    text, number = "", 0
    while len(text) < kilobytes * 1000:
        number += 1
        text += _CHAPTER.format(n=number)
    return text + END


class TreatiseHandler(BaseChatHandler):
    """`/treatise 100 5`: a hundred thousand characters, a chunk each five milliseconds."""

    id = "treatise"
    name = "Treatise"
    help = "Streams a long text"
    uses_llm = False
    routing_type = SlashCommandRoutingType(slash_id="treatise")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Stream."""
        self.llm_chain = self  # type: ignore[assignment]  # all that is used of a runnable
        await self.stream_reply(message.prompt, message)

    async def astream(self, input: str, config: Any = None) -> AsyncIterator[str]:
        """The chunks; one that comes late is followed by the next in time."""
        kilobytes, period = asked(input)
        text, began = treatise(kilobytes), monotonic()
        for number, at in enumerate(range(0, len(text), _CHUNK)):
            if (wait := began + number * period - monotonic()) > 0:
                await asyncio.sleep(wait)
            yield text[at : at + _CHUNK]


TREATISE_HANDLERS: tuple[type[BaseChatHandler], ...] = (TreatiseHandler,)
