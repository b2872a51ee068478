#!/usr/bin/env bash
# Installs the peers' pinned libraries into benches/linkage/.venv (ignored by git). Needs python3 of 3.11 or later and a package index.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --require-virtualenv -r requirements.txt
.venv/bin/python -c 'import importlib.metadata as m; print(*(f"{name} {m.version(name)}" for name in ("splink", "duckdb", "recordlinkage")))'
