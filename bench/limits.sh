#!/usr/bin/env bash
# CPU time per request with ten limits on every request, beside the same with none: counted in memory, end to end.
#   bench/limits.sh [--rounds 8] [--seconds 5] [--warm-up 20] [--connections 64] [--stale]
# Needs wrk, nginx and the image. See docs/benchmarks.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

rounds=8 seconds=5 warm_up=20 connections=64
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2 ;;
        --seconds) seconds=$2 ;;
        --warm-up) warm_up=$2 ;;
        --connections) connections=$2 ;;
        --stale) stale=yes; shift; continue ;; # goes on with an image that was not made of the sources beside this script
        *) fail "unknown option $1; see the head of this script" ;;
    esac
    [ $# -ge 2 ] || fail "$1 wants a value"
    shift 2
done
require wrk nginx awk
enter
start_upstream

start_server none limits.global.requests=0 limits.tenant.requests=0 limits.user.requests=0 limits.ip.requests=0 limits.concurrency=0
none_pid=$pid none_url=$url none_key=$key
start_ten ten
ten_pid=$pid ten_url=$url ten_key=$key

echo "warm-up, twice $warm_up s" >&2
run "$none_pid" "$none_url" "$none_key" "$warm_up" >/dev/null
run "$ten_pid" "$ten_url" "$ten_key" "$warm_up" >/dev/null
printf '%-8s %14s %14s %12s %8s %12s %12s %8s\n' round 'none: µs' 'ten: µs' 'more: µs' ratio 'none: 1/s' 'ten: 1/s' errors
for ((round = 1; round <= rounds; round++)); do
    # who goes first changes, since the machine drifts
    if ((round % 2)); then
        read -r none none_rps none_errors < <(run "$none_pid" "$none_url" "$none_key" "$seconds")
        read -r ten ten_rps ten_errors < <(run "$ten_pid" "$ten_url" "$ten_key" "$seconds")
    else
        read -r ten ten_rps ten_errors < <(run "$ten_pid" "$ten_url" "$ten_key" "$seconds")
        read -r none none_rps none_errors < <(run "$none_pid" "$none_url" "$none_key" "$seconds")
    fi
    read -r more ratio < <(awk "BEGIN { printf \"%.2f %.3f\n\", $ten - $none, $ten / $none }")
    printf '%-8s %14s %14s %12s %8s %12s %12s %8s\n' "$round" "$none" "$ten" "$more" "$ratio" "$none_rps" "$ten_rps" \
        "$((none_errors + ten_errors))"
    printf '%s %s %s %s\n' "$none" "$ten" "$more" "$ratio" >>"$scratch/rounds"
done

more=$(column 3)
printf '\nµs CPU per request, medians: none %s, ten %s, ratio %s, more %s; the bar is 2 µs: %s\n' \
    "$(column 1)" "$(column 2)" "$(column 4)" "$more" \
    "$(awk "BEGIN { print (${more%% *} <= 2) ? \"reached\" : \"MISSED\" }")"
printf 'commit %s\n' "$(commit)"
