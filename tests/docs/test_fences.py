"""Every Python block of every Markdown page runs, in its order, and prints what it shows."""

import doctest
from contextlib import nullcontext
from pathlib import Path

import pytest
from conftest import DOCS, ROOT
from fences import Fence, fences, python_fences

PAGES = [
    *(p for p in sorted(DOCS.rglob("*.md")) if "_hooks" not in p.parts),
    ROOT / "README.md",
]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS  # not NUMBER: a last digit may be wrong


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_blocks_run_in_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}

    for fence in python_fences(page.read_text(encoding="utf-8")):
        if fence.is_doctest:
            run_doctest(fence, page, namespace)
        else:
            run(fence, page, namespace)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_python_block_is_run_or_marked(page):
    missed = [
        f"{page.name}:{fence.line}: {fence.info!r}"
        for fence in fences(page.read_text(encoding="utf-8"))
        if fence.looks_like_python and not (fence.is_python or fence.is_marked)
    ]
    assert not missed, "call it python, py or pycon, or mark it no-test"


def run(fence: Fence, page: Path, namespace: dict[str, object]) -> None:
    """Run a block so that a traceback names the page and its line."""
    code = compile("\n" * fence.line + fence.code, str(page), "exec")
    exec(code, namespace)


def run_doctest(fence: Fence, page: Path, namespace: dict[str, object]) -> None:
    parser = doctest.DocTestParser()
    test = parser.get_doctest(fence.code, namespace, page.name, str(page), fence.line)
    runner = doctest.DebugRunner(optionflags=FLAGS)

    def location(example: doctest.Example) -> str:
        return f"{page}:{fence.line + example.lineno + 1}: {example.source}"

    message = ""
    try:
        runner.run(test, clear_globs=False)
    except doctest.DocTestFailure as failure:
        difference = doctest.OutputChecker().output_difference(failure.example, failure.got, FLAGS)
        message = location(failure.example) + difference
    except doctest.UnexpectedException as failure:
        message = location(failure.example) + f"raised {failure.exc_info[1]!r}"

    if message:
        pytest.fail(message, pytrace=False)
    namespace.update(test.globs)


@pytest.mark.parametrize(("shown", "passes"), [("69.2", True), ("69.3", False), ("69.25", False)])
def test_a_number_is_compared_to_its_last_digit(shown, passes):
    fence = Fence(1, "pycon", f">>> print(f'{{69.2453:.1f}}')\n{shown}\n")
    with nullcontext() if passes else pytest.raises(pytest.fail.Exception):
        run_doctest(fence, Path("page.md"), {})


class TestFences:
    def test_finds_indented_and_longer_fences(self):
        page = "- a\n\n    ````python\n    x = '```'\n    ````\n\n~~~ py\ny = 1\n~~~\n"
        assert [(f.line, f.language, f.code) for f in fences(page)] == [
            (3, "python", "x = '```'\n"),
            (7, "py", "y = 1\n"),
        ]

    @pytest.mark.parametrize(
        ("info", "language", "marked"),
        [
            ("python", "python", False),
            ('pycon title="a session"', "pycon", False),
            ("{ .python .no-test }", "python", True),
            ("python no-test", "python", True),
            ("python title='no-tests'", "python", False),
            ("", "", False),
        ],
    )
    def test_reads_the_info_string(self, info, language, marked):
        (fence,) = fences(f"```{info}\nx\n```\n")
        assert (fence.language, fence.is_marked) == (language, marked)

    def test_an_open_fence_is_an_error(self):
        with pytest.raises(ValueError, match="line 2 is never closed"):
            fences("text\n```python\nx = 1\n")

    @pytest.mark.parametrize("info", ["Python3", "ipython", "{python}", "text"])
    def test_a_python_block_by_another_name_is_noticed(self, info):
        (fence,) = fences(f"```{info}\n>>> x\n```\n")
        assert fence.looks_like_python
