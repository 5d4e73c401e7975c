"""How a line goes on that was begun like others of the same document."""

from __future__ import annotations

import pytest

from jupyter_ai.completions.recurring import Text, continuation


@pytest.mark.parametrize(
    ("document", "line", "rest"),
    [
        ("import numpy as np\n", "import num", "py"),
        ("for item in items:\nfor item in items:\n", "    for it", "em in items:"),
        ("self.a = 1\nself.b = 2\n", "sel", "f."),
        ("df.plot(kind='bar')\ndf.plot(kind='box')\n", "df.p", "lot(kind='"),
        ("print(value)\n", "pri", ""),
        ("print(value)\nprint(value)\n", "pri", "nt(value)"),
        ("x = compute(1)\n", "x = compute(1)", ""),
        ("a = np.mean(x, 0)\nb = np.mean(x, 0)\nc = np.mean(x, 0)\n", "mu = np.mean(", "x, 0)"),
        ("f(np.mean(values))\ng(np.mean(values))\nh(np.mean(values))\n", "x = np.mean(va", "lues)"),
        ("reformat\nreformat\nreformat\nreformat\n", "x = format", ""),
        ("", "x = 1", ""),
        ("import os\n", "", ""),
        ("import os\n", "   ", ""),
        ('trips = daily.to_frame("bicycles").join(rain)\n', "trips = daily.", "to_frame"),
        ("x = open('ab c.txt')\n", "x = open('", "ab"),
        ("# it's the last one\n", "# it's the ", "last"),
        ("été = 'ü'\nété = 'ü'\n", "été ", "= 'ü'"),
    ],
)  # fmt: skip
def test_a_line_goes_on_as_the_document_agrees(document: str, line: str, rest: str) -> None:
    assert continuation(line, [Text(document)]) == rest


def test_only_the_given_part_of_a_text_is_searched() -> None:
    text = "import numpy as np\nimport numpy as np\n"

    assert continuation("import num", [Text(text, 1, 18)]) == ""


def test_what_recurs_endlessly_is_looked_at_in_the_nearest_places_only() -> None:
    assert continuation("aaa", [Text("aaab\n" * 100_000)]) == ""
