#!/usr/bin/env bash
# Where llmproxy's CPU time and allocated bytes go under load: JFR for 30 s with wrk at 64 connections, as a Markdown table.
set -euo pipefail
# shellcheck source=bench/lib.sh
. "$(dirname -- "$0")/lib.sh"

usage() {
    cat <<'TEXT'
bench/profile.sh [--seconds S] [--warm-up S] [--connections N] [--tree GROUP] [--keep FILE] [--stale]

  --seconds S      how long to record (30)
  --warm-up S      seconds of load before that (20)
  --connections N  of wrk (64)
  --tree GROUP     also the hottest frames and allocated classes of one group of the table, by its name
  --keep FILE      keep the recording there, for JDK Mission Control
  --stale          goes on with an image that was not made of the sources beside this script

Needs wrk, nginx, a JDK 25 (as ./build does) and the image. CPU samples are JFR's of CPU time (Linux), kernel included.
TEXT
}

seconds=30 warm_up=20 connections=64 tree='' keep=''
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=$2 ;;
        --warm-up) warm_up=$2 ;;
        --connections) connections=$2 ;;
        --tree) tree=$2 ;;
        --keep) keep=$2 ;;
        --stale) stale=yes; shift; continue ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    shift 2
done

require wrk nginx awk
java=$("$home/build" --java-home)/bin/java
enter
recording=${keep:-$scratch/profile.jfr}
start_upstream
events=jdk.CPUTimeSample#enabled=true,+jdk.CPUTimeSample#throttle=2ms
events=$events,+jdk.ObjectAllocationSample#enabled=true,+jdk.ObjectAllocationSample#throttle=2000/s
events=$events,+jdk.GarbageCollection#enabled=true,+jdk.GCHeapSummary#enabled=true
flight=-XX:StartFlightRecording:settings=none,+$events,delay=$((warm_up + 3))s,duration=${seconds}s,filename=$recording
# shellcheck disable=SC2119 # no settings of its own
LLMPROXY_JAVA_OPTS="${LLMPROXY_JAVA_OPTS:-} -XX:FlightRecorderOptions:stackdepth=96 $flight" start_llmproxy >/dev/null
chat() { wrk -t1 -c"$connections" -d"$1s" -s "$home/bench/chat.lua" "http://127.0.0.1:$gateway/v1/chat/completions"; }
echo "warm-up, $warm_up s" >&2
chat "$warm_up" >/dev/null

threads() { # thread's kind and its CPU time in microseconds
    local task stat
    for task in "/proc/$gateway_pid/task"/*; do
        stat=$(cat "$task/stat" 2>/dev/null) || continue
        awk -v name="$(cat "$task/comm")" -v tick="$(getconf CLK_TCK)" '{
            sub(/[-# ]*[0-9]*$/, "", name); sub(/.*\) /, ""); printf "%s\t%d\n", name, ($12 + $13) * 1000000 / tick }' <<<"$stat"
    done | awk -F'\t' '{ us[$1] += $2 } END { for (n in us) printf "%s\t%d\n", n, us[n] }'
}

echo "recording, $seconds s" >&2
threads >"$scratch/before"
cpu=$(cpu_us "$gateway_pid")
read -r _ count us errors _ < <(chat $((seconds + 6)) | grep '^RESULT')
cpu=$(($(cpu_us "$gateway_pid") - cpu))
threads >"$scratch/after"
awk -v c="$count" -v us="$us" -v e="$errors" -v cpu="$cpu" 'BEGIN {
    printf "%.0f requests/s, %d errors, %.1f µs CPU per request\n", c * 1e6 / us, e, cpu / c }'
printf '\n| threads | µs per request |\n|---|---|\n'
awk -F'\t' -v c="$count" 'NR == FNR { b[$1] = $2; next } { d = ($2 - b[$1]) / c; if (d >= 0.1) printf "%.1f\t%s\n", d, $1 }' \
    "$scratch/before" "$scratch/after" | sort -rg | awk -F'\t' '{ printf "| %s | %s |\n", $2, $1 }'
echo
"$java" "$home/bench/Profile.java" "$recording" \
    "$(awk -v c="$count" -v us="$us" -v s="$seconds" 'BEGIN { printf "%.0f", c * 1e6 / us * s }')" \
    "$(awk -v cpu="$cpu" -v c="$count" 'BEGIN { printf "%.2f", cpu / c }')" "$tree"
