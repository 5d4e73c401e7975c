"""The mock model server as a program, which tells what was asked of it.

It prints where it is. For each line on its standard input, a JSON object, it prints one that says how many
requests came so far, how many were answered and how many clients hung up. A line with a `text` and
`milliseconds` also sets what is answered from then on, and how late.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from mockllm.fixture import MockLLM, start_server

__all__ = ["main"]


def main() -> None:
    """Serve until standard input closes."""
    with start_server() as server:
        mock = MockLLM(server)
        print(json.dumps({"url": mock.openai_url}), flush=True)
        for line in sys.stdin:
            order: dict[str, Any] = json.loads(line)
            if "text" in order:
                mock.reply_with(order["text"], first_token_ms=order["milliseconds"])
            print(json.dumps(_journal(mock)), flush=True)


def _journal(mock: MockLLM) -> dict[str, int]:
    entries = mock.journal
    return {
        "requests": len(entries),
        "answered": sum(entry.completed for entry in entries),
        "hung_up": sum(entry.disconnected_at is not None for entry in entries),
    }


if __name__ == "__main__":
    main()
