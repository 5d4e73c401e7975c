"""What a chat's WebSocket says in a page, told beforehand."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["connection", "scripted"]

_SOCKET = """frames => {
  const Real = window.WebSocket;
  window.WebSocket = class extends EventTarget {
    constructor(url, ...more) {
      super();
      if (!String(url).includes('/api/ai/chats')) return new Real(url, ...more);
      setTimeout(() => this.talk(), 0);
    }
    async talk() {
      for (const frame of frames) {
        this.onmessage({ data: JSON.stringify(frame) });
        if (frame.wait) await new Promise(resolve => (this.send = resolve));
        if (frame.rest) await new Promise(resolve => setTimeout(resolve, 0));
      }
    }
    send() {}
    close() {}
  };
  Object.assign(window.WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
}"""


def connection(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The first frame, with a history."""
    history = {"messages": messages, "pending_messages": []}
    return {"type": "connection", "client_id": "c", "epoch": "e", "seq": 0, "history": history}


def scripted(frames: list[dict[str, Any]]) -> str:
    """A script for a page: every chat's socket says these.

    After one with "rest" the page may do something else; after one with "wait" the next prompt is awaited.
    """
    return f"({_SOCKET})({json.dumps(frames)})"
