"""What must hold of the tree as a whole."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import jupyter_ai

TREE = Path(__file__).parent.parent
PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text())
COMPAT = sorted(TREE.glob("compat/*/pyproject.toml"))
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
PACKAGES = [package for package in WHEEL["packages"] if package not in WHEEL["sources"]]

# A machine's own indexes and paths differ from the next one's. (Hence the brackets.)
REGISTRY = re.compile(r"https?://[\w.-]*(n[p]m|y[a]rn|p[y]pi|p[y]thonhosted|c[o]nda|d[e]bian)[\w.-]*")
MACHINE_PATH = re.compile(r"(?<![\w.}$\"'-])/(w[o]rk|r[o]ot)/[\w.]")


def committed() -> list[Path]:
    """The text files under version control, and those that would be added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=TREE,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a clone")
    return [TREE / name for name in listed.stdout.splitlines() if (TREE / name).is_file()]


def test_no_file_names_a_registry_or_a_path_of_some_machine() -> None:
    found = []
    for path in committed():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if hit := REGISTRY.search(line) or MACHINE_PATH.search(line):
                found.append(f"{path.relative_to(TREE)}:{number}: {hit[0]}")

    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package_ships_its_types(package: str) -> None:
    assert (TREE / package / "py.typed").is_file()
    assert (TREE / package / "__init__.py").is_file()


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for package in PACKAGES for path in (TREE / package).rglob("*.py")}

    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("script", [".ci/run", "scripts/check", "scripts/run", "scripts/test"])
def test_script_can_be_run(script: str) -> None:
    assert os.access(TREE / script, os.X_OK)


def test_versions_agree() -> None:
    assert PROJECT["project"]["version"] == jupyter_ai.__version__
    for package in ("ui/package.json", "ui/tokens/package.json"):
        assert json.loads((TREE / package).read_text())["version"] == jupyter_ai.__version__


def test_lock_of_the_extension_names_no_host() -> None:
    lock = (TREE / "ui/yarn.lock").read_text()

    assert "jupyter-ai-ui@workspace" in lock
    assert re.findall(r"\w+://\S+|__archiveUrl\S+", lock) == []


@pytest.mark.parametrize("path", COMPAT, ids=lambda path: path.parent.name)
def test_compat_requires_this_very_version(path: Path) -> None:
    compat = tomllib.loads(path.read_text())["project"]

    assert path.parent.name == compat["name"]
    ours = [needed for needed in compat["dependencies"] if needed.startswith("jupyter_ai")]
    assert ours == [f"jupyter_ai=={jupyter_ai.__version__}"]


def test_compat_continues_the_series_of_the_magics() -> None:
    compat = tomllib.loads((TREE / "compat/jupyter_ai_magics/pyproject.toml").read_text())["project"]

    assert jupyter_ai.__version__ == compat["version"]


def test_changelog_has_the_version() -> None:
    assert f"## [{jupyter_ai.__version__}]" in (TREE / "CHANGELOG.md").read_text()
