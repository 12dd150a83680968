#!/bin/bash
# Proves what the units promise, on a systemd of its own: prove.sh IMAGE (target/llmproxy), as root.
#
# A systemd runs as process 1 of namespaces of its own, over a copy-on-write view of this machine's files, with its own /run, network
# and control groups. In it two tenants are provisioned; then the walls between them are tried from the inside, as the
# services' own user. Nothing of it stays. Wants overlayfs, cgroup2, util-linux and systemd 250 or newer; takes half a minute.
set -euo pipefail

outside() {
    IMAGE=$(realpath "$1")
    REPO=$(realpath "$(dirname "$0")/../..")
    WORK=$(mktemp -d)
    # where control groups of the first generation are in use too, the second has a place of its own
    groups=/sys/fs/cgroup
    [ -e $groups/cgroup.procs ] || groups=$groups/unified
    GROUP=$groups/llmproxy-prove-$$
    mkdir "$GROUP"
    trap 'sleep 0.2; find "$GROUP" -depth -type d -exec rmdir {} +; rm -rf "$WORK"' EXIT
    : >"$WORK/out"
    export IMAGE REPO WORK GROUP
    # shellcheck disable=SC2016 # for the shell in the group
    code=0
    bash -c 'echo $$ >"$GROUP/cgroup.procs"; exec unshare --fork --pid --mount --uts --ipc --cgroup --net --kill-child \
        --propagation private bash "$0" --machine' "$(realpath "$0")" || code=$?
    cat "$WORK/out"
    exit $code
}

