"""Notebooks are executed once, alone, and only faultless ones are kept."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sitekit import cache, notebooks, outputs

SVG = {"image/svg+xml": "<svg/>", "text/plain": "<Figure>"}
GOOD = "# %% [markdown]\n# # Title\n\n# %%\nprint(1 + 1)\n"


@pytest.fixture
def root(tmp_path):
    """A repository with nothing but what the cache looks at."""
    (tmp_path / "docs/learn").mkdir(parents=True)
    (tmp_path / "mlefit").mkdir()
    (tmp_path / "mlefit/data.csv").write_text("1\n")
    (tmp_path / "constraints.txt").write_text("torch\n")
    return tmp_path


@pytest.fixture
def run(root):
    def run():
        sources = notebooks.sources(root / "docs")
        return list(cache.executed(sources, store=root / "store", root=root).values())

    return run


def write(root, name, text):
    (root / "docs/learn" / name).write_text(text)


def test_executes_and_keeps(root, run):
    write(root, "a.py", GOOD)
    (first,) = run()
    stamp = (root / "store/learn/a.ipynb").stat().st_mtime_ns
    (second,) = run()

    assert outputs.printed(first.cells[1]) == "2"
    assert first == second
    assert (root / "store/learn/a.ipynb").stat().st_mtime_ns == stamp


def test_executes_the_changed_page_alone(root, run):
    write(root, "a.py", GOOD)
    write(root, "b.py", GOOD)
    run()
    stamp = (root / "store/learn/b.ipynb").stat().st_mtime_ns
    write(root, "a.py", GOOD.replace("1 + 1", "1 + 2"))

    assert [outputs.printed(nb.cells[1]) for nb in run()] == ["3", "2"]
    assert (root / "store/learn/b.ipynb").stat().st_mtime_ns == stamp


def test_a_page_finds_the_files_of_its_own_folder_alone(root, run):
    for name in ("a", "b"):
        (root / "docs/learn" / name).mkdir()
        (root / "docs/learn" / name / f"{name}.json").write_text("[1, 2]\n")
        write(root, f"{name}.py", "# %%\nimport os\nprint(sorted(os.listdir()))\n")

    assert [outputs.printed(nb.cells[0]) for nb in run()] == ["['a.json']", "['b.json']"]


@pytest.mark.parametrize("path", ["mlefit/data.csv", "constraints.txt", "docs/learn/a/data.json"])
def test_the_key_follows_the_library_the_versions_and_the_data(root, path):
    (root / "docs/learn/a").mkdir()
    (root / "docs/learn/a/data.json").write_text("[]\n")
    write(root, "a.py", GOOD)
    source = root / "docs/learn/a.py"
    before = cache.key(source, root=root)
    (root / path).write_text("changed\n")

    assert cache.key(source, root=root) != before


def test_a_raising_cell_is_reported_and_nothing_of_it_is_kept(root, run):
    write(root, "a.py", "# %%\nprint(1)\n\n# %%\n1 / 0\n")
    with pytest.raises(cache.NotebookError, match=r"docs/learn/a.py: raised ZeroDivisionError"):
        run()
    assert not (root / "store/learn/a.ipynb").exists()


def test_a_figure_is_svg_in_the_rc_files_colours(root, run):
    draw = 'import matplotlib.pyplot as plt\nplt.plot([1, 2], color="C0")\nplt.show()\n'
    write(root, "a.py", f'# %% alt="A line"\n{draw}')
    (notebook,) = run()
    (svg,) = outputs.figures(notebook.cells[0])

    assert 'viewBox="0 0 518.4 244.8"' in svg
    assert "stroke: #3a6ea8" in svg


def test_a_notebook_runs_in_an_empty_folder(root, run):
    write(root, "a.py", "# %%\nimport os\n\nprint(os.listdir())\n")
    assert outputs.printed(run()[0].cells[0]) == "[]"


def test_no_page_sees_what_another_has_imported_or_set(root, run):
    write(root, "a.py", "# %%\nimport mlefit\nimport torch\n\ntorch.set_num_threads(3)\n")
    look = "print('mlefit' in sys.modules, 'seen' in globals(), torch.get_num_threads())"
    write(root, "b.py", f"# %%\nimport sys\n\nimport torch\n\n{look}\nseen = True\n")
    write(root, "c.py", f"# %%\nimport sys\n\nimport torch\n\n{look}\n")

    assert [outputs.printed(nb.cells[0]) for nb in run()] == ["", *2 * ["False False 1"]]


def cell(source, *outs, tags=(), **metadata):
    return new_code_cell(source, outputs=list(outs), metadata={"tags": list(tags), **metadata})


FIGURE = new_output("display_data", SVG)
STDERR = new_output("stream", name="stderr", text="/tmp/1/2.py:1: UserWarning: mind\n  f()\n")
ERROR = new_output("error", ename="ValueError", evalue="expected 1", traceback=[])

FAULTS = {
    "raises": (cell("f()", ERROR), "raised ValueError: expected 1"),
    "does not raise": (cell("f()", tags=["raises-exception"]), "raised nothing"),
    "warns": (cell("f()", STDERR), "wrote to stderr"),
    "does not warn": (cell("f()", tags=["warns"]), "wrote nothing to stderr"),
    "no alt": (cell("f()", FIGURE), "alt="),
    "blank alt": (cell("f()", FIGURE, alt=" "), "alt="),
    "no figure": (cell("f()", alt="A"), "draws no figure"),
    "two figures": (cell("f()", FIGURE, FIGURE, alt="A"), "more than one figure"),
    "png": (cell("f()", new_output("display_data", {"image/png": "x"})), "PNG"),
    "tag": (cell("f()", tags=["solutoin"]), "unknown tag"),
    "address": (
        cell("f()", new_output("execute_result", {"text/plain": "<f at 0x7f>"})),
        "memory address",
    ),
    "long": (
        cell("f()", new_output("stream", name="stdout", text="1\n" * 21)),
        "prints 21 lines",
    ),
}


@pytest.mark.parametrize(("faulty", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_code(faulty, says):
    (problem,) = outputs.problems(new_notebook(cells=[faulty]))
    assert says in problem
    assert problem.endswith("in 'f()'")


@pytest.mark.parametrize(
    "good",
    [
        cell("f()", ERROR, tags=["raises-exception"]),
        cell("f()", STDERR, tags=["warns"]),
        cell("f()", FIGURE, alt="A"),
        cell("f()", new_output("stream", name="stdout", text="1\n" * 20)),
    ],
)
def test_what_is_announced_is_no_fault(good):
    assert outputs.problems(new_notebook(cells=[good])) == []


def test_an_unknown_tag_on_prose_is_a_fault():
    prose = new_markdown_cell("text", metadata={"tags": ["solutoin"]})
    (problem,) = outputs.problems(new_notebook(cells=[prose]))
    assert "unknown tag" in problem


def test_printed_is_the_same_on_every_machine():
    shown = cell(
        "f()",
        new_output("stream", name="stdout", text="\x1b[1mbold\x1b[0m\n"),
        STDERR,
        FIGURE,
        ERROR,
    )
    assert outputs.printed(shown) == "bold\nUserWarning: mind\nValueError: expected 1"
