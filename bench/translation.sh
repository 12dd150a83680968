#!/usr/bin/env bash
# CPU time of an OpenAI client's chats and streamed events: to a provider of its own dialect, and translated to Anthropic's, end to end.
#   bench/translation.sh [--rounds 6] [--seconds 5] [--warm-up 20] [--connections 64] [--streams 500] [--stale]
# Needs wrk, nginx, a JDK 25 (as ./build does) and the image. See docs/benchmarks.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

rounds=6 seconds=5 warm_up=20 connections=64 streams=500
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2 ;;
        --seconds) seconds=$2 ;;
        --warm-up) warm_up=$2 ;;
        --connections) connections=$2 ;;
        --streams) streams=$2 ;;
        --stale) stale=yes; shift; continue ;; # goes on with an image that was not made of the sources beside this script
        *) fail "unknown option $1; see the head of this script" ;;
    esac
    [ $# -ge 2 ] || fail "$1 wants a value"
    shift 2
done
require wrk nginx awk
java=$("$home/build" --java-home)/bin/java
enter

message() { # the same answer of about 1 KB as completion's, as Anthropic tells it
    local text
    text=$(printf 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. %.0s' {1..11})
    printf '%s' '{"id":"msg_bench","type":"message","role":"assistant","model":"bench","content":[{"type":"text","text":"'"$text"'"}],' \
        '"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":95,"cache_creation_input_tokens":0,' \
        '"cache_read_input_tokens":0,"output_tokens":140,"service_tier":"standard"}}'
}

start_messages() { # sets messages: an nginx that answers every request with one message
    messages=$(free_port)
    start_nginx messages "$messages" <<CONF
    server {
        listen 127.0.0.1:$messages backlog=4096;
        location / {
            default_type application/json;
            return 200 '$(message)';
        }
    }
CONF
}

anthropic() { # name, model, port
    echo sk-bench | ctl -t bench provider create "$1" --type anthropic --models "$2" --api-key-stdin \
        --base-url "http://127.0.0.1:$3" >/dev/null
}

"$java" -Xmx256m -XX:+UseSerialGC "$home/bench/PacedStreams.java" upstream >"$scratch/streams.out" 2>"$scratch/streams.err" &
pids+=("$!")
start_upstream
start_messages
await_line "$scratch/streams.out" ready "the upstream of streams"
paced_streams=$(sed -n 's/ready //p' "$scratch/streams.out")
# shellcheck disable=SC2119 # no settings of its own
start_llmproxy
anthropic messages bench-messages "$messages"
provider paced paced "$paced_streams"
anthropic paced-messages paced-messages "$paced_streams"
url=http://127.0.0.1:$gateway

chats() { # model, seconds: CPU time per request in microseconds, errors
    local before after count errors
    before=$(cpu_us "$gateway_pid")
    read -r _ count _ errors _ < <(BENCH_MODEL=$1 wrk -t1 -c"$connections" -d"${2}s" --timeout 10s \
        -s "$home/bench/chat.lua" "$url/v1/chat/completions" | grep '^RESULT')
    after=$(cpu_us "$gateway_pid")
    awk "BEGIN { printf \"%.2f %d\n\", ($after - $before) / $count, $errors }"
}

events() { # model, seconds: CPU time per event in microseconds, errors
    local before after count errors
    before=$(cpu_us "$gateway_pid")
    read -r _ count errors < <("$java" -Xmx256m -XX:+UseSerialGC "$home/bench/PacedStreams.java" load "$url" "$1" "$streams" "$2" |
        grep '^RESULT')
    after=$(cpu_us "$gateway_pid")
    awk "BEGIN { printf \"%.2f %d\n\", ($after - $before) / $count, $errors }"
}

compare() { # what, own model, translated model: a line for each round, and the verdict
    local own translated own_errors translated_errors round first=$2 second=$3
    echo "$1: warm-up, twice $warm_up s" >&2
    "$1" "$2" "$warm_up" >/dev/null
    "$1" "$3" "$warm_up" >/dev/null
    : >"$scratch/rounds"
    printf '%-8s %16s %16s %8s %8s\n' "$1" 'own: µs' 'translated: µs' ratio errors
    for ((round = 1; round <= rounds; round++)); do
        # who goes first changes, since the machine drifts
        if ((round % 2)); then
            read -r own own_errors < <("$1" "$first" "$seconds")
            read -r translated translated_errors < <("$1" "$second" "$seconds")
        else
            read -r translated translated_errors < <("$1" "$second" "$seconds")
            read -r own own_errors < <("$1" "$first" "$seconds")
        fi
        ratio=$(awk "BEGIN { printf \"%.3f\", $translated / $own }")
        printf '%-8s %16s %16s %8s %8s\n' "$round" "$own" "$translated" "$ratio" "$((own_errors + translated_errors))"
        printf '%s %s %s\n' "$own" "$translated" "$ratio" >>"$scratch/rounds"
    done
    ratio=$(column 3)
    printf 'µs CPU of the %s: own dialect %s, translated %s, ratio %s; the bar is 1.5: %s\n\n' "$1" "$(column 1)" "$(column 2)" \
        "$ratio" "$(awk "BEGIN { print (${ratio%% *} <= 1.5) ? \"reached\" : \"MISSED\" }")"
}

column() { # number: median, least and greatest
    awk -v c="$1" '{ print $c }' "$scratch/rounds" | sort -g |
        awk '{ v[NR] = $1 } END { printf "%.2f (%.2f to %.2f)\n", (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2, v[1], v[NR] }'
}

compare chats bench bench-messages
compare events paced paced-messages
printf 'commit %s\n' "$(commit)"
