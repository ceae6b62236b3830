"""A page loads the scripts of the explorables on it."""

import re

from conftest import DOCS
from sitekit import explorables

FOLDER = DOCS / "assets/explorables"
HEAD = "<head><title>t</title></head>"


def scripts(body: str) -> list[str]:
    page = explorables.loaded(f"{HEAD}<body>{body}</body>", base="..")
    return re.findall(r'<script defer src="\.\./assets/explorables/([a-z-]+)\.js"></script>', page)


def test_a_page_without_explorables_is_left_alone():
    page = HEAD + "<code>&lt;mle-bell&gt;</code>"
    assert explorables.loaded(page, base=".") == page


def test_the_shared_scripts_come_first():
    assert scripts('<mle-bell data="[1]"></mle-bell>') == [
        "maths",
        "plot",
        "drag",
        "frame",
        "bell-trail",
        "bell",
    ]


def test_each_script_is_loaded_once():
    body = "<mle-a></mle-a><mle-b></mle-b><mle-a></mle-a>"
    assert scripts(body) == ["maths", "plot", "drag", "frame", "a", "b"]


def test_what_a_script_needs_comes_before_it():
    loaded = scripts("<mle-factor></mle-factor><mle-bell></mle-bell>")
    assert loaded.index("maths") < loaded.index("maths-bivariate") < loaded.index("factor")
    assert loaded.index("bell-trail") < loaded.index("bell")


def test_every_script_that_is_asked_for_exists():
    present = {path.stem for path in FOLDER.glob("*.js")}
    defined = {
        name
        for path in FOLDER.glob("*.js")
        for name in re.findall(r'Explorables\.define\("([a-z]+)"', path.read_text(encoding="utf-8"))
    }
    asked = scripts("".join(f"<mle-{name}></mle-{name}>" for name in defined))

    assert {"bell", "tests"} <= defined
    assert set(asked) == present


def test_the_scripts_stand_in_the_head():
    page = explorables.loaded(f"{HEAD}<body><mle-bell></mle-bell></body>", base=".")
    head, _, body = page.partition("</head>")
    assert '<script defer src="./assets/explorables/bell.js"></script>' in head
    assert "script" not in body
