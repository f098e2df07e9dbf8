# Run `make` to see what there is. Nothing here needs more than Go, a C compiler for the race detector, git and bash.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# TOOLS is where the tools pinned in hack/tools are built on first use.
TOOLS ?= $(CURDIR)/bin
TOOL := hack/tools/install.sh $(TOOLS)
BOILERPLATE := hack/boilerplate/boilerplate.go.txt

# ARGS go to the program run (sandbox); TESTARGS to `go test`, for instance TESTARGS='-run TestPlan -v'.
ARGS ?=
TESTARGS ?=
IMG ?= hostgrant/manager:dev

# The programs of the control plane, for the parts of the tests that need one.
ASSETS = export KUBEBUILDER_ASSETS && KUBEBUILDER_ASSETS="$$(hack/controlplane/assets.sh)" &&
# Where namespaces are emptied and garbage is collected, one more is needed.
ASSETS_ALL = export KUBEBUILDER_ASSETS && KUBEBUILDER_ASSETS="$$(hack/controlplane/assets.sh etcd kube-apiserver kubectl kube-controller-manager)" &&
# RACE=1 adds the race detector where it pays: to what shares memory with the manager, and to the manager that e2e runs.
RACE ?=
race = $(if $(RACE),-race)
GOTEST = go test -count=1 -timeout 20m $(TESTARGS)

# PROCS is how many processes of ginkgo a suite has, each with a control plane of its own (0.7 GiB).
PROCS ?= 3
# What specs print is not captured: a program that outlives its spec could otherwise keep the suite from ending.
GINKGO = go tool ginkgo run --no-color --timeout=20m --output-interceptor-mode=none --procs=$(PROCS) $(TESTARGS)

# raced runs a suite, and shows what the race detector wrote: what specs print is not shown.
raced = ( mkdir -p bin; rm -f bin/race.*; ended=0; GORACE="log_path=$(CURDIR)/bin/race" $(1) || ended=$$?; cat bin/race.* 2>/dev/null || true; exit $$ended )

# timed runs a recipe line and tells how long it took: $(call timed,what it is,the command).
timed = @echo "== $(1)"; started=$$SECONDS; $(2) && echo "== done in $$((SECONDS - started)) s"

##@ Use

.PHONY: help
help: ## Show the targets.
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "The first target that needs a Kubernetes control plane makes one (about 7 minutes on 2 cores, once a machine)."

.PHONY: sandbox
sandbox: ## Everything on this machine: control plane, a hosting provider, mails, the manager (under a minute). ARGS="--once --output json" (then the last line is JSON)
	@assets="$$(hack/controlplane/assets.sh etcd kube-apiserver)"; \
	echo "building the sandbox, with the manager in it (2 minutes once, then seconds)" >&2; go build -o bin/sandbox ./cmd/sandbox; \
	KUBEBUILDER_ASSETS="$$assets" exec bin/sandbox $(ARGS)

.PHONY: build
build: ## Build bin/manager, bin/hosting-backend, bin/sandbox and bin/hostgrant, the kubectl plugin too (2 minutes, then seconds).
	$(call timed,building the programs into bin/,go build -o bin/ ./cmd/... && ln -sf hostgrant bin/kubectl-hostgrant)

.PHONY: image
image: ## Build the manager's container image, named by IMG (needs docker).
	$(call timed,building $(IMG),docker build --tag $(IMG) .)

.PHONY: manifests
manifests: ## Print everything a cluster needs, as one stream of YAML (a second).
	@"$$(hack/controlplane/assets.sh)/kubectl" kustomize config/default

##@ Test

.PHONY: test
test: ## All tests, in two lanes side by side (12 minutes; CONTRIBUTING.md has the parts). RACE=1 with the race detector
	@echo "== all tests: two lanes side by side, 12 minutes on 2 cores; what a part prints is shown when it ends"
	@hack/controlplane/assets.sh etcd kube-apiserver kubectl kube-controller-manager >/dev/null
	@hack/parts.sh "test-controllers test-e2e test-property test-crash" "test-unit test-api test-seed scenarios test-model"

.PHONY: test-quick
test-quick: ## What needs no manager: unit tests, the model, the API (3 minutes).
	@hack/parts.sh test-model "test-unit test-api"

