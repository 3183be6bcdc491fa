# `make` lists the targets. Everything that they need and the machine lacks they install into
# $(CACHE), into the clone, or (Chromium, zip) from Debian; what cannot be installed they name.

SHELL := /bin/bash
.SHELLFLAGS := -e -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Outside the clone, so that a new clone builds in seconds what an old one has built.
CACHE ?= $(HOME)/.cache/careplane
export CARGO_TARGET_DIR ?= $(CACHE)/target

PORT ?= 8080
DATA ?= .careplane
ENV ?= dev
# Of the deployed functions: arm64 or x86_64.
ARCH ?= arm64
# Of the binaries that `make stack` deploys. `release` is what ships.
PROFILE ?= release

VENV := $(CACHE)/venv
SAM := $(CACHE)/samvenv
TOOLS := $(CACHE)/tools/bin
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome || echo /usr/bin/chromium)
export CHROMIUM

WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
TEMPLATES := template.yaml $(wildcard infra/*.yaml)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Running

.PHONY: run
run: need-cargo web/dist/index.html ## the whole platform on this machine: make run [PORT=8080] [DATA=.careplane] [FRESH=1]
	@echo "Building the platform. The first time this takes some minutes …"
	@cargo build --package local
	@PORT="$(PORT)" DATA="$(DATA)" FRESH="$(FRESH)" exec $(CARGO_TARGET_DIR)/debug/local

web/node_modules/.package-lock.json: web/package-lock.json | need-node
	@echo "Installing what the web client is built with …"
	@npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@echo "Building the web client …"
	@npm --prefix web run --silent build
	@touch $@

# Testing

.PHONY: test
test: ## everything that must hold
	@begun=$$(date +%s); \
	for part in lint test-rust test-web test-browser stack; do \
		echo "── $$part"; since=$$(date +%s); $(MAKE) --no-print-directory $$part; \
		took+=("$$part $$(( $$(date +%s) - since )) s"); \
	done; \
	echo "All of it holds after $$(( ($$(date +%s) - begun + 30) / 60 )) minutes: $$(IFS=,; echo "$${took[*]}")"

.PHONY: test-rust
test-rust: need-cargo ## rules, store, runtime, contexts, races, crashes, events
	cargo build --quiet --workspace --bins
	cargo test --workspace

.PHONY: test-web
test-web: web/node_modules/.package-lock.json ## the web client's pure parts
	npm --prefix web test

.PHONY: test-browser
test-browser: need-chromium web/dist/index.html ## the journey in a real browser, and Lighthouse
	cargo build --quiet --package local
	tests/with-platform npm --prefix web run test:browser
	tests/with-platform npm --prefix web run lighthouse

.PHONY: stack
stack: need-cargo need-zip $(VENV)/.ready ## the real template and binaries on an emulated AWS, walked once
	cargo build --quiet --package local --bin seed
	PATH="$(VENV)/bin:$$PATH" $(VENV)/bin/python tests/stack --profile $(PROFILE)

.PHONY: bench
bench: need-cargo need-node ## a table of what things cost
	cargo build --quiet --profile bench --package local --package directory
	cargo run --quiet --profile bench --package bench

# Keeping it tidy

.PHONY: lint
lint: lint-rust lint-web lint-infra ## formats, lints, licences, templates, generated files

.PHONY: lint-rust
lint-rust: need-cargo $(TOOLS)/cargo-deny
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- --deny warnings
	$(TOOLS)/cargo-deny --log-level error check --hide-inclusion-graph licenses bans sources

.PHONY: lint-web
lint-web: web/node_modules/.package-lock.json
	npm --prefix web run --silent lint
	npm --prefix web run --silent api -- --check

.PHONY: lint-infra
lint-infra: $(VENV)/.ready $(SAM)/.ready
	$(VENV)/bin/cfn-lint $(TEMPLATES)
	printf '%s\n' $(TEMPLATES) | xargs -n 1 -P 2 $(SAM)/bin/sam validate --lint --region us-east-1 --template > /dev/null
	$(VENV)/bin/ruff check --quiet tests/stack

# Needs the network: the database of advisories is fetched anew.
.PHONY: audit
audit: $(TOOLS)/cargo-deny ## known vulnerabilities in what we link
	$(TOOLS)/cargo-deny check advisories
	npm --prefix web audit --omit=dev

.PHONY: infra
infra: need-cargo web/node_modules/.package-lock.json ## what follows from the code: stacks, openapi.json, event catalogue, client types
	cargo run --quiet --package infra
	npm --prefix web run --silent api

.PHONY: format
format: need-cargo web/node_modules/.package-lock.json $(VENV)/.ready ## write all formats
	cargo fmt --all
	npm --prefix web run --silent format
	$(VENV)/bin/ruff format --quiet tests/stack

.PHONY: deploy
deploy: need-cargo need-aws $(SAM)/.ready $(VENV)/.ready web/dist/index.html ## one environment to AWS: make deploy ENV=dev|staging|prod [ARCH=arm64|x86_64]
	PATH="$(VENV)/bin:$$PATH" cargo lambda build --release --lambda-dir target/lambda \
		--target $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu
	overrides=$$($(VENV)/bin/python -c 'import sys, tomllib; \
		print(" ".join(tomllib.load(open("samconfig.toml", "rb"))[sys.argv[1]]["deploy"]["parameters"]["parameter_overrides"]))' $(ENV)); \
	$(SAM)/bin/sam deploy --config-env $(ENV) --parameter-overrides $$overrides Architecture=$(ARCH)
	bucket=$$(aws cloudformation describe-stacks --stack-name careplane-$(ENV) \
		--query "Stacks[0].Outputs[?OutputKey=='WebBucket'].OutputValue" --output text); \
	aws s3 sync web/dist/assets "s3://$$bucket/assets" --cache-control public,max-age=31536000,immutable; \
	aws s3 sync web/dist "s3://$$bucket" --exclude 'assets/*' --delete --cache-control no-cache

.PHONY: operator
operator: need-aws ## invite an operator of a deployed environment: make operator ENV=dev EMAIL=ada@example.org [ROLE=operator|support]
	@test -n "$(EMAIL)" || { echo "Say whom: make operator ENV=$(ENV) EMAIL=ada@example.org"; exit 1; }
	@$(call invoke,invite-operator,{"email": "$(EMAIL)"$(comma) "role": "$(or $(ROLE),operator)"})

.PHONY: verify-audit
verify-audit: need-aws ## whether the record of who saw what is whole: make verify-audit ENV=dev FROM=2027-03-01 TO=2027-03-31
	@test -n "$(FROM)" -a -n "$(TO)" || { echo "Say from when to when: make verify-audit ENV=$(ENV) FROM=2027-03-01 TO=2027-03-31"; exit 1; }
	@$(call invoke,verify-audit,{"from": "$(FROM)"$(comma) "to": "$(TO)"})

comma := ,
# A function without a route, with what it is told. Says its answer, and fails if it did.
invoke = answer=$$(mktemp); trap 'rm -f "$$answer"' EXIT; \
	failed=$$(aws lambda invoke --function-name careplane-$(ENV)-$(1) --cli-binary-format raw-in-base64-out \
		--cli-read-timeout 900 --payload '$(2)' --query FunctionError --output text "$$answer"); \
	cat "$$answer"; echo; test "$$failed" = None

# What the targets need

.PHONY: need-cargo need-node need-python need-aws need-zip need-chromium
need-cargo:
	@cargo --version 2> /dev/null | awk '{ split($$2, v, "."); exit !(v[1] > 1 || v[2] >= 95) }' \
		|| { echo "Rust 1.95 or newer is needed: https://rustup.rs"; exit 1; }
	@command -v cc > /dev/null || { echo "A C compiler is needed: apt-get install build-essential"; exit 1; }
need-node:
	@node --eval 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2> /dev/null \
		&& command -v npm > /dev/null || { echo "Node.js 20.19 or newer with npm is needed: https://nodejs.org"; exit 1; }
need-python:
	@python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
		|| { echo "Python 3.11 or newer with venv is needed: apt-get install python3 python3-venv"; exit 1; }
need-aws:
	@command -v aws > /dev/null || { echo "The AWS command line is needed: https://aws.amazon.com/cli"; exit 1; }
need-zip:
	@command -v zip > /dev/null || $(call debian,zip)
need-chromium: need-node
	@test -x "$(CHROMIUM)" || $(call debian,chromium)

debian = { echo "Installing $(1) …"; SUDO=$$(test "$$(id -u)" = 0 || echo sudo); \
	$$SUDO apt-get install --yes --quiet $(1) > /dev/null || { $$SUDO apt-get update --quiet > /dev/null && $$SUDO apt-get install --yes --quiet $(1) > /dev/null; } \
	|| { echo "$(1) is needed and could not be installed."; exit 1; }; }

$(VENV)/.ready: tests/stack/requirements.txt | need-python
	@echo "Installing the emulator and the linters of templates …"
	@python3 -m venv $(VENV) && $(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(SAM)/.ready: tests/stack/sam-requirements.txt | need-python
	@echo "Installing the SAM command line …"
	@python3 -m venv $(SAM) && $(SAM)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(TOOLS)/cargo-deny:
	@echo "Installing cargo-deny. This happens once …"
	@CARGO_TARGET_DIR=$(CACHE)/tools-target cargo install --quiet --locked --no-default-features --root $(CACHE)/tools cargo-deny@0.20.2
