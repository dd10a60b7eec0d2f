#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of the source that a compiler does not check. Prints every place that breaks one; exit code 1 if there is any.
set -u
cd "$(dirname "$0")/.." || exit 1
places=$(mktemp) || exit 1
trap 'rm -f "$places"' EXIT

# report RULE: its standard input lists places.
report() {
    sed "s/^/$1: /" >>"$places"
}

sources=$(find core backends tests tools shaders kernels configs .ci CMakeLists.txt -type f \( -name '*.[ch]' -o -name '*.def' \
    -o -name '*.comp' -o -name '*.glsl' -o -name '*.cu' -o -name '*.py' -o -name '*.sh' -o -name '*.cmake' -o -name 'CMakeLists.txt' -o -name run \) \
    -not -path '*/corpus/*' 2>/dev/null | sort)

for file in $sources; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file" | report 'no SPDX line'
    case $file in *.[ch] | *.cu | *.cuh) columns=120 ;; *) columns=160 ;; esac
    [ "${file%.py}" != "$file" ] ||
        awk -v file="$file" -v n="$columns" 'length($0) > n { print file ":" FNR }' "$file" | report 'too many columns'
    grep -nE '[[:blank:]]+$' "$file" | sed "s|^|$file:|" | report 'white space at the end'
done

# Functions of C: from a line that begins with a name and ends without a semicolon, to a brace in the first column.
for file in $(echo "$sources" | grep '\.[ch]$'); do
    awk -v file="$file" '
        /^\{/ { start = FNR }
        /^\}/ { if (start && FNR - start > 100) print file ":" start; start = 0 }' "$file" | report 'function over 100 lines'
done

# The core knows backends only as values of keys, and in the texts that kernels share with it.
grep -rniE 'vulkan|cuda' core --include='*.[ch]' | grep -vE '^core/contract/' |
    grep -vE '^core/config/' | report 'names a backend'

# File names are unique in the tree, so that an include means one file.
echo "$sources" | grep '\.h$' | sed 's|.*/||' | sort | uniq -d | report 'two headers of one name'

cat "$places"
[ ! -s "$places" ]
