#!/bin/sh
# Asks systemd itself about the units: no unknown option, an exposure of at most 1.5. Wants systemd-analyze (systemd 250 or newer).
set -eu
cd "$(dirname "$0")"
command -v systemd-analyze >/dev/null || { echo "check.sh: systemd-analyze is missing; install systemd" >&2; exit 1; }
code=0
for unit in llmproxy@.service llmproxy.service; do
    # that the program is not installed here, nor its man page, says nothing of the unit
    faults=$(systemd-analyze --man=no verify "./$unit" 2>&1 | grep -v 'Command /usr/bin/llmproxy is not executable' || true)
    if [ -n "$faults" ]; then
        echo "$unit: $faults" >&2
        code=1
    fi
    if exposure=$(systemd-analyze security --offline=true --threshold=15 "./$unit"); then verdict=fine; else verdict='too much'; code=1; fi
    echo "$unit: $(echo "$exposure" | sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/exposure \1/p'), $verdict"
done
exit $code
