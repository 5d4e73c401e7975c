"""What importing us costs: the modules that may be imported before anybody has asked anything."""

import json
import subprocess
import sys

OURS = {
    "jupyter_ai",
    "jupyter_ai_builtin_handlers",
    "jupyter_ai_builtin_personas",
    "jupyter_ai_magics",
    "jupyter_ai_persona_manager",
    "mockllm",
}

# Third-party modules that `import jupyter_ai` may bring with it.
WITH_JUPYTER_AI: set[str] = set()

# Those that the extension may add to a server that is about to start. Not pydantic, langchain_core, dask,
# torch, rich, prompt_toolkit or a partner package: each is imported when first used.
WITH_EXTENSION: set[str] = set()

_PROGRAM = """
import json, sys
{before}
known = set(sys.modules)
{statement}
print(json.dumps(sorted(set(sys.modules) - known)))
"""


def imported(statement: str, *, before: str = "") -> set[str]:
    """The top-level modules that a statement adds, in a new process, to those that `before` has imported."""
    program = _PROGRAM.format(before=before, statement=statement)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return {name.partition(".")[0] for name in json.loads(result.stdout)}


def third_party(modules: set[str]) -> set[str]:
    return modules - OURS - sys.stdlib_module_names


def test_import_of_jupyter_ai_is_light() -> None:
    modules = imported("import jupyter_ai")

    assert third_party(modules) <= WITH_JUPYTER_AI


def test_extension_adds_little_to_a_server() -> None:
    server = "import jupyter_server.serverapp, jupyter_server.extension.application"

    modules = imported("import jupyter_ai.extension", before=server)

    assert third_party(modules) <= WITH_EXTENSION


def test_no_plug_in_is_imported_with_the_extension() -> None:
    modules = imported("import jupyter_ai.extension")

    assert not modules & {"jupyter_ai_builtin_handlers", "jupyter_ai_builtin_personas", "mockllm"}
