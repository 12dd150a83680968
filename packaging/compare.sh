#!/usr/bin/env bash
# compare.sh DIRECTORY DIRECTORY: whether two builds of one commit made the same packages. Compares every .deb, .rpm and .tar.gz of the first
# with that of the same name in the second: names, modes, owners, times and content of all members. The AOT caches are recordings of
# a running program and differ each time: they, their checksums and what is computed over them alone may differ.
set -euo pipefail

die() { echo "compare.sh: $*" >&2; exit 1; }
[ $# = 2 ] || die "usage: compare.sh DIRECTORY DIRECTORY"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# a line for each member: its head, and the checksum of its content
members() {
    local tree=$work/tree
    rm -rf "$tree" && mkdir -p "$tree"
    tar -C "$tree" -xf "$1"
    tar --utc --numeric-owner --full-time -tvf "$1" | sed -E '/[.]aot$/s/ +[0-9]+ ([0-9]{4}-)/ SIZE \1/'
    (cd "$tree" && find . -type f -not -name '*.aot' -not -name md5sums -print0 | sort -z | xargs -0 sha256sum)
    if [ -f "$tree/md5sums" ]; then grep -v '[.]aot$' "$tree/md5sums"; fi
}

contents() {
    local parts=$work/parts
    rm -rf "$parts" && mkdir -p "$parts"
    case $1 in
        *.deb)
            (cd "$parts" && ar x "$1")
            ar t "$1"
            # the size that is told depends on that of the caches
            members "$(ls "$parts"/control.tar*)" | grep -v ' [.]/control$'
            dpkg-deb -f "$1" | grep -v '^Installed-Size:'
            members "$(ls "$parts"/data.tar*)"
            ;;
        *.rpm)
            rpm -qp --qf '[%{FILENAMES} %{FILEMODES} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILEMTIMES} %{FILEFLAGS} %{FILEDIGESTS} %{FILELINKTOS}\n]' "$1" |
                sed -E '/[.]aot /s/ [0-9a-f]{32,} / DIGEST /'
            rpm -qp --scripts --requires --provides --qf '%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{BUILDTIME} %{BUILDHOST} %{LICENSE} %{VENDOR}\n' "$1"
            ;;
        *) members "$1" ;;
    esac
}

found=no
for one in "$1"/*.deb "$1"/*.rpm "$1"/*.tar.gz; do
    [ -f "$one" ] || continue
    found=yes
    other=$2/$(basename "$one")
    [ -f "$other" ] || die "$other is missing"
    contents "$(readlink -f "$one")" >"$work/one" 2>/dev/null
    contents "$(readlink -f "$other")" >"$work/other" 2>/dev/null
    if diff "$work/one" "$work/other" >"$work/diff"; then
        echo "$(basename "$one"): the same, $(wc -l <"$work/one") lines compared"
    else
        echo "$(basename "$one"): differs"
        head -40 "$work/diff"
        status=1
    fi
done
[ $found = yes ] || die "no package in $1"
exit $status
