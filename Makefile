# Shylight's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
STAGE ?= dev
STACK ?= ministack
ARGS ?=
CMD ?=
export STACK
# Tools come from the virtual environment; Node.js from PyPI stands in only where the machine has none.
export PATH := $(CURDIR)/.venv/bin:$(if $(wildcard .venv-node),$(CURDIR)/.venv-node/bin:)$(PATH)
PY := .venv/bin/python
# Test files run side by side, each process with a local AWS of its own; there is only one LocalStack. The short files of
# tests/unit come last, so that no process waits for long at the end.
SIDE_BY_SIDE := $(if $(filter localstack,$(STACK)),,-n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder)

.PHONY: help setup up down clean redeploy demo status test test-all check fmt build messages deploy destroy geo link admin mail package bench lock

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  STACK=localstack  up, demo, test…: on LocalStack (Docker, or AWS_ENDPOINT_URL) instead of ministack"
	@echo "  STAGE=dev|prod    deploy, destroy, geo, link, admin, package: which stage (geo, admin: or local)"
	@echo "  CMD='…'           admin: the command with its arguments"
	@echo "  ADMIN_EMAIL=…     deploy, link: the first administrator"
	@echo "  DATA=keep|delete  destroy: what becomes of the data"
	@echo "  ALARM_EMAIL=…     deploy: where alarms are mailed to"
	@echo "  DOMAIN=…          deploy: the host name to reach it at, such as stats.example.com; none: remove it"
	@echo "  MAIL_SENDER=…     deploy: the address that mail is sent from; none: send no mail"
	@echo "  SOURCE=…          geo: from whom, and from then on: dbip, maxmind (MAXMIND_ACCOUNT_ID,"
	@echo "                    MAXMIND_LICENSE_KEY), none; MIRROR=https://…: from elsewhere"
	@echo "  ARGS='…'          test, bench: instead of what they run by themselves, e.g. make test ARGS='tests/unit -k salt'"
	@echo "  PYTHON=/path      setup: which Python to use"

setup: ## Install what the commands need; quick when nothing changed (every other command does it too)
	@bin/setup

up: setup ## Start the local AWS and deploy Shylight on it
	@$(PY) -m localstack up

redeploy: setup ## Deploy the code as it is now on the running local AWS
	@$(PY) -m localstack redeploy

down: setup ## Stop the local AWS; its data is kept for the next `make up`
	@$(PY) -m localstack down

clean: setup ## Stop the local AWS and forget its data
	@$(PY) -m localstack clean

status: setup ## Tell what runs and where
	@$(PY) -m localstack status

demo: setup ## Start everything with demo traffic and keep it running until Ctrl-C (DETACH=1: leave it running)
	@$(PY) -m localstack demo

mail: setup ## Print the mails that were sent on the running local AWS
	@$(PY) -m localstack mail

test: ## Run the core tests, in minutes: units, the stack's core, a browser journey a page
	@bin/setup --tests
	@$(PY) -m pytest $(if $(ARGS),$(ARGS),$(SIDE_BY_SIDE) -m "not full")

test-all: ## Run all tests: volume, deployments, faults, fuzzing, other readers of the data and every browser journey, too
	@bin/setup --tests
	@$(if $(ARGS)$(filter localstack,$(STACK)),,bin/setup --readers || true) # what needs them sets them up, or fails
	@$(PY) -m pytest $(if $(ARGS),$(ARGS),$(SIDE_BY_SIDE))

check: setup ## Check formatting, lint, types, the template and that built files are up to date
	@bin/check

fmt: setup ## Format the code
	@ruff format . && ruff check --fix .

build: setup ## Build the tracker, the languages, the pictures of pages and the policy files from their sources
	@npm run --silent --if-present build
	@$(PY) -m translations build
	@$(PY) -m infra.policies

messages: setup ## Bring the catalogues of texts up to date with the code
	@$(PY) -m translations update

deploy: setup ## Deploy to AWS: make deploy STAGE=prod ADMIN_EMAIL=you@example.com
	@ADMIN_EMAIL="$(ADMIN_EMAIL)" ALARM_EMAIL="$(ALARM_EMAIL)" MAIL_SENDER="$(MAIL_SENDER)" DOMAIN="$(DOMAIN)" \
		$(PY) -m infra deploy --stage $(STAGE)

destroy: setup ## Take a stage down: make destroy STAGE=dev DATA=keep (or delete)
	@DATA="$(DATA)" CONFIRM="$(CONFIRM)" $(PY) -m infra destroy --stage $(STAGE)

geo: setup ## Fetch newer GeoIP databases: make geo STAGE=prod SOURCE=dbip (or maxmind, or none)
	@SOURCE="$(SOURCE)" MIRROR="$(MIRROR)" $(PY) -m $(if $(filter local,$(STAGE)),localstack geo,infra geo --stage $(STAGE))

link: setup ## Print a new one-time sign-in link: make link STAGE=prod ADMIN_EMAIL=you@example.com
	@ADMIN_EMAIL="$(ADMIN_EMAIL)" $(PY) -m infra link --stage $(STAGE)

admin: setup ## Run a command on a stage: make admin CMD="status" STAGE=prod (without CMD: list the commands)
	@$(PY) -m $(if $(filter local,$(STAGE)),localstack.admin,infra.admin $(STAGE)) $(CMD)

package: setup ## Write Terraform of a stage to .local/package: make package STAGE=prod
	@$(PY) -m infra package --stage $(STAGE)

bench: setup ## Measure what the design promises
	@$(PY) -m bench $(ARGS)

lock: setup ## Resolve the lock files anew (for maintainers; takes uv from PyPI)
	@bin/lock
