"""Templates say what depends on the prompt, and come to an end whatever they say."""

import json
import subprocess
import sys
from time import process_time

import pytest

from mockllm.config import Prompt, ResponsesError, parse_responses
from mockllm.responder import Responder
from mockllm.rules.templates import PlainText, TemplateError, text_or_template

VARIABLES = {"prompt": "Hi", "system": "", "turn": 1, "model": "m", "match": None, "n": 3}


def render(source: str) -> str:
    return text_or_template(source).render(VARIABLES)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ prompt|upper }}!", "HI!"),
        ("{% for i in range(n) %}{{ i }},{% endfor %}\n", "0,1,2,\n"),
        ("{% if turn == 1 %}first{% else %}later{% endif %}", "first"),
        ("{% set name = prompt ~ model %}{{ name }}", "Him"),
        ("{% raw %}{{ prompt }}{% endraw %}", "{{ prompt }}"),
        ("{% for a, b in [(1, 2)] %}{{ a + b }}{% endfor %}{{ prompt[1:] }}{{ {'a': n}['a'] }}", "3i3"),
        ("{{ prompt ~ n ~ none }}{{ [prompt, n]|join(', ') }}", "Hi3NoneHi, 3"),
        ("{{ [{'a': 1}, {'a': 2}]|sum(attribute='a') }}{{ [{'a': 1}, {'a': 2}]|join('-', 'a') }}", "31-2"),
        ("{{ {'a': '<'}|tojson }}{{ [1]|tojson(indent=1) }}", '{"a": "\\u003c"}[\n 1\n]'),
        ("{{ 2.26|round(1) }} {{ range(5)|select('in', [1, 3])|map('string')|list }}", "2.3 ['1', '3']"),
        (
            "{% if prompt.strip('i') == 'H' and n not in (1, 2) %}{{ prompt.split('i') }}{% endif %}",
            "['H', '']",
        ),
        ("{{ prompt|replace('H', 'h') }} {{ '=' * 3 }} {{ 2 * 3 }} {{ 7 % 4 }}", "hi === 6 3"),
    ],
)
def test_a_template_is_filled_in(source: str, text: str) -> None:
    assert render(source) == text


def test_a_text_without_marks_is_no_template() -> None:
    assert text_or_template("{# {a} #}") == PlainText("{# {a} #}")


def test_what_a_regex_found_is_known_by_name_and_number() -> None:
    rule = {
        "regex": r"(?P<what>\w+) (\d+)( please)?",
        "answer": "{{ match.what }}|{{ match[2] }}|{{ match[3] }}",
    }

    assert (
        Responder(parse_responses(json.dumps({"rules": [rule]}))).reply(Prompt("order 12")).text
        == "order|12|"
    )


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{ promt }}", "`promt` is not known; did you mean `prompt`?"),
        ("{{ match.a }}", "`match` is known only to a rule with `regex`"),
        ("{{ prompt", "unexpected end of template"),
        ("{% for a in prompt %}\n", "(line 1 of the template)"),
        ("{{ prompt|center(9) }}", "No filter named 'center'"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "`macro` is not offered in answers"),
        ("{% include 'a' %}{{ n }}", "`include` is not offered in answers"),
        ("{{ 9 ** 9 }}", "`**` is not offered in answers"),
        ("{% for a in [[1]] recursive %}{{ loop(a) }}{% endfor %}", "a `recursive` loop is not offered"),
        ("{{ " + "(" * 5000 + ")" * 5000 + " }}", "it is nested too deeply"),
        ("{{ 0" + " + n" * 300 + " }}", "it is nested too deeply"),
        ("{{ " + "9" * 5000 + " }}", "Exceeds the limit"),
    ],
)
def test_what_cannot_work_is_refused_at_once(source: str, problem: str) -> None:
    with pytest.raises(TemplateError) as raised:
        text_or_template(source)

    assert problem in str(raised.value)


def test_a_group_that_the_regex_lacks_is_refused_at_once() -> None:
    with pytest.raises(TemplateError, match=r"`match\.nmber` is no group of `regex`; did you mean `number`"):
        text_or_template("{{ match.nmber }}", frozenset(["number"]))


def doubled(expression: str, first: str = "prompt") -> str:
    """A template in which an expression is made of itself, many times."""
    return "{% set x = " + first + " %}" + ("{% set x = " + expression + " %}") * 60 + "{{ x }}"