.PHONY: test-unit
test-unit: ## What needs no control plane: the heart, the provider, the mails, the reference backend.
	$(call timed,unit tests (no control plane),$(GOTEST) $(race) $$(go list ./... | grep -Ev '/hostgrant/(controllers$$|test(/|$$)|internal/testkit(/|$$)|internal/model(/|$$))') ./test/bench/chart)

# The limit leaves room for the control planes of the parts beside it.
.PHONY: test-model
test-model: ## Every order in which things can happen in a small world (2 minutes).
	$(call timed,exploring the model,GOMEMLIMIT=1600MiB $(GOTEST) ./internal/model)

.PHONY: test-api
test-api: ## The CRDs against a real API server: what is refused, and how it is said.
	$(call timed,tests of the API on a control plane,$(ASSETS) $(GOTEST) ./test/apivalidation/... ./internal/testkit/...)

.PHONY: test-controllers
test-controllers: ## The controllers against a real API server.
	$(call timed,tests of the controllers on a control plane,$(ASSETS) $(call raced,$(GINKGO) $(race) ./controllers))

.PHONY: test-e2e
test-e2e: ## The whole as it ships: API server, provider over HTTP, mail over SMTP, the manager.
	$(call timed,end-to-end tests,$(ASSETS_ALL) $(call raced,$(GINKGO) $(race) ./test/e2e))

