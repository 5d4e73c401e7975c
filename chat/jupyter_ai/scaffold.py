"""The command `jupyter ai new`: a package of plug-ins from the template."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

__all__ = ["new"]

_HERE = Path(__file__).parent
_NAME = "cookiecutter-module"
_OUTPUT = "package"  # in the scratch folder


@click.command()
@click.argument("words", nargs=-1, metavar="[PATH] [KEY=VALUE]...")
@click.option("--no-input", is_flag=True, help="Ask nothing; the defaults answer what no KEY=VALUE does.")
def new(words: tuple[str, ...], no_input: bool) -> None:
    """Make a package with a slash command and a model provider, and with more if you like.

    PATH is the folder to make; the package has its name unless package_name=… says otherwise. Without a
    PATH, the folder has the package's name. Each question that is asked has a KEY, which answers it:
    package_name, module_name, author, license, python_version, slash_id, and yes or no for embeddings,
    persona, context and completion.

    Nothing is written if an answer is refused, or if the folder is there already.
    """
    template = _template()
    place, answers = _read(words, _keys(template))
    if place is not None:
        answers.setdefault("package_name", place.resolve().name)
        _check_free(place)
    try:
        _make(template, place, answers, no_input)
    except OSError as error:
        raise click.ClickException(f"The package cannot be written: {error}") from error


def _template() -> Path:
    """The template in the wheel, or in the tree of an editable installation."""
    for folder in (_HERE / _NAME, _HERE.parents[1] / _NAME):
        if (folder / "cookiecutter.json").is_file():
            return folder
    raise click.ClickException(f"This installation of jupyter_ai lacks {_NAME}: install it anew.")


def _keys(template: Path) -> list[str]:
    questions = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    return [key for key in questions if not key.startswith("_")]


def _read(words: Iterable[str], keys: Iterable[str]) -> tuple[Path | None, dict[str, str]]:
    """The folder, if one was named, and the answers."""
    places = [word for word in words if "=" not in word]
    answers = dict(word.split("=", 1) for word in words if "=" in word)
    if len(places) > 1:
        raise click.UsageError(f"One PATH, not {len(places)}: {', '.join(places)}")
    if unknown := answers.keys() - set(keys):
        raise click.UsageError(f"No question has the key {min(unknown)}; the keys are {', '.join(keys)}.")
    return (Path(places[0]) if places else None), answers


def _check_free(place: Path) -> None:
    if place.exists() or place.is_symlink():
        raise click.ClickException(f"{place} is there already: name a folder that is not.")
    above = next(each for each in place.absolute().parents if os.path.lexists(each))
    if not above.is_dir():
        raise click.ClickException(f"{above} is no folder: name a place in one.")


def _literal(answer: str) -> str:
    """The same for cookiecutter, which takes what it is given for a template and would run what is in it."""
    return f"{{{{ {answer!a} }}}}" if "{" in answer else answer


def _make(template: Path, place: Path | None, answers: Mapping[str, str], no_input: bool) -> None:
    """Make it beside its place, on the same disk, and move it when it is whole."""
    home = _nearest(place.absolute().parent if place is not None else Path.cwd())
    with tempfile.TemporaryDirectory(prefix=".jupyter-ai-new-", dir=home) as name:
        scratch = Path(name)
        literal = {key: _literal(value) for key, value in answers.items()}
        made = _render(template, scratch, {**literal, "_place": str(place or "")}, no_input)
        target = place or Path(made.name)
        _check_free(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(made, target)


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def _render(template: Path, scratch: Path, answers: Mapping[str, str], no_input: bool) -> Path:
    from cookiecutter.config import get_user_config
    from cookiecutter.exceptions import CookiecutterException, FailedHookException
    from cookiecutter.main import cookiecutter

    # What pip has compiled in the template is not a part of it.
    source = shutil.copytree(template, scratch / _NAME, ignore=shutil.ignore_patterns("__pycache__"))
    logging.getLogger("cookiecutter").addHandler(logging.NullHandler())  # the hook has said it already
    try:
        config = {**get_user_config(), "replay_dir": str(scratch / "replay")}
        return Path(
            cookiecutter(
                str(source),
                no_input=no_input,
                extra_context=dict(answers),
                output_dir=str(scratch / _OUTPUT),
                default_config=config,
            )
        )
    except FailedHookException:
        raise click.exceptions.Exit(1) from None
    except (CookiecutterException, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except EOFError:
        raise click.ClickException("Nobody answers: give the answers as KEY=VALUE, and --no-input.") from None
