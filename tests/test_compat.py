"""`compat/` keeps pip from fetching other projects' modules over ours, and the wheel holds all of ours."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from importlib.metadata import PathDistribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

TREE = Path(__file__).parent.parent
COMPAT = sorted(path.parent.name for path in TREE.glob("compat/*/pyproject.toml"))

# What an index offers under our names; the module of each would overwrite ours.
STRANGERS = {"jupyter_ai_magics": "2.31.7", "jupyter_ai_persona_manager": "0.0.12", "mockllm": "0.0.8"}

# What packages in the wild ask for.
ASKED = ["jupyter-ai-magics>=2,<3", "jupyter-ai-persona-manager>=0.0.11,<0.1.0", "mockllm"]


def run(*command: str, cwd: Path) -> str:
    environment = os.environ | {"HATCH_JUPYTER_BUILDER_SKIP_NPM": "1"}  # the extension is not what is asked
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def without_extension(tree: Path) -> Path:
    """A copy of the tree in which nothing that needs node was built, but stands for it."""
    built = shutil.ignore_patterns("node_modules", "lib", "labextension", "__pycache__")
    hidden = shutil.ignore_patterns(".*")  # but the template's are a part of it

    def left_out(folder: str, names: list[str]) -> set[str]:
        is_template = Path(folder).is_relative_to(TREE / "cookiecutter-module")
        return built(folder, names) | (set() if is_template else hidden(folder, names))

    shutil.copytree(TREE, tree, ignore=left_out, dirs_exist_ok=True)
    for name in ("package.json", "static/style.js"):
        path = tree / "ui/labextension" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return tree


def build_wheel(project: Path, folder: Path) -> Path:
    """What hatchling makes of a project."""
    code = "import sys, hatchling.build as backend; print(backend.build_wheel(sys.argv[1]))"
    return folder / run(sys.executable, "-c", code, str(folder), cwd=project).split()[-1]


def write_wheel(
    folder: Path, name: str, number: str, requires: Iterable[str] = (), *, module: bool = False
) -> None:
    """A wheel of somebody else's, without a build."""
    info = f"{name}-{number}.dist-info"
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {number}",
        *(f"Requires-Dist: {asked}" for asked in requires),
    ]
    content = {
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if module:
        content[f"{name}/__init__.py"] = f"# version {number} of somebody else\n"
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{number}-py3-none-any.whl", "w") as wheel:
        for path, text in content.items():
            wheel.writestr(path, text)


def requirements(wheel: Path) -> list[Requirement]:
    """What a wheel depends on, extras aside."""
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(metadata).decode().splitlines()
    found = (
        Requirement(line.removeprefix("Requires-Dist: "))
        for line in lines
        if line.startswith("Requires-Dist: ")
    )
    return [requirement for requirement in found if requirement.marker is None]


class Environment:
    """A virtual environment that sees no index but folders of wheels."""

    def __init__(self, path: Path) -> None:
        venv.create(path, with_pip=False)
        [self._packages] = path.glob("lib/python*/site-packages")
        self._python = path / "bin" / "python"

    def install(self, *arguments: str, index: Iterable[Path]) -> str:
        pip = [sys.executable, "-m", "pip", "--isolated", "--python", str(self._python), "install", "--quiet"]
        places = [f"--find-links={folder}" for folder in index]
        return run(*pip, "--no-index", "--no-compile", *places, *arguments, cwd=self._packages)

    def plan(self, *arguments: str, index: Iterable[Path]) -> dict[str, str]:
        """What pip would install, and in which version."""
        report = json.loads(self.install("--dry-run", "--report=-", *arguments, index=index))
        return {_plain(item["metadata"]["name"]): item["metadata"]["version"] for item in report["install"]}

    def installed(self) -> dict[str, str]:
        found = (PathDistribution(path) for path in self._packages.glob("*.dist-info"))
        return {_plain(item.metadata["Name"]): item.version for item in found}

    def source(self, path: str) -> str:
        return (self._packages / path).read_text()


def _plain(name: str) -> str:
    return name.replace("-", "_").lower()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our wheels."""
    folder = tmp_path_factory.mktemp("ours")
    build_wheel(without_extension(tmp_path_factory.mktemp("tree")), folder)
    for name in COMPAT:
        build_wheel(TREE / "compat" / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(ours: Path) -> Path:
    [path] = ours.glob("jupyter_ai-*.whl")
    return path


@pytest.fixture(scope="module")
def index(wheel: Path, ours: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What others publish: our dependencies (empty here), our names, and a package that asks for these."""
    folder = tmp_path_factory.mktemp("index")
    [magics] = ours.glob("jupyter_ai_magics-*.whl")
    for requirement in [*requirements(wheel), *requirements(magics)]:
        if requirement.name == "jupyter_ai":
            continue
        write_wheel(folder, _plain(requirement.name), version(requirement.name))
    for name, number in STRANGERS.items():
        write_wheel(folder, name, number, module=True)
    write_wheel(folder, "third_party", "1.0", ASKED, module=True)
    return folder


@pytest.fixture
def environment(ours: Path, index: Path, tmp_path: Path) -> Environment:
    """Ours with compat/, as an installation has them."""
    made = Environment(tmp_path)
    made.install(*(str(path) for path in ours.glob("*.whl")), index=[index])
    return made


def test_package_that_depends_on_our_names_replaces_nothing(environment: Environment, index: Path) -> None:
    before = environment.installed()

    environment.install("third_party", "--upgrade", "--upgrade-strategy=eager", index=[index])

    assert {**before, "third_party": "1.0"} == environment.installed()
    for module in ["jupyter_ai_magics", "mockllm"]:
        [here] = TREE.glob(f"*/{module}/__init__.py")
        assert here.read_text() == environment.source(f"{module}/__init__.py")


def test_without_compat_pip_would_take_the_strangers(wheel: Path, index: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path)

    plan = environment.plan(str(wheel), "third_party", index=[index])

    assert STRANGERS.items() <= plan.items()


@pytest.mark.parametrize("name", COMPAT)
def test_compat_holds_metadata_only(name: str, ours: Path) -> None:
    [wheel] = ours.glob(f"{name}-*.whl")

    assert {f"{wheel.name.split('-py3')[0]}.dist-info"} == {
        path.parts[0] for path in map(Path, zipfile.ZipFile(wheel).namelist())
    }


def test_wheel_holds_every_file_of_the_source_roots(wheel: Path) -> None:
    settings = tomllib.loads((TREE / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    places = settings["sources"]  # of roots that are no packages of their own
    files = {
        Path(places.get(root, Path(root).name), path.relative_to(TREE / root)).as_posix()
        for root in settings["packages"]
        for path in (TREE / root).rglob("*")
        if path.is_file()
    }
    shared = [f".data/data/{place}" for place in settings["shared-data"].values()]

    names = zipfile.ZipFile(wheel).namelist()

    assert {name for name in files if "__pycache__" not in name} == {
        name for name in names if "jupyter_ai-" not in name.split("/")[0]
    }
    for place in shared:
        assert [name for name in names if place in name]
