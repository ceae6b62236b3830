"""What mkdocs-jupyter is given of an executed notebook."""

import nbformat
from sitekit import prose


def test_the_copy_has_the_prose_alone(tmp_path):
    v4 = nbformat.v4
    cells = [v4.new_markdown_cell("# A"), v4.new_code_cell("1"), v4.new_markdown_cell("b")]
    path = tmp_path / "page.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)

    copy = nbformat.read(prose.copy(path), as_version=4)

    assert [cell.source for cell in copy.cells] == ["# A", "b"]
    assert [cell.source for cell in nbformat.read(path, as_version=4).cells] == ["# A", "1", "b"]
