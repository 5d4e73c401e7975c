"""What the doctor finds in a Jupyter: all is well, or what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from broken_plugins import BROKEN, install_broken
from package_site import PackageSite, handler, package_site

from jupyter_ai.doctor.examination import examine
from jupyter_ai.doctor.finding import PARTS, Finding
from jupyter_ai.doctor.report import is_well, to_json, to_lines

PROVIDER_POINT = "[jupyter_ai.model_providers]\nacme = acme:Provider"
PROVIDER = """
from jupyter_ai_magics import BaseProvider
from langchain_core.language_models import FakeListLLM

class Provider(BaseProvider, FakeListLLM):
    id = "acme"
    name = "Acme"
    models = ["large"]
    model_id_key = "model"

    def _call(self, *args, **kwargs):
        raise SystemExit("it was asked")
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PackageSite]:
    with package_site(tmp_path) as site:
        yield site


async def findings(folder: Path, **options: bool) -> list[Finding]:
    return await examine(folder, **{"ask_model": False, **options})


async def test_every_part_is_examined_and_well(jupyter_dirs: Path, site: PackageSite) -> None:
    site.install("acme_fine", handler("acme_fine"))

    found = await findings(jupyter_dirs, ask_model=True)

    assert [f for f in found if f.level == "problem" and f.part != "ui"] == []
    assert {f.part for f in found} == set(PARTS) - {"code"}
    assert ("ok", "loaded as /acme_fine") in {(f.level, f.text) for f in found}
    assert "mockllm:offline" in next(f.name for f in found if f.part == "model" and f.level == "ok")


async def test_each_of_ten_broken_plugins_is_named_with_place_reason_and_remedy(
    jupyter_dirs: Path, site: PackageSite
) -> None:
    places = install_broken(site)

    found = {f.name.partition(" ")[0]: f for f in await findings(jupyter_dirs) if f.part == "plug-ins"}

    assert {name: found[name].where for name in BROKEN} == places
    assert {name for name, (_, _, reason) in BROKEN.items() if reason not in found[name].text} == set()
    assert {found[name].level for name in BROKEN} == {"problem"}
    assert all(found[name].remedy for name in BROKEN)
    assert "ValueError: no" in str(found["acme_raises"].traceback)
    assert found["acme_a_first"].level == "ok"
    assert not is_well([*found.values()])


async def test_the_code_of_an_installed_package_is_examined(jupyter_dirs: Path, site: PackageSite) -> None:
    file = site.install("acme_later", handler("acme_later", body="import jupyter_ai_router"))

    (finding,) = [f for f in await findings(jupyter_dirs) if f.part == "code"]

    assert (finding.level, finding.where) == ("problem", f"{file}:12")


async def test_what_a_plug_in_prints_is_not_part_of_the_report(
    jupyter_dirs: Path, site: PackageSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("acme_loud", handler("acme_loud", before="print('I am here')"))
    await findings(jupyter_dirs)
    out, err = capsys.readouterr()

    assert out == ""
    assert "I am here" in err


async def test_no_key_is_told(jupyter_dirs: Path, site: PackageSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-planted-0123456789")
    site.install("acme_leaks", "import os\nraise ValueError(os.environ['ACME_API_KEY'])\n")

    found = await findings(jupyter_dirs)

    for told in ("\n".join(to_lines(found)), to_json(found)):
        assert "[ACME_API_KEY]" in told
        assert "planted" not in told


async def test_a_model_whose_provider_is_not_there_is_told(jupyter_dirs: Path) -> None:
    write_config(jupyter_dirs, default_language_model="acme:large")

    (model,) = [f for f in await findings(jupyter_dirs, ask_model=True) if f.part == "model"]

    assert (model.level, model.name) == ("problem", "language model acme:large")
    assert "its provider acme is not installed" in model.text


async def test_a_configuration_file_that_ends_python_is_a_problem(jupyter_dirs: Path) -> None:
    (jupyter_dirs / "config").mkdir()
    (jupyter_dirs / "config/jupyter_server_config.py").write_text("raise SystemExit(0)\n")

    found = await findings(jupyter_dirs)

    assert [
        "jupyter_server_config.py: SystemExit: 0" in f.text
        for f in found
        if f.level == "problem" and f.part == "settings"
    ] == [True]


async def test_no_model_is_asked_if_that_is_not_wanted(jupyter_dirs: Path, site: PackageSite) -> None:
    write_config(jupyter_dirs, default_language_model="acme:large")
    site.describe("acme", "1.0", PROVIDER_POINT)
    (site.path / "acme.py").write_text(PROVIDER)

    (model,) = [f for f in await findings(jupyter_dirs) if f.part == "model"]

    assert (model.level, model.text) == ("note", "it was not asked")


def write_config(folder: Path, **traits: str) -> None:
    (folder / "config").mkdir()
    content = json.dumps({"AiExtension": traits})
    (folder / "config" / "jupyter_server_config.json").write_text(content)


async def test_a_part_that_cannot_be_examined_keeps_no_other_from_it(
    jupyter_dirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jupyter_dirs / "data").write_text("not a folder")

    found = await findings(jupyter_dirs)

    assert {f.part for f in found} >= {"database", "ui"}
