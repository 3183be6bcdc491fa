# `make` lists the targets. Everything that they need and the machine lacks they install into
# $(CACHE), into the clone, or (Chromium, zip) from Debian; what cannot be installed they name.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Outside the clone, so that a new clone builds in seconds what an old one has built.
CACHE ?= $(HOME)/.cache/careplane
export CARGO_TARGET_DIR ?= $(CACHE)/target

PORT ?= 8080
DATA ?= .careplane
ENV ?= dev
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
	@cargo build --quiet --package local
	@PORT=$(PORT) DATA=$(DATA) FRESH=$(FRESH) exec $(CARGO_TARGET_DIR)/debug/local

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
test: lint test-rust test-web test-browser stack ## everything that must hold
	@echo "All of it holds, after $$SECONDS s for this line and what is printed above for the rest."

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
	cargo build --quiet --profile bench --workspace --bins
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
format: need-cargo web/node_modules/.package-lock.json ## write all formats
	cargo fmt --all
	npm --prefix web run --silent format
	$(VENV)/bin/ruff format --quiet tests/stack

.PHONY: deploy
deploy: $(SAM)/.ready $(VENV)/.ready web/dist/index.html ## one environment to AWS: make deploy ENV=dev|staging|prod
	PATH="$(VENV)/bin:$$PATH" cargo lambda build --release --arm64 --lambda-dir target/lambda
	$(SAM)/bin/sam deploy --config-env $(ENV)
	bucket=$$(aws cloudformation describe-stacks --stack-name careplane-$(ENV) \
		--query "Stacks[0].Outputs[?OutputKey=='WebBucket'].OutputValue" --output text); \
	aws s3 sync web/dist/assets "s3://$$bucket/assets" --cache-control public,max-age=31536000,immutable; \
	aws s3 sync web/dist "s3://$$bucket" --exclude 'assets/*' --delete --cache-control no-cache

# What the targets need

.PHONY: need-cargo need-node need-zip need-chromium
need-cargo:
	@command -v cargo > /dev/null || { echo "Rust 1.95 or newer is needed: https://rustup.rs"; exit 1; }
	@command -v cc > /dev/null || { echo "A C compiler is needed: apt-get install build-essential"; exit 1; }
need-node:
	@command -v npm > /dev/null || { echo "Node.js 20.19 or newer is needed: apt-get install nodejs npm"; exit 1; }
need-zip:
	@command -v zip > /dev/null || $(call debian,zip)
need-chromium: need-node
	@test -x "$(CHROMIUM)" || $(call debian,chromium)

debian = { echo "Installing $(1) …"; SUDO=$$(test "$$(id -u)" = 0 || echo sudo); \
	$$SUDO apt-get install --yes --quiet $(1) > /dev/null || { $$SUDO apt-get update --quiet > /dev/null && $$SUDO apt-get install --yes --quiet $(1) > /dev/null; } \
	|| { echo "$(1) is needed and could not be installed."; exit 1; }; }

$(VENV)/.ready: tests/stack/requirements.txt
	@echo "Installing the emulator and the linters of templates …"
	@python3 -m venv $(VENV) && $(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(SAM)/.ready: tests/stack/sam-requirements.txt
	@echo "Installing the SAM command line …"
	@python3 -m venv $(SAM) && $(SAM)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(TOOLS)/cargo-deny:
	@echo "Installing cargo-deny. This happens once …"
	@CARGO_TARGET_DIR=$(CACHE)/tools-target cargo install --quiet --locked --no-default-features --root $(CACHE)/tools cargo-deny@0.20.2
