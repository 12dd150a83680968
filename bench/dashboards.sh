#!/usr/bin/env bash
# Whether the dashboards and alerts of conf/ show something: a running appliance under traffic with errors, limits and budgets, a real Prometheus
# that scrapes it each second, and every expression of conf/grafana and conf/prometheus asked of that Prometheus. Names each panel and each
# alert whose expression has no series, each alert that should be true by now and is not, and what promtool finds; exit 1 where there is any.
#   bench/dashboards.sh [--seconds 40] [--keep] [--stale]
# Needs prometheus, promtool, jq, curl, openssl, nginx (for a collector of traces) and the image; with redis-server, or its path in
# REDIS_SERVER, the figures of shared limits are looked at too. See docs/metrics.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

seconds=40 keep=no
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=$2; shift 2 ;;
        --keep) keep=yes; shift ;; # leaves the metrics as they were scraped last in metrics.txt of the working directory
        --stale) stale=yes; shift ;; # goes on with an image that was not made of the sources beside this script
        *) fail "unknown option $1; see the head of this script" ;;
    esac
done
require prometheus promtool jq curl nginx openssl
enter
conf=$image/conf
faults=$scratch/faults
: >"$faults"
fault() { echo "FAULT: $*" | tee -a "$faults"; }

# Panels that may be empty in a healthy hour, with the reason: none so far. One line each: TITLE|REASON.
empty_panels=

# Alerts that the traffic below makes true. All others are to be false, and their series are to be there all the same.
expected='LlmproxyUpstreamErrors LlmproxyProviderDown LlmproxyTargetsLeftAlone LlmproxyLimitsRefuse LlmproxyBudgetUsedUp LlmproxyUnpriced'

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

redis_server=${REDIS_SERVER:-redis-server}
redis=()
if command -v "$redis_server" >/dev/null; then
    port=$(free_port)
    "$redis_server" --port "$port" --bind 127.0.0.1 --save '' --appendonly no >"$scratch/redis.log" 2>&1 &
    pids+=("$!")
    await_port "$port" redis
    redis=(--set "redis.url=redis://127.0.0.1:$port")
fi

echo "the appliance" >&2
# valid for long enough that nobody is warned of its end
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$scratch/admin.key" -out "$scratch/admin.pem" 2>"$scratch/openssl.err" || fail "no certificate: $(cat "$scratch/openssl.err")"
chmod 600 "$scratch/admin.key"
"$image/bin/llmproxy" serve --data-dir "$scratch/data" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 "${redis[@]}" \
    --set admin.tls.certificate="$scratch/admin.pem" --set admin.tls.key="$scratch/admin.key" \
    --set limits.global.requests=0 --set limits.tenant.requests=0 --set limits.user.requests=0 --set limits.ip.requests=0 \
    --set "tracing.endpoint=http://127.0.0.1:$collector/v1/traces" --set tracing.sample-ratio=0.5 --set log.access=all \
    >"$scratch/llmproxy.out" 2>"$scratch/llmproxy.err" &
pids+=("$!")
await_line "$scratch/llmproxy.out" 'llmproxy ready' llmproxy
gateway=$(sed -n 's|.*gateway=\([^ ]*\).*|\1|p' "$scratch/llmproxy.out")
admin=$(sed -n 's|.*admin=https://\([^ ]*\).*|\1|p' "$scratch/llmproxy.out")

echo "Prometheus" >&2
prometheus_port=$(free_port)
mkdir -p "$scratch/prometheus"
cat >"$scratch/prometheus.yml" <<YML
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
scrape_configs:
  - job_name: llmproxy
    scheme: https
    tls_config: {ca_file: $scratch/admin.pem}
    static_configs: [{targets: ['$admin']}]
rule_files: ['$conf/prometheus/alerts.yml']
YML
prometheus --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/prometheus" \
    --web.listen-address="127.0.0.1:$prometheus_port" >"$scratch/prometheus.log" 2>&1 &
