#!/usr/bin/env bash
# Sees to it that the mail server of test/mta is there: Debian's Postfix, with what it needs to check passwords. As root
# it installs what is missing. No service is started, and the tests leave the machine's own configuration alone.
set -euo pipefail

packages=(postfix libsasl2-modules sasl2-bin)
missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
  echo "The tests of mail need Debian's packages ${missing[*]}, and root: run this as root, in a container perhaps." >&2
  exit 1
fi

# What starts services at installation asks this program first.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# Postfix asks what kind of a machine this is; the answer leaves it without a configuration.
debconf-set-selections <<<'postfix postfix/main_mailer_type select No configuration'
if ! { apt-get update && apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
rm -f "$log"
