#!/usr/bin/env bash
# Finds or makes the programs of a local Kubernetes control plane and prints the folder that holds them.
#
#   hack/controlplane/assets.sh [PROGRAM…]
#
# PROGRAM: what is needed, by default etcd, kube-apiserver and kubectl; kube-controller-manager is the other one.
# Only the folder goes to standard output, everything told on the way to standard error. The first that has all of
# them wins:
#
#   1. $KUBEBUILDER_ASSETS
#   2. bin/k8s in this checkout, where somebody put the programs there by hand (else it is a link to 3)
#   3. a cache outside the checkout, shared by all checkouts of this machine:
#      ${XDG_CACHE_HOME:-~/.cache}/hostgrant/controlplane/<digest of the versions>-<os>-<architecture>
#   4. the download that is published for tests, into that cache (CONTROLPLANE_DOWNLOAD=no leaves it out)
#   5. a build from the programs' published Go modules, into that cache: about 7 minutes on 2 cores, once
set -euo pipefail
trap 'exit 130' INT TERM # what is under way ends as if it had failed, and nothing else is to begin

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
needed=("$@")
((${#needed[@]})) || needed=(etcd kube-apiserver kubectl)

say() { echo "control plane: $*" >&2; }

# lacking FOLDER: the needed programs that are not in it.
lacking() {
  local program
  for program in "${needed[@]}"; do
    [[ -x $1/$program ]] || echo "$program"
  done
}

# whole FOLDER: it holds every needed program.
whole() { [[ -n $1 && -z $(lacking "$1") ]]; }

# answer FOLDER: prints the one line callers read, and ends.
answer() {
  (cd "$1" && pwd)
  exit 0
}

# link FOLDER: lets bin/k8s lead to it, where tests look that are not run by make, and answers.
link() {
  mkdir -p "$root/bin"
  [[ -d $root/bin/k8s && ! -L $root/bin/k8s ]] || ln -sfn "$1" "$root/bin/k8s"
  answer "$1"
}

# download FOLDER: what is published for tests of this version of Kubernetes. Where the index cannot be had, that is known
# within seconds, besides compiling what asks for it, which everything else needs too.
download() {
  [[ ${CONTROLPLANE_DOWNLOAD:-yes} != no ]] || return 1
  local minor programs
  programs=$(lacking "$1" | grep -v kube-controller-manager) || return 1 # which is not published
  minor=$(cd "$here" && go list -m -f '{{.Version}}' k8s.io/kubernetes) || return 1
  minor=${minor#v} minor=${minor%.*}
  say "looking for a prebuilt Kubernetes $minor (5 minutes at most)"
  (cd "$root" && go run ./hack/envtest "$minor" "$1" $programs)
}

# build FOLDER: the programs still missing there, one after the other: an interrupted build goes on where it was.
build() {
  local program number=0 programs
  programs=$(lacking "$1")
  say "building $(xargs <<<"$programs") from published Go modules into $1"
  say "all four take about 7 minutes on 2 cores, once for this machine and version"
  for program in $programs; do
    number=$((number + 1))
    "$here/build.sh" "$1" "$program" "$number of $(wc -w <<<"$programs")"
  done
}

whole "${KUBEBUILDER_ASSETS:-}" && answer "$KUBEBUILDER_ASSETS"
[[ ! -L $root/bin/k8s ]] && whole "$root/bin/k8s" && answer "$root/bin/k8s"

version=$(cat "$here/go.mod" "$here/go.sum" "$here/build.sh" | git hash-object --stdin)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hostgrant/controlplane/${version:0:16}-$(go env GOOS)-$(go env GOARCH)
whole "$cache" && link "$cache"

mkdir -p "$cache"
if command -v flock >/dev/null; then
  exec 9>"$cache/.lock"
  flock -n 9 || { say "another checkout is making it; waiting"; flock 9; }
fi
if ! whole "$cache"; then
  download "$cache" || say "no prebuilt programs can be downloaded here"
fi
whole "$cache" || build "$cache"
whole "$cache" || { say "$(lacking "$cache" | xargs) could not be had; see the lines above"; exit 1; }
link "$cache"
