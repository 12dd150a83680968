#!/usr/bin/env bash
# Runs nginx as a plain reverse proxy and llmproxy, with authentication, metering and ledger on, in alternating rounds on the
# same upstreams, and prints medians and ratios against the bars. docs/benchmarks.md explains each measure.
set -euo pipefail
# shellcheck source=bench/lib.sh
. "$(dirname -- "$0")/lib.sh"

usage() {
    cat <<'TEXT'
bench/compare.sh [--rounds N] [--seconds S] [--only A,B] [--soak MINUTES] [--json FILE] [--stale]

  --rounds N      alternating rounds of each measure (3)
  --seconds S     length of one run (8)
  --warm-up S     seconds of each kind of load before anything is measured (20); a JVM compiles what it runs, and that takes CPU too
  --only A,B      of wrk, rate, sse, idle, wait (all)
  --soak MINUTES  after the streams, that many minutes of load with the resident memory of llmproxy every 15 s
  --json FILE     where the figures go (target/bench.json)
  --stale         goes on with an image that was not made of the sources beside this script

Needs wrk, nginx and the image (./build -DskipTests package). Uses loopback and free ports only, and cleans up after itself.
TEXT
}

rounds=3 seconds=8 warm_up=20 only=wrk,rate,sse,idle,wait soak=0 json=$home/target/bench.json
rate=3000 idle=10000 waiting=2000
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2 ;;
        --seconds) seconds=$2 ;;
        --warm-up) warm_up=$2 ;;
        --only) only=$2 ;;
        --soak) soak=$2 ;;
        --json) json=$2 ;;
        --stale) stale=yes; shift; continue ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    shift 2
done
wanted() { [[ ,$only, == *,$1,* ]]; }

say() { echo "$(date +%T) $*" >&2; }
note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$scratch/samples"; } # measure, nginx or llmproxy, value

# One run of wrk: measure's name, which proxy, its port, its process, connections.
wrk_run() {
    local before after count us errors p50 p99
    before=$(cpu_us "$4")
    read -r _ count us errors p50 p99 < <(
        wrk -t1 -c"$5" -d"${seconds}s" --timeout 10s -s "$home/bench/chat.lua" "http://127.0.0.1:$3/v1/chat/completions" |
            grep '^RESULT')
    after=$(cpu_us "$4")
    note "$1 rps" "$2" "$(awk "BEGIN { printf \"%.0f\", $count * 1000000 / $us }")"
    note "$1 cpu_us" "$2" "$(awk "BEGIN { printf \"%.2f\", ($after - $before) / $count }")"
    note "$1 p50_ms" "$2" "$p50"
    note "$1 p99_ms" "$2" "$p99"
    note "$1 errors" "$2" "$errors"
}

measure_wrk() {
    local round connections
    for ((round = 1; round <= rounds; round++)); do
        for connections in 1 16 64; do
            say "round $round of $rounds: wrk, $connections connections"
            wrk_run "wrk$connections" nginx "$plain" "$plain_pid" "$connections"
            wrk_run "wrk$connections" llmproxy "$gateway" "$gateway_pid" "$connections"
        done
    done
}


# One run of our own generator, which exits 1 where anything failed: the report goes to report, the CPU time to cpu.
report='' cpu=0
generate() { # process to watch, mode, options
    local before pid=$1
    shift
    before=$(cpu_us "$pid")
    report=$(bench "$@" -o json) || true
    cpu=$(($(cpu_us "$pid") - before))
    [ -n "$report" ] || fail "llmproxy bench $* gave no report"
}

notes() { # measure, which proxy, figures of the report
    local measure=$1 proxy=$2 name
    shift 2
    for name in "$@"; do note "$measure $name" "$proxy" "$(figure "$name" "$report")"; done
}

rate_run() { # which proxy, port, process
    generate "$3" load --url "http://127.0.0.1:$2" --rate "$rate" --duration "${seconds}s"
    notes "rate$rate" "$1" rps p50_ms p99_ms p999_ms errors
    note "rate$rate cpu_us" "$1" "$(awk "BEGIN { printf \"%.2f\", $cpu / ($rate * ($seconds + 2)) }")" # 2 s of warm-up
}

sse_run() { # which proxy, port, process
    generate "$3" stream --url "http://127.0.0.1:$2" --model paced --streams 500 --rate 20 --duration "$((seconds + 2))s"
    notes sse "$1" chunks lost duplicated reordered delay_p50_ms delay_p90_ms delay_p99_ms errors
    note "sse cpu_us/chunk" "$1" "$(awk "BEGIN { printf \"%.2f\", $cpu / $(figure chunks "$report") }")"
}