pids+=("$!")
await_port "$prometheus_port" Prometheus

ask() { # expression: the answer of Prometheus' HTTP API
    curl -sS --data-urlencode "query=$1" "http://127.0.0.1:$prometheus_port/api/v1/query"
}
series() { # expression: how many series have a figure; -1: it is refused
    ask "$1" | jq 'if .status != "success" then -1 else [.data.result[] | select(.value[1] != "NaN")] | length end'
}

# Two tenants; providers that answer, that fail, and that lack a credential; a price for one model alone
for tenant in acme globex; do
    ctl tenant create "$tenant" >/dev/null
    ctl -t "$tenant" provider create good --type simulated --models 'fast,cached' \
        --base-url 'simulated:?first-byte=5ms&tokens-per-second=2000&tokens=20' >/dev/null
done
ctl tenant update acme --redact mask >/dev/null
ctl -t acme provider create failing --type simulated --models broken --base-url 'simulated:?first-byte=1ms&fail=1&status=500' >/dev/null
ctl -t acme provider create cutting --type simulated --models cut \
    --base-url 'simulated:?first-byte=1ms&tokens-per-second=0&tokens=50&cut-after=5' >/dev/null
# a server whose model nobody gave a price
start_upstream
echo sk-own | ctl -t acme provider create own --type openai --models unpriced --api-key-stdin \
    --base-url "http://127.0.0.1:$upstream/v1" >/dev/null
ctl -t acme provider create lacking --type openai --models lacking --api-key-env NOT_SET_ANYWHERE \
    --base-url "http://127.0.0.1:$upstream/v1" >/dev/null 2>&1
for tenant in acme globex; do ctl -t "$tenant" price set fast --input 2.50 --output 10 >/dev/null; done
key=$(ctl -t acme key create app -q)
other=$(ctl -t globex key create app -q)
poor=$(ctl -t acme key create poor -q)
near=$(ctl -t acme key create near -q)
# one that is used up for most of the time, and one that is nearly used up again and again
ctl -t acme limit set --scope key=poor --metric requests --amount 20 --per minute >/dev/null
ctl -t acme limit set --scope key=near --metric requests --amount 5 --per second --algorithm fixed-window >/dev/null
# money is there, tokens are used up
ctl -t globex limit set --scope tenant --metric cost --amount 500 --per month >/dev/null
ctl -t globex limit set --scope tenant --metric tokens --amount 1000 --per month --soft >/dev/null

chat() { # key, model, stream
    curl -s -m 10 -o /dev/null "$gateway/v1/chat/completions" -H "Authorization: Bearer $1" -H 'content-type: application/json' -d '{"model":"'"$2"'","stream":'"$3"',
        "messages":[{"role":"user","content":"Mail anna@example.com what is new, please."}]}' || true
}
traffic() { # until it is killed
    while :; do
        for stream in true false; do
            chat "$key" fast $stream
            chat "$key" fast $stream
            chat "$key" broken $stream
            chat "$key" cut $stream
            chat "$key" unpriced $stream
            chat "$key" lacking $stream
            chat "$key" nobody-has-this $stream
            for _ in 1 2 3 4 5 6; do chat "$poor" fast $stream; done
            local near_pids=()
            for _ in 1 2 3 4 5 6 7 8; do
                chat "$near" fast $stream &
                near_pids+=("$!")
            done
            wait "${near_pids[@]}"
            chat "$other" fast $stream
            chat llmp_stranger fast $stream
        done
        curl -s -m 10 -o /dev/null "$gateway/v1/chat/completions" -H "Authorization: Bearer $key" -d '{' || true
    done
}
# what comes first is to be seen as nothing: a rate needs two scrapes
sleep 3
echo "traffic for $seconds s" >&2
traffic &
pids+=("$!")
sleep "$seconds"

curl -fsS --cacert "$scratch/admin.pem" "https://$admin/metrics" >"$scratch/metrics.txt" || fail "the metrics cannot be read at https://$admin/metrics"
[ $keep = no ] || cp -- "$scratch/metrics.txt" metrics.txt

