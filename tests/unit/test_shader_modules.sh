#!/bin/sh
# SPDX-License-Identifier: MIT
# Every kernel that was built into the program keeps the contract, and is valid SPIR-V.
#   sh test_shader_modules.sh SPIRV_CONTRACT MODULE.spv...
set -eu
tool=$1
shift
[ $# -gt 0 ] || { echo "FAILED: no modules" >&2; exit 1; }
"$tool" check "$@"
command -v spirv-val >/dev/null || { echo "skipped: no spirv-val; the contract was checked"; exit 77; }
for module in "$@"; do
    spirv-val --target-env vulkan1.2 "$module"
done