.PHONY: test-seed
test-seed: ## Each sentence of the provider's page of permissions, by its effect on the pages and in the mailboxes.
	$(call timed,the provider's page of permissions,$(ASSETS) $(GOTEST) ./test/seed/...)

# reported runs tests that write a report, and shows it last, also where they fail: $(call reported,what,variable,command).
reported = @echo "== $(1)"; report="$$(mktemp)"; trap 'rm -f "$$report"' EXIT; $(ASSETS) ended=0; \
	$(2)="$$report" $(3) || ended=$$?; cat "$$report"; exit "$$ended"

.PHONY: scenarios
scenarios: ## Every scenario that went wrong elsewhere, by its id, and the manager a process.
	$(call reported,scenarios,SCENARIOS_REPORT,$(GINKGO) ./test/scenarios)

.PHONY: test-property
test-property: ## Random manifests, edits in the console, faults and restarts. PROPERTY_ROUNDS=50 PROPERTY_SEED=7
	$(call timed,random events with the provider as the judge,$(ASSETS) $(GOTEST) -timeout 6h ./test/property/...)

.PHONY: test-crash
test-crash: ## The manager as it ships, killed 24 times.
	$(call reported,killing the manager 24 times,CRASH_KILLS=24 CRASH_REPORT,$(GOTEST) ./test/crash/...)

# CHROMIUM is the browser of test-browser; SCREENSHOTS is where its pictures of every page go.
CHROMIUM ?= /usr/bin/chromium
SCREENSHOTS ?= $(CURDIR)/bin/screenshots

.PHONY: test-browser
test-browser: ## The whole story and every page in a real browser, looked at by axe-core, with pictures (5 minutes; needs npm and Chromium, installs it as root).
	@hack/axe/install.sh "$(CHROMIUM)"
	$(call timed,pages in a real browser: pictures go to $(SCREENSHOTS),$(ASSETS) CHROMIUM="$(CHROMIUM)" SCREENSHOTS="$(SCREENSHOTS)" $(GOTEST) ./test/browser/...)

.PHONY: pictures
pictures: ## Take the pictures of docs/pictures anew (a minute; needs Chromium). Look at them before you commit them.
	$(call timed,pictures for the documents,PICTURES=write CHROMIUM="$(CHROMIUM)" SCREENSHOTS="$(SCREENSHOTS)" $(GOTEST) -run 'TestThePictures' ./test/browser)

.PHONY: crash
crash: CRASH_KILLS ?= 1000
crash: ## The manager killed 1000 times at chosen and random points (40 minutes). CRASH_KILLS=100 CRASH_SEED=7
	$(call reported,killing the manager $(CRASH_KILLS) times,CRASH_KILLS=$(CRASH_KILLS) CRASH_REPORT,$(GOTEST) -timeout 6h ./test/crash/...)

.PHONY: test-mta
test-mta: ## Mail through Debian's Postfix, as root (a minute; installs what is missing).
	@hack/mta/install.sh
	$(call timed,mail through a real mail server,$(ASSETS) $(GOTEST) ./test/mta/...)

# N is how many grants, each of one person, are measured, or how many people are simulated. RESULT is the file that the
# result is written to; files in docs/benchmarks/results are shown by docs/benchmarks/results.md.
RESULT ?= bin/$@-$(N).json

# measured runs one package of tests that writes RESULT: $(call measured,what,variable,settings) PACKAGE.
measured = @echo "== $(1); the result goes to $(RESULT)"; mkdir -p $(dir $(abspath $(RESULT))) && rm -f $(RESULT) && $(3) \
	$(2)=$(abspath $(RESULT)) $(GOTEST) -v -timeout 6h

.PHONY: bench
bench: N ?= 1000
bench: ## What N grants cost, beside a floor of the same run; the last line is JSON (N=1000: 5 minutes). RESULT=docs/benchmarks/results/grants-1000.json PROFILES=bin/profiles
	$(call measured,measuring what $(N) grants cost,BENCH_REPORT,$(ASSETS) BENCH_GRANTS=$(N) BENCH_PROFILES=$(abspath $(PROFILES))) ./test/bench && cat $(RESULT)

.PHONY: simulate
simulate: N ?= 100000
simulate: ## What N people cost in memory and time without a control plane; the last line is JSON (N=100000: 3 minutes).
	$(call measured,simulating $(N) people,SIMULATE_REPORT,SIMULATE_PEOPLE=$(N)) ./test/bench/simulate && cat $(RESULT)

.PHONY: benchmarks
benchmarks: ## Benchmarks of single functions.
	$(call timed,benchmarks,$(ASSETS) go test -run '^$$' -bench . -benchmem $(TESTARGS) ./...)

##@ Keep in order

.PHONY: lint
lint: ## golangci-lint with the house rules (building it takes 2 minutes once; then under a minute).
	@$(TOOL) golangci-lint
	$(call timed,linting,$(TOOLS)/golangci-lint run ./...)

.PHONY: generate
generate: generate-code generate-manifests generate-docs ## Everything that is generated (a minute).

.PHONY: generate-code
generate-code: ## Deep copies, apply configurations; client and server of the provider's API.
	@$(TOOL) controller-gen
	@$(TOOL) oapi-codegen
	$(call timed,generating Go code,\
	  $(TOOLS)/controller-gen object:headerFile=$(BOILERPLATE) applyconfiguration:headerFile=$(BOILERPLATE) paths=./api/... && \
	  cd internal/hosting/contract && for config in client server; do $(TOOLS)/oapi-codegen -config $$config.cfg.yaml openapi.yaml; done)

.PHONY: generate-manifests
generate-manifests: ## CRDs and the manager's role.
	@$(TOOL) controller-gen
	$(call timed,generating manifests,\
	  $(TOOLS)/controller-gen crd paths=./api/... output:crd:dir=config/crd/bases && \
	  $(TOOLS)/controller-gen rbac:roleName=hostgrant-manager paths=./controllers/... output:rbac:dir=config/rbac)

.PHONY: generate-docs
generate-docs: ## docs/api.md from the API types, docs/coverage.md from the rows of test/seed, docs/benchmarks from its results.
	@$(TOOL) crd-ref-docs
	$(call timed,generating docs/api.md,\
	  $(TOOLS)/crd-ref-docs --log-level=ERROR --source-path=api/v1alpha1 --config=hack/api-docs/config.yaml --renderer=markdown --output-path=docs/api.md)
	$(call timed,generating docs/coverage.md,go run ./test/seed/coverage docs/coverage.md)
	$(call timed,generating docs/benchmarks/results.md,go run ./test/bench/chart docs/benchmarks)

.PHONY: verify
verify: ## Is everything generated, formatted, tidy, the API declared, and does config/default render? Changes nothing (2 minutes).
	$(call timed,verifying in a temporary copy,TOOLS=$(TOOLS) hack/verify.sh)

.PHONY: api-digest
api-digest: ## Print the line that declares the CRDs as they are in CHANGELOG.md (make verify compares it).
	@{ go test -count=1 -v -run TestTheAPIIsDeclared ./internal/docs || true; } | grep -om1 'API digest: .*'

.PHONY: controlplane
controlplane: ## Find or make etcd, kube-apiserver and kubectl, and say where they are.
	@hack/controlplane/assets.sh $(ARGS)

.PHONY: clean
clean: ## Remove bin/ and axe-core; the control plane in the cache stays.
	rm -rf bin hack/axe/node_modules
