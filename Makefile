# mailrun: everything a developer runs. The application needs nothing but Go (CGO is off, time zones are embedded).

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO      ?= go
LINT     = $(GO) tool -modfile=.tools/go.mod golangci-lint
FUZZTIME ?= 30s

.PHONY: build demo test test-race lint fmt-check tidy-check generate-check bench bench-quick bench-packages lean fuzz soak check clean

build: ## bin/mailrun
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/mailrun ./cmd/mailrun

demo: build ## both jobs over real sockets on this machine, mailing nobody
	bin/mailrun demo

test: ## all tests; those that need a server that is not installed say so and skip
	$(GO) test $(TESTFLAGS) ./...

# The race detector needs cgo, which the program itself does not.
test-race:
	CGO_ENABLED=1 $(MAKE) test TESTFLAGS="-race -timeout 20m"

lint:
	$(LINT) run ./...

fmt-check:
	@test -z "$$(git ls-files '*.go' | xargs gofmt -l)" || { git ls-files '*.go' | xargs gofmt -d; exit 1; }

tidy-check:
	$(GO) mod tidy -diff

# Generated files must be what their generators make now.
generate-check:
	@before=$$(git diff | git hash-object --stdin); $(GO) generate ./...; \
	  [ "$$before" = "$$(git diff | git hash-object --stdin)" ] || { echo "go generate changes files: commit what it makes"; git diff --stat; exit 1; }

# REPORT is the file that the table is written to; FIGURES picks some of the figures, as a regular expression, which are then only printed;
# PROFILE=cpu (heap, allocs, mutex) has every process of the program write that profile into bin/profiles.
FIGURES ?=
PROFILE ?=
BENCH    = MAILRUN_BENCH_REPORT="$(if $(REPORT),$(abspath $(REPORT)))" MAILRUN_BENCH_PROFILE="$(PROFILE)" MAILRUN_BENCH_PROFILES="$(CURDIR)/bin/profiles" \
           $(GO) test -run '^$$' -bench 'BenchmarkFigures$(if $(FIGURES),/^($(FIGURES))$$)' -benchtime 1x

bench: REPORT ?= $(if $(FIGURES)$(PROFILE),,internal/bench/REPORT.md)
bench: ## each figure beside its reference, measured in the same run; the table goes to internal/bench/REPORT.md
	@mkdir -p bin/profiles
	$(BENCH) -timeout 40m ./internal/bench

bench-quick: ## the same with less of everything, only printed unless REPORT says where to
	@mkdir -p bin/profiles
	MAILRUN_BENCH=quick $(BENCH) -timeout 20m ./internal/bench

bench-packages: ## the small benchmarks beside the code
	$(GO) test -run '^$$' -bench . $$($(GO) list ./... | grep -v /internal/bench)

lean: ## what the program is made of and what each start pays, by module, into internal/bench/LEAN.md
	@mkdir -p bin
	$(GO) run ./internal/bench/lean > bin/LEAN.md
	mv bin/LEAN.md internal/bench/LEAN.md

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
	    echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
	  done; done

soak: ## the long random tests: kills, races, overlaps
	MAILRUN_SOAK=1 $(GO) test -count=1 -timeout 60m ./...

check: fmt-check tidy-check generate-check lint test-race ## what CI demands

clean:
	rm -rf bin
