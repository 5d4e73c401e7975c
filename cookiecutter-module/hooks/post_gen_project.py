"""Says what to do with the new package."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

ANSWERS: dict[str, Any] = json.loads(r"""{{ cookiecutter | jsonify }}""")  # as in pre_gen_project.py

print(f"""
{ANSWERS["package_name"]} is ready. In a virtual environment:

    cd {shlex.quote(ANSWERS["_place"] or Path.cwd().name)}
    pip install -e ".[test]"
    pytest
    jupyter ai chat "/{ANSWERS["slash_id"]} hi"
""")
