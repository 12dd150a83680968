# shellcheck shell=bash
# What the scripts of this directory share: a scratch directory that goes away, the servers that are compared, and what
# /proc says of them. To be sourced.

home=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
image=${LLMPROXY_IMAGE:-$home/target/llmproxy}
scratch=
pids=()
stale=no # yes: measures an image that is not that of the sources here

fail() { echo "${0##*/}: $*" >&2; exit 1; }

require() { # commands, with what to install
    local missing=0 tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "${0##*/}: $tool is missing" >&2; missing=1; }
    done
    [ $missing = 0 ] || fail "install it, for instance: apt install wrk nginx    or: dnf install wrk nginx"
    [ -x "$image/bin/llmproxy" ] || fail "no image at $image: ./build -DskipTests package makes it"
    [ $stale = yes ] || fresh ||
        fail "the image at $image was not made of the sources in $home as they are now: ./build -DskipTests package makes it" \
            "anew; --stale measures it all the same"
}

# One checksum over all that the image is made of, as packaging/jlink/BuildImage.java writes it into the image.
sources() {
    (cd -- "$home" && find pom.xml src/main cli/src/main packaging/jlink conf -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

fresh() { [ "$(cat "$image/lib/sources.sha256" 2>/dev/null)" = "$(sources)" ]; }

# The commit that is measured, for what is written down of it.
commit() { if fresh; then git -C "$home" describe --always --dirty 2>/dev/null; else echo unknown; fi; }

enter() { # the scratch directory; everything started is stopped at the end, however it ends
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/llmproxy-bench.XXXXXX")
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    local hard
    hard=$(ulimit -Hn)
    ulimit -n "$hard"
    # a JVM that crashes says so in a file, which is not to lie where the script was started
    export LLMPROXY_JAVA_OPTS="${LLMPROXY_JAVA_OPTS:-} -XX:ErrorFile=$scratch/hs_err_pid%p.log"
    export LLMPROXYCTL_JAVA_OPTS="${LLMPROXYCTL_JAVA_OPTS:-} -XX:ErrorFile=$scratch/hs_err_pid%p.log"
}

leave() {
    local pid
    # a process that is gone already, or that a signal ended, is no reason to leave the rest
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    [ -n "$scratch" ] || return 0
    local crash
    for crash in "$scratch"/hs_err_pid*.log; do
        [ -e "$crash" ] || continue
        mv -- "$crash" "${TMPDIR:-/tmp}/" && echo "${0##*/}: a JVM crashed; see ${TMPDIR:-/tmp}/${crash##*/}" >&2
    done
    rm -rf -- "$scratch"
}

free_port() { # one that nobody listens on, from below the range that the kernel hands out itself
    local port
    while :; do
        port=$((10000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

await_port() { # port, what listens there
    local tries
    for tries in {1..200}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.05
    done
    fail "$2 does not listen on port $1 after $tries tries; see $scratch"
}

start_nginx() { # name, port to wait for; the configuration's http block on standard input. The worker's id goes to worker
    local conf=$scratch/$1.conf
    {
        cat <<CONF
worker_processes 1;
error_log $scratch/$1.log error;
pid $scratch/$1.pid;
daemon off;
events { worker_connections 16384; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path $scratch/$1-body;
    proxy_temp_path $scratch/$1-proxy;
    fastcgi_temp_path $scratch/$1-fastcgi;
    uwsgi_temp_path $scratch/$1-uwsgi;
    scgi_temp_path $scratch/$1-scgi;
CONF
        cat
        echo "}"
    } >"$conf"
    nginx -c "$conf" -p "$scratch" 2>"$scratch/$1.err" &
    local master=$!
    pids+=("$master")
    await_port "$2" "nginx ($1)"
    # the master listens before its worker is there
    until worker=$(cat "/proc/$master/task/$master/children") && [ -n "$worker" ]; do sleep 0.05; done
    worker=${worker%% *}
}

# The answer of about 1 KB that the upstream gives to every chat.
completion() {
    local text
    text=$(printf 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. %.0s' {1..11})
    printf '%s' '{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench","choices":[{"index":0,' \
        '"message":{"role":"assistant","content":"'"$text"'","refusal":null},"logprobs":null,"finish_reason":"stop"}],' \
        '"usage":{"prompt_tokens":95,"completion_tokens":140,"total_tokens":235,"prompt_tokens_details":{"cached_tokens":0},' \
        '"completion_tokens_details":{"reasoning_tokens":0}},"system_fingerprint":null}'
}

start_upstream() { # sets upstream: an nginx that answers every chat from memory
    upstream=$(free_port)
    start_nginx upstream "$upstream" <<CONF
    server {
        listen 127.0.0.1:$upstream backlog=4096;
        location / {
            default_type application/json;
            return 200 '$(completion)';
        }
    }
CONF
}

start_paced() { # sets paced: the upstream of llmproxy itself, which streams and waits as a request says
    LLMPROXY_JAVA_OPTS="$LLMPROXY_JAVA_OPTS $small" "$image/bin/llmproxy" bench upstream --listen 127.0.0.1:0 \
        >"$scratch/paced.out" 2>"$scratch/paced.err" &
    pids+=("$!")
    await_line "$scratch/paced.out" 'ready' "bench upstream"
    paced=$(sed -n 's|.*http://[^:]*:\([0-9]*\).*|\1|p' "$scratch/paced.out")
}

await_line() { # file, text, what writes it
    local tries
    for tries in {1..600}; do
        grep -q -- "$2" "$1" 2>/dev/null && return
        sleep 0.1
    done
    cat "${1%.out}.err" >&2
    fail "$3 did not get ready after $tries tries"
}

start_proxy() { # the nginx to compare with: sets plain and plain_paced (ports) and plain_pid
    plain=$(free_port)
    plain_paced=$(free_port)
    start_nginx plain "$plain" <<CONF
    upstream chats { server 127.0.0.1:$upstream; keepalive 512; keepalive_requests 1000000000; }
    upstream streams { server 127.0.0.1:${paced:-1}; keepalive 512; keepalive_requests 1000000000; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_buffering off;
    proxy_connect_timeout 30s;
    server { listen 127.0.0.1:$plain backlog=4096; location / { proxy_pass http://chats; } }
    server { listen 127.0.0.1:$plain_paced backlog=4096; location / { proxy_pass http://streams; } }
CONF
    # shellcheck disable=SC2034 # for whoever sources this
    plain_pid=$worker
}

start_llmproxy() { # with authentication, metering and ledger: sets gateway (port), gateway_pid and BENCH_KEY
    "$image/bin/llmproxy" serve --data-dir "$scratch/data" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 \
        --set limits.concurrency=0 --set limits.global.requests=0 --set limits.tenant.requests=0 \
        --set limits.user.requests=0 --set limits.ip.requests=0 --set log.level=warn "$@" >"$scratch/llmproxy.out" 2>"$scratch/llmproxy.err" &
    gateway_pid=$!
    pids+=("$gateway_pid")
    await_line "$scratch/llmproxy.out" 'llmproxy ready' llmproxy
    # shellcheck disable=SC2034 # for whoever sources this
    gateway=$(sed -n 's|.*gateway=http://[^:]*:\([0-9]*\).*|\1|p' "$scratch/llmproxy.out")
    ctl tenant create bench >/dev/null
    provider chats bench "$upstream"
    [ -z "${paced:-}" ] || provider streams paced "$paced"
    BENCH_KEY=$(ctl -t bench key create bench -q)
    export BENCH_KEY
}

ctl() { "$image/bin/llmproxyctl" --socket "$scratch/data/admin.sock" "$@"; }

provider() { # name, model, port
    echo sk-bench | ctl -t bench provider create "$1" --type openai --models "$2" --api-key-stdin \
        --base-url "http://127.0.0.1:$3/v1" >/dev/null
}

# The generator and its upstream: a small heap and a collector without threads of its own.
small="-Xmx256m -XX:+UseSerialGC"
bench() { LLMPROXY_JAVA_OPTS="$LLMPROXY_JAVA_OPTS $small" "$image/bin/llmproxy" bench "$@"; }

# One figure of a report in JSON: name, report.
figure() { sed -n 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p' <<<"$2"; }

cpu_us() { # CPU time of a process, all its threads, in microseconds
    local stat
    read -r stat <"/proc/$1/stat"
    # the name may hold spaces: what follows its bracket is split
    read -r -a stat <<<"${stat##*) }"
    echo $(((stat[11] + stat[12]) * 1000000 / $(getconf CLK_TCK)))
}

peak_mb() { awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }
rss_mb() { awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }

# One of several servers that are compared, with a tenant, a priced model at the upstream and a key.
start_server() { # name, settings: sets pid, url, key and ctl, the admin tool of that server
    local data=$scratch/$1
    shift
    mkdir -p "$data"
    local options=() setting
    for setting in "$@"; do options+=(--set "$setting"); done
    "$image/bin/llmproxy" serve --data-dir "$data" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --set log.level=warn \
        "${options[@]}" >"$data/out" 2>"$data/err" &
    pid=$!
    pids+=("$pid")
    await_line "$data/out" 'llmproxy ready' llmproxy
    # shellcheck disable=SC2034 # for whoever sources this
    url=$(sed -n 's/.*gateway=\([^ ]*\).*/\1/p' "$data/out")
    ctl=("$image/bin/llmproxyctl" --socket "$data/admin.sock")
    "${ctl[@]}" tenant create bench >/dev/null
    # a price in all, so that limits of cost have something to count and nothing else differs
    "${ctl[@]}" -t bench price set bench --input 2.50 --output 10 >/dev/null
    echo sk-bench | "${ctl[@]}" -t bench provider create up --type openai --models bench --api-key-stdin \
        --base-url "http://127.0.0.1:$upstream/v1" >/dev/null
    # shellcheck disable=SC2034 # for whoever sources this
    key=$("${ctl[@]}" -t bench key create bench -q)
}

# The same with ten limits on every request, none of which ever refuses. Those of addresses let loopback go, and so are not among them.
start_ten() { # name, settings
    local name=$1 much=900000000 limit scope metric per in_force
    shift
    start_server "$name" limits.global.requests=$much limits.tenant.requests=$much limits.user.requests=$much \
        limits.ip.requests=0 limits.concurrency=100000 "$@"
    for limit in tenant:tokens:day tenant:cost:month user:output-tokens:day key:requests:day key:input-tokens:hour \
        model:requests:hour; do
        IFS=: read -r scope metric per <<<"$limit"
        "${ctl[@]}" -t bench limit set --scope "$scope" --metric "$metric" --amount $much --per "$per" >/dev/null
    done
    in_force=$("${ctl[@]}" -t bench limit list -o name | wc -l)
    [ "$in_force" -eq 10 ] || fail "there are $in_force limits in force, not ten"
}

connections=64
run() { # with as many connections as $connections says: process, URL, key, seconds: CPU time per request in microseconds, requests per second, errors
    local before after count us errors
    before=$(cpu_us "$1")
    read -r _ count us errors _ < <(
        BENCH_KEY=$3 wrk -t1 -c"$connections" -d"${4}s" --timeout 10s -s "$home/bench/chat.lua" "$2/v1/chat/completions" |
            grep '^RESULT')
    after=$(cpu_us "$1")
    awk "BEGIN { printf \"%.2f %.0f %d\n\", ($after - $before) / $count, $count * 1000000 / $us, $errors }"
}

column() { # of $scratch/rounds: number; median, least and greatest
    awk -v c="$1" '{ print $c }' "$scratch/rounds" | sort -g |
        awk '{ v[NR] = $1 } END { printf "%.2f (%.2f to %.2f)\n", (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2, v[1], v[NR] }'
}
