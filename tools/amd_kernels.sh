#!/bin/sh
# SPDX-License-Identifier: MIT
# What Mesa's compiler for AMD GPUs makes of the Vulkan kernels, without such a GPU: registers, spills and load widths of every
# kernel, for each family given. Needs mesa-vulkan-drivers and a build with -DRFT_TESTS=ON. Exit code 1 if a kernel spills that is
# not for processors alone (rows), or if one that a GPU's decode step or prefill lives on (lanes, tiled, wide) takes more than 96
# vector registers or reads its weights by less than 128 bits. Kernels with dot products of bytes are left out where the family has none.
#
#   tools/amd_kernels.sh BUILD_DIRECTORY [FAMILY...]
set -eu
build=${1:?usage: tools/amd_kernels.sh BUILD_DIRECTORY [FAMILY...]}
shift
driver=$(ls /usr/share/vulkan/icd.d/radeon_icd*.json | head -n 1)
[ $# -gt 0 ] || case $(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null) in
    22.*) set -- renoir navi21 gfx1100 gfx1103_r1 ;;
    *) set -- renoir navi21 navi31 phoenix ;;
esac
table=$(mktemp)
trap 'rm -f "$table"' EXIT
status=0

for family in "$@"; do
    # older loaders know VK_ICD_FILENAMES only
    RADV_FORCE_FAMILY=$family VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver "$build/bench_pipelines" 2>/dev/null >"$table"
    cat "$table"
    awk -v family="$family" '
        NR <= 2 { next }
        { n++ }
        ($3 > 0 || $4 > 0) && !/_rows_/ { print family ": " $1 " spills"; bad = 1 }
        /_lanes_|_tiled|_wide/ && $2 > 96 { print family ": " $1 " takes " $2 " vector registers"; bad = 1 }
        /_lanes_/ && $6 < 4 { print family ": " $1 " does not read its weights by 128 bits"; bad = 1 }
        END { if (n < 60) { print family ": only " n " kernels"; bad = 1 }; exit bad }' "$table" || status=1
done
exit $status