alternate() { # what, the runner, nginx's port, llmproxy's
    local round
    for ((round = 1; round <= rounds; round++)); do
        say "round $round of $rounds: $1"
        "$2" nginx "$3" "$plain_pid"
        "$2" llmproxy "$4" "$gateway_pid"
    done
}

idle_run() { # which proxy, port, process
    generate "$3" idle --url "http://127.0.0.1:$2" --connections "$idle" --hold 5s
    notes "idle$idle" "$1" connections answers p99_ms errors
    note "idle$idle rss_mb" "$1" "$(rss_mb "$3")"
}

wait_run() { # which proxy, port, process
    generate "$3" wait --url "http://127.0.0.1:$2" --model paced --requests "$waiting" --delay 500ms
    notes "wait$waiting" "$1" answers p50_ms p99_ms errors
    note "wait$waiting rss_mb" "$1" "$(rss_mb "$3")"
}

warm() {
    say "warm-up, $warm_up s"
    wrk -t1 -c64 -d2s -s "$home/bench/chat.lua" "http://127.0.0.1:$plain/v1/chat/completions" >/dev/null
    wrk -t1 -c64 -d"${warm_up}s" -s "$home/bench/chat.lua" "http://127.0.0.1:$gateway/v1/chat/completions" >/dev/null
    if wanted rate; then
        bench load --url "http://127.0.0.1:$gateway" --rate "$rate" --warm-up 0s --duration "${warm_up}s" >/dev/null || true
    fi
    if wanted sse; then bench stream --url "http://127.0.0.1:$gateway" --model paced --duration 5s >/dev/null || true; fi
}

soak_run() { # minutes of wrk and of streams by turns
    local end=$((SECONDS + soak * 60)) next=$SECONDS
    say "soak, $soak minutes"
    while [ $SECONDS -lt $end ]; do
        wrk -t1 -c64 -d8s -s "$home/bench/chat.lua" "http://127.0.0.1:$gateway/v1/chat/completions" >/dev/null
        if bench stream --url "http://127.0.0.1:$gateway" --model paced --duration 6s >/dev/null; then
            note "soak failed" llmproxy 0
        else
            say "a stream of the soak failed or lost chunks"
            note "soak failed" llmproxy 1
        fi
        if [ $SECONDS -ge $next ]; then
            note "soak rss_mb" llmproxy "$(rss_mb "$gateway_pid")"
            next=$((next + 15))
        fi
    done
}

# Median, least and greatest of what was noted for a measure and a proxy; nothing where nothing was.
summary() {
    awk -F'\t' -v m="$1" -v p="$2" '$1 == m && $2 == p { print $3 }' "$scratch/samples" | sort -g |
        awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2, v[1], v[NR] }'
}

median() { local all; all=$(summary "$1" "$2"); echo "${all%% *}"; }

measures() { cut -f1 "$scratch/samples" | awk '!seen[$0]++'; }

table() {
    printf '\n%-24s %30s %30s %8s\n' measure 'nginx: median (min-max)' 'llmproxy: median (min-max)' ratio
    local measure
    while read -r measure; do
        awk -v m="$measure" -v n="$(summary "$measure" nginx)" -v l="$(summary "$measure" llmproxy)" '
            function shown(s, v) { return split(s, v, " ") ? v[1] " (" v[2] "-" v[3] ")" : "" }
            BEGIN { split(n, a, " "); split(l, b, " ")
                ratio = n == "" || l == "" || a[1] == 0 ? "" : sprintf("%.2f", b[1] / a[1])
                printf "%-24s %30s %30s %8s\n", m, shown(n), shown(l), ratio }'
    done < <(measures)
}

# A line of the second table: name, figure, at most or at least, the bar. Without a figure it was not measured.
bar() {
    [ -n "$2" ] || return 0
    local verdict
    verdict=$(awk -v f="$2" -v how="$3" -v b="$4" 'BEGIN { print (how == "<=" ? f <= b : f >= b) ? "reached" : "MISSED" }')
    printf '%-48s %10s %4s %7s  %s\n' "$1" "$2" "$3" "$4" "$verdict"
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$verdict" >>"$scratch/bars"
}

over() { # measure: llmproxy's median over nginx's
    awk -v n="$(median "$1" nginx)" -v l="$(median "$1" llmproxy)" 'BEGIN { if (n > 0 && l != "") printf "%.2f", l / n }'
}

added() { # measure: llmproxy's median less nginx's
    awk -v n="$(median "$1" nginx)" -v l="$(median "$1" llmproxy)" 'BEGIN { if (n != "" && l != "") printf "%.3f", l - n }'
}

