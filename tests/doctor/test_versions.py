"""Versions that do not suit each other, and packages that took our place, are problems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from package_site import PackageSite, package_site

from jupyter_ai import __version__
from jupyter_ai.doctor.finding import Finding
from jupyter_ai.doctor.versions import versions


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PackageSite]:
    with package_site(tmp_path) as site:
        yield site


def problems(*packages: str) -> list[Finding]:
    return [finding for finding in versions(packages) if finding.level == "problem"]


def test_what_is_installed_here_is_well() -> None:
    assert problems() == []


def test_the_version_of_ours_is_told() -> None:
    assert ("jupyter_ai", __version__) in {(finding.name, finding.text) for finding in versions()}


def test_another_package_with_our_modules_is_named(site: PackageSite) -> None:
    info = site.describe("jupyter_ai_magics", "2.31.7", "")
    (info / "RECORD").write_text("jupyter_ai_magics/__init__.py,,\n")
    (site.path / "jupyter_ai_magics").mkdir()  # a file that is not there is left out by some readers
    (site.path / "jupyter_ai_magics/__init__.py").touch()

    (finding,) = problems()

    assert "jupyter_ai_magics 2.31.7 and jupyter_ai" in finding.text
    assert "pip uninstall jupyter_ai_magics" in str(finding.remedy)


def test_a_distribution_without_modules_is_well(site: PackageSite) -> None:
    info = site.describe("jupyter_ai_magics", "2.31.7", "")
    (info / "RECORD").write_text("jupyter_ai_magics-2.31.7.dist-info/METADATA,,\n")

    assert problems() == []


@pytest.mark.parametrize(
    ("requirement", "told", "remedy"),
    [
        (
            "jupyter_ai>=3",
            f"requires jupyter_ai>=3, and {__version__} is installed",
            "look for a version of acme",
        ),
        (
            "acme_absent>1",
            "requires acme_absent, which is not installed",
            'run `pip install "acme_absent>1"`',
        ),
    ],
)
def test_what_a_package_requires_in_vain_is_told(
    site: PackageSite, requirement: str, told: str, remedy: str
) -> None:
    info = site.describe("acme", "1.0", "")
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: acme\nVersion: 1\nRequires-Dist: {requirement}\n"
    )

    (finding,) = problems("acme")

    assert finding.text == f"acme {told}"
    assert str(finding.remedy).startswith(remedy)


def test_what_an_extra_requires_is_not_asked_for(site: PackageSite) -> None:
    info = site.describe("acme", "1.0", "")
    (info / "METADATA").write_text('Name: acme\nVersion: 1\nRequires-Dist: acme_absent; extra == "x"\n')

    assert problems("acme") == []


def test_the_original_that_was_installed_over_us_is_named(site: PackageSite) -> None:
    site.describe("jupyter_ai", "2.31.7", "")

    (finding,) = problems()

    assert finding.text.startswith(
        f"jupyter_ai 2.31.7 and jupyter_ai {__version__} are installed over each other"
    )
    assert str(finding.remedy).endswith(f"jupyter_ai=={__version__}`")
