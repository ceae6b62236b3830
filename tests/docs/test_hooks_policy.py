"""The content security policy of a page."""

import base64
import hashlib

import pytest
from sitekit import policy

PAGE = """<!doctype html><html><head>
<meta charset="utf-8">
<script src="a.js"></script>
<script>let x = "é"</script>
<script id="__config" type="application/json">{"a": 1}</script>
</head></html>"""


def test_each_inline_script_is_allowed_by_its_hash():
    digest = base64.b64encode(hashlib.sha256('let x = "é"'.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy.policy(PAGE)


def test_files_and_data_are_no_inline_scripts():
    assert policy.inline_scripts(PAGE) == ['let x = "é"']


def test_what_is_not_named_is_refused():
    assert policy.policy(PAGE).startswith("default-src 'none';")
    script = next(d for d in policy.policy(PAGE).split("; ") if d.startswith("script-src"))
    assert "unsafe" not in script


def test_the_policy_follows_the_encoding_and_precedes_the_scripts():
    page = policy.guarded(PAGE)
    assert page.index("charset") < page.index("Content-Security-Policy") < page.index("<script")
    assert page.replace("&#x27;", "'").count(policy.policy(PAGE)) == 1


def test_a_page_without_an_encoding_is_refused():
    with pytest.raises(ValueError, match="charset"):
        policy.guarded("<html></html>")
