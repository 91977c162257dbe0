#!/usr/bin/env bash
# Inside Colab's image: run_on_colab.sh CHECKOUT. Each notebook runs as a reader opens it there,
# alone in an empty folder, so that its first cell has to fetch the code.
set -euo pipefail

# The checkout belongs to another user, and git refuses to clone from those: clone from a copy.
origin=$(mktemp -d)
cp -r "$1/." "$origin"

# What the repository's address offers, on this machine: a clone, and the file a cell fetches.
address=$(sed -n 's/^ *url: *//p' "$origin/_config.yml" | head -n 1)
served=$(mktemp -d)/${address##*/}
git clone --quiet --bare "$origin" "$served"
mkdir -p "$served/raw/HEAD/utils/notebook"
cp "$origin/utils/notebook/first_cell.py" "$served/raw/HEAD/utils/notebook"

# What Colab has stays as it is; the runner of the notebooks is all that may be added.
python3 -m pip install --quiet \
  --requirement <(grep -E '^(pytest|nbval)[<>=]' "$origin/requirements-checks.txt")
python3 -c 'import sys, torch; print("Python", sys.version, "PyTorch", torch.__version__)'

status=0
for notebook in "$origin"/notebooks/*.ipynb; do
  folder=$(mktemp -d)
  sed "s|$address|file://$served|" "$notebook" > "$folder/$(basename "$notebook")"
  cd "$folder"
  python3 -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -p no:cacheprovider \
    || status=1
done
exit "$status"
