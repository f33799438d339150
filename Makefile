export CGO_ENABLED := 0

BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null)
PKG     := github.com/notesd/notesd/pkg/version
LDFLAGS := -s -w -X $(PKG).version=$(VERSION:v%=%) -X $(PKG).commit=$(COMMIT)
LINT     = go -C tools tool -n golangci-lint

.PHONY: help
help: ## print the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

.PHONY: run
run: build ## build both programs and serve on http://127.0.0.1:7070
	$(BIN)/notesd

.PHONY: build
build: ## build bin/notesd and bin/notes
	go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/notesd ./cmd/notes

.PHONY: man
man: ## write the manual pages of notes into bin/man
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) go run -tags man -ldflags '$(LDFLAGS)' ./cmd/notes $(BIN)/man

.PHONY: test
test: ## run all tests; install what they need where that is possible
	.ci/packages
	.ci/test

.PHONY: check
check: lint web-check test ## all that CI does

.PHONY: lint
lint: ## go vet, golangci-lint, module files
	$$($(LINT)) run ./...
	GOOS=windows go vet ./cmd/notes
	GOOS=darwin go vet ./cmd/notes
	go mod tidy -diff
	go mod verify

.PHONY: fmt
fmt: ## format the Go files
	$$($(LINT)) fmt ./...

.PHONY: web
web: ## rebuild the dashboard into web/dist (needs Node 20)
	cd web && npm ci && npm run build

.PHONY: web-check
web-check: ## check that web/dist and the types are the build of their sources
	.ci/web

.PHONY: bench
bench: ## measure against bare Fiber, bare SQLite, the bare driver and curl
	go run ./bench

.PHONY: fuzz
fuzz: ## run each fuzz target for a minute
	.ci/fuzz

.PHONY: torture
torture: ## kill it, cut its power, fill its disk: the long forms, hours
	NOTES_TORTURE=long go test ./torture -v -count=1 -timeout 4h
	NOTES_TORTURE=long go test ./pkg/server -v -count=1 -run TakesAsLong
	NOTES_TORTURE=long go test ./pkg/store/mongo -v -count=1 -timeout 4h -run Stall

.PHONY: cover
cover: ## print the coverage of each function
	mkdir -p $(BIN)
	go test -coverpkg=./pkg/...,./cmd/... -coverprofile=$(BIN)/cover.out ./pkg/... ./cmd/...
	go tool cover -func=$(BIN)/cover.out

.PHONY: clean
clean: ## delete what was built
	rm -rf $(BIN) web/node_modules