def often(expression: str) -> str:
    """A template that evaluates an expression of a long text `x` in a loop."""
    loop = "{% for i in range(9999) %}{% if " + expression + " %}{% endif %}{% endfor %}"
    return "{% set x = 'a' * 999999 %}" + loop


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            "more than 10000 steps",
        ),
        ("{{ range(10 * 1000 * 1000 * 1000) }}", "`range` gives at most 10000 numbers"),
        ("{{ 'a' * (1000 * 1000 * 1000) }}", "longer than 1000000 characters"),
        ("{{ [1] * (1000 * 1000 * 1000) }}", "`*` takes numbers"),
        ("{{ '%999999999d' % 1 }}", "`%` does not format texts"),
        ("{% for a in range(9999) %}{{ 'a' * 999 }}{% endfor %}", "longer than 1000000 characters"),
        ("{{ ('a' * 9999)|replace('a', 'b' * 9999) }}", "longer than 1000000 characters"),
        (doubled("x ~ x"), "works on more than 10000000 characters"),
        (doubled("x + x"), "works on more than 10000000 characters"),
        (doubled("x + x", "[n]"), "works on more than 10000000 characters"),
        (doubled("[x, x]"), "works on more than 10000000 characters"),
        (doubled("(x, x)"), "works on more than 10000000 characters"),
        (doubled("{1: x, 2: x}"), "works on more than 10000000 characters"),
        (doubled("[x, x]|tojson"), "longer than 1000000 characters"),
        (doubled("x * x", "99999"), "the number is too large"),
        ("{{ ('a' * 99999)|list|join('c' * 100000) }}", "longer than 1000000 characters"),
        ("{{ ('a' * 99999)|list|tojson(indent=100) }}", "longer than 1000000 characters"),
        ("{{ [1]|tojson(indent=999999999) }}", "an indent of at most 100"),
        ("{{ 1|round(999999999, 'ceil') }}", "a precision of at most 100"),
        ("{{ 1|round(-999999999) }}", "a precision of at most 100"),
        ("{{ [[1]]|sum(start=[]) }}", "`sum` takes numbers"),
        ("{% set x = 'a' * 999999 %}{{ x" + "|replace('a', 'b')" * 50 + " }}", "works on more than"),
        (often("x == x ~ ''"), "works on more than"),
        (often("x[1:]|length"), "works on more than"),
        (often("x.upper()|length"), "works on more than"),
        (often("range(9)|select('in', [x])|list"), "works on more than"),
        (often("x is in x"), "works on more than"),
        (often("{}[x] is defined"), "works on more than"),
        ("{% set x = 'a' * 999999 %}{{ x.rfind('ab' ~ 'a' * 499999) }}", "works on more than"),
        ("{% set x = 'a' * 999999 %}{{ x|trim('b' * 499999 ~ 'a') }}", "works on more than"),
        (
            "{% set x = ('a' * 999999).encode() %}{{ n.from_bytes(x, 'big') // n.from_bytes(x[9:], 'big') }}",
            "works on more than",
        ),
        ("{{ prompt.ljust(1000 * 1000 * 1000) }}", "unsafe"),
        ("{{ '{:>999999999}'.format(1) }}", "unsafe"),
        ("{{ n.to_bytes(1000 * 1000 * 1000, 'big') }}", "unsafe"),
        ("{{ prompt.__class__.__mro__ }}", "unsafe"),
        ("{{ prompt.nothing }}", "has no attribute 'nothing'"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_what_would_take_for_ever_or_fail_ends_with_a_reason(source: str, problem: str) -> None:
    started = process_time()
    with pytest.raises(TemplateError) as raised:
        render(source)

    assert problem in str(raised.value)
    assert process_time() - started < 2


def test_a_failing_template_names_its_rule() -> None:
    asked = Responder(parse_responses("rules: [{exact: a, answer: '{{ 1 / (n - 1) }}'}]"))

    with pytest.raises(ResponsesError, match=r"The template of `rules\[0\]` failed: division by zero\."):
        asked.reply(Prompt("a"))


def test_only_a_template_pays_for_jinja() -> None:
    code = """
import sys
from mockllm.config import parse_responses
from mockllm.live import LiveResponses
parse_responses("rules: [{exact: a, answer: b}]")
assert "jinja2" not in sys.modules and "httpx" not in sys.modules and "fastapi" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
