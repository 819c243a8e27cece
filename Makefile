# GNU make 3.81 (macOS) or newer. `make` lists the targets.

GO      ?= go
PLUGIN  := github.com/release-x/oc-release-x/pkg/plugin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X $(PLUGIN).version=$(VERSION)

# The tools are pinned here and built from source. The name of the directory has the version: a new pin builds a new tool.
STATICCHECK_VERSION := v0.8.2
GOFUMPT_VERSION     := v0.12.0
GORELEASER_VERSION  := v2.16.0
KREW_VERSION        := v0.5.0
GO_LICENSES_VERSION := v2.0.1
STATICCHECK := bin/tools/staticcheck-$(STATICCHECK_VERSION)/staticcheck
GOFUMPT     := bin/tools/gofumpt-$(GOFUMPT_VERSION)/gofumpt
GORELEASER  := bin/tools/goreleaser-$(GORELEASER_VERSION)/goreleaser
KREW        := bin/tools/krew-$(KREW_VERSION)/krew
# krew's check of manifests comes with krew.
KREW_CHECK  := $(dir $(KREW))validate-krew-manifest
GO_LICENSES := bin/tools/go-licenses-$(GO_LICENSES_VERSION)/go-licenses

# ST1000: a package of tests alone has no package comment to write.
CHECKS    ?= all,-ST1000
# A count and not a time: go test may fail at the deadline itself, with nothing found (golang.org/issue/48591).
FUZZTIME  ?= 10s
RACE      ?= ./pkg/payload/...
# One platform for each operating system, and one that is big-endian.
CROSS     ?= linux/s390x darwin/arm64 windows/amd64
DEMO      := $(GO) run ./cmd/oc-release-x
RELEASE   := oci:examples/release
DEMO_JQ   := .items[] | select(.purpose) | .metadata.name + ": " + .purpose

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## images, env, info, jq, manifests, graph, diff and verify of the small releases in examples/
	$(DEMO) images $(RELEASE)
	$(DEMO) env $(RELEASE)
	$(DEMO) info $(RELEASE)
	$(DEMO) images $(RELEASE) --jq '$(DEMO_JQ)'
	$(DEMO) manifests $(RELEASE)
	$(DEMO) graph $(RELEASE)
	$(DEMO) diff $(RELEASE) oci:examples/update
	@hack/demo.sh $(GO)

.PHONY: build
build: ## bin/oc-release-x, stripped and static, with the version that git describes
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/oc-release-x ./cmd/oc-release-x

.PHONY: install
install: build ## the plugin, where `go install` puts programs, or in $(DESTDIR)$(PREFIX)/bin
	@GO="$(GO)" PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" hack/install.sh bin/oc-release-x

.PHONY: uninstall
uninstall: ## remove what make install installed, given the same PREFIX and DESTDIR
	@GO="$(GO)" PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" hack/install.sh --uninstall

.PHONY: test
test: ## what needs Go and nothing else
	$(GO) test ./...

.PHONY: test-all
test-all: test test-extra ## test, then all that takes longer

.PHONY: test-extra
test-extra: test-size test-readme test-kill test-race test-fuzz test-modules test-release cross licenses ## the longer part of test-all alone

.PHONY: test-kill
test-kill: ## the blob store against 200 processes that are killed, and 50 copies that are killed and continued
	RELEASE_X_TEST_KILLS=200 $(GO) test -count=1 -run '^TestStoreSurvivesKilledProcesses$$' ./pkg/payload/blobstore
	RELEASE_X_TEST_KILLS=50 $(GO) test -count=1 -run '^Test(Mirror|Pull|PullToAnArchive|PullToParts|Load)ContinuesAfterKills$$' ./cmd/oc-release-x

.PHONY: test-size
test-size: ## the size of the binary against its budget
	RELEASE_X_TEST_SIZE=1 $(GO) test -count=1 -run '^TestBinarySize$$' -v ./internal/house

.PHONY: test-readme
test-readme: ## the README's blocks, pasted in order into a shell with an empty HOME
	RELEASE_X_TEST_README=1 $(GO) test -count=1 -run '^TestReadmeBlocksWork$$' ./internal/house

.PHONY: test-race
test-race: ## the race detector, over RACE (pkg/payload and below)
	GO="$(GO)" hack/race.sh $(RACE)

