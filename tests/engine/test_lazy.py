"""A lazy mapping reads like a dictionary and builds each value once, when it is read."""

import pytest

from jupyter_ai.engine.lazy import LazyMapping


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def mapping(asked: list[str]) -> LazyMapping[str]:
    def build(key: str) -> str | None:
        asked.append(key)
        return None if key == "broken" else key.upper()

    return LazyMapping(lambda: ["a", "broken", "b"], build)


def test_a_value_is_built_once_when_it_is_read(mapping: LazyMapping[str], asked: list[str]) -> None:
    assert (mapping["a"], mapping.get("a"), "a" in mapping, asked) == ("A", "A", True, ["a"])


def test_a_value_that_cannot_be_built_is_not_there_and_not_tried_again(mapping, asked) -> None:
    assert ("broken" in mapping, mapping.get("broken"), list(mapping), len(mapping)) == (
        False,
        None,
        ["a", "b"],
        2,
    )
    assert asked.count("broken") == 1
    with pytest.raises(KeyError):
        mapping["broken"]


def test_every_reader_sees_the_values(mapping: LazyMapping[str]) -> None:
    assert dict(mapping) == {"a": "A", "b": "B"} == dict(mapping.items())
    assert list(mapping.values()) == ["A", "B"]


def test_built_and_repr_build_nothing(mapping: LazyMapping[str], asked: list[str]) -> None:
    assert (list(mapping.built()), repr(mapping), asked) == ([], "<LazyMapping of a, broken, b>", [])


def test_values_may_be_set_replaced_and_removed(mapping: LazyMapping[str]) -> None:
    mapping["a"] = "mine"
    mapping["new"] = "new"
    del mapping["b"]

    assert dict(mapping) == {"a": "mine", "new": "new"}
    assert mapping.pop("new") == "new"
    mapping["b"] = "again"
    assert mapping["b"] == "again"


def test_a_constructor_that_reads_the_mapping_does_not_find_itself() -> None:
    mapping: LazyMapping[list[str]] = LazyMapping(lambda: ["a", "b"], lambda _: list(mapping))

    assert mapping["a"] == ["b"]
    assert mapping["b"] == []


def test_a_value_that_raises_is_tried_again() -> None:
    answers = [ValueError("not yet"), "fine"]

    def build(_: str) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    mapping: LazyMapping[str] = LazyMapping(lambda: ["a"], build)

    with pytest.raises(ValueError, match="not yet"):
        mapping["a"]
    assert mapping["a"] == "fine"


def test_keys_that_come_later_are_found() -> None:
    keys: list[str] = []
    mapping: LazyMapping[str] = LazyMapping(lambda: keys, str.upper)
    assert "late" not in mapping

    keys.append("late")

    assert mapping["late"] == "LATE"
