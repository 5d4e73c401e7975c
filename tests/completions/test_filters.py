"""What of a suggested text is shown, and that it costs next to nothing."""

from __future__ import annotations

import time

import pytest
from drawn import at
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_ai.completions.filters import filtered
from jupyter_ai.completions.models import InlineCompletionRequest


@pytest.mark.parametrize(
    ("document", "suggested", "kept"),
    [
        # fences and remarks
        ("def f():\n    ▮", "```python\nreturn 1\n```", "return 1"),
        ("def f():\n    ▮", "Here is the code:\n```python\nreturn 1\n```\nIt returns 1.", "return 1"),
        ("def f():\n    ▮", "Sure, here it is:\n\nreturn 1", "return 1"),
        ("ok = ▮", "here is None and x", "here is None and x"),
        ("ok = ▮", "here is the line:\n\nx", "x"),
        ("ok = ▮", "here is the line:", "here is the line:"),
        ("f(▮", "sure, x)", "sure, x)"),
        ("▮", "x = 1\n\nThis sets x to one.", "x = 1"),
        ("▮", 'x = """\n\nThis is text.\n"""', 'x = """\n\nThis is text.\n"""'),
        ("# ▮", "Here is the code:", "Here is the code:"),
        ('def f():\n    """Does it.\n\n    ▮', "Here is how.", "Here is how."),
        # what stands before the cursor
        ("import os\nresult = comp▮", "result = compute(1)", "ute(1)"),
        ("import os\nresult = comp▮", "compute(1)", "ute(1)"),
        ("def f():\n    x = 1\n    ret▮", "    x = 1\n    return x", "urn x"),
        ("[0, 0, ▮", "0, 0]", "0, 0]"),
        ("x + y, x + ▮", "x + z", "x + z"),
        ("x = ▮", " 1", "1"),
        # what stands behind it
        ("foo(bar(▮))", "x))", "x"),
        ("foo(bar(▮)", "x))", "x)"),
        ("foo(bar(▮)", "x)", "x)"),
        ("foo(▮)", "bar(1)", "bar(1)"),
        ('print("▮")', 'hello")', "hello"),
        ('print("▮")', 'hello"', "hello"),
        ("f(a▮, b)", ", x, b)", ", x"),
        # what an editor has closed
        ("d = {'▮'}", "a': 1}", "a"),
        ('d["▮"]', 'key"] = 1', "key"),
        ('print("▮")', 'hello", x)', "hello"),
        ('print("▮")', 'a" + str(x) + "b', 'a" + str(x) + "b'),
        ("class A:\n    def f(▮):", "self, x):\n        self.x = x", "self, x"),
        ("print(▮)", "x) + (y", "x) + (y"),
        ("see (▮)", "don't", "don't"),
        ("x = [▮];", "1, 2];", "1, 2"),
        # the lines below it
        ("a = 1\n▮\nprint(a)\n", "print(a)", ""),
        ("a = 1\n▮\n\nprint(a)\n", "b = 2\nprint(a)", "b = 2"),
        ("a = 1\n▮\n\nprint(a)\n", "b = 2\nprint(a)\nc = 3", "b = 2"),
        ("foo(\n    a,\n▮\n)", "    b,\n)", "    b,"),
        ("x = ▮\nx = compute(1)", "compute(1)", ""),
        (
            "def f(x, y):\n    z = 1\n    ▮\n\n    return x\n",
            "if y:\n        return x\n    x += 1",
            "if y:\n        return x\n    x += 1",
        ),
        ("▮\n\nlog(a)", "try:\n    log(a)\nexcept E:\n    pass", "try:\n    log(a)\nexcept E:\n    pass"),
        # a block without its body
        ("def f(x):\n    ▮\n    return x", "if x:\n        x += 1", "if x:\n        x += 1"),
        ("def f(x):\n    ▮\n        return x", "if x:\n        return x", "if x:"),
        ("▮\n\nprint(a)", "b = 1\nfor a in b:\nprint(a)", "b = 1\nfor a in b:"),
        ("▮\n\n}", "a\n}\nb", "a\n}\nb"),
        # repetition
        ("▮", "import os\n" + "print(os)\n" * 9, "import os\nprint(os)\nprint(os)"),
        ("▮", "a(1)\nb(2)\na(1)\nb(2)\na(1)\nb(2)\na(1", "a(1)\nb(2)\na(1)\nb(2)"),
        ("print(os)\nprint(os)\n▮", "print(os)\nprint(os)", ""),
        ("▮", "}\n}\n}", "}\n}\n}"),
        ("x = ▮", "1 + 1 + 1 + " * 12, "1 +"),
        ("# ▮", "-" * 70, "-" * 70),
        # several lines
        ("x = ▮", "1\ny = 2", "1"),
        ("def f(▮", "a):\n    return a", "a):\n    return a"),
        ("def f(▮\n    return a", "a):\n    return a", "a):"),
        ("if x:▮", "\n    y()\n    z()", "\n    y()\n    z()"),
        ("x = 1▮", "\ny = 2", ""),
        ("foo(▮)", "\n    a,\n    b,\n)", "\n    a,\n    b,\n"),
        ("▮", "   \n  ", ""),
    ],
)
def test_what_is_kept(document: str, suggested: str, kept: str) -> None:
    assert filtered(suggested, at(document)) == kept


