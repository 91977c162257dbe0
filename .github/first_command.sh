#!/usr/bin/env bash
# On a bare Debian: first_command.sh CHECKOUT. Installs what the README asks for, nothing else, and
# runs its first command, so that the locked packages meet the oldest pip of a supported Python.
set -euo pipefail

apt-get update -qq
apt-get install -y -qq git make python3 python3-venv
cp -r "$1" /book
cd /book
python3 -c 'import ensurepip; print("The bundled pip is", ensurepip.version())'
make book
test -s _build/html/book/index.html
