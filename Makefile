# Everything a person or a machine runs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BUILD := .build
COMMA := ,
PREFIX ?= /usr/local
IMAGE ?= martlet
BASE_IMAGE ?= debian:bookworm-slim
# A static standard library starts in a millisecond and needs no Swift on the machine it runs on.
RELEASE := swift build -c release --product martlet --static-swift-stdlib
PACKAGES := build-essential curl pkg-config zlib1g-dev liblz4-dev libzstd-dev libsnappy-dev libre2-dev kcat \
	python3 python3-venv librdkafka-dev golang-go golang-github-shopify-sarama-dev \
	golang-github-confluentinc-confluent-kafka-go-dev
PYTHON := .venv/bin/python
INSTALLED ?= $(BUILD)/release/martlet
BIN = $(DESTDIR)$(PREFIX)/bin
SHARED = $(DESTDIR)$(PREFIX)/share
TESTED := $(BUILD)/debug/martlet
SIMULATE := $(BUILD)/release/simulate

.PHONY: deps packages python build test unit seeds tested-binary integration conformance simulate \
	simulate-soak simulate-mutants lint format bench cluster upgrade-drill install install-files \
	docker-image docker-test clean help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "make %-16s %s\n", $$1, $$2 }' Makefile

deps: packages python ## install what building and testing need (Debian, Ubuntu)

packages:
	@missing=(); for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' \
	    || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  sudo=; if [ $$(id -u) -ne 0 ]; then sudo=sudo; fi; \
	  $$sudo apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends \
	    "$${missing[@]}"; \
	fi
	@command -v swift >/dev/null || { echo "Swift 6.3 is needed: https://swift.org/install" >&2; exit 1; }

python: .venv/.installed

.venv/.installed: Tests/requirements.txt
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .venv
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@

build: packages ## build the release binary, .build/release/martlet
	$(RELEASE)

test: deps unit seeds integration conformance ## every test: units, processes, foreign clients
	@echo "Unit tests, integration and conformance passed:"
	@grep 'Test run with' $(BUILD)/unit-tests.log

unit: ## the tests of single rooms, and whole clusters in memory
	@mkdir -p $(BUILD)
	MARTLET_WIRE_DUMP=$(abspath $(BUILD))/wire-dump.txt swift test 2>&1 | tee $(BUILD)/unit-tests.log
	python3 Tests/WireMessagesTests/independent_codec.py check $(BUILD)/wire-dump.txt

# Processes are tested with all checks on; `swift test` has built most of that binary already.
tested-binary: packages
	swift build --product martlet

integration: tested-binary python ## real processes: kill -9, bad input, the commands of the docs
	Tests/Integration/run $(TESTED)

conformance: tested-binary python ## unmodified foreign clients
	Tests/Conformance/run $(TESTED) $(PYTHON)

simulate: packages ## play 200 seeds of whole clusters; SEEDS=a-b others, SEED=n one with its timeline
	swift build -c release --product simulate
	$(SIMULATE) $(if $(SEED),$(SEED) --timeline,$(or $(SEEDS),1-200))

seeds: packages ## the share of the seeds that continuous integration plays, with all checks on
	swift build --product simulate
	$(BUILD)/debug/simulate 1-30
	$(BUILD)/debug/simulate --groups 1-5
	$(BUILD)/debug/simulate regressions

# Two processes play the same seeds side by side: what differs between them is a bug of its own.
simulate-soak: packages ## play other seeds, each twice, for MINUTES=n
	swift build -c release --product simulate
	@end=$$((SECONDS + 60 * $(or $(MINUTES),10))); first=$$(date +%s); next=$$first; \
	while [ $$SECONDS -lt $$end ]; do \
	  seeds=$$next-$$((next + 2)); next=$$((next + 3)); \
	  $(SIMULATE) $$seeds > $(BUILD)/soak.again & again=$$!; \
	  $(SIMULATE) $$seeds | tee $(BUILD)/soak.once | sed '$$d'; wait $$again; \
	  cmp $(BUILD)/soak.once $(BUILD)/soak.again; \
	done; \
	echo "$$((next - first)) seeds, each played twice"

