"""A page loads the scripts of the explorables on it."""

import re

from sitekit import explorables

HEAD = "<head><title>t</title></head>"


def scripts(body: str) -> list[str]:
    page = explorables.loaded(f"{HEAD}<body>{body}</body>", base="..")
    return re.findall(r'<script defer src="\.\./assets/explorables/([a-z-]+)\.js"></script>', page)


def test_a_page_without_explorables_is_left_alone():
    page = HEAD + "<code>&lt;mle-bell&gt;</code>"
    assert explorables.loaded(page, base=".") == page


def test_the_shared_scripts_come_first():
    assert scripts('<mle-bell data="[1]"></mle-bell>') == ["maths", "plot", "drag", "frame", "bell-trail", "bell"]


def test_each_script_is_loaded_once():
    body = "<mle-tests></mle-tests><mle-coverage></mle-coverage><mle-tests></mle-tests>"
    assert scripts(body) == ["maths", "plot", "drag", "frame", "coverage", "tests"]


def test_what_a_script_needs_comes_before_it():
    body = "<mle-factor></mle-factor><mle-optimizer></mle-optimizer>"
    assert scripts(body)[4:] == ["maths-plane", "factor", "optimizer"]


def test_the_style_sheet_stands_in_the_head():
    page = explorables.loaded(f"{HEAD}<body><mle-bell></mle-bell></body>", base=".")
    head, _, body = page.partition("</head>")
    assert '<link rel="stylesheet" href="./assets/explorables/explorables.css">' in head
    assert "script" not in body
