"""Suggestions as models make them, in the languages of notebooks: what is shown, while they grow and then."""

from __future__ import annotations

from itertools import pairwise

import pytest
from drawn import at

from jupyter_ai.completions.filters import filtered

FENCED = "Here is the code:\n\n```python\nreturn 1\n```\n\nThis returns 1."

WHOLE = [
    ("python", "a = 1\n▮\nprint(a)", "for i in range(3):\n    a += i"),
    (
        "python",
        "def f():\n    a = 1\n    ▮\n    return a",
        "if a > 2:\n        a = 3\n    else:\n        a = 4",
    ),
    ("python", "try:\n    x = 1\n▮\ny = 3", "except ValueError as e:\n    print(e)"),
    ("python", "def mean(xs):\n    ▮\n", "if not xs:\n        return 0.0\n    return sum(xs) / len(xs)"),
    ("python", "for x in▮", " y:\n    print(x)\n\n    log(x)"),
    ("python", "x = ▮\nprint(x)", 'call(\n    a,\n    "b",\n)'),
    ("python", "q = ▮\nrun(q)", '"""\nSELECT a\nFROM t\n"""'),
    ("python", 'df = (\n    df.query("a > 1")▮\n)', '\n    .groupby("b")\n    .sum()'),
    ("python", "a = 1\n▮\nb = 2", '@app.get("/")\nasync def root():\n    return {}'),
    ("python", "# Sum of each▮\nprint(s)", " column\ns = df.sum()"),
    ("python", "#plot▮", "\ndf.plot(kind='bar')"),
    ("python", 'print("▮")', "Here are the results:"),
    ("python", 'print("▮', 'Here are the results:")'),
    ("python", '    logger.info("▮', 'Here is the summary of %s", name)'),
    ("python", 'fence = "▮', '```"'),
    ("python", 'def f(a):\n    """\n    ▮\n    """', "Return the square.\n\n    The result is a float."),
    ("python", 'q = """SELECT▮\n"""', " *\nFROM t\nWHERE a = 1"),
    ("python", "return x\nx = a▮", "bc"),
    ("python", "▮\nreturn x", "return y"),
    ("python", "print(1)\nprint(1)\n▮", "print(1)\nprint(2)"),
    ("python", "f(a▮, b)", ", c, d"),
    ("r", "df %>%▮", "\n  filter(a > 1) %>%\n  summarise(m = mean(b))"),
    ("r", "df |>▮\nx", "\nfilter(a > 1) |>\nsummarise(m = mean(b))"),
    ("r", "ggplot(df, aes(x, y)) +▮", "\n  geom_point() +\n  theme_minimal()"),
    ("r", "f <- function(x) ▮", "{\n  x^2\n}"),
    ("r", "if (x > 1) {\n  1\n} else ▮", "{\n  2\n}"),
    ("r", 'cat("▮', 'Here is the mean:", m, "\\n")'),
    ("sql", "select a, b▮", "\nfrom t\nwhere a > 1;"),
    ("sql", "SELECT a\nFROM t▮", "\nWHERE a > 1\nORDER BY b;"),
    ("sql", "FROM a\n▮\nWHERE x = 1", "JOIN b ON a.id = b.id\nLEFT JOIN c ON a.id = c.id"),
    ("javascript", "if (a) {\n  b();\n} else ▮", "{\n  c();\n}"),
    ("javascript", "const f = function() ▮", "{\n  return 1;\n};"),
    ("javascript", "describe('a', () ▮", "=> {\n  it('b', () => {});\n});"),
    ("javascript", "fetch(url)▮", "\n  .then(r => r.json())\n  .then(d => console.log(d));"),
    ("javascript", "a();\n▮\nb();", "if (x) {\n  c();\n} else {\n  d();\n}"),
    ("javascript", 'console.log("▮");', "Here is the value:"),
    ("javascript", "const s = `\n▮\n`", "Hello,\n\nYou can sign in now.\n\nBye"),
    ("javascript", "▮", "const s = `\nHello,\n\nYou can sign in now.\n`;"),
    ("typescript", "interface A {▮\n}", "\n  name: string;\n  age: number;"),
    ("rust", "let x = match y ▮", "{\n    1 => 2,\n    _ => 3,\n};"),
    ("c", "int main() ▮", "{\n  return 0;\n}"),
    ("c", "int main(void)▮", "\n{\n  return 0;\n}"),
    ("c", "  a++;\n  ▮\n  b++;", "for (int i = 0; i < n; i++)\n    c += i;"),
    ("go", "▮\nfoo()", "switch x {\ncase 1:\n\tf()\ndefault:\n\tg()\n}"),
    ("css", "a ▮", "{\n  color: red;\n}"),
    ("julia", "function f(x)▮", "\n    x^2\nend"),
    ("julia", "a = 1\n▮\nb = 2", "for i in 1:3\n    a += i\nend"),
    ("julia", "run(▮", "```ls -l```)"),
    ("bash", "for f in *; ▮\nls", "do\n  echo $f\ndone"),
    ("bash", "cd a\n▮\nls", "if [ -f a ]; then\n  rm a\nfi"),
    ("markdown", "- one▮", "\n- two\n- three"),
    ("markdown", "The mean is▮", " a sum.\nIt is `x`."),
    ("markdown", "```python\n▮\n```", "x = 1\ny = 2"),
    ("markdown", "$$\n▮\n$$", "a = b\n\\\\\nc = d"),
    ("markdown", "# Title\n\n▮", "Here is an introduction.\n\nThis text says more."),
]

