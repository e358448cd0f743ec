.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIST := .venv-distributed
PIP := $(BIN)/pip --disable-pip-version-check install -q -c constraints.txt
export PYTHONUTF8 := 1

.PHONY: bench-app bench-permanence bench-signals demo app test test-live test-faults fuzz lint bench bench-tagging bench-start bench-verify bench-insight bench-safety clean help

demo: $(VENV)/.core ## build the environment, run the demo's night, print what it found
	$(BIN)/voc demo demo

app: $(VENV)/.core ## open the app on the demo workspace
	@test -f demo/voc.toml || $(BIN)/voc demo demo
	$(BIN)/voc -w demo app

test: lint ## the linters and every test that needs no root and no server
	$(BIN)/pytest -n 2 -q --ignore=tests/live

test-live: $(VENV)/.live $(VENV)/.plots $(DIST)/.ready ## the tests that need Chromium, which is installed from Debian where it is missing
	bash .ci/chromium
	bash .ci/faults
	bash .ci/postgres $(BIN)/pytest -q -m live -p no:randomly tests/live --ignore=tests/live/test_past_one_machine.py
	$(DIST)/bin/python -m pytest -q -m live -p no:randomly tests/live/test_past_one_machine.py
	bash .ci/postgres $(BIN)/pytest -q -p no:randomly tests/integration/test_register_cases.py tests/integration/test_register_records.py tests/integration/test_register_released.py

test-faults: $(VENV)/.live ## 300 nights broken on purpose (TRIALS=n, SEED=n, RECORD=anew|add); prints the count
	bash .ci/faults
	bash .ci/postgres $(BIN)/python tests/faults/harness.py $(if $(RECORD),--record $(RECORD)) --trials $(or $(TRIALS),300) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz
fuzz: $(VENV)/.test ## csv and TOML of any content: 20,000 inputs of each (N=n)
	VOC_FUZZ=$(or $(N),20000) $(BIN)/pytest -q -p no:randomly tests/integration/test_parts.py -k any

# A tool of its own environment: it is no part of voc, and it asks pypi.org about each dependency.
.PHONY: audit
audit: ## known faults of the pinned dependencies, by pip-audit; needs the network, and fails where it cannot ask
	$(PYTHON) -m venv build/audit
	build/audit/bin/pip --disable-pip-version-check install -q pip-audit
	build/audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r constraints.txt

.PHONY: pictures
pictures: $(VENV)/.live ## renew the pictures in docs/img from the demo, in Chromium
	@test -f demo/voc.toml || $(BIN)/voc demo demo
	bash .ci/chromium
	$(BIN)/python docs/pictures.py demo

lint: $(VENV)/.test ## ruff, its formatter and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: bench-tagging bench-start bench-verify bench-privacy bench-ingest bench-signals bench-permanence bench-insight bench-intervals ## every benchmark; results go to benchmarks/results

bench-tagging: $(VENV)/.test ## the fast tier's figures; needs the labelled data (DATA=folder)
	$(BIN)/python benchmarks/tagging.py --data $(or $(DATA),../shared/data)

bench-signals: $(VENV)/.test ## early warning: planted excess found, delay, false alarms; needs the labelled data (DATA=folder)
	$(BIN)/python benchmarks/signals.py --data $(or $(DATA),../shared/data)

bench-acts: $(VENV)/.test ## intent, urgency and safety on the labelled comments (DATA=folder)
	$(BIN)/python benchmarks/acts.py --data $(or $(DATA),../shared/data)

bench-fewshot: $(VENV)/.test ## categories from eight examples each (DATA=folder)
	$(BIN)/python benchmarks/fewshot.py --data $(or $(DATA),../shared/data)

bench-permanence: $(VENV)/.test ## ids kept over weekly refits of the demo's 26 weeks
	$(BIN)/python benchmarks/permanence.py

bench-start: $(VENV)/.test ## how long `voc --help` takes, beside an empty typer application
	$(BIN)/python benchmarks/start.py

bench-verify: $(VENV)/.test ## false and found successes of 1,000 simulated fixes, beside a naive comparison
	$(BIN)/python benchmarks/verify.py

bench-privacy: $(VENV)/.bench ## recall and speed of redaction, beside Presidio; needs the public sets (DATA=folder)
	$(BIN)/python benchmarks/privacy.py --data $(or $(DATA),../shared/data)

