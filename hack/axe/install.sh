#!/usr/bin/env bash
# Makes sure of what `make test-browser` needs beside Go: axe-core at the version pinned here, and a browser.
#
#   hack/axe/install.sh CHROMIUM
#
# axe-core comes from npm into hack/axe/node_modules (seconds). Chromium, where it is missing, comes from Debian's
# packages if this is root on a system that has them (a minute or two); else it says what to do.
set -euo pipefail

chromium=$1
cd "$(dirname "$0")"

if ! cmp -s package-lock.json node_modules/.installed; then
  command -v npm >/dev/null || { echo "install.sh: npm is missing: install Node.js (Debian: apt-get install npm)" >&2; exit 1; }
  echo "== installing axe-core from npm (seconds)"
  npm ci --silent
  cp package-lock.json node_modules/.installed
fi

if [[ ! -x $chromium ]]; then
  if [[ $chromium == /usr/bin/chromium && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "== installing Chromium from the system's packages (a minute or two)"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
  else
    echo "install.sh: there is no browser at $chromium: install Chromium, or name it with CHROMIUM=/path/to/it" >&2
    exit 1
  fi
fi
