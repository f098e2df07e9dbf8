#!/usr/bin/env bash
# Runs make targets in lanes side by side, and tells of each when it is done.
#
#   hack/parts.sh LANE…
#
# LANE: targets, separated by spaces, that run one after the other. What a target prints is shown in one piece when it
# ends. A table of all comes last, and its last line is "N passed, N failed"; the exit status is 0 where none failed.
# Variables of make come through the environment (RACE=1 hack/parts.sh …).
set -uo pipefail
cd "$(dirname "$0")/.."

lanes=("$@")
folder=$(mktemp -d)
started=$SECONDS
pids=()
trap 'rm -rf "$folder"' EXIT
trap 'kill "${pids[@]}" 2>/dev/null; wait; exit 130' INT TERM

# lane NUMBER TARGET…: runs targets, and notes for each its time and status. What one prints waits for its end.
# Each has a process group of its own, so that what it started ends with it where the run is ended.
lane() {
  local number=$1 target since status running
  shift
  trap 'kill -- "-${running:-}" 2>/dev/null; wait; exit 130' INT TERM
  for target in "$@"; do
    echo "== $target begins"
    since=$SECONDS
    status=passed
    setsid make "$target" >"$folder/$target.out" 2>&1 &
    running=$!
    wait "$running" || status=FAILED
    {
      flock 9
      echo "== $target, $status after $((SECONDS - since)) s:"
      cat "$folder/$target.out"
    } 9>"$folder/lock"
    printf '%-18s %s %6d s\n' "$target" "$status" $((SECONDS - since)) >"$folder/$number-$target.row"
  done
}

number=0
for targets in "${lanes[@]}"; do
  # shellcheck disable=SC2086 # a lane is words
  lane $((number++)) $targets &
  pids+=($!)
done
wait

echo "=="
cat "$folder"/*.row
printf '%-18s        %6d s\n' together $((SECONDS - started))
failed=$(cat "$folder"/*.row | grep -c FAILED)
echo "$(($(ls "$folder"/*.row | wc -l) - failed)) passed, $failed failed"
((failed == 0))