CUT = [
    ("python", "def f():\n    ▮", FENCED, "return 1"),
    ("python", "x = ▮", "sure, this it is:\n```\n1\n```", "1"),
    ("python", "▮", "x = 1\n\nThis sets x to one.\nIt is short.", "x = 1"),
    ("python", "import os\nresult = comp▮", "import os\nresult = compute(1)", "ute(1)"),
    ("python", "total = price * ▮", "price * quantity", "quantity"),
    ("python", "x = ▮\ny = f(1)", "1\ny = f(1)", "1"),
    ("python", "a = 1\n▮\nprint(a)", "b = 2\nc = 3\nprint(a)", "b = 2"),
    ("python", "f(a▮, b)", ", x, b)", ", x"),
    ("python", "from web import host▮\n", "s\nfrom errors", "s"),
    ("python", "a = 1\n▮\nb = 3", "\nc = 2\nd = 4", "c = 2"),
    ("python", "m = [\n    ▮\n]", "[0, 0],\n    " * 9, "[0, 0],\n    [0, 0],"),
    ("python", "def f():▮", "\n    return 1\n\ndef g():\n    return 2", "\n    return 1"),
    ("python", "if x:▮\n    y()", " # why\n    z()", " # why"),
    ("javascript", "f(() => {▮\n});", "\n  g();\n});\nh();", "\n  g();"),
    ("r", "x <- ▮\n", "c(1, 2)\ny <- mean(x)", "c(1, 2)"),
    ("sql", "SELECT a▮\nWHERE x = 1", ", b\nFROM t\nWHERE x = 1", ", b\nFROM t"),
    ("markdown", "The mean is▮", " a sum.\n\nThe median is not.", " a sum."),
]


@pytest.mark.parametrize(
    ("language", "document", "suggested", "kept"),
    [*((language, document, text, text) for language, document, text in WHOLE), *CUT],
)
def test_what_is_shown_of_a_growing_suggestion_stays(
    language: str, document: str, suggested: str, kept: str
) -> None:
    request = at(document, language)
    shown = [filtered(suggested[:size], request, grows=True) for size in range(1, len(suggested) + 1)]
    shown.append(filtered(suggested, request))

    assert [text for text, later in pairwise(shown) if not later.startswith(text)] == []
    assert shown[-1] == kept
