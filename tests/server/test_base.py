"""What plug-ins raise in a request costs that request only."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_ai.server.base import answers


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()], ids=lambda e: type(e).__name__)
async def test_what_would_end_the_server_fails_the_request_only(error: BaseException) -> None:
    @answers
    async def get(handler: Any) -> None:
        raise error

    handler: Any = None

    with pytest.raises(RuntimeError, match=type(error).__name__):
        await get(handler)
