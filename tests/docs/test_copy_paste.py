"""What the copy buttons copy runs as it is, elsewhere, and shows what the page shows below it."""

import json
import re
import sys
from pathlib import Path

import pytest
from blocks import Block, Copied, copy
from bs4 import BeautifulSoup
from conftest import DOCS, ROOT
from pages import notebook_of, page_names
from reader import interpreter, run_in
from sitekit import notebooks
from sitekit.snapshots import agree
from test_distributed import NAME as SHARDS

pytestmark = pytest.mark.site

RUNNER = Path(__file__).with_name("run_blocks.py")
HOW_TO = [name for name in page_names() if name.startswith("howto/")]

PROMPT = re.compile(r"^\s*(>>>|\.\.\.|\$ |In \[)", re.MULTILINE)

# The other blocks are commands, and each is run below.
COMMANDS = {
    "index.html": ['pip install ".[plot]"'],
    "howto/distributed.html": [f"torchrun --standalone --nproc-per-node=4 {SHARDS}"],
}


@pytest.fixture(scope="session")
def python(tmp_path_factory) -> Path:
    """The interpreter of a reader."""
    return interpreter(tmp_path_factory.mktemp("reader"), root=ROOT)


@pytest.fixture(scope="module", params=page_names())
def page(request, browser, address) -> Copied:
    """What is copied from each page, for all its tests."""
    return copy(browser, address, request.param)


def test_the_reader_has_what_the_wheel_requires_and_nothing_else(python, tmp_path):
    wanted = ["torch", "numpy", "matplotlib", "mlefit"]
    absent = ["pandas", "scipy", "IPython", "pytest", "pip", "sitekit"]
    program = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n)])"
    found = run_in(tmp_path, [str(python), "-c", program, *wanted, *absent])
    assert found.split() == wanted

    place = run_in(tmp_path, [str(python), "-c", "import mlefit; print(mlefit.__file__)"])
    assert Path(place.strip()).is_relative_to(python.parents[1])


def test_the_buttons_copy_the_code_and_nothing_else(page):
    assert bool(page.python) == bool(notebook_of(page.name) or ">>>" in page.text)
    for block in (*page.python, *page.other):
        assert not PROMPT.search(block.code)
        assert not set(block.session or []) & set(block.code.splitlines())

    if source := notebook_of(page.name):
        assert [block.code for block in page.python] == visible_code(source)
    assert [block.code for block in page.other] == COMMANDS.get(page.name, [])


def test_what_is_copied_runs_and_shows_what_the_page_shows(page, python, tmp_path):
    for block, shown in zip(page.python, run(page.python, python, tmp_path), strict=True):
        assert_shown(block, shown)


@pytest.mark.parametrize("page", HOW_TO, indirect=True)
def test_the_main_snippet_of_a_how_to_runs_alone(page, python, tmp_path):
    """It is the first block that shows something; what it needs, it imports and defines."""
    main = next(block for block in page.python if block.shows)
    (shown,) = run([main], python, tmp_path)
    assert_shown(main, shown)


@pytest.mark.parametrize("page", ["index.html"], indirect=True)
def test_the_command_that_installs_brings_what_the_figures_need(page):
    """Pip says what it would install, from a clone; here all of it is there but mlefit itself."""
    (command,) = page.other
    dry = {"PIP_DRY_RUN": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # 0: none
    said = run_in_shell(ROOT, command, Path(sys.executable), **dry)
    assert "Would install mlefit" in said
    assert re.search(r"already satisfied: matplotlib\S+ in .*\(from mlefit", said)


@pytest.mark.parametrize("page", ["howto/distributed.html"], indirect=True)
def test_several_processes_print_what_the_page_shows(page, python, tmp_path):
    (script,) = [block.code for block in page.python if block.code.startswith(f"# {SHARDS}\n")]
    (tmp_path / SHARDS).write_text(script, encoding="utf-8")

    (command,) = page.other
    assert run_in_shell(tmp_path, command, python).splitlines() == command.session


def test_every_extra_that_a_text_names_exists(python):
    found = re.findall(r"Provides-Extra: (\S+)", metadata(python))
    texts = [*ROOT.glob("*.md"), *DOCS.rglob("*.py"), *DOCS.rglob("*.md"), *ROOT.glob("mlefit/*")]
    named = {
        extra
        for path in texts
        if path.suffix in (".py", ".md")
        for extra in re.findall(r"(?:mlefit|['\"]\.)\[([a-z]+)\]", path.read_text("utf-8"))
    }
    assert "plot" in named
    assert named <= set(found)


def run(blocks: list[Block], python: Path, folder: Path) -> list[dict]:
    """Run blocks in a fresh interpreter, in an empty folder."""
    if not blocks:
        return []
    runner = folder.parent / f"{folder.name}.py"
    runner.write_text(RUNNER.read_text(encoding="utf-8"), encoding="utf-8")
    words = json.dumps([{"code": b.code, "is_session": b.session is not None} for b in blocks])
    return list(json.loads(run_in(folder, [str(python), str(runner)], words=words)))


def run_in_shell(folder: Path, command: Block, python: Path, **environment: str) -> str:
    """Run a command as if the interpreter's environment were activated."""
    path = f"{python.parent}:/usr/bin:/bin"
    return run_in(folder, ["bash", "-c", command.code], PATH=path, **environment)


def visible_code(source: Path) -> list[str]:
    """Return the code of a notebook that its page shows."""
    cells = notebooks.read(source).cells
    code = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    return [cell.source.strip() for cell in code if "hide" not in notebooks.tags(cell)]


def metadata(python: Path) -> str:
    (file,) = python.parents[1].glob("lib/*/site-packages/mlefit-*.dist-info/METADATA")
    return file.read_text(encoding="utf-8")


def assert_shown(block: Block, shown: dict) -> None:
    """Compare what the page shows below a block with what its run showed."""
    messages = "\n".join(shown["messages"])
    if block.session is not None:
        wanted = last_of_traceback("\n".join(block.session))
        found, messages = f"{shown['text']}\n{messages}", ""
    elif block.tables:
        wanted = " ".join(block.tables)
        found = " ".join(BeautifulSoup(t, "html.parser").get_text() for t in shown["tables"])
    else:
        wanted, found = "\n".join(block.texts), shown["text"]

    assert alike(wanted, found), (
        f"{block.code}\n\nthe page shows: {wanted}\nthe run: {found}\n{messages}"
    )
    assert alike("\n".join(block.messages), messages), f"{block.code}\n\nthe run: {messages}"
    if block.session is None:  # a session shows text alone, whatever it draws
        assert shown["figures"] == block.figures, f"{block.code}\n\nanother number of figures"


def alike(wanted: str, found: str) -> bool:
    """Compare as the snapshots do, wherever the lines break: notebooks break long values.

    Three dots in what a session shows stand for anything, as in its doctest.
    """
    want, got = (" ".join(re.sub(r"(?<=[\[(]) +", "", text).split()) for text in (wanted, found))
    if "..." in want and want != got:
        return bool(re.fullmatch(".*".join(map(re.escape, want.split("..."))), got))
    return agree(want, got)


def last_of_traceback(text: str) -> str:
    return re.sub(r"Traceback \(most recent call last\):\n(?:\s.*\n)*", "", text)
