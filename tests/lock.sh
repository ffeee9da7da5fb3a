#!/bin/sh
# Renews requirements.lock and requirements-dev.lock from pyproject.toml: every version with its hashes, for Python 3.11
# to 3.13 on every platform, and no registry address in them.
set -eu
uv=$1
options="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet"
# shellcheck disable=SC2086
"$uv" pip compile $options --group build pyproject.toml -o requirements.lock
# shellcheck disable=SC2086
"$uv" pip compile $options --group build --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
