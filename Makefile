# Two commands matter: `make demo` and `make test`. Each installs what it needs first.
PYTHON ?= python3
export PYTHON
# Bytecode is kept, whatever the shell says: every program here is started many times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install install-test demo test test-slow bench openapi docs screenshots clean

help:
	@echo "make demo         install, start everything, make a sale, open a gate, stay up (Ctrl-C stops it)"
	@echo "make demo ONCE=1  the same, then stop; exit status 0 only if every step was seen to happen"
	@echo "make test         format, lint, types, all tests"
	@echo "make test-slow    the same with the slow tests"
	@echo "make bench        measurements, as ratios against a floor taken in the same run"
	@echo "make openapi      write docs/api again (contract, examples) after a change of the API"
	@echo "make docs         build the documentation site into var/site, without the network"
	@echo "make screenshots  take the pictures of docs/images again, from the running product"

install:
	@scripts/install

install-test:
	@scripts/install test

demo: install
	@.venv/bin/python -m scripts.demo $(if $(ONCE),--once)

test: install-test
	@scripts/check

test-slow: install-test
	@SLOW=1 scripts/check

bench: install
	@.venv/bin/python -m benchmarks

openapi: install
	@.venv/bin/pass-backend openapi > docs/api/openapi.json
	@.venv/bin/python -m scripts.docs exchanges

docs: install
	@.venv/bin/python -m scripts.docs

screenshots: install-test
	@.venv/bin/python -m scripts.screenshots

clean:
	rm -rf .venv var
