#!/usr/bin/env bash
# Requests per second with limits counted in Redis on loopback, beside the same with limits counted in memory.
#   bench/redis.sh [--rounds 3] [--seconds 5] [--warm-up 15]
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

start_counting() { # memory or redis: sets gateway and key. Five limits on every request, none of which refuses
    local data=$scratch/$1
    local options=(--set limits.global.requests=900000000 --set limits.tenant.requests=900000000
        --set limits.user.requests=900000000 --set limits.ip.requests=900000000 --set limits.concurrency=100000)
    [ "$1" = memory ] || options+=(--set "redis.url=redis://127.0.0.1:$redis" --set redis.on-failure=refuse)
    mkdir -p "$data"
    "$image/bin/llmproxy" serve --data-dir "$data" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 "${options[@]}" \
        >"$data/ready" 2>"$data/log" &
    pids+=("$!")
    until grep -q '^llmproxy ready' "$data/ready"; do sleep 0.1; done
    gateway=$(sed -n 's/.*gateway=\([^ ]*\).*/\1/p' "$data/ready")
    local ctl=("$image/bin/llmproxyctl" --socket "$data/admin.sock")
    "${ctl[@]}" tenant create acme >/dev/null
    printf sk-bench | "${ctl[@]}" -t acme provider create up --type openai \
        --base-url "http://127.0.0.1:$upstream/v1" --api-key-stdin >/dev/null
    key=$("${ctl[@]}" -t acme key create bench -q)
}

start_counting memory
memory=$gateway memory_key=$key
start_counting redis
shared=$gateway shared_key=$key

run() { # URL, key, connections, seconds: requests per second, errors
    BENCH_KEY=$2 wrk -t1 -c"$3" -d"${4}s" -s "$home/bench/chat.lua" "$1/v1/chat/completions" |
        awk '/^RESULT/ { printf "%.0f %d\n", $2 / ($3 / 1e6), $4 }'
}

run "$memory" "$memory_key" 64 "$warm_up" >/dev/null
run "$shared" "$shared_key" 64 "$warm_up" >/dev/null
printf '%-12s %10s %10s %8s %8s\n' connections memory redis ratio errors
for ((round = 1; round <= rounds; round++)); do
    for connections in 1 16 64; do
        read -r plain plain_errors < <(run "$memory" "$memory_key" "$connections" "$seconds")
        read -r with with_errors < <(run "$shared" "$shared_key" "$connections" "$seconds")
        printf '%-12s %10s %10s %8s %8s\n' "$connections" "$plain" "$with" \
            "$(awk "BEGIN { printf \"%.2f\", $with / $plain }")" "$((plain_errors + with_errors))"
    done
done
