#!/usr/bin/env bash
# Says whether what is generated is what the sources give, and whether the rest is in order. Works on a temporary
# copy, so that it never changes the checkout; prints every difference and ends 1 if there is one.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
tools=${TOOLS:-$root/bin}
cd "$root"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

failed=0
fail() {
  echo "verify: $*" >&2
  failed=1
}

# Everything that is or would be committed.
git ls-files --cached --others --exclude-standard -z |
  while IFS= read -r -d '' file; do [[ -f $file ]] && printf '%s\0' "$file"; done |
  sort -zu | tar --create --null --files-from=- | tar --extract --directory "$copy"
cp -R "$copy" "$copy.before"
trap 'rm -rf "$copy" "$copy.before"' EXIT

(cd "$copy" && make generate TOOLS="$tools" >/dev/null)
diff -ru "$copy.before" "$copy" || fail "generated files differ from their sources; run 'make generate'"

unformatted=$(cd "$copy.before" && find . -name '*.go' -print0 | xargs -0 gofmt -l)
[[ -z $unformatted ]] || fail "not formatted; run 'gofmt -w' on: ${unformatted//$'\n'/ }"

go mod tidy -diff || fail "go.mod or go.sum is not tidy; run 'go mod tidy'"

undeclared=$(go test -count=1 -run TestTheAPIIsDeclared ./internal/docs) || fail "${undeclared}"

"$(hack/controlplane/assets.sh)/kubectl" kustomize config/default >/dev/null || fail "config/default does not render"

exit "$failed"
