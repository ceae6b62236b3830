"""The events of MkDocs, wired to `sitekit`: this file holds no logic of its own."""

import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import nbformat
from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_relative_url
from sitekit import (
    buttons,
    cache,
    cards,
    cells,
    copies,
    explorables,
    formulas,
    headings,
    lead,
    links,
    machines,
    notebooks,
    policy,
    prose,
    provenance,
    stylesheets,
    theme,
)

log = logging.getLogger("mkdocs.hooks.site")


class ExecutedNotebook(File):
    """A notebook's executed copy, which stands in docs/ where its source stands.

    mkdocs-jupyter renders whatever page's file is an `.ipynb` on the disk. It is given the prose
    alone: `sitekit.cells` writes code and outputs.
    """

    executed: Path

    def is_documentation_page(self) -> bool:
        """Say that this is a page, which MkDocs believes of Markdown files alone."""
        return True


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Execute the notebooks, and put their executed copies in their place."""
    root = Path(config.config_file_path).parent
    docs = Path(config.docs_dir)
    store = root / config.extra["notebook_cache"]

    try:
        sources = cache.executed(notebooks.sources(docs), store=store, root=root)
    except cache.NotebookError as error:
        raise PluginError(str(error)) from None

    for source in sources:
        uri = source.relative_to(docs).as_posix()
        executed = cache.cached_path(source, store=store, root=root)
        file = ExecutedNotebook.generated(config, uri, abs_src_path=str(prose.copy(executed)))
        file.executed = executed
        files.remove(files.src_uris[uri])
        files.append(file)

    return files


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite a notebook's page, typeset every page's formulas, describe it by its lead."""
    if isinstance(page.file, ExecutedNotebook):
        content = _notebook_page(content, page, config, files)

    page.meta.setdefault("description", lead.description(content) or config.site_description)
    page.meta["markdown"] = str(Path(page.file.dest_uri).with_suffix(".md"))
    try:
        return formulas.rendered(content)
    except formulas.FormulaError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from None


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> None:
    """List the pages for programs; where the site's address is known, draw the pages' cards."""
    pages = machines.in_order(file.page for file in files.documentation_pages())
    entries = [machines.entry(page) for page in pages]
    base = config.site_url or ""
    text = machines.llms(config.site_name, config.site_description or "", entries, base=base)
    _write(config, "llms.txt", text)

    if not base:  # crawlers and cards need whole addresses
        return

    _write(config, "robots.txt", machines.robots(base))
    for page, entry in zip(pages, entries, strict=True):
        uri = f"assets/cards/{Path(entry.address).with_suffix('.png')}"
        page.meta["card"] = urljoin(base, uri)
        cards.draw(entry.heading, name=config.site_name, path=Path(config.site_dir, uri))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Finish the page, and write its notebook and its Markdown beside it."""
    if isinstance(page.file, ExecutedNotebook):
        notebook = _notebook(page)
        uri = _download_uri(page)
        address = urljoin(config.site_url, uri) if config.site_url else ""
        text = provenance.published(notebook, repository=config.repo_url, address=address)
        _write(config, uri, text)
        copy = copies.of_notebook(notebook)
    else:
        copy = copies.of_page(page.markdown or "", root=Path(config.config_file_path).parent)

    _write(config, page.meta["markdown"], copy)
    output = buttons.with_copy_buttons(theme.mended(output))
    output = explorables.loaded(output, base=get_relative_url(".", page.url))
    return policy.guarded(output)


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    """Treat the page for wrong addresses as the others."""
    return policy.guarded(theme.mended(output)) if template_name == "404.html" else output


def on_post_build(config: MkDocsConfig) -> None:
    """Merge the style sheets, once all pages and files are there."""
    stylesheets.merge(Path(config.site_dir))


def _notebook_page(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    notebook = _notebook(page)
    fragments = [formulas.marked(f) for f in cells.markdown_fragments(content)]
    fragments, contents = headings.anchored(fragments)
    fragments = [_linked(fragment, page, files) for fragment in fragments]

    html = cells.page(notebook, fragments)
    page.toc = get_toc(contents)
    page.present_anchor_ids = set(re.findall(r'\bid="([^"]+)"', html))

    download = _download_uri(page)
    colab = provenance.colab_address(config.repo_url, download)
    return html + provenance.footer(notebook, download=Path(download).name, colab=colab)


def _linked(fragment: str, page: Page, files: Files) -> str:
    """Resolve links, and hand their anchors to MkDocs, which checks them after the last page."""
    source = page.file.src_uri
    page.links_to_anchors = page.links_to_anchors or {}

    for link in links.targets(fragment, source=source):
        target = files.get_file_from_path(link.target)
        if target is None:
            log.warning("%s links to '%s', which does not exist", source, link.written)
        elif link.anchor:
            page.links_to_anchors.setdefault(target, {})[link.anchor] = link.written

    def url(target: str) -> str | None:
        file = files.get_file_from_path(target)
        return file.url_relative_to(page.file) if file else None

    return links.resolved(fragment, source=source, url=url)


def _notebook(page: Page) -> Any:
    return nbformat.read(page.file.executed, as_version=4)


def _write(config: MkDocsConfig, uri: str, text: str) -> None:
    target = Path(config.site_dir, uri)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _download_uri(page: Page) -> str:
    return str(Path(page.file.dest_uri).with_name(Path(page.file.src_uri).stem + ".ipynb"))
