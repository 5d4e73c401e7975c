"""The notebook in the pictures, as somebody left it."""

from __future__ import annotations

import json
import platform
import sys
from typing import Any

__all__ = ["NOTEBOOK"]

_TITLE = """\
# Bicycles on the harbour bridge

Hourly counts of 2024, and what rain does to them."""

_READ = """\
import pandas as pd

counts = pd.read_csv("bridge.csv", parse_dates=["hour"])
counts.head(3)"""

_DAILY = """\
daily = counts.resample("D", on="hour")["bicycles"].sum()
daily.describe().round()"""

_JOIN = """\
rain = pd.read_csv("rain.csv", index_col="day", parse_dates=True)
both = daily.to_frame("bicycles").join(rain)
both["mm"].corr(both["bicycels"])"""

_ROWS = (("2024-01-01 00:00", 41, 23), ("2024-01-01 01:00", 66, 38), ("2024-01-01 02:00", 52, 31))

_DESCRIBED = """\
count     366.0
mean     4402.0
std      1519.0
min       388.0
25%      3248.0
50%      4611.0
75%      5590.0
max      7863.0
Name: bicycles, dtype: float64"""

_TRACEBACK = """\
\x1b[31m------------------------------------------------------------\x1b[39m
\x1b[31mKeyError\x1b[39m                                  Traceback (most recent call last)
\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[3]\x1b[39m\x1b[32m, line 3\x1b[39m
\x1b[32m      1\x1b[39m rain = pd.read_csv("rain.csv", index_col="day", parse_dates=True)
\x1b[32m      2\x1b[39m both = daily.to_frame("bicycles").join(rain)
\x1b[32m----> 3\x1b[39m both["mm"].corr(both["bicycels"])

\x1b[31mKeyError\x1b[39m: 'bicycels'"""


# As the kernel gives it: else the notebook counts as changed.
_METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": sys.version_info.major},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),
    },
}


def _table() -> str:
    rows = "".join(
        f"<tr><th>{n}</th><td>{a}</td><td>{b}</td><td>{c}</td></tr>" for n, (a, b, c) in _numbered()
    )
    head = "<tr><th></th><th>hour</th><th>bicycles</th><th>northbound</th></tr>"
    return f'<table class="dataframe"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _numbered() -> enumerate[tuple[str, int, int]]:
    return enumerate(_ROWS)


def _code(number: int, source: str, output: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "source": source,
        "metadata": {},
        "execution_count": number,
        "outputs": [output],
    }


def _result(number: int, data: dict[str, str]) -> dict[str, Any]:
    return {"output_type": "execute_result", "execution_count": number, "data": data, "metadata": {}}


NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "id": "title", "source": _TITLE, "metadata": {}},
            _code(1, _READ, _result(1, {"text/html": _table(), "text/plain": "3 rows"})),
            _code(2, _DAILY, _result(2, {"text/plain": _DESCRIBED})),
            _code(
                3,
                _JOIN,
                {
                    "output_type": "error",
                    "ename": "KeyError",
                    "evalue": "'bicycels'",
                    "traceback": _TRACEBACK.splitlines(),
                },
            ),
        ],
        "metadata": _METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)
