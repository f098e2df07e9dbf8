#!/usr/bin/env bash
# Runs make targets in lanes side by side, and tells of each when it is done.
#
#   hack/parts.sh LANE…
#
# LANE: targets, separated by spaces, that run one after the other. What a target prints is shown in one piece when it
# ends. A table of all comes last, and its last line is "N passed, N failed"; the exit status is 0 where none failed.
# Variables of make come through the environment (RACE=1 hack/parts.sh …). PART_LIMIT is after how many seconds a target
# is ended: its test programs print where each goroutine is, so that what hangs is seen and the others still run.
set -uo pipefail
cd "$(dirname "$0")/.."

lanes=("$@")
limit=${PART_LIMIT:-1500}
folder=$(mktemp -d)
started=$SECONDS
pids=()
trap 'rm -rf "$folder"' EXIT
trap 'kill "${pids[@]}" 2>/dev/null; wait; exit 130' INT TERM

# end SESSION FILE: ends what runs in a session, its test programs first; SIGQUIT makes those print their goroutines.
end() {
  local process session program
  echo "== ended: it ran longer than $limit s (PART_LIMIT); where its test programs stood follows" >>"$2"
  for process in /proc/[0-9]*; do
    session=$(sed 's/.*) //' "$process/stat" 2>/dev/null | cut -d' ' -f4)
    program=$(readlink "$process/exe")
    [[ $session == "$1" && $program == *.test ]] && kill -QUIT "${process#/proc/}"
  done
  sleep 20
  kill -KILL -- "-$1" 2>/dev/null
}

# lane NUMBER TARGET…: runs targets, and notes for each its time and status. What one prints waits for its end.
# Each has a process group of its own, so that what it started ends with it where the run is ended.
lane() {
  local number=$1 target since status running clock
  shift
  trap 'kill -- "-${running:-}" "${clock:-}" 2>/dev/null; wait; exit 130' INT TERM
  for target in "$@"; do
    echo "== $target begins"
    since=$SECONDS
    status=passed
    setsid make "$target" >"$folder/$target.out" 2>&1 &
    running=$!
    sleep "$limit" &
    clock=$!
    wait -n "$running" "$clock" || true
    kill "$clock" 2>/dev/null || end "$running" "$folder/$target.out"
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
