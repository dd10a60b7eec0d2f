#!/bin/sh
# SPDX-License-Identifier: MIT
# Tries the README's two commands, as they stand there, on a bare system: debootstrap's smallest one, as root, with a fresh
# clone of the last commit and nothing else. Needs root, debootstrap and git.
#
#   tools/try_distribution.sh bookworm|trixie|noble [DIRECTORY]
#
# MIRROR=URL chooses where packages come from; else this machine's own sources say, else the suite's usual mirror.
set -eu
cd "$(dirname "$0")/.."
suite=${1:?usage: tools/try_distribution.sh SUITE [DIRECTORY]}
work=${2:-$(mktemp -d)}
base=$work/$suite
mkdir -p "$work"
log() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

# The command between "<!-- command NAME -->" and "<!-- end -->", without its fence.
command_of() {
    sed -n "/<!-- command $1 -->/,/<!-- end -->/p" README.md | grep -v -e '^<!--' -e '^```'
}

mirror=${MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -n -e 's/^URIs: *\([^ ]*\/debian\)\/* *$/\1/p' -e 's/^deb \([^ [][^ ]*\/debian\)\/* .*/\1/p' | head -n 1)}
# shellcheck disable=SC2086  # no mirror: debootstrap's own default
[ -d "$base/etc" ] || {
    log "debootstrap $suite"
    debootstrap --variant=minbase "$suite" "$base" ${mirror:-} >"$work/$suite.debootstrap.log"
}

mount --bind /proc "$base/proc"
trap 'umount "$base/proc"' EXIT
rm -rf "$base/rftgen"
git clone --quiet --no-hardlinks . "$base/rftgen"
rm -rf "$base/rftgen/.git"
cp /etc/resolv.conf "$base/etc/resolv.conf" 2>/dev/null || :

for name in build test; do
    command=$(command_of $name)
    [ "$(printf '%s\n' "$command" | wc -l)" -eq 1 ] || { echo "README.md: no one-line command \"$name\"" >&2; exit 1; }
    start=$(date +%s)
    log "$suite: command \"$name\""
    if ! env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
        chroot "$base" sh -c "cd /rftgen && $command" >"$work/$suite.$name.log" 2>&1; then
        tail -n 60 "$work/$suite.$name.log"
        log "$suite: command \"$name\" FAILED"
        exit 1
    fi
    grep -iE 'warning:' "$work/$suite.$name.log" || :
    tail -n 8 "$work/$suite.$name.log"
    log "$suite: command \"$name\" took $(($(date +%s) - start)) s"
done

expected=$(sed -n '/<!-- demo sha256 -->/,/<!-- end -->/p' README.md | grep 'demo-rft.json')
(cd "$base/rftgen" && printf '%s\n' "$expected" | sha256sum -c)
