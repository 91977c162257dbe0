#!/usr/bin/env bash
# Make room on a hosted runner: free_space.sh GIGABYTES. Runners come with small and large disks;
# where there is room already, nothing is removed.
set -euo pipefail

if [ "${GITHUB_ACTIONS:-}" != true ]; then
  echo "This removes system folders, so it works on hosted runners only."
  exit 1
fi

free_gigabytes() { df --output=avail --block-size=1G / | tail -n 1 | tr -d ' '; }

echo "$(free_gigabytes) GB free, $1 GB wanted"
[ "$(free_gigabytes)" -lt "$1" ] || exit 0
sudo rm -rf /usr/local/lib/android /usr/share/dotnet /usr/share/swift /usr/local/.ghcup /opt/ghc \
  /opt/hostedtoolcache/CodeQL
echo "$(free_gigabytes) GB free after removing toolchains that nothing here uses"
