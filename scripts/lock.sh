#!/bin/sh
# Re-pin the requirements with hashes and without index addresses (uv resolves, pip installs).
set -eu
uv=${UV:-uv}
common="--generate-hashes --no-emit-index-url --no-header --no-emit-find-links --python-version 3.11 --quiet"
# shellcheck disable=SC2086
$uv pip compile $common pyproject.toml -o requirements/base.txt
# shellcheck disable=SC2086
$uv pip compile $common --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt
