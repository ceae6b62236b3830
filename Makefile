# The site and its checks: `make help` lists them. Python 3.11 or later and make are all they need;
# `make check` also needs Chromium and npm, which .ci/run installs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADDRESS ?= 127.0.0.1:8000
AXE := tests/docs/browser/node_modules/.package-lock.json

# Steady time stamps, so that two builds of one commit are the same, byte for byte.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2> /dev/null || echo 0)
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help serve site test check bench lighthouse snapshots fonts clean .FORCE
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1:\2/p' $(MAKEFILE_LIST) | awk -F: '{printf "%-16s%s\n", $$1, $$2}'

serve: $(VENV)/.docs ## set up, build and serve the site, and rebuild what changes
	@echo "The site will be at http://$(ADDRESS)/ in a moment; the first build executes every notebook."
	$(BIN)/mkdocs serve --livereload --dev-addr $(ADDRESS)

site: site/index.html ## build the site into site/, which also opens without a server

test: $(VENV)/.test ## run every test that needs neither a built site nor a browser
	$(BIN)/pytest -m "not site" -n 2 --dist loadgroup

check: $(VENV)/.dev $(AXE) test ## lint, check types, test, build the site strictly, test it in Chromium
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(MAKE) site
	SITE=site $(BIN)/pytest -m site -n 2 --dist worksteal

bench: $(VENV)/.bench ## measure the library beside its peers; minutes, and best on a quiet machine
	$(BIN)/python -m benchmarks

lighthouse: site $(VENV)/.test $(AXE) ## score the speed of a few pages on a phone, the median of three runs
	$(BIN)/python tests/docs/lighthouse.py site

snapshots: $(VENV)/.docs ## rewrite what the notebooks are expected to print; review the difference
	PYTHONPATH=docs/_hooks $(BIN)/python -m sitekit.snapshots

fonts: site $(VENV)/.test ## cut the formulas' fonts to the glyphs that the site shows; needs Chromium
	PYTHONPATH=docs/_hooks $(BIN)/python tests/docs/formula_fonts.py site

clean: ## remove the environment and all that was built
	rm -rf $(VENV) .cache site build dist $(dir $(AXE))

# Built again when a source has changed, or what the environment says of the site's address.
SOURCES := $(shell find docs mlefit *.md *.cff LICENSE mkdocs.yml constraints.txt -type f ! -name '*.pyc')
site/index.html: $(VENV)/.docs .cache/settings $(SOURCES)
	$(BIN)/mkdocs build --strict
	@touch $@

.cache/settings: .FORCE
	@mkdir -p $(@D)
	@echo '$(SITE_URL) $(REPO_URL) $(RELEASE) $(SOURCE_DATE_EPOCH)' | cmp -s - $@ || \
	  echo '$(SITE_URL) $(REPO_URL) $(RELEASE) $(SOURCE_DATE_EPOCH)' > $@

# A stamp for each set of extras: nothing is installed again while the requirements stay.
$(VENV)/.docs $(VENV)/.test $(VENV)/.dev $(VENV)/.bench: $(VENV)/.%: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$*]'
	@touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(AXE): tests/docs/browser/package-lock.json
	npm ci --silent --prefix $(dir $<)
	@touch $@
