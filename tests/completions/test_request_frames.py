"""What an editor may send."""

from __future__ import annotations

import json

import pytest

from jupyter_ai.completions.handlers.frames import parse
from jupyter_ai.errors import InvalidFrame


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("path", "path: it is longer than 4,096 characters."),
        ("cell_id", "cell_id: it is longer than 256 characters."),
    ],
)
def test_a_name_that_no_document_has_is_refused(field: str, reason: str) -> None:
    request = {"number": 1, "prefix": "", "suffix": "", "mime": "", "stream": False, field: "a/" * 3_000}

    with pytest.raises(InvalidFrame) as refused:
        parse(json.dumps(request), 1 << 20)

    assert str(refused.value) == reason
