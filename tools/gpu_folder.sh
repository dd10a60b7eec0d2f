#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a folder of at most 60 MB with what a machine that has an NVIDIA GPU and its driver, and nothing else, needs to check
# rftgen on it: the build for that GPU's generation with CUDA and Vulkan, the tests of the kernels, the demo, the libraries that
# they need, Vulkan's loader. Copy it there and run  sh gpu_check.sh  in it. This machine needs no GPU, but nvcc.
#
#   tools/gpu_folder.sh DIRECTORY [ARCHITECTURE] [--with-smollm2]
#       ARCHITECTURE: the GPU's compute capability without its point, 75 80 86 89 90 100 120; default 90 (H100, H200)
#       --with-smollm2: SmolLM2-135M-Instruct, too, if tools/fetch_smollm2.sh has fetched it (98 MB more)
# NVCC=FILE names a compiler that is not in PATH (tools/fetch_cuda.sh).
set -eu
usage() { sed -n '3,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
case ${1:-} in '' | -*) usage ;; esac
folder=$1
shift
architecture=90
smollm2=
for word in "$@"; do
    case $word in
        --with-smollm2) smollm2=yes ;;
        *[!0-9]*) usage ;;
        *) architecture=$word ;;
    esac
done
[ ! -e "$folder" ] || { echo "gpu_folder.sh: $folder is already there" >&2; exit 1; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

programs='rftgen conformance_kernels conformance_memory conformance_programs conformance_sampling conformance_cuda_variants
    conformance_vulkan_variants bench_decode make_checkpoint'
launcher=
if command -v ccache >/dev/null; then launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache; fi
# shellcheck disable=SC2086
cmake -G Ninja -S . -B "$build" -DRFT_TESTS=ON -DRFT_CUDA=ON -DRFT_VULKAN=ON -DRFT_CUDA_ARCHITECTURES="$architecture" \
    ${NVCC:+-DNVCC="$NVCC"} $launcher >"$build/log" || { tail -n 20 "$build/log"; exit 1; }
# shellcheck disable=SC2086
cmake --build "$build" --target $programs >"$build/log" || { tail -n 20 "$build/log"; exit 1; }

mkdir -p "$folder/bin" "$folder/lib" "$folder/tests/e2e"
for program in $programs; do
    strip -o "$folder/bin/$program" "$build/$program"
done
# Every library but those of the C library, which must be the other machine's own.
for program in $programs; do ldd "$build/$program"; done | sed -n 's/^.* => \(\/[^ ]*\) .*/\1/p' | sort -u |
    grep -v -E '/(libc|libm|libpthread|libdl|librt|ld-linux[^/]*)\.so' | while read -r library; do cp -L "$library" "$folder/lib/"; done
loader=$(ldconfig -p | sed -n 's/^[[:space:]]*libvulkan\.so\.1 .* => //p' | head -n 1)
if [ -n "$loader" ]; then cp -L "$loader" "$folder/lib/"; else echo "gpu_folder.sh: no libvulkan.so.1 here: Vulkan needs the other machine's" >&2; fi
cp -r configs "$folder/"
cp tests/e2e/lib.sh tests/e2e/test_devices.sh tests/e2e/tiny.ini tests/e2e/tiny_prompt.txt "$folder/tests/e2e/"
cp tools/gpu_check.sh "$folder/"
if [ -n "$smollm2" ]; then
    model=${XDG_CACHE_HOME:-$HOME/.cache}/rftgen/SmolLM2-135M-Instruct.Q4_1.gguf
    [ -e "$model" ] || { echo "gpu_folder.sh: $model is not there (tools/fetch_smollm2.sh)" >&2; exit 1; }
    mkdir -p "$folder/cache/rftgen"
    cp "$model" "$folder/cache/rftgen/"
fi
size=$(du -sm "$folder" | cut -f 1)
echo "$folder: $size MB for compute capability $architecture"
[ -n "$smollm2" ] || [ "$size" -le 60 ] || { echo "gpu_folder.sh: more than 60 MB" >&2; exit 1; }
