#!/bin/sh
# Make the virtual environment. A bare Debian python3 has no ensurepip; say so, or install it as root.
set -eu
python=$1
venv=$2
"$python" - <<'PY' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(f"aponia needs Python 3.11 or newer, found {sys.version.split()[0]}")
PY
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "python3-venv is missing: installing it from Debian"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
    else
        echo "python3-venv is missing. Install it first: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
"$python" -m venv "$venv"
