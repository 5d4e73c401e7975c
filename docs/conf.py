"""How Sphinx builds the documentation."""

# While it reads docstrings, autodoc adds to the annotations of pydantic's BaseModel; after that no model with
# extra fields can be made, so these are made before.
import jupyter_ai_magics.embedding_providers  # noqa: F401
from jupyter_ai import __version__
from jupyter_ai.testkit import chat, models  # noqa: F401

project = "jupyter_ai"
author = "The jupyter_ai authors"
copyright = "The jupyter_ai authors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_title = "jupyter_ai"
html_theme_options = {
    "show_prev_next": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": []}
html_show_sourcelink = False
toc_object_entries_show_parents = "hide"

myst_heading_anchors = 3

# Docstrings are Markdown: a word between backticks is code.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_inherit_docstrings = False
