# Everything that is done to this repository. `make help` lists it.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
GO          ?= go
CACHE       ?= $(CURDIR)/.cache
KAFKA_LIBS  ?= $(CACHE)/kafka
VENV        ?= $(CACHE)/venv
NODE        ?= $(CACHE)/node
LINTER      := $(GO) tool -modfile=tools/go.mod golangci-lint

# The packages that have tests against real services.
INTEGRATION = $(shell grep -rl --include='*_test.go' '^//go:build integration' . | xargs -r -n1 dirname | sort -u)

# What they are told: where that is which was fetched.
REAL = DRIFTWATCH_KAFKA_LIBS="$(KAFKA_LIBS)" DRIFTWATCH_PYTHON="$(VENV)/bin/python" DRIFTWATCH_AXE="$(NODE)/node_modules/axe-core/axe.min.js"

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/driftwatch, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/driftwatch ./cmd/driftwatch

.PHONY: demo
demo: build ## a broker, a model's traffic, the daemon, its page and its alerts in one process
	bin/driftwatch demo

.PHONY: test
test: ## all tests that need no outside service
	$(GO) test -timeout 5m ./...

.PHONY: race
race: ## the same under the race detector (needs a C compiler)
	$(GO) test -race -timeout 15m ./...

.PHONY: lint
lint: ## formatting, go vet, golangci-lint
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted (make fmt):"; echo "$$files"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags integration ./...
	$(LINTER) run ./...

.PHONY: fmt
fmt: ## format all Go files
	gofmt -w .

.PHONY: bench
bench: ## all benchmarks, with allocations
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: calibrate
calibrate: ## false alarms and power of verdicts, by simulation; writes docs/calibration.md and docs/accuracy.md
	$(GO) test -timeout 90m -v -run '^TestFull$$' ./internal/calibration -full

.PHONY: integration-deps
integration-deps: ## fetch what the integration tests need: Kafka, Prometheus, Alertmanager, Chromium, scipy, axe-core
	tools/integration-deps.sh "$(KAFKA_LIBS)" "$(VENV)" "$(NODE)"

.PHONY: integration
integration: build integration-deps ## tests against real Kafka, Prometheus, Alertmanager and Chromium, results compared with scipy's
	$(REAL) \
		$(GO) test -tags integration -count 1 -timeout 30m $(INTEGRATION)

DURATION ?= 2h

.PHONY: soak
soak: ## steady traffic for DURATION (2h): memory, file and goroutines do not grow
	DRIFTWATCH_SOAK=$(DURATION) $(GO) test -tags integration -count 1 -timeout 0 -v -run '^TestSoak$$' ./internal/integration

.PHONY: screenshots
screenshots: build integration-deps ## pictures of all pages into bin/screenshots
	$(REAL) DRIFTWATCH_SCREENSHOTS="$(CURDIR)/bin/screenshots" $(GO) test -tags integration -count 1 -timeout 10m -run '^TestPage$$' ./internal/integration

.PHONY: clean
clean: ## remove what was built and fetched
	rm -rf bin "$(CACHE)"
