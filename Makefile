# The site and its checks. `make help` lists what there is to do; nothing but Python and make is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADDRESS ?= 127.0.0.1:8000

# Steady time stamps, so that two builds of one commit are the same, byte for byte.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export NO_MKDOCS_2_WARNING := 1
export DISABLE_MKDOCS_2_WARNING := true

.DEFAULT_GOAL := help
.PHONY: help serve site test check snapshots clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

serve: $(VENV)/.docs ## set everything up, execute the notebooks, serve the site with live reload
	@echo "The site will be at http://$(ADDRESS)/ once it is built; the first build executes every notebook."
	$(BIN)/mkdocs serve --livereload --dev-addr $(ADDRESS)

site: $(VENV)/.docs ## build the site into the folder site/, which opens without a server
	$(BIN)/mkdocs build --strict --quiet

test: $(VENV)/.test ## run every test that needs no browser and no built site
	$(BIN)/pytest -m "not site"

check: $(VENV)/.dev ## run all tests, the linters, the type checker, a strict build, the browser
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mkdocs build --strict --quiet
	$(BIN)/pytest

snapshots: $(VENV)/.test ## rewrite the committed outputs of the notebooks: review the difference
	$(BIN)/python -m tests.docs.snapshots

clean: ## remove what was built, and the environment
	rm -rf $(VENV) .cache site build dist

# One stamp a set of extras; a later one contains the earlier ones.
$(VENV)/.docs $(VENV)/.test $(VENV)/.dev: $(VENV)/.%: pyproject.toml constraints.txt | $(VENV)/.venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[$*]'
	touch $@

$(VENV)/.venv:
	$(PYTHON) -m venv $(VENV)
	touch $@
