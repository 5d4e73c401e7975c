"""Providers that other packages bring."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockllm.external import ProviderLoadError, load_built_ins, load_entry_points, load_provider_module
from mockllm.registry import ProviderRegistry, registry

MODULE = """\
from mockllm.providers.base import LLMProvider
from mockllm.registry import register_provider


@register_provider("acme", version="{version}")
class Acme(LLMProvider):
    pass
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with one provider that works and two that do not, as pip would have installed it."""
    (tmp_path / "acme_provider.py").write_text(MODULE.format(version="1"))
    (tmp_path / "acme_broken.py").write_text("import no_such_module")
    metadata = tmp_path / "acme-0.0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 0.0.1\n")
    lines = [
        "[mockllm.providers]",
        "acme = acme_provider:Acme",
        "broken = acme_broken",
        "lost = acme_provider:Lost",
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    registry.remove("acme")
    sys.modules.pop("acme_provider", None)


@pytest.mark.usefixtures("installed")
def test_a_package_that_fails_is_kept_with_the_reason_and_hurts_nobody(caplog) -> None:
    mine = ProviderRegistry()

    load_entry_points(mine)

    assert registry.get("acme").version == "1"
    assert list(mine.failures) == [("acme", "broken"), ("acme", "lost")]
    assert "ModuleNotFoundError: No module named 'no_such_module'" in mine.failures["acme", "broken"]
    assert mine.failures["acme", "lost"].startswith("importing `acme_provider:Lost` raised AttributeError")
    assert "The provider `broken` of acme cannot be used" in caplog.text


def test_a_file_that_is_loaded_again_replaces_its_providers(installed: Path) -> None:
    path = installed / "loaded.py"
    for version in ("1", "2"):
        path.write_text(MODULE.format(version=f"{version}.0{version}" * int(version)))
        load_provider_module(str(path))

    assert registry.get("acme").version == "2.022.02"


def test_two_files_of_one_name_are_two_modules_and_conflicts_name_both(installed: Path) -> None:
    paths = [installed / folder / "loaded.py" for folder in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(MODULE.format(version="1"))
    load_provider_module(str(paths[0]))

    with pytest.raises(ProviderLoadError) as refused:
        load_provider_module(str(paths[1]))

    assert all(str(path) in str(refused.value) for path in paths)


def test_the_built_in_providers_register_themselves() -> None:
    load_built_ins()

    assert {"openai", "anthropic", "ollama"} <= {info.name for info in registry.providers}
