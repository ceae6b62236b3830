"""Write a content security policy into a page: static hosts send none."""

import base64
import hashlib
import html
import re

__all__ = ["guarded", "inline_scripts", "policy"]

_CHARSET = re.compile(r'<meta charset="utf-8">', re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL | re.I)
_DATA = re.compile(r"\btype=[\"']?(?:application/(?:ld\+)?json|text/plain)", re.IGNORECASE)


def guarded(output: str) -> str:
    """Return a page with its policy in front of all that the policy governs.

    Raises:
        ValueError: The page does not declare its encoding, which the policy follows.
    """
    tag = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy(output))}">'
    page, count = _CHARSET.subn(rf"\g<0>\n      {tag}", output, count=1)
    if not count:
        raise ValueError('expected a page with <meta charset="utf-8">; got none')
    return page


def policy(output: str) -> str:
    """Return the strictest policy that a page can obey.

    Scripts are files of this site, or the theme's own inline ones, each by its hash. Styles may be
    inline, since KaTeX and the figures set widths by `style`.
    """
    hashes = sorted({_hash(script) for script in inline_scripts(output)})
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *hashes],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def inline_scripts(output: str) -> list[str]:
    """Return the scripts that a page itself contains; data in a script tag are none."""
    found = (m for m in _SCRIPT.finditer(output) if "src=" not in m["attributes"])
    return [match["body"] for match in found if not _DATA.search(match["attributes"])]


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
