"""Every built page by html-validate: what the HTML standard asks of its markup."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from browser import MODULES

pytestmark = pytest.mark.site

# What the theme's own templates get wrong, on every page: the rule, and the element's opening tag.
KNOWN = [
    # an attribute without a value, which browsers read as absent
    (
        "attribute-allowed-values",
        r'<label class="md-nav__link" for="(__nav_\d)" [^>]* tabindex="">',
    ),
    # the two boxes that keep the drawer and the search open: a browser ignores the attribute there
    ("valid-autocomplete", r'<input class="md-toggle" data-md-toggle="drawer" [^>]*>'),
    ("valid-autocomplete", r'<input class="md-toggle" data-md-toggle="search" [^>]*>'),
    # two forms that scripts read as one types or clicks, and nobody submits
    ("wcag/h32", r'<form class="md-header__option">'),
    ("wcag/h32", r'<form class="md-search__form" name="search">'),
    # the contents of the page, once beside it and once in the drawer: one of them shows at a time
    ("unique-landmark", r'<nav class="md-nav md-nav--secondary" aria-label="Table of contents">'),
    ("unique-landmark", r'<nav class="md-nav" aria-label="[^"]+">'),
]

FAULTS = {
    "close-order": "<section><p>Unclosed</p>",
    "element-name": "<marginpar>Text</marginpar>",
    "element-permitted-content": "<span><div>Text</div></span>",
    "element-required-attributes": '<img alt="no source">',
    "no-dup-attr": '<p class="a" class="b">Text</p>',
    "no-dup-id": '<p id="one">Text</p><p id="one">Text</p>',
    "no-implicit-close": "<p>A paragraph <div>holds no division</div>",
    "wcag/h37": '<img src="a.png">',
}


@dataclass(frozen=True)
class Fault:
    """A breach of one rule, and the opening tag that it stands at."""

    rule: str
    tag: str
    text: str

    @property
    def known(self) -> int | None:
        """The first entry of KNOWN that names the fault."""
        entries = enumerate(KNOWN)
        return next((i for i, (r, t) in entries if r == self.rule and re.match(t, self.tag)), None)


def test_pages_are_valid_but_for_the_themes_faults(site):
    faults = list(faults_of(sorted(site.rglob("*.html"))))
    known = {fault.known for fault in faults}

    assert not (ours := [fault.text for fault in faults if fault.known is None]), "\n".join(ours)
    assert known == set(range(len(KNOWN))), "the theme has mended what KNOWN still lists"


def test_finds_a_planted_fault(tmp_path):
    start = '<!DOCTYPE html><html lang="en"><head><title>Page</title></head><body>\n'
    pages = [tmp_path / f"{number}.html" for number in range(len(FAULTS))]
    for page, fault in zip(pages, FAULTS.values(), strict=True):
        page.write_text(f"{start}{fault}\n</body></html>\n", encoding="utf-8")

    assert {fault.rule for fault in faults_of(pages)} >= set(FAULTS)


def faults_of(pages: Iterable[Path]) -> Iterator[Fault]:
    """Validate pages in one run of html-validate."""
    rules = MODULES.parent / "htmlvalidate.config.mjs"
    command = [MODULES / ".bin/html-validate", "--formatter", "json", "--config", rules, *pages]

    with TemporaryFile("w+", encoding="utf-8") as report:  # it exits before a pipe is empty
        run = subprocess.run(command, stdout=report, stderr=subprocess.PIPE, text=True, check=False)
        assert run.returncode in (0, 1), run.stderr  # 1: it found faults
        report.seek(0)
        faulty = json.load(report)

    for page in faulty:
        source = Path(page["filePath"]).read_text(encoding="utf-8").encode("utf-16-le")
        for message in page["messages"]:
            tag = _tag(source, message["offset"])
            where = f"{page['filePath']}:{message['line']}:{message['column']}"
            text = f"{where}: {message['ruleId']}: {message['message']}: {tag}"
            yield Fault(message["ruleId"], tag, text)


def _tag(source: bytes, offset: int) -> str:
    at = 2 * offset  # JavaScript counts units of UTF-16
    before, after = source[:at].decode("utf-16-le"), source[at:].decode("utf-16-le")
    return before[before.rfind("<") :] + after[: after.find(">") + 1]
