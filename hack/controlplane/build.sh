#!/usr/bin/env bash
# Builds one program of the control plane from its own published module.
#
#   hack/controlplane/build.sh FOLDER PROGRAM [PLACE]
#
# PLACE is told with the progress, as "2 of 3". PROGRAM is etcd, kube-apiserver, kubectl or kube-controller-manager. The program appears in FOLDER when it is
# whole, never in part. Versions: go.mod next to this file.
set -euo pipefail

folder=$1 program=$2 place=${3:+$3: }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$here"

kubernetes=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${kubernetes#v1.} minor=${minor%%.*}
version=k8s.io/component-base/version
flags="-s -w -X $version.gitVersion=$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=$minor"

case $program in
  etcd) package=go.etcd.io/etcd/server/v3 usually=1 ;;
  kube-apiserver) package=k8s.io/kubernetes/cmd/$program usually=5 ;;
  kubectl) package=k8s.io/kubernetes/cmd/$program usually=1 ;;
  kube-controller-manager) package=k8s.io/kubernetes/cmd/$program usually=2 ;;
  *) echo "build.sh: no program is called '$program'" >&2; exit 2 ;;
esac

building=$(mktemp "$folder/.$program.XXXXXX")
# With the compiler's flags and the versions of this project's own programs: what both need is compiled once.
go build -ldflags "$flags" -o "$building" "$package" &
build=$!
trap 'kill "$build" 2>/dev/null || true; rm -f "$building"' EXIT

# A line every half minute, so that a long build does not look like a stuck one.
started=$SECONDS told=$SECONDS
while kill -0 "$build" 2>/dev/null; do
  sleep 0.2
  if ((SECONDS - told >= 30)); then
    told=$SECONDS
    echo "  … $place$program, $((SECONDS - started)) s (usually $usually min on 2 cores)" >&2
  fi
done
wait "$build"
chmod 755 "$building"
mv -f "$building" "$folder/$program"
echo "  $place$program is built, in $((SECONDS - started)) s" >&2
