#!/usr/bin/env bash
# Requests per second with everything that watches on (metrics scraped once a second, traces of 1 %, an access line for each request), over
# those with all of it off, in turns.
#   bench/observed.sh [--rounds 8] [--seconds 5] [--warm-up 20] [--connections 64] [--stale]
# Metrics are counted in both, since nothing turns them off, as is the account of each request (the audit of its metadata).
# Needs wrk, nginx, curl and the image. See docs/benchmarks.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

rounds=8 seconds=5 warm_up=20 connections=64
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2 ;;
        --seconds) seconds=$2 ;;
        --warm-up) warm_up=$2 ;;
        --connections) connections=$2 ;; # of run, in lib.sh
        --stale) stale=yes; shift; continue ;; # goes on with an image that was not made of the sources beside this script
        *) fail "unknown option $1; see the head of this script" ;;
    esac
    [ $# -ge 2 ] || fail "$1 wants a value"
    shift 2
done
require wrk nginx awk curl
enter
start_upstream

# a collector that takes everything: an nginx that answers 200 and reads the body
collector=$(free_port)
start_nginx collector "$collector" <<CONF
    client_max_body_size 64m;
    client_body_buffer_size 4m; # in memory: started by root, nginx works as a user who may not write here
    server {
        listen 127.0.0.1:$collector;
        location / { proxy_pass http://127.0.0.1:$collector/taken; }
        location /taken { return 200; }
    }
CONF

off=(limits.global.requests=0 limits.tenant.requests=0 limits.user.requests=0 limits.ip.requests=0 limits.concurrency=0)
start_server off "${off[@]}"
off_pid=$pid off_url=$url off_key=$key
# the access line goes to a file, as to a journal
start_server on "${off[@]}" log.access=all log.level=info log.format=json \
    "tracing.endpoint=http://127.0.0.1:$collector/v1/traces" tracing.sample-ratio=0.01
on_pid=$pid on_url=$url on_key=$key
admin=$(sed -n 's/.*admin=\([^ ]*\).*/\1/p' "$scratch/on/out")
while curl -fsS -o "$scratch/metrics" "$admin/metrics"; do sleep 1; done 2>/dev/null &
pids+=("$!")

echo "warm-up, twice $warm_up s" >&2
run "$off_pid" "$off_url" "$off_key" "$warm_up" >/dev/null
run "$on_pid" "$on_url" "$on_key" "$warm_up" >/dev/null
printf '%-8s %12s %12s %10s %12s %12s %8s\n' round 'off: 1/s' 'on: 1/s' ratio 'off: µs' 'on: µs' errors
for ((round = 1; round <= rounds; round++)); do
    # who goes first changes, since the machine drifts
    if ((round % 2)); then
        read -r off_us off_rps off_errors < <(run "$off_pid" "$off_url" "$off_key" "$seconds")
        read -r on_us on_rps on_errors < <(run "$on_pid" "$on_url" "$on_key" "$seconds")
    else
        read -r on_us on_rps on_errors < <(run "$on_pid" "$on_url" "$on_key" "$seconds")
        read -r off_us off_rps off_errors < <(run "$off_pid" "$off_url" "$off_key" "$seconds")
    fi
    ratio=$(awk "BEGIN { printf \"%.3f\", $on_rps / $off_rps }")
    printf '%-8s %12s %12s %10s %12s %12s %8s\n' "$round" "$off_rps" "$on_rps" "$ratio" "$off_us" "$on_us" \
        "$((off_errors + on_errors))"
    printf '%s %s %s %s %s\n' "$off_rps" "$on_rps" "$ratio" "$off_us" "$on_us" >>"$scratch/rounds"
done

curl -fsS -o "$scratch/metrics" "$admin/metrics" || fail "the metrics cannot be read at $admin"
spans=$(awk '/^llmproxy_trace_spans_total.*exported/ { printf "%.0f", $2 }' "$scratch/metrics")
[ "${spans:-0}" -gt 0 ] || fail "no span reached the collector"
lines=$(grep -c . "$scratch/on/err" || true)
ratio=$(column 3)
printf '\nrequests per second, medians: off %s, on %s, ratio %s; the bar is 0.85: %s\n' \
    "$(column 1)" "$(column 2)" "$ratio" "$(awk "BEGIN { print (${ratio%% *} >= 0.85) ? \"reached\" : \"MISSED\" }")"
printf 'µs CPU per request, medians: off %s, on %s; %s spans taken, %s lines of log\n' "$(column 4)" "$(column 5)" "$spans" "$lines"
printf 'commit %s\n' "$(commit)"
