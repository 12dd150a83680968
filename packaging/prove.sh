#!/usr/bin/env bash
# prove.sh FILE.deb [FILE.rpm]: installs the package, serves a tenant, upgrades, downgrades, removes and purges it, and looks after each
# step. In a copy of this machine's file system that is thrown away, with processes and a network of its own, so that nothing of the
# machine changes; wants root. Where no systemd runs, packaging/prove/systemctl does what it would. Prints each step and figures.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
die() { echo "prove.sh: $*" >&2; exit 1; }
[ $# -ge 1 ] || die "usage: prove.sh FILE.deb [FILE.rpm]"
[ "$(id -u)" = 0 ] || die "needs root: it installs packages, in a copy of the file system"
for tool in unshare setpriv dpkg dpkg-deb curl perl ip; do
    command -v $tool >/dev/null || die "needs $tool"
done

# the same package under another version, its configuration file with a line more
repack() {
    local tree=$work/tree
    rm -rf "$tree" && dpkg-deb -R "$deb" "$tree"
    sed -i "s/^Version: .*/Version: $1/" "$tree/DEBIAN/control"
    echo "# of version $1" >>"$tree/etc/llmproxy/llmproxy.yaml"
    (cd "$tree" && find usr etc lib -type f -print0 | xargs -0 md5sum >DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$tree" "$work/$1.deb" >/dev/null
    rm -rf "$tree"
}

if [ "${PROVE_INSIDE:-}" != yes ]; then
    deb=$(readlink -f "$1") rpm=${2:+$(readlink -f "$2")}
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    repack 9.0.0-1
    repack 9.1.0-1
    repack 0.0.1-1
    # shellcheck disable=SC2016 # the inner shell expands them
    unshare --mount --pid --fork --kill-child --net --propagation private env work="$work" here="$here" deb="$deb" rpm="$rpm" bash -ec '
        mkdir "$work/over" && mount -t tmpfs -o size=4g tmpfs "$work/over"
        mkdir "$work/over/"{up,wk,root}
        root=$work/over/root
        mount -t overlay overlay -o "lowerdir=/,upperdir=$work/over/up,workdir=$work/over/wk" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/run"
        mkdir -p "$root/run/systemd/system" "$root/prove"
        cp "$work"/*.deb "$root/prove/" && cp "$deb" "$root/prove/this.deb"
        [ -z "$rpm" ] || cp "$rpm" "$root/prove/this.rpm"
        cp "$here/prove.sh" "$root/prove/" && rm -f "$root/usr/sbin/policy-rc.d" "$root/bin/systemctl" && install -m 755 "$here/prove/systemctl" "$root/usr/bin/systemctl"
        ip link set lo up
        cd "$root" && exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive PROVE_INSIDE=yes \
            bash /prove/prove.sh /prove/this.deb ${rpm:+/prove/this.rpm}'
    exit
fi

# ------------------------------------------------------------------ inside the copy

gateway=http://127.0.0.1:18080
step() { echo "== $*"; }
fail() {
    echo "FAILED: $*" >&2
    tail -20 /run/prove/*.log /prove/*.out 2>/dev/null >&2 || true
    exit 1
}
is() { [ "$1" = "$2" ] || fail "${3:-}: $1, expected $2"; }
there() { for path; do [ -e "$path" ] || fail "$path is missing"; done; }
gone() { for path; do if [ -e "$path" ] || [ -L "$path" ]; then fail "$path is still there"; fi; done; }
owner() { is "$(stat -c '%U:%G %a' "$1")" "$2" "$1"; }
installed() { dpkg-query -W -f '${db:Status-Abbrev}${Version}' llmproxy 2>/dev/null | tr -d ' ' || true; }
now() { date +%s%N; }
seconds() { awk "BEGIN { printf \"%.1f\", ($(now) - $1) / 1e9 }"; }
timed() {
    local from
    from=$(now)
    "${@:2}" || fail "$*"
    echo "   $1: $(seconds "$from") s"
}
package() { dpkg "$@" </dev/null >/prove/dpkg.out 2>&1; }
ask() { # $1 tokens a second as the model's name, $2 file
    curl -sSN --fail-with-body --max-time 120 "$gateway/v1/chat/completions" -H "Authorization: Bearer $key" -H 'content-type: application/json' \
        -d "{\"model\":\"$1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}" >"$2" 2>&1
}
serves() {
    ask quick/any /prove/answer.out || fail "no answer"
    grep -q '^data: \[DONE\]' /prove/answer.out || fail "a stream without its end"
}
tenant_is_up() { is "$(systemctl list-units)" "llmproxy@acme.service" "what runs"; }

step "install"
echo "   size: $(stat -c %s /prove/this.deb) bytes, installed $(dpkg-deb -f /prove/this.deb Installed-Size) KiB"
timed "dpkg -i" package -i /prove/this.deb
grep -q 'llmproxyctl tenant provision acme' /prove/dpkg.out || fail "the next step is not told"
is "$(systemctl list-units)" "" "what runs after the installation"
gone /etc/systemd/system/multi-user.target.wants/llmproxy.service
owner /etc/llmproxy "root:llmproxy 750"
owner /etc/llmproxy/llmproxy.yaml "root:llmproxy 640"
owner /var/lib/llmproxy "llmproxy:llmproxy 750"
is "$(dpkg --verify llmproxy)" "" "dpkg --verify"
there /lib/systemd/system/llmproxy@.service /lib/systemd/system/llmproxy.service /usr/share/man/man8/llmproxy.8.gz
/usr/bin/llmproxy check-config /etc/llmproxy/llmproxy.yaml >/dev/null || fail "the configuration that the package brings"
LLMPROXY_JAVA_OPTS='-XX:AOTMode=on' LLMPROXYCTL_JAVA_OPTS='-XX:AOTMode=on' setpriv --reuid llmproxy --regid llmproxy --clear-groups \
    sh -ec 'llmproxy version && llmproxyctl --help' >/prove/aot.out 2>&1 || fail "the caches do not fit: $(cat /prove/aot.out)"
if command -v man >/dev/null; then
    man -w 8 llmproxy 5 llmproxy.yaml 1 llmproxyctl llmproxyctl-key >/dev/null || fail "man does not find the pages"
fi

step "a tenant serves"
cat >/etc/llmproxy/acme.env <<'ENV'
LLMPROXY_GATEWAY_LISTEN=127.0.0.1:18080
LLMPROXY_ADMIN_LISTEN=127.0.0.1:18081
LLMPROXY_LIMITS_USER_REQUESTS=0
LLMPROXY_LIMITS_TENANT_REQUESTS=0
ENV
timed "systemctl enable --now llmproxy@acme, until READY=1" systemctl enable --now llmproxy@acme
tenant_is_up
llmproxyctl -t acme provider create quick --type simulated --base-url 'simulated:?first-byte=1ms&tokens-per-second=0' -q >/dev/null
llmproxyctl -t acme provider create slow --type simulated --base-url 'simulated:?first-byte=1ms&tokens-per-second=20&tokens=400' -q >/dev/null
key=$(llmproxyctl -t acme key create dev -q)
serves
owner /var/lib/llmproxy/acme "llmproxy:llmproxy 700"

step "backups by root, while it serves and while it does not"
data=/var/lib/llmproxy/acme
made=$(llmproxyctl -t acme backup create --directory $data/backups -q) || fail "no backup"
owner $data/backups "llmproxy:llmproxy 700"
owner "$made" "llmproxy:llmproxy 600"
systemctl stop llmproxy@acme
install -d -m 0750 -g llmproxy /etc/llmproxy/acme
install -m 0400 $data/master.key /etc/llmproxy/acme/master-key
rm $data/master.key
(umask 077 && echo "a passphrase of the proof" >/prove/pass)
llmproxyctl backup create /prove/b.zip.sealed --data-dir $data --include-master-key --passphrase-file /prove/pass -q >/prove/backup.out 2>&1 ||
    fail "the key of a unit that is stopped: $(cat /prove/backup.out)"
is "$(find $data ! -user llmproxy)" "" "files in the data that are not the service's"
# a restore brings the key, and knows that the unit has it
llmproxyctl backup restore /prove/b.zip.sealed --data-dir $data --replace --yes --passphrase-file /prove/pass >/prove/backup.out 2>&1 ||
    fail "$(cat /prove/backup.out)"
grep -q warning /prove/backup.out && fail "$(cat /prove/backup.out)"
is "$(find $data ! -user llmproxy)" "" "files in the data that are not the service's"
systemctl start llmproxy@acme
serves

restarts=no
llmproxyctl --help >/prove/help.out
grep -q '^  restart ' /prove/help.out && restarts=yes

# upgrades over a running stream and a run of short requests: $1 the package, what else dpkg is told
upgrade() {
    local stream short refused=0 asked=0 pid
    pid=$(systemctl show llmproxy@acme)
    ask slow/any /prove/stream.out & stream=$!
    while [ ! -s /prove/stream.out ]; do sleep 0.1; done
    (
        while [ ! -e /prove/enough ]; do
            if ask quick/any /prove/short.out && grep -q 'DONE' /prove/short.out; then echo good; else echo bad; fi
        done
    ) >/prove/shorts.txt & short=$!
    timed "dpkg -i" package "${@:2}" -i "$1"
    touch /prove/enough && wait $short && rm /prove/enough
    wait $stream || fail "a stream was dropped: $(tail -2 /prove/stream.out)"
    grep -q '^data: \[DONE\]' /prove/stream.out || fail "a stream was cut: $(tail -2 /prove/stream.out)"
    asked=$(grep -c . /prove/shorts.txt) refused=$(grep -c bad /prove/shorts.txt || true)
    echo "   the stream ended whole; $refused of $asked short requests failed meanwhile"
    [ "$restarts" = no ] || is "$refused" 0 "short requests that failed"
    [ "$(systemctl show llmproxy@acme)" != "$pid" ] || fail "the process of before still runs: $(cat /prove/dpkg.out)"
    serves
    tenant_is_up
}

step "upgrade over a running stream, /etc edited before"
echo "# edited by hand" >>/etc/llmproxy/llmproxy.yaml
upgrade /prove/9.0.0-1.deb --force-confold
is "$(installed)" "ii9.0.0-1" "the package"
grep -q 'edited by hand' /etc/llmproxy/llmproxy.yaml || fail "the edit is lost"
there /etc/llmproxy/llmproxy.yaml.dpkg-dist

step "upgrade with an error in /etc"
cp /etc/llmproxy/llmproxy.yaml /prove/good.yaml
if [ "$restarts" = yes ]; then
    pid=$(systemctl show llmproxy@acme)
    echo "gateway: { lisen: wrong }" >/etc/llmproxy/llmproxy.yaml
    package --force-confold -i /prove/9.1.0-1.deb || fail "dpkg fails for it: $(cat /prove/dpkg.out)"
    grep -q 'goes on with the program of before' /prove/dpkg.out || fail "not told: $(cat /prove/dpkg.out)"
    is "$(systemctl show llmproxy@acme)" "$pid" "the process that serves"
    serves
    cp /prove/good.yaml /etc/llmproxy/llmproxy.yaml
else
    echo "   left out: this version has no llmproxyctl restart"
fi

step "two upgrades at once"
at_once() { # $1 where its output and its exit code go
    local code=0
    dpkg --force-confold -i /prove/9.1.0-1.deb </dev/null >"/prove/$1.out" 2>&1 || code=$?
    echo $code >"/prove/$1"
}
at_once one & first=$!
at_once two & second=$!
wait $first $second
grep -qx 0 /prove/one /prove/two || fail "neither went through"
for each in one two; do
    [ "$(cat /prove/$each)" = 0 ] || grep -q 'lock' /prove/$each.out || fail "refused, but not for the lock: $(cat /prove/$each.out)"
done
echo "   exit codes $(cat /prove/one) and $(cat /prove/two)"
is "$(installed)" "ii9.1.0-1" "the package"
serves

step "downgrade"
upgrade /prove/0.0.1-1.deb --force-confold
is "$(installed)" "ii0.0.1-1" "the package"

step "remove, with data"
used=$(llmproxyctl -t acme usage report -o json | tr -d ' \n')
timed "dpkg -r" package -r llmproxy
is "$(installed)" "rc0.0.1-1" "the package"
is "$(systemctl list-units)" "" "what runs after the removal"
gone /usr/bin/llmproxy /usr/lib/llmproxy /lib/systemd/system/llmproxy@.service
there /etc/llmproxy/llmproxy.yaml /etc/llmproxy/acme.env /var/lib/llmproxy/acme
getent passwd llmproxy >/dev/null || fail "the user is gone, and the data have no owner"
curl -s --max-time 5 "$gateway/health/live" >/dev/null && fail "something still serves"

step "install again: all is there"
package --force-confold -i /prove/this.deb || fail "$(cat /prove/dpkg.out)"
systemctl start llmproxy@acme
is "$(llmproxyctl -t acme usage report -o json | tr -d ' \n')" "$used" "the ledger"
serves

step "purge"
timed "dpkg -P" package -P llmproxy
is "$(installed)" "" "the package"
getent passwd llmproxy >/dev/null && fail "the user is still there"
is "$(systemctl list-units)" "" "what runs after the purge"
left=$(find /etc /var /usr /lib /run -xdev -name '*llmproxy*' -not -path '/run/prove/*' -not -path '/var/log/dpkg.log*' 2>/dev/null)
is "$left" "" "files left over"

if [ $# -gt 1 ] && command -v rpm >/dev/null; then
    step "rpm: install, serve, again over it, remove"
    echo "   size: $(stat -c %s "$2") bytes"
    units=/lib/systemd/system # the same place by a link
    timed "rpm -i" rpm -i --nodeps "$2"
    there /usr/lib/systemd/system/llmproxy@.service /etc/llmproxy/llmproxy.yaml $units
    owner /etc/llmproxy "root:llmproxy 750"
    install -m 640 -g llmproxy /dev/null /etc/llmproxy/acme.env
    printf 'LLMPROXY_GATEWAY_LISTEN=127.0.0.1:18080\nLLMPROXY_ADMIN_LISTEN=127.0.0.1:18081\n' >/etc/llmproxy/acme.env
    systemctl enable --now llmproxy@acme
    llmproxyctl -t acme provider create quick --type simulated --base-url 'simulated:?first-byte=1ms&tokens-per-second=0' -q >/dev/null
    key=$(llmproxyctl -t acme key create dev -q)
    serves
    echo "# edited by hand" >>/etc/llmproxy/llmproxy.yaml
    pid=$(systemctl show llmproxy@acme)
    timed "rpm -U" rpm -U --nodeps --force "$2"
    [ "$(systemctl show llmproxy@acme)" != "$pid" ] || fail "the process of before still runs"
    grep -q 'edited by hand' /etc/llmproxy/llmproxy.yaml || fail "the edit is lost"
    serves
    timed "rpm -e" rpm -e llmproxy
    is "$(systemctl list-units)" "" "what runs after the removal"
    gone /usr/lib/llmproxy /usr/bin/llmproxy
    there /var/lib/llmproxy/acme /etc/llmproxy/llmproxy.yaml.rpmsave
fi
echo "== all proved"
