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