filled() { # expression of a panel: with its variables
    local expression=$1
    expression=${expression//\$__rate_interval/10s}
    expression=${expression//\$__range/5m}
    sed -E 's/\$[a-z]+/.*/g' <<<"$expression"
}

panels=0
for board in "$conf"/grafana/*.json; do
    while IFS=$'\t' read -r title expression; do
        panels=$((panels + 1))
        count=$(series "$(filled "$expression")")
        if [ "$count" -gt 0 ]; then continue; fi
        reason=$(awk -F'|' -v t="$title" '$1 == t { print $2 }' <<<"$empty_panels")
        if [ -n "$reason" ]; then echo "empty: $title ($reason)"; else fault "panel '$title' of ${board##*/} has no series: $expression"; fi
    done < <(jq -r '.panels[] | .title as $t | .targets[]? | [$t, .expr] | @tsv' "$board" | sed 's/\\\\/\\/g')
    while IFS= read -r definition; do
        name=$(sed -E 's/label_values\((.*), *[a-z_]+\)/\1/' <<<"$definition")
        [ "$(series "$name")" -gt 0 ] || fault "a variable of ${board##*/} has no values: $definition"
    done < <(jq -r '.templating.list[] | select(.type == "query") | .definition' "$board")
done

rules=$(curl -sS "http://127.0.0.1:$prometheus_port/api/v1/rules")
alerts=0 away=
while IFS=$'\t' read -r name health state expression; do
    alerts=$((alerts + 1))
    [ "$health" = ok ] || fault "alert $name cannot be evaluated: $health"
    case " $expected " in
        *" $name "*) [ "$state" != inactive ] || fault "alert $name is not true, though it should be by now: $expression" ;;
        *) [ "$state" = inactive ] || fault "alert $name is $state, though nothing is wrong of that kind: $expression" ;;
    esac
    for metric in $(grep -oE '\b(llmproxy|gen_ai)_[a-z0-9_]+' <<<"$expression" | sort -u); do
        case $metric in gen_ai_provider_name | gen_ai_request_model) continue ;; esac
        if [ "$(series "$metric")" -le 0 ]; then
            if [ ${#redis[@]} = 0 ] && [[ $metric == llmproxy_redis_* ]]; then
                away="$away $metric"
            else
                fault "alert $name asks for $metric, which has no series"
            fi
        fi
    done
done < <(jq -r '.data.groups[].rules[] | [.name, .health, .state, .query] | @tsv' <<<"$rules")

promtool check rules "$conf/prometheus/alerts.yml" >"$scratch/check-rules" 2>&1 || fault "promtool check rules: $(cat "$scratch/check-rules")"
promtool check metrics <"$scratch/metrics.txt" >"$scratch/check-metrics" 2>&1 ||
    { while IFS= read -r line; do fault "promtool check metrics: $line"; done <"$scratch/check-metrics"; }
# the unit tests of the alerts name their rules relative to where they lie
promtool test rules "$home/src/test/resources/prometheus/alerts-test.yml" >"$scratch/test-rules" 2>&1 ||
    fault "promtool test rules: $(cat "$scratch/test-rules")"

printf '%s expressions of %s dashboards and %s alerts asked of %s; %s series of llmproxy; %s\n' "$panels" \
    "$(find "$conf/grafana" -name '*.json' | wc -l)" "$alerts" "$(prometheus --version 2>&1 | sed -n '1s/, branch.*//; 1s/ (.*//p; 1q')" \
    "$(series '{__name__=~"(llmproxy|gen_ai)_.*"}')" "$([ -s "$faults" ] && echo "$(wc -l <"$faults") faults" || echo 'no fault')"
[ -z "$away" ] || echo "not looked at, since there is no redis-server:$away"
printf 'commit %s\n' "$(commit)"
[ ! -s "$faults" ]
