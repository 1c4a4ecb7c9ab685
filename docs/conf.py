"""The documentation site: Sphinx makes it of the pages in this folder, and of the docstrings and types of the packages.

Sphinx reads the ``#:`` comments of attributes, as other generators do not, and checks all references. MyST reads
Markdown.
"""

import sys
from pathlib import Path

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.highlighting import lexers

# The packages of this checkout, and docs.site.
sys.path.insert(0, str(Path(__file__).parents[1]))

from codecmodel import __version__

project = "codecmodel"
release = version = __version__
html_title = f"codecmodel {version}"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "docs.site.contents",
    "docs.site.made_pages",
    "docs.site.spec_links",
]
html_theme = "furo"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

myst_heading_anchors = 4

add_module_names = False
autodoc_default_options = {"members": True, "undoc-members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_display_short_literal_types = True
python_maximum_signature_line_length = 100

# To draw Mermaid's diagrams, a page would need a script from the network: their text is shown.
lexers["mermaid"] = TextLexer()


def forget_type(app: Sphinx, page: nodes.document) -> None:
    """Python's ``type`` in an annotation is no reference to one of the attributes of this name."""
    for reference in list(page.findall(addnodes.pending_xref)):
        if reference.get("reftarget") == "type":
            reference.replace_self(nodes.Text("type"))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", forget_type)
