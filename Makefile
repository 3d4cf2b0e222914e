# The commands of this project. `make` alone prints them.

GO        ?= go
BIN       := $(CURDIR)/bin
DEVSERVER := $(BIN)/devserver
# The root and each nested module, since ./... does not cross into them.
MODULES   := . $(patsubst %/go.mod,%,$(shell git ls-files '*/go.mod'))
# Passed on to go test, as in: make test ARGS='-run TestLost ./tests/...'
ARGS      ?= ./...
export GOTOOLCHAIN = local
export DEVSERVER

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run a pipeline on this machine, from text to a finished clip, and end
	@DEVSERVER= $(GO) run ./cmd/dev demo

.PHONY: dev
dev: ## The same, but keep Temporal, its UI, the simulator and the worker running
	@$(GO) build -o $(BIN)/ ./cmd/wavespeed-temporal
	@DEVSERVER= $(GO) run ./cmd/dev up

.PHONY: build
build: devserver ## Build the programs into bin/
	$(GO) build -trimpath -o $(BIN)/ ./cmd/...

.PHONY: devserver
devserver: ## Build the Temporal dev server into bin/ (minutes the first time)
	@sh devserver/build.sh $(DEVSERVER)

# Our own programs run with the race detector; what reads files or starts the dev server as a
# process has nothing to race with, and many packages to compile. Packages take turns (-p 1): many
# start servers, which would keep each other waiting.
RACED := . tests/chaos
.PHONY: test
test: devserver ## Run every test, with the race detector
	@for module in $(MODULES); do \
		packages=./...; race=; \
		[ $$module != devserver ] || packages=./tests; \
		case " $(RACED) " in *" $$module "*) race=-race;; esac; \
		echo "== go test $$race $$packages in $$module"; \
		$(GO) -C $$module test $$race -p 1 -timeout 30m $$packages || exit 1; \
	done

.PHONY: test-root
test-root: devserver ## Run tests of the root module, as in: make test-root ARGS='-run TestLost ./tests/...'
	$(GO) test -race -p 1 -timeout 20m $(ARGS)

.PHONY: lint
lint: $(BIN)/staticcheck $(BIN)/workflowcheck $(BIN)/gosec ## gofmt, vet, staticcheck, workflowcheck, gosec
	@sh .ci/lint $(BIN) $(MODULES)

.PHONY: bench
bench: devserver ## Measure against the raw floor, and rewrite docs/performance.md
	$(GO) run ./tests/bench -write docs/performance.md

.PHONY: chaos
chaos: devserver ## Kill, stop and cut everything while N=10000 generations run (at most RUNNING at once, by default any number)
	$(GO) -C tests/chaos test -run 'TestCampaign|TestHundred' -count=1 -timeout 60m -v . -args -n $(or $(N),10000) -running $(or $(RUNNING),0) $(if $(WRITE),-write $(CURDIR)/$(WRITE))

.PHONY: simulate
simulate: ## Run N=25000 seeds of the simulation on all cores (FROM=1 is the first)
	$(GO) test ./tests/simulation -run TestCampaign -count=1 -timeout 0 -v -args -seeds $(or $(N),25000) -from $(or $(FROM),1) $(if $(WRITE),-write $(CURDIR)/$(WRITE))

.PHONY: undecided
undecided: ## Lose N=48 answers in each of many deployments, and count those that stay undecided
	$(GO) test ./tests/simulation -run TestUndecided -count=1 -timeout 0 -v -args -lost $(or $(N),48) $(if $(WRITE),-write $(CURDIR)/$(WRITE))

.PHONY: simulate-teeth
simulate-teeth: ## Put faults back, one at a time: the simulation must find each
	$(GO) run ./tests/simulation/teeth $(if $(WRITE),-write $(WRITE))

.PHONY: histories
histories: devserver ## Record the histories that replay tests read
	$(GO) test ./tests -run "TestHistories|TestPipelineHistories|TestLimits\$$" -count=1 -record

.PHONY: reference
reference: ## Write the JSON Schemas and the tables of docs/reference.md from the types
	$(GO) test ./internal/reference -count=1 -args -write

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (30s)
	@sh .ci/fuzz $(or $(FUZZTIME),30s)

.PHONY: figures
figures: devserver ## Measure all of docs/reliability.md, and rewrite its figures
	$(MAKE) chaos outage mutants simulate simulate-teeth undecided WRITE=docs/reliability.md
	$(GO) test ./tests/hostile -run 'TestFlood|TestGoodTrafficDuringFlood' -parallel 1 -count=1 -v -args -write $(CURDIR)/docs/reliability.md

.PHONY: outage
outage: devserver ## Take the provider away for ten minutes in the middle of 1,000 generations
	$(GO) test ./tests -run TestOutage -count=1 -timeout 40m -v -args -outage-n 1000 -outage-for 10m $(if $(WRITE),-outage-write $(CURDIR)/$(WRITE))

.PHONY: mutants
mutants: ## Take out each check of verification and addresses: a test must fail each time
	$(GO) run ./tests/mutants $(if $(WRITE),-write $(WRITE)) webhook/verify.go internal/receiver/address.go internal/receiver/keyring.go wavespeed/signature.go@webhook wavespeed/trim.go@internal/receiver

.PHONY: compose
compose: ## Run the Compose stack through its life on a Docker engine (needs debootstrap without a registry)
	$(GO) test -tags docker -count=1 -timeout 60m -v ./tests/compose

.PHONY: licenses
licenses: ## List the licences of all that is linked into the program
	@$(GO) -C tests/licenses run . $(CURDIR) ./cmd/wavespeed-temporal

.PHONY: reproducible
reproducible: ## Build this commit twice, in two places and with two caches: the programs must be equal
	@sh .ci/reproducible

.PHONY: clean
clean: ## Remove what was built
	rm -rf $(BIN)

$(BIN)/staticcheck:
	GOBIN=$(BIN) $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.1

$(BIN)/workflowcheck:
	GOBIN=$(BIN) $(GO) install go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

$(BIN)/gosec:
	GOBIN=$(BIN) $(GO) install github.com/securego/gosec/v2/cmd/gosec@v2.30.0