simulate-mutants: packages ## break the code on purpose: seeds 1 to 1,000 must find all; MUTANTS=a,b MINUTES=n a part
	Tests/Mutants/mutants.py $(subst $(COMMA), ,$(MUTANTS)) $(if $(MINUTES),--minutes $(MINUTES))

lint: ## check the format of all Swift code and the house rules
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	swift test --filter House

format: ## format all Swift code
	swift format --in-place --parallel --recursive Package.swift Sources Tests

bench: build python ## measure speed and memory; prints, asserts nothing
	@test -x Tests/Bench/run || { echo "There is no Tests/Bench/run." >&2; exit 1; }
	Tests/Bench/run $(BUILD)/release/martlet $(PYTHON)

# The other build has its own tree below .build, taken from git; it is made once for each commit.
upgrade-drill: build python ## roll three nodes from the build of FROM=commit to this one and back, under load
	@test -n "$(FROM)" || { echo "Say from which commit or tag: make upgrade-drill FROM=…" >&2; exit 1; }
	commit=$$(git rev-parse --verify --quiet '$(FROM)^{commit}') \
	  || { echo "There is no commit $(FROM)." >&2; exit 1; }; \
	tree=$(abspath $(BUILD))/upgrade/$$commit; \
	if [ ! -x $$tree/.build/release/martlet ]; then \
	  mkdir -p $$tree; git archive $$commit | tar -x -C $$tree; (cd $$tree && $(RELEASE)); \
	fi; \
	MARTLET_PREVIOUS_BINARY=$$tree/.build/release/martlet \
	  Tests/Integration/run $(BUILD)/release/martlet test_upgrade

cluster: build ## run three nodes in the foreground, localhost:9092 and on; ctrl-c stops them
	$(BUILD)/release/martlet up

install: build ## install the binary, Kafka's script names, shell completion and man pages below PREFIX
	$(MAKE) install-files INSTALLED=$(BUILD)/release/martlet

# Without a build, of any binary.
install-files:
	install -D -m 755 $(INSTALLED) $(BIN)/martlet
	@for script in $$($(INSTALLED) reference names); do \
	  ln -sf martlet $(BIN)/$$script; \
	done
	install -d $(SHARED)/man/man1 $(SHARED)/bash-completion/completions $(SHARED)/zsh/site-functions \
	  $(SHARED)/fish/vendor_completions.d
	$(INSTALLED) reference completion bash > $(SHARED)/bash-completion/completions/martlet
	@for script in $$($(INSTALLED) reference names); do \
	  ln -sf martlet $(SHARED)/bash-completion/completions/$$script; \
	done
	$(INSTALLED) reference completion zsh > $(SHARED)/zsh/site-functions/_martlet
	$(INSTALLED) reference completion fish > $(SHARED)/fish/vendor_completions.d/martlet.fish
	$(INSTALLED) reference man > $(SHARED)/man/man1/martlet.1
	@for tool in $$($(INSTALLED) help | sed -n 's/^  \([a-z0-9-]*\)  .*/\1/p'); do \
	  case $$tool in help|version) continue ;; esac; \
	  $(INSTALLED) reference man $$tool > $(SHARED)/man/man1/martlet-$$tool.1; \
	done

docker-image: build ## build the container image; BASE_IMAGE and IMAGE say on what and as what
	install -D -s -m 755 $(BUILD)/release/martlet docker/.binary/martlet
	docker build --network host -f docker/Dockerfile -t $(IMAGE) \
	  --build-arg BUILD_IMAGE=$(BASE_IMAGE) --build-arg BASE_IMAGE=$(BASE_IMAGE) .

docker-test: ## the image and the demonstration of a failover, where a container engine runs
	@docker info >/dev/null 2>&1 || { echo "No container engine answers: nothing is tested." >&2; exit 1; }
	$(MAKE) docker-image IMAGE=martlet-test
	MARTLET_IMAGE=martlet-test docker/failover-demo.sh

clean: ## remove what was built
	rm -rf $(BUILD) .venv
