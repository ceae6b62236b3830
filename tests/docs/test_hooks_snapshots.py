"""Numbers agree within a unit of their last digit, text exactly."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from sitekit import snapshots


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a 1.234", "a 1.235"),
        ("-0.0012", "-0.0011"),
        ("1.2e-05", "1.3e-05"),
        ("tensor(-0.)", "tensor(0.)"),
        ("[ 1.50, -2.00]", "[1.50,  -2.01]"),
        ("0.123456789012345", "0.123456789912345"),
        ("nan inf True", "nan inf True"),
        ("1.2e-15", "1.3e-15"),
    ],
)
def test_agree(expected, actual):
    assert snapshots.agree(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a 1.234", "a 1.236"),
        ("a 1.234", "b 1.234"),
        ("12 steps", "13 steps"),
        ("1.5 2.5", "1.5"),
        ("5", "5.4"),
        ("x1", "x2"),
        ("-1.5", "1.5"),
        ("nan", "0.1"),
        ("0.123456789012345", "0.123457789012345"),
    ],
)
def test_disagree(expected, actual):
    assert not snapshots.agree(expected, actual)


def test_differences_show_only_the_lines_that_do_not_agree():
    diff = snapshots.differences("a 1.0\nb 2.0\nc 3.0\n", "a 1.1\nb 2.5\nc 3.0\n")
    assert "-b 2.0" in diff
    assert "+b 2.5" in diff
    assert "+a" not in diff


def test_a_missing_line_is_a_difference():
    assert snapshots.differences("a\nb\n", "a\n")


def test_a_snapshot_has_each_output_under_its_code():
    silent = new_code_cell("x = 1")
    spoken = new_code_cell("x\n+ 1", outputs=[new_output("execute_result", {"text/plain": "2"})])
    assert snapshots.snapshot(new_notebook(cells=[silent, spoken])) == ">>> x\n2\n"