@pytest.mark.parametrize("suggested", ["```python\nx\n```", "Here is the list:\n- a"])
def test_prose_and_fences_stay_in_markdown(suggested: str) -> None:
    assert filtered(suggested, at("▮", language="markdown")) == suggested


code = st.text("ab1 =+.,:()[]{}\"'`\n\t#é", max_size=60) | st.lists(
    st.sampled_from(
        ["x = 1\n", "foo(", ")", "    ", "return x\n", "```", "\n", "Here is it:\n", "}", '"', "abc"]
    ),
    max_size=12,
).map("".join)
requests = st.builds(
    lambda prefix, suffix, language, trigger: at(f"{prefix}▮{suffix}", language, trigger),
    code,
    code,
    st.sampled_from(["python", "markdown", "r"]),
    st.sampled_from(["automatic", "explicit"]),
)


@settings(max_examples=150, deadline=None, database=None)
@given(code, requests)
def test_what_is_kept_is_kept_again(text: str, request: InlineCompletionRequest) -> None:
    kept = filtered(text, request)

    assert filtered(kept, request) == kept


@settings(max_examples=150, deadline=None, database=None)
@given(code, requests)
def test_the_next_line_is_never_doubled(text: str, request: InlineCompletionRequest) -> None:
    kept = filtered(text, request)
    rest, *below = request.suffix.split("\n")
    following = next((line.rstrip() for line in below if line.strip()), None)
    line = (request.prefix + kept + rest).rpartition("\n")[2].rstrip()

    assert not kept or following is None or line != following


@settings(max_examples=100, deadline=None, database=None)
@given(code, requests)
def test_nothing_is_made_up(text: str, request: InlineCompletionRequest) -> None:
    assert filtered(text, request) in text


def _cost(lines_before: int, lines_after: int) -> float:
    """Seconds of the processor for a suggestion of 2 kB, the least of several times."""
    before, after = "def f(x):\n    return x + 1\n\n" * lines_before, "z = 3\n" * lines_after
    request = at(f"{before}def g(y):\n    ▮\n\n{after}")
    text = "".join(f"value_{n} = compute({n}, y)\n    " for n in range(60))
    times = []
    for _ in range(10):
        started = time.thread_time()
        filtered(text, request)
        times.append(time.thread_time() - started)
    return min(times)


def test_a_large_document_costs_no_more_than_a_small_one() -> None:
    assert _cost(4_000, 9_000) < 4 * _cost(100, 200)


@pytest.mark.parametrize(
    ("document", "suggested"),
    [
        ("def f():\n    ▮", "f()\n{}x".format("\n" * 32_000)),
        ("def f():\n    ▮", "f()\n\nThis {}x".format("a " * 16_000)),
        ("def f():\n    ▮", "f(){}".format("\n\nThis is" * 4_000)),
        ("f(▮)", '"{})'.format('\\"' * 16_000)),
        ("f(▮" + ")" * 1_000, ")" * 32_000),
        ("f(▮" + ")" * 1_000, ")\n" * 16_000 + "))"),
        ("f(▮)", "([{" * 10_000 + "\n)"),
        ("( " * 1_000 + "▮", "( " * 16_000),
        ("def f():\n    ▮\n" + "=" * 1_000, "\n" * 32_000 + "=" * 1_000),
        ("▮", "Here is " + "`a` " * 8_000),
        ("▮", "Here is x\n" + " \n" * 16_000 + "`"),
        ("x %" + "a%" * 1_000 + "▮\ny", "%a" * 8_000 + "\n" + "%a\n" * 8_000),
        ("if x:\n▮\ny", "# a\n" * 8_000),
        ("f(" + "'\"" * 1_000 + "▮", "\"'" * 8_000),
        ("a " * 1_000 + "▮", "a " * 16_000),
    ],
)
def test_an_odd_text_of_32_kb_holds_nobody_up(document: str, suggested: str) -> None:
    """Each took from 3 to 80 s while the time rose with the square of the length; now about 0.05 s."""
    started = time.thread_time()
    for trigger in ("automatic", "explicit"):
        filtered(suggested, at(document, trigger=trigger), grows=True)
        filtered(suggested, at(document, trigger=trigger))

    assert time.thread_time() - started < 1


def test_what_is_longer_than_any_suggestion_is_cut() -> None:
    assert len(filtered("é" * 100_000, at("# ▮"))) <= 1 << 16