worst() { local all; all=$(summary "$1" llmproxy); echo "${all##* }"; }

bars() {
    printf '\n%-48s %10s %4s %7s\n' bar figure '' bar
    bar "requests/s at 64 connections, over nginx's" "$(over 'wrk64 rps')" '>=' 0.45
    bar "CPU per request at 64, over nginx's" "$(over 'wrk64 cpu_us')" '<=' 3.0
    bar "p99 at $rate requests/s, ms more than nginx's" "$(added "rate$rate p99_ms")" '<=' 1
    bar "SSE: chunks lost, the worst round" "$(worst 'sse lost')" '<=' 0
    bar "SSE: chunks doubled, the worst round" "$(worst 'sse duplicated')" '<=' 0
    bar "SSE: chunks out of order, the worst round" "$(worst 'sse reordered')" '<=' 0
    bar "SSE: relay delay p50, ms more than nginx's" "$(added 'sse delay_p50_ms')" '<=' 0.15
    bar "SSE: CPU per chunk, over nginx's" "$(over 'sse cpu_us/chunk')" '<=' 4.0
    bar "resident memory after these, MB" "$(median rss_mb llmproxy)" '<=' 350
    bar "idle connections: not served, of $idle" "$(worst "idle$idle errors")" '<=' 0
    bar "waiting requests: not served, of $waiting" "$(worst "wait$waiting errors")" '<=' 0
    bar "highest resident memory ever, MB" "$(median peak_mb llmproxy)" '<=' 600
    bar "soak: resident memory, the highest, MB" "$(summary "soak rss_mb" llmproxy | cut -d' ' -f3)" '<=' 350
    bar "soak: turns in which a stream failed or lost a chunk" "$(worst 'soak failed')" '<=' 0
    bar "soak: memory in the last half over the first's" "$(growth)" '<=' 1.05
}

growth() {
    awk -F'\t' '$1 == "soak rss_mb" { v[++n] = $3 }
        END { for (i = 2; i <= n; i++) { h = i <= (n + 1) / 2; if (v[i] > m[h]) m[h] = v[i] }
            if (n > 3) printf "%.3f", m[0] / m[1] }' "$scratch/samples"
}

machine() { echo "$(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -sr)"; }

write_json() {
    {
        printf '{"version":"%s","commit":"%s","machine":"%s","date":"%s","rounds":%d,"seconds":%d,\n"measures":{' \
            "$("$image/bin/llmproxy" version)" "$(commit)" "$(machine)" \
            "$(date -u +%FT%TZ)" "$rounds" "$seconds"
        awk -F'\t' '!($1 in seen) { seen[$1]; order[++n] = $1 } { v[$1, $2] = v[$1, $2] (v[$1, $2] == "" ? "" : ",") $3 }
            END { for (i = 1; i <= n; i++) printf "%s\n\"%s\":{\"nginx\":[%s],\"llmproxy\":[%s]}",
                (i > 1 ? "," : ""), order[i], v[order[i], "nginx"], v[order[i], "llmproxy"] }' "$scratch/samples"
        printf '},\n"bars":['
        awk -F'\t' '{ printf "%s\n{\"bar\":\"%s\",\"figure\":%s,\"rule\":\"%s %s\",\"reached\":%s}",
            (NR > 1 ? "," : ""), $1, $2, $3, $4, ($5 == "reached" ? "true" : "false") }' "$scratch/bars"
        printf ']}\n'
    } >"$json"
    echo "figures: $json"
}

require wrk nginx awk
enter
: >"$scratch/bars"
start_upstream
start_paced
start_proxy
# shellcheck disable=SC2119 # no settings of its own
start_llmproxy
warm
if wanted wrk; then measure_wrk; fi
if wanted rate; then alternate "$rate requests/s" rate_run "$plain" "$gateway"; fi
if wanted sse; then alternate "500 streams of 20 chunks/s" sse_run "$plain_paced" "$gateway"; fi
note rss_mb nginx "$(rss_mb "$plain_pid")"
note rss_mb llmproxy "$(rss_mb "$gateway_pid")"
if [ "$soak" -gt 0 ]; then soak_run; fi # before what fills the heap with connections
if wanted idle; then
    say "$idle idle connections"
    idle_run nginx "$plain" "$plain_pid"
    idle_run llmproxy "$gateway" "$gateway_pid"
fi
if wanted wait; then
    say "$waiting requests that wait"
    wait_run nginx "$plain_paced" "$plain_pid"
    wait_run llmproxy "$gateway" "$gateway_pid"
fi
note peak_mb llmproxy "$(peak_mb "$gateway_pid")"
table
bars
write_json