.PHONY: test-fuzz
test-fuzz: ## every fuzz test for FUZZTIME (10s; 10000x is a count)
	GO="$(GO)" FUZZTIME="$(FUZZTIME)" hack/fuzz.sh

.PHONY: test-modules
test-modules: ## the tests of test/ and bench/, which have modules of their own
	GO="$(GO)" hack/modules.sh test bench

.PHONY: test-release
test-release: $(GORELEASER) $(KREW) ## releases for this platform: the same hashes twice, the package, krew (builds both tools)
	cd test && RELEASE_X_GORELEASER="$(CURDIR)/$(GORELEASER)" RELEASE_X_KREW="$(CURDIR)/$(KREW)" \
		$(GO) test -count=1 -timeout 30m -v ./release

.PHONY: snapshot
snapshot: $(GORELEASER) ## all that a release has, into dist, for the commit that is checked out; publishes nothing
	GO="$(GO)" hack/release.sh $(GORELEASER) --snapshot

.PHONY: release
release: $(GORELEASER) ## build and publish the release of the tag that is checked out (the workflow calls it)
	GO="$(GO)" hack/release.sh $(GORELEASER)

.PHONY: release-check
release-check: $(GORELEASER) $(KREW) ## .goreleaser.yml by goreleaser, the manifest by krew's own check
	$(GORELEASER) check
	hack/krew-check.sh $(KREW_CHECK) krew/plugin.yaml dist/krew/*.yaml

.PHONY: licenses
licenses: $(GO_LICENSES) ## the licences of what is built into the program
	hack/licenses.sh $(GO_LICENSES)

.PHONY: picture
picture: ## docs/graph.png, the picture in README (needs chromium)
	GO="$(GO)" hack/picture.sh

.PHONY: bench
bench: build ## side by side with the peers that are here, about 20 minutes (BENCH_FLAGS: see bench/README.md)
	cd bench && CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/ . ./launcher && bin/bench $(BENCH_FLAGS)

.PHONY: bench-results
bench-results: build ## write all of bench/RESULTS.md, about 20 minutes: reading on the disk of TMPDIR, copies in /dev/shm
	cd bench && CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/ . ./launcher
	cd bench && bin/bench -rounds 11 -results RESULTS.md
	cd bench && TMPDIR=/dev/shm bin/bench -copies -rounds 7 -results RESULTS.md
	cd bench && TMPDIR=/dev/shm bin/bench -carries -rounds 7 -results RESULTS.md

.PHONY: bench-peers
bench-peers: ## the peers for make bench: regctl, crane and gojq into bench/bin, skopeo and jq from Debian
	GO="$(GO)" bench/peers.sh

.PHONY: cross
cross: ## compile for every platform of CROSS
	GO="$(GO)" hack/cross.sh $(CROSS)

.PHONY: lint
lint: lint-format lint-vet lint-check ## gofmt, gofumpt, go vet, staticcheck

.PHONY: lint-format lint-vet lint-check
lint-format: $(GOFUMPT)
	@out=$$(gofmt -l . && $(GOFUMPT) -l .) || exit 1; \
	if [ -n "$$out" ]; then echo "not formatted, run 'make fmt':"; echo "$$out" | sort -u; exit 1; fi

lint-vet:
	$(GO) vet ./...

lint-check: $(STATICCHECK)
	$(STATICCHECK) -checks '$(CHECKS)' ./...

.PHONY: fmt
fmt: $(GOFUMPT) ## format every Go file
	$(GOFUMPT) -w .

$(STATICCHECK):
	GOBIN="$(CURDIR)/$(@D)" $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)

$(GOFUMPT):
	GOBIN="$(CURDIR)/$(@D)" $(GO) install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)

$(GORELEASER):
	CGO_ENABLED=0 GOBIN="$(CURDIR)/$(@D)" $(GO) install github.com/goreleaser/goreleaser/v2@$(GORELEASER_VERSION)

$(KREW):
	GO="$(GO)" hack/tool.sh $(@D) sigs.k8s.io/krew@$(KREW_VERSION) sigs.k8s.io/krew/cmd/krew sigs.k8s.io/krew/cmd/validate-krew-manifest

$(GO_LICENSES):
	GO="$(GO)" hack/tool.sh $(@D) github.com/google/go-licenses/v2@$(GO_LICENSES_VERSION) github.com/google/go-licenses/v2

.PHONY: clean
clean: ## remove what was built; the tools stay
	rm -rf bin/oc-release-x dist
