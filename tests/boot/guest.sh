# SPDX-License-Identifier: MIT
# Sourced by the boot tests: which program, results, waiting for text.
BUILD=${BUILD:-build}
DRAGOMAN=${DRAGOMAN:-$BUILD/dragoman run}       # qemu-system-x86_64 to see whether a test is right
work=$(mktemp -d)
pid=
cleanup() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
failures=0
ok() { echo "ok $1"; }
not_ok() {
    echo "not ok $1: $2"
    failures=$((failures + 1))
}
# need FILE PACKAGE: leaves with a skip line when FILE is missing
need() {
    [ -e "$1" ] || { echo "skip $name: $1 is missing (Debian package $2)"; exit 0; }
}
kvm_opens() { (exec 3<>/dev/kvm) 2>/dev/null; }
# Whether QEMU is to do the same, for a comparison: PEER=1 always, PEER=0 never, else where $quick is 1.
peer_wanted() {
    case $DRAGOMAN in qemu*) return 1 ;; esac
    [ "${PEER:-$quick}" = 1 ] && command -v qemu-system-x86_64 > /dev/null
}
# peer_compare NAME OURS THEIRS: two serial logs
peer_compare() { python3 tests/boot/peer.py "$@" || failures=$((failures + 1)); }
# The text is in the file within so many seconds, while the process lives or shortly after: wait_for FILE TEXT SECONDS
wait_for() {
    rounds=$(($3 * 10))
    while [ $rounds -gt 0 ]; do
        grep -qaF "$2" "$1" 2>/dev/null && return 0
        kill -0 "$pid" 2>/dev/null || { grep -qaF "$2" "$1" 2>/dev/null; return; }
        sleep 0.1
        rounds=$((rounds - 1))
    done
    return 1
}
