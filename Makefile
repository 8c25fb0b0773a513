# make site: the tutorial, in _site/.   make serve: shows it.   make test: the tests.   make test-site: each page in a real browser.
# All set everything up first.
SUITS = 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c $(SUITS) 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
# What somebody has set for other environments: all goes into ours.
export PIP_USER := 0
unexport PIP_PREFIX PIP_ROOT PIP_TARGET PYTHONHOME PYTHONUSERBASE

.PHONY: site serve test check coverage test-site test-notebooks test-versions test-wheel bench notebooks clean

site: .venv/ready
	@$(BIN)/catdog render

# On this machine alone, until Ctrl-C.
serve: .venv/ready
	@$(BIN)/catdog serve

test: .venv/ready
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(OPTIONS)

# The tests, and the share of lines that they run: in all, and in each room.
ROOMS := data/** runs/** report/** evaluation.py training.py **
coverage: .venv/ready
	@$(MAKE) --no-print-directory test OPTIONS="--cov --cov-report="
	@set -f; for room in $(ROOMS); do printf 'lines run, %%: src/catdog/%s ' "$$room"; \
		$(BIN)/coverage report --include="src/catdog/$$room" --format=total --fail-under=90 || exit 1; done

# Style, types, layers and spelling: seconds.
check: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell

# Always from drawn images: the site that any machine can make. Of each renderer that is here. Then that of
# somebody's own images.
BROWSE := tests/browse_site.py tests/browse_demo.py tests/browse_explorers.py
test-site: .venv/ready
	@CATDOG_DATA=drawings $(BIN)/catdog render --with built-in
	@$(BIN)/python -m pytest $(BROWSE)
	@if command -v quarto >/dev/null; then CATDOG_DATA=drawings $(BIN)/catdog render --with quarto && \
		$(BIN)/python -m pytest $(BROWSE); fi
	@$(BIN)/python -m pytest tests/own_images_site.py

# The tests on the oldest and newest Pythons and packages: an hour, and by hand.
test-versions: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[versions]'
	@$(BIN)/python tests/versions.py

# Every notebook as Colab runs it, in an environment of its own: some minutes.
test-notebooks: .venv/ready
	@$(BIN)/python -m pytest tests/colab_notebooks.py

# The package as others install it, without the checkout: some minutes.
test-wheel: .venv/ready
	@$(BIN)/python -m pytest tests/installed_wheel.py

# Measures, on a quiet machine, and publishes in the project.
bench: .venv/ready
	@$(BIN)/catdog bench --out assets/bench.json

notebooks: .venv/ready
	@$(BIN)/catdog notebooks

.venv/ready: pyproject.toml
	@$(or $(PYTHON),false) -c $(SUITS) || { \
		echo "Python 3.11, 3.12 or 3.13 is needed: install one, or give its path: make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "$(PYTHON) cannot make a virtual environment: install Debian's package python3-venv." >&2; exit 1; }
	@echo "Setting up .venv, once. This takes a few minutes."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@# Kernels that Quarto starts need not warn, once a chapter, that nothing is encrypted.
	@mkdir -p .venv/etc/ipython && echo '{"IPKernelApp": {"log_level": 40}}' >.venv/etc/ipython/ipython_kernel_config.json
	@touch $@

clean:
	rm -rf _site .quarto
