# SPDX-License-Identifier: MIT
# sh test_rooms.sh COMPILER BUILD_DIRECTORY SOURCE_DIRECTORY
# The walls of the house: a file of a room that includes a header of a room that it may not see does not compile, with the very
# include paths that its files are built with. core/rooms.cmake says what each may see; what a backend sees is said here.
set -eu
compiler=$1
build=$2
source_dir=$3
commands=$build/compile_commands.json
[ -s "$commands" ] || { echo "skipped: $commands is not there: CMake writes it for Ninja and Make only"; exit 77; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rftgen-rooms.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# paths_of FOLDER: how the first file of the folder is compiled, as far as includes go.
paths_of()
{
    grep '"command":' "$commands" | grep -F -- "-c $source_dir/$1/" | head -n 1 | grep -oE -- '-I *[^ ]+|-isystem +[^ ]+' || true
}

# compiles FOLDER HEADER: would a file of the folder that includes the header compile?
compiles()
{
    echo "#include \"$2\"" >"$tmp/file.c"
    # shellcheck disable=SC2046
    "$compiler" -std=c11 -D_POSIX_C_SOURCE=200809L -fsyntax-only $(paths_of "$1") "$tmp/file.c" 2>"$tmp/log"
}

# check FOLDER ROOM...: the folder sees these rooms of the core, and none of the others.
n_walls=0
check()
{
    folder=$1
    shift
    [ -n "$(paths_of "$folder")" ] || { echo "FAILED: no command compiles a file of $folder"; exit 1; }
    for room in $(awk '/^rft_room\(/ { sub(/^rft_room\(/, ""); sub(/\).*/, ""); print $1 }' "$source_dir/core/rooms.cmake"); do
        header=$(find "$source_dir/core/$room" -name '*.h' | sort | head -n 1)
        case " $* " in
        *" $room "*)
            compiles "$folder" "${header##*/}" ||
                { echo "FAILED: $folder should see ${header##*/} of $room"; head -n 3 "$tmp/log"; exit 1; } ;;
        *)
            if compiles "$folder" "${header##*/}"; then
                echo "FAILED: a file of $folder that includes ${header##*/} of $room compiles"
                exit 1
            fi
            n_walls=$((n_walls + 1)) ;;
        esac
    done
}

# A line of rooms.cmake, which may go on in the next one: the room and what it may see.
awk '/^rft_room\(/ { entry = ""; open = 1 }
     open { entry = entry " " $0 }
     open && /\)/ { open = 0; sub(/\).*/, "", entry); sub(/.*rft_room\(/, "", entry); sub(/ USES .*/, "", entry); sub(/ SEES /, " ", entry); print entry }' \
    "$source_dir/core/rooms.cmake" >"$tmp/rooms"
while read -r room seen; do
    [ -z "$(find "$source_dir/core/$room" -name '*.c')" ] || check "core/$room" "$room" $seen </dev/null
done <"$tmp/rooms"
for backend in cpu cuda vulkan selftest; do
    [ -z "$(paths_of "backends/$backend")" ] || check "backends/$backend" base contract program
done
echo "$n_walls walls stand"
[ "$n_walls" -gt 60 ]
