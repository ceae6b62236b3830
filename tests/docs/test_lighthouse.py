"""Lighthouse, as on a phone: accessibility, best practices and SEO have the full score."""

import pytest
from lighthouse import PAGES, RULES, audited, failures, scores
from server import serving

pytestmark = pytest.mark.site


@pytest.mark.parametrize("name", PAGES)
def test_has_the_full_score(address, name):
    report = audited(f"{address}/{name}", *RULES)
    assert scores(report) == dict.fromkeys(RULES, 100), "\n".join(failures(report))


def test_a_page_that_lacks_what_each_asks_for_scores_less(tmp_path):
    page = "<html><head><title>Page</title></head><body><img src='a.png'></body></html>"
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    (tmp_path / "404.html").write_text(page, encoding="utf-8")

    with serving(tmp_path) as address:
        report = audited(f"{address}/index.html", *RULES)

    found = scores(report)
    assert all(found[rule] < 100 for rule in RULES), found
    assert "Document does not have a meta description" in failures(report)
