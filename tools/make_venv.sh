#!/bin/sh
# Makes the virtual environment; where Debian's python3 lacks ensurepip, installs python3-venv or says how.
set -eu
venv=$1
[ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 && exit 0
"$PYTHON" -m venv "$venv" 2>/dev/null && exit 0
rm -rf "$venv"
echo "python3-venv is missing"
if [ "$(id -u)" = 0 ]; then run=""; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then run="sudo"; else
    echo "install it with: apt-get install python3-venv, then run make again" >&2
    exit 1
fi
$run apt-get update -q >/dev/null
$run apt-get install -y -q python3-venv >/dev/null
"$PYTHON" -m venv "$venv"
