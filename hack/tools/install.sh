#!/usr/bin/env bash
# Builds one of the tools pinned in hack/tools/go.mod into a folder, unless it is there already in that version.
#
#   hack/tools/install.sh FOLDER TOOL
#
# The version is the digest of go.mod and go.sum, kept in a stamp next to the tool.
set -euo pipefail

folder=$1 tool=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

case $tool in
  controller-gen) package=sigs.k8s.io/controller-tools/cmd/controller-gen ;;
  crd-ref-docs)   package=github.com/elastic/crd-ref-docs ;;
  # golangci-lint with the linter for Kubernetes API types built in.
  golangci-lint)  package=sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter ;;
  oapi-codegen)   package=github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen ;;
  *) echo "install.sh: no tool is called '$tool'; see hack/tools/install.sh" >&2; exit 2 ;;
esac

version=$(cat "$here/go.mod" "$here/go.sum" | git hash-object --stdin)
stamp=$folder/.$tool.version
if [[ -x $folder/$tool && -f $stamp && $(<"$stamp") == "$version" ]]; then
  exit 0
fi

echo "building $tool (once; up to 2 minutes, seconds where Go's build cache has it)" >&2
building=$(mktemp "$folder/.$tool.XXXXXX")
trap 'rm -f "$building"' EXIT
(cd "$here" && go build -trimpath -ldflags '-s -w' -o "$building" "$package")
chmod 755 "$building"
mv -f "$building" "$folder/$tool"
echo "$version" > "$stamp"