# the first process of the namespaces: lays out the machine and becomes its systemd
machine() {
    mount --bind "$WORK" "$WORK"
    mkdir "$WORK/layer" "$WORK/root"
    mount -t tmpfs -o size=2g,mode=755 layer "$WORK/layer"
    mkdir "$WORK/layer/upper" "$WORK/layer/work"
    root=$WORK/root
    mount -t overlay -o "lowerdir=/,upperdir=$WORK/layer/upper,workdir=$WORK/layer/work" overlay "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    while read -r name major minor; do
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
DEVICES
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount -t devpts devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    : >"$root/dev/console"

    # the machine before an installation, without what it starts by itself
    system=$root/usr/lib/systemd/system
    rm -rf "$system"/*.target.wants "$root"/etc/systemd/system/* "$root/usr/lib/llmproxy" "$root/etc/llmproxy" "$root/var/lib/llmproxy"
    rm -rf "$root/opt/llmproxy" "$root"/usr/bin/llmproxy{,ctl} "$root"/{usr/,}lib/systemd/system/llmproxy*
    # the place of a checkout that was built
    mkdir -p "$root/prove/src/target"
    cp -r "$REPO/packaging" "$REPO/conf" "$REPO/docs" "$root/prove/src/"
    mkdir "$root/prove/src/target/llmproxy"
    mount --bind "$IMAGE" "$root/prove/src/target/llmproxy"
    cp "$0" "$root/prove/prove.sh"
    : >"$root/prove/out"
    mount --bind "$WORK/out" "$root/prove/out"
    cat >"$system/prove.service" <<'UNIT'
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
FailureActionExitStatus=1
Wants=systemd-journald.socket systemd-journald.service
After=systemd-journald.socket
[Service]
Type=oneshot
StandardOutput=append:/prove/out
StandardError=append:/prove/out
ExecStart=/bin/bash /prove/prove.sh --inside
UNIT
    cd "$root"
    mkdir -p .before
    pivot_root . .before
    cd /
    umount -l /.before
    mount --make-rshared /
    exec env -i container=prove PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --unit=prove.service --log-target=journal --show-status=no
}

passed=0
fine() { # whether the command that follows succeeds
    local what=$1
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "  ok   $what"
    else
        echo "  FAIL $what: $* said: $output"
        journalctl --no-pager -o cat -n 30
        exit 1
    fi
}
not() { ! "$@"; }
says() { # TEXT COMMAND...
    local text=$1
    shift
    local output
    output=$("$@" 2>&1) || true
    case $output in *"$text"*) ;; *) echo "$output"; return 1 ;; esac
}

gone() { # PID: within half a minute
    for _ in $(seq 150); do
        [ -e "/proc/$1" ] || return 0
        sleep 0.2
    done
    return 1
}
again() { # within half a minute
    for _ in $(seq 150); do
        if [ "$(systemctl show -P NRestarts llmproxy@acme)" = 1 ] && systemctl is-active --quiet llmproxy@acme; then
            return 0
        fi
        sleep 0.2
    done
    return 1
}
main_of() { systemctl show -P MainPID "llmproxy@$1"; }
# as the service's user, without privileges, in the file system that the service sees
as() {
    local tenant=$1
    shift
    nsenter --target "$(main_of "$tenant")" --mount -- \
        setpriv --reuid=llmproxy --regid=llmproxy --init-groups --bounding-set=-all --no-new-privs "$@"
}
status_of() { systemctl show -P StatusText "$1"; }

page() { # HEADING: the first commands of that section of the page
    awk -v heading="$1" '$0 == heading { on = 1; next } on && /^```sh/ { code = 1; next } on && /^```/ { exit } code' /prove/src/docs/install.md
}
installs() { # HEADING: whether every one of them succeeds
    local commands
    commands=$(page "$1")
    [ -n "$commands" ] && (cd /prove/src && bash -euxc "$commands")
}

inside() {
    export HOME=/
    echo "$(systemctl --version | head -1), $(uname -r)"

    echo "the page of the installation"
    fine 'the image' installs '## The image'
    fine 'the units' installs '## systemd'
    fine 'a tenant: provision starts acme and waits for it' installs '### A tenant as a service'

    echo "two tenants"
    fine 'provision finds other ports for beta' says ':8082' llmproxyctl tenant provision beta
    fine 'a second time changes nothing' says 'nothing changed' llmproxyctl tenant provision acme
    fine 'both are listed' says 'beta' llmproxyctl tenant list
    fine 'acme is enabled' systemctl is-enabled --quiet llmproxy@acme
    fine 'acme says whom it serves' says 'serving tenant acme on 127.0.0.1:8080, 0 requests running' status_of llmproxy@acme
    fine 'the master key is the credential' not test -e /var/lib/llmproxy/acme/master.key
    fine 'its file is for root alone' test "$(stat -c '%a %U %G' /etc/llmproxy/acme/master-key)" = '400 root root'
    fine 'the configuration is for root and the service' test "$(stat -c '%a %U %G' /etc/llmproxy/acme.yaml)" = '640 root llmproxy'
    llmproxyctl -t acme provider create sim --type simulated >/dev/null
    key=$(llmproxyctl -t acme key create first -q)
    fine 'a request is answered' curl -sSf http://127.0.0.1:8080/v1/chat/completions -H "Authorization: Bearer $key" \
        -H 'Content-Type: application/json' -d '{"model":"sim/x","stream":true,"messages":[{"role":"user","content":"hi"}]}'

    echo "what acme sees of beta"
    echo secret >/etc/llmproxy/beta/api-key
    chgrp llmproxy /etc/llmproxy/beta/api-key
    beta=$(main_of beta)
    for own in /etc/llmproxy/acme.yaml /etc/llmproxy/llmproxy.yaml /var/lib/llmproxy/acme /run/llmproxy/acme/admin.sock; do
        fine "its own: $own" as acme test -r "$own"
    done
    for foreign in /etc/llmproxy/beta.yaml /etc/llmproxy/beta /var/lib/llmproxy/beta /run/llmproxy/beta /var/log/llmproxy/beta \
        /etc/llmproxy/.all/etc/beta.yaml /run/credentials/llmproxy@beta.service/master-key "/proc/$beta" "/proc/$beta/root/etc/llmproxy/beta.yaml"; do
        fine "not $foreign" not as acme test -e "$foreign"
    done
    fine 'not its own master key where it lies' not as acme cat /etc/llmproxy/acme/master-key
    fine 'it writes nowhere else' not as acme sh -c 'touch /etc/llmproxy/x || touch /usr/x || touch /var/lib/llmproxy/x || touch /var/lib/x || touch /run/x'
    fine 'nothing of beta by other mounts' not as acme ls -R /etc/llmproxy/.all
    # on the outside the same user sees both directories, but no process: neither its memory, nor its files
    outside=(setpriv --reuid=llmproxy --regid=llmproxy --init-groups --bounding-set=-all)
    fine 'no /proc/PID/root for the same user' not "${outside[@]}" ls "/proc/$beta/root/"
    fine 'no /proc/PID/environ for the same user' not "${outside[@]}" cat "/proc/$beta/environ"
    fine 'no /proc/PID/mem for the same user' not "${outside[@]}" head -c 1 "/proc/$beta/mem"

    echo "backups beside the data"
    fine 'a process can write its own' as acme touch /var/backups/llmproxy/acme/x
    fine 'which is there on the machine' rm /var/backups/llmproxy/acme/x
    fine 'it sees none of beta' not as acme test -e /var/backups/llmproxy/beta
    fine 'nor writes beside its own' not as acme touch /var/backups/llmproxy/x

    echo "changes of the configuration"
    sed -i '1i # edited' /etc/llmproxy/acme.yaml /etc/llmproxy/llmproxy.yaml
    fine 'the process still sees the file of before' not as acme grep -q '^# edited' /etc/llmproxy/acme.yaml
    fine 'a reload shows it the new one' systemctl reload llmproxy@acme
    fine 'its own' as acme grep -q '^# edited' /etc/llmproxy/acme.yaml
    fine 'and that of all' as acme grep -q '^# edited' /etc/llmproxy/llmproxy.yaml
    printf 'log:\n  level: debug\n' >>/etc/llmproxy/acme.yaml
    fine 'a reload puts in force what has changed' systemctl reload llmproxy@acme
    fine 'as the server says itself' says DEBUG llmproxyctl -t acme config show
    before=$(main_of acme)
    cp /etc/llmproxy/acme.yaml /tmp/acme.yaml
    echo 'gatewai: {listen: x}' >>/etc/llmproxy/acme.yaml
    fine 'a reload of a faulty file fails' not systemctl reload llmproxy@acme
    fine 'and its job says why' says 'gatewai' journalctl --no-pager -o cat -u llmproxy@acme
    fine 'the process goes on' curl -sSf http://127.0.0.1:8080/v1/models -H "Authorization: Bearer $key"
    fine 'a restart with a faulty file is refused' not llmproxyctl -t acme restart
    fine 'it is the same process' test "$(main_of acme)" = "$before"
    cp /tmp/acme.yaml /etc/llmproxy/acme.yaml
    fine 'the file that is mended is taken' systemctl reload llmproxy@acme

    echo "a restart without a gap"
    fine 'the successor starts within the walls' llmproxyctl -t acme restart
    fine 'systemd knows it as the main process' not test "$(main_of acme)" = "$before"
    fine 'it serves' curl -sSf http://127.0.0.1:8080/v1/models -H "Authorization: Bearer $key"
    fine 'it says so' says 'serving tenant acme' status_of llmproxy@acme
    fine 'the predecessor ends' gone "$before"
    fine 'the service is active' systemctl is-active --quiet llmproxy@acme
    fine 'it sees nothing of beta' not as acme test -e "/proc/$beta"
    fine 'nobody of its user sees it' not "${outside[@]}" cat "/proc/$(main_of acme)/environ"
    fine 'another one follows it' llmproxyctl -t acme restart

    # a connection that lies idle keeps the predecessor for a while
    exec 9<>/dev/tcp/127.0.0.1/8080
    printf 'GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n' "$key" >&9
    fine 'a connection is kept' read -r -u 9 -t 10
    before=$(main_of acme)
    # beside the journal of the next process, which has the first place that is free
    state=/var/lib/llmproxy/acme
    for place in '' -2 -3; do
        mkdir -p "$state/journal$place/self-test/x"
        chown -R llmproxy:llmproxy "$state/journal$place"
    done
    fine 'a successor that fails its self-test is refused' says 'the self-test failed' llmproxyctl -t acme restart
    fine 'systemd has not taken its end for that of the service' systemctl is-active --quiet llmproxy@acme
    fine 'and knows the same process' test "$(main_of acme)" = "$before"
    rm -r $state/journal*/self-test
    fine 'the next one may be better' llmproxyctl -t acme restart
    fine 'the predecessor leaves' test -e "/proc/$before"
    kill -9 "$(main_of acme)"
    fine 'should the successor die then, the service is started again' again
    exec 9<&-

    echo "ends"
    fine 'a stop ends well' systemctl stop llmproxy@acme
    fine 'with exit code 0' test "$(systemctl show -P ExecMainStatus llmproxy@acme)" = 0
    fine 'it is listed as down' says down llmproxyctl tenant list --local
    fine 'the other one serves' curl -sSf http://127.0.0.1:8083/health/ready
    fine 'it starts again' systemctl start llmproxy@acme
    fine 'with the key that it had' curl -sSf http://127.0.0.1:8080/v1/models -H "Authorization: Bearer $key"
    echo 'gateway: {lissten: 1}' >/etc/llmproxy/gamma.yaml
    fine 'a faulty file is told by provision' says 'gamma.yaml:1: gateway.lissten' llmproxyctl tenant provision gamma
    fine 'and its service is not left enabled' not systemctl is-enabled --quiet llmproxy@gamma
    rm -r /etc/llmproxy/gamma.yaml

    echo "all tenants in one process"
    llmproxyctl tenant deprovision beta --yes >/dev/null
    fine 'a tenant that is deprovisioned is stopped' not systemctl is-active --quiet llmproxy@beta
    fine 'and keeps its data' test -d /var/lib/llmproxy/beta
    printf 'LLMPROXY_GATEWAY_LISTEN=127.0.0.1:8090\nLLMPROXY_ADMIN_LISTEN=127.0.0.1:8091\n' >/etc/llmproxy/_all.env
    fine 'llmproxy.service starts without a master key' systemctl start llmproxy.service
    fine 'and makes one' test -f /var/lib/llmproxy/_all/master.key
    fine 'its socket is reached' llmproxyctl --socket /run/llmproxy/_all/admin.sock tenant create delta
    fine 'its tenants are listed beside the others' says delta llmproxyctl tenant list --local
    fine 'a reload of it' systemctl reload llmproxy.service
    fine 'a purge leaves nothing' llmproxyctl tenant deprovision acme --purge --yes
    fine 'no data' not test -e /var/lib/llmproxy/acme
    fine 'no key' not test -e /etc/llmproxy/acme
    echo "$passed checks passed"
}

case ${1:-} in
    --machine) machine ;;
    --inside) inside ;;
    '') echo "usage: prove.sh IMAGE" >&2; exit 2 ;;
    *) outside "$1" ;;
esac