bench-ingest: $(VENV)/.test ## rows a second and memory, from a csv to frames and to the lake (DATA=folder)
	$(BIN)/python benchmarks/ingest.py --data $(or $(DATA),../shared/data)

.PHONY: bench-night bench-scale bench-costs bench-engines
bench-night: $(VENV)/.bertopic ## a whole night of 1,000,000 comments, the cascade on a history, and peers (ITEMS="100000 1000000")
	$(BIN)/python benchmarks/night.py --items $(or $(ITEMS),100000 1000000)

bench-scale: $(VENV)/.test ## 10,000 new comments on a short and a long history (HISTORY="100000 10000000")
	$(BIN)/python benchmarks/scale.py --history $(or $(HISTORY),100000 10000000)

bench-costs: $(VENV)/.test ## items a core-second of each step of a night, and bytes an item
	$(BIN)/python benchmarks/costs.py

bench-engines: $(DIST)/.ready ## tagging the plain way, by processes and by Daft, the same rows (ITEMS=n)
	$(DIST)/bin/python benchmarks/engines.py --items $(or $(ITEMS),20000)

bench-search: $(VENV)/.test ## how well search by meaning finds its like (DATA=folder)
	$(BIN)/python benchmarks/search.py --data $(or $(DATA),../shared/data)

.PHONY: bench-walk
bench-walk: $(VENV)/.live ## a new user's way from an empty machine to the first theme, in steps and seconds
	bash .ci/chromium
	$(BIN)/python benchmarks/walk.py

bench-app: $(VENV)/.live ## the app in Chromium over a million items, beside an empty page, and while a night runs
	bash .ci/chromium
	$(BIN)/python benchmarks/app.py

bench-insight: $(VENV)/.test ## how long figures take over a million items
	$(BIN)/python benchmarks/insight.py

.PHONY: bench-intervals
bench-intervals: $(VENV)/.test ## how often intervals hold the truth, beside a bootstrap of persons
	$(BIN)/python benchmarks/intervals.py

.PHONY: bench-review
bench-review: $(VENV)/.test ## the monthly review of real comments: cost, pages, every receipt again; needs the data (DATA=folder)
	$(BIN)/python benchmarks/review.py --data $(or $(DATA),../shared/data)

bench-safety: $(VENV)/.test ## what the safety lane finds and flags; needs the labelled data (DATA=folder)
	$(BIN)/python benchmarks/safety.py --data $(or $(DATA),../shared/data)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e ".[test]"
	@touch $@ $(VENV)/.core

$(VENV)/.bench: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e ".[test,bench]"
	@touch $@ $(VENV)/.test $(VENV)/.core

$(VENV)/.live: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e ".[test,live]"
	@touch $@ $(VENV)/.test $(VENV)/.core

# Daft wants an older pyarrow than ours, so what is needed past one machine is laid over .venv in a second environment.
$(DIST)/.ready: $(VENV)/.live constraints-distributed.txt
	$(PYTHON) -m venv $(DIST)
	$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" \
		> $$($(DIST)/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/voc_venv.pth
	$(DIST)/bin/pip --disable-pip-version-check install -q -c constraints-distributed.txt daft obstore "moto[s3]" flask flask-cors
	@touch $@

# BERTopic without what it embeds texts with (torch): it is given our vectors, and installs in seconds.
$(VENV)/.plots: $(VENV)/.live
	$(PIP) --no-deps bertopic
	$(PIP) hdbscan plotly pyyaml tqdm umap-learn
	@touch $@

$(VENV)/.bertopic: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e ".[test,bertopic]" evoc
	@touch $@ $(VENV)/.test $(VENV)/.core

.PHONY: bench-themes
bench-themes: $(VENV)/.bertopic ## themes beside BERTopic and EVoC, which it installs; needs the labelled data
	$(BIN)/python benchmarks/themes.py --data $(or $(DATA),../shared/data)

.PHONY: bench-offtopic
bench-offtopic: $(VENV)/.test ## what themes claim of texts that are of none; needs the labelled data
	$(BIN)/python benchmarks/offtopic.py --data $(or $(DATA),../shared/data)

clean: ## remove the environment, the demo and every cache
	rm -rf $(VENV) $(DIST) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16
