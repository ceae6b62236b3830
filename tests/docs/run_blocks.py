"""Run blocks of code as a notebook runs its cells, and say what each one showed.

A program that needs nothing but Python. It reads a list of `{"code": ..., "is_session": ...}` as
JSON and writes, for each block, the text that it printed, its warnings and its error, its tables,
and how many figures it drew.
"""

import ast
import contextlib
import io
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Shown:
    """What a block showed."""

    text: str = ""
    messages: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    figures: int = 0


def main() -> None:
    """Run the blocks in one namespace, as cells of one notebook."""
    blocks = json.load(sys.stdin)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    shown = [run(block["code"], block["is_session"], namespace) for block in blocks]
    json.dump([asdict(s) for s in shown], sys.stdout)


def run(code: str, is_session: bool, namespace: dict[str, Any]) -> Shown:
    """Run one block; an error ends it, and is part of what it shows."""
    shown, printed = Shown(), io.StringIO()

    def warn(message: Warning | str, category: type[Warning], *_: object) -> None:
        shown.messages.append(f"{category.__name__}: {message}")

    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        warnings.showwarning = warn  # type: ignore[assignment]
        try:
            execute(code, is_session, namespace, lambda value: display(value, shown))
        except Exception as error:
            shown.messages.append(f"{type(error).__name__}: {error}")

    shown.text = printed.getvalue()
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        shown.figures += len(pyplot.get_fignums())
        pyplot.close("all")
    return shown


def execute(
    code: str, is_session: bool, namespace: dict[str, Any], display: Callable[[object], None]
) -> None:
    """Run code, and display the value of its last expression; in a session, of each one."""
    statements = ast.parse(code).body
    for statement in statements:
        is_last = statement is statements[-1] and not code.rstrip().endswith(";")
        if isinstance(statement, ast.Expr) and (is_session or is_last):
            expression = ast.Expression(statement.value)
            display(eval(compile(expression, "<cell>", "eval"), namespace))
        else:
            exec(compile(ast.Module([statement], []), "<cell>", "exec"), namespace)


def display(value: object, shown: Shown) -> None:
    """Show a value: nothing for None, a table for a data frame, its representation else."""
    if value is None or hasattr(value, "savefig"):
        return
    if hasattr(value, "_repr_html_") and (table := value._repr_html_()):
        shown.tables.append(table)
    print(repr(value))


if __name__ == "__main__":
    main()
