# make demo     the whole way, from the minutes to a flagged regional agenda
# make test     every test
# make lint     ruff and mypy
# make conformance  real clients and protocol suites, each in an environment of its own, against the running server
# make bench    our server beside stock Radicale, Xandikos and, after make bench-setup, Cyrus; EVENTS=10000 for more
# Each installs what it needs into .venv (and .venv-conformance) first, and nothing elsewhere but Debian's own tools (see
# tools).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Of `make bench`: seconds for each request and server, of which there are some fifty.
EVENTS ?= 1000
BUDGET ?= 3
# pip tells on each run that a newer pip exists.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Of `make conformance`: the tools from PyPI and npm, whose versions tests/conformance/environments names; and pytest's options.
ENVIRONMENTS := .venv-conformance
PYTHON_TOOLS := caldav caldav-server-tester icalendar khal todoman vdirsyncer vobject
NPM_TOOLS := ical.js tsdav
OPTIONS ?=

.PHONY: demo test conformance lint format bench bench-setup messages tools bench-tools test-tools conformance-tools clean

demo: $(VENV)/.installed
	@$(BIN)/spro-agenda demo

# One process a core, each with whole modules: they share servers and databases.
test: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

conformance: $(VENV)/.installed-test $(patsubst %,$(ENVIRONMENTS)/%/.installed,$(PYTHON_TOOLS) $(NPM_TOOLS))
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile tests/conformance $(OPTIONS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/clashes.py
	$(BIN)/python benchmarks/feeds.py
	$(BIN)/python benchmarks/server.py --events $(EVENTS) --budget $(BUDGET)

# Debian runs the Cyrus that it installs; the benchmark runs its own.
bench-setup:
	@sh .ci/tools $(PYTHON) cyrus-caldav cyrus-imapd sasl2-bin

messages: $(VENV)/.installed
	$(BIN)/pybabel compile -D messages -d spro_agenda/locale -l fr

$(VENV)/.installed: pyproject.toml | tools
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml | test-tools
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --editable '.[test]'
	touch $@

$(VENV)/.installed-bench: pyproject.toml | bench-tools
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --editable '.[bench]'
	touch $@

$(ENVIRONMENTS)/%/.installed: tests/conformance/environments/%/package.json tests/conformance/environments/%/package-lock.json | conformance-tools
	mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --silent --prefix $(@D)
	touch $@

$(ENVIRONMENTS)/%/.installed: tests/conformance/environments/%.txt | conformance-tools
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	touch $@

tools:
	@sh .ci/tools $(PYTHON)

bench-tools:
	@sh .ci/tools $(PYTHON) nginx-light

test-tools:
	@sh .ci/tools $(PYTHON) postgresql slapd ldap-utils chromium libatomic1 nginx-light caddy dovecot-imapd

conformance-tools:
	@sh .ci/tools $(PYTHON) calcurse gir1.2-ical-3.0 npm python3-gi python3-httplib2 thunderbird xvfb

clean:
	rm -rf $(VENV) $(ENVIRONMENTS) build dist *.egg-info
