#!/usr/bin/env bash
# Requests per second with ten limits on every request counted in Redis on loopback, beside the same counted in memory.
#   bench/redis.sh [--rounds 3] [--seconds 5] [--warm-up 15] [--stale]
# Needs wrk, nginx, the image, and a redis-server (or its path in REDIS_SERVER). See docs/benchmarks.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

rounds=3 seconds=5 warm_up=15
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2 ;;
        --seconds) seconds=$2 ;;
        --warm-up) warm_up=$2 ;;
        --stale) stale=yes; shift; continue ;; # goes on with an image that was not made of the sources beside this script
        *) fail "unknown option $1; see the head of this script" ;;
    esac
    shift 2
done
server=${REDIS_SERVER:-redis-server}
require wrk nginx "$server"
enter
start_upstream

redis=$(free_port)
"$server" --port "$redis" --bind 127.0.0.1 --save '' --appendonly no >"$scratch/redis.log" 2>&1 &
pids+=("$!")
await_port "$redis" redis

start_ten memory
memory=$url memory_key=$key
start_ten redis "redis.url=redis://127.0.0.1:$redis" redis.on-failure=refuse
shared=$url shared_key=$key

rate() { # URL, key, connections, seconds: requests per second, errors
    BENCH_KEY=$2 wrk -t1 -c"$3" -d"${4}s" -s "$home/bench/chat.lua" "$1/v1/chat/completions" |
        awk '/^RESULT/ { printf "%.0f %d\n", $2 / ($3 / 1e6), $4 }'
}

rate "$memory" "$memory_key" 64 "$warm_up" >/dev/null
rate "$shared" "$shared_key" 64 "$warm_up" >/dev/null
printf '%-12s %10s %10s %8s %8s\n' connections memory redis ratio errors
for ((round = 1; round <= rounds; round++)); do
    for connections in 1 16 64; do
        read -r plain plain_errors < <(rate "$memory" "$memory_key" "$connections" "$seconds")
        read -r with with_errors < <(rate "$shared" "$shared_key" "$connections" "$seconds")
        printf '%-12s %10s %10s %8s %8s\n' "$connections" "$plain" "$with" \
            "$(awk "BEGIN { printf \"%.2f\", $with / $plain }")" "$((plain_errors + with_errors))"
    done
done
