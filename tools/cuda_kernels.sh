#!/bin/sh
# SPDX-License-Identifier: MIT
# What NVIDIA's compiler makes of kernels/*.cu, without a GPU: a table of registers, shared memory, spills and loads of every kernel,
# for the architectures given (default: sm_80 sm_90). Exit code 1 if a rule is broken:
#   - no kernel spills, or takes more registers than let its largest block run: 128, or 168 for blocks of 128 threads
#   - weights are loaded by 128 bits
#   - integers are multiplied by dp4a and by the tensor cores, and by nothing else
#   - in PTX every float operation names its rounding (else it may be fused), and none is approximate or flushes subnormals
#   - in machine code kernels without dot products have no fused operation, and no kernel an approximate one
# Needs nvcc 11.8 or newer and nvdisasm, both of the CUDA Toolkit (tools/fetch_cuda.sh), in PATH.
#
#   tools/cuda_kernels.sh [ARCHITECTURE...]       for example: tools/cuda_kernels.sh 75 80 86 89 90 100 120
set -u
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
[ $# -ne 0 ] || set -- 80 90

PATH=$PATH:${CUDA_PATH:-/usr/local/cuda}/bin
for tool in nvcc nvdisasm; do
    command -v $tool >/dev/null || { echo "$tool is not there: tools/fetch_cuda.sh DIRECTORY, and DIRECTORY/bin into PATH"; exit 77; }
done

# compile FLAG SOURCE RESULT
compile() {
    # shellcheck disable=SC2086
    nvcc $1 -std=c++17 -O3 -fmad=false -Xptxas -v -I core/contract -I kernels "$2" -o "$3" 2>&1
}

# Lines "kernel registers shared spills" from ptxas's report.
read_report() {
    awk '
        /Compiling entry function/ { gsub("\047", ""); for (i = 1; i < NF; i++) if ($i == "function") name = $(i + 1) }
        /spill stores/ { for (i = 2; i <= NF; i++) if ($i == "spill" && $(i + 1) ~ /^(stores|loads)/) spills += $(i - 2) }
        /Used [0-9]+ registers/ {
            shared = 0
            for (i = 1; i <= NF; i++) {
                if ($i == "Used") registers = $(i + 1)
                if ($i ~ /^smem/) shared = $(i - 2)
            }
            print name, registers, shared, spills + 0
            spills = 0
        }'
}

# Lines "kernel fused other_float integer_products wide_loads weight_loads narrow_weight_loads forbidden" from machine code. Weights
# are what is read past the first cache; local memory is where spills and indexed arrays go; MUFU is the unit for approximations;
# an f16 taken from 0 is a conversion.
read_code() {
    awk '
        /^[ \t]*\.section[ \t]+\.text\./ { name = $0; sub(/.*\.text\./, "", name); sub(/[",].*/, "", name); all[name] = 1 }
        / FFMA/ { fused[name]++ }
        / (FADD|FMUL)/ { float[name]++ }
        / (IDP\.4A|IMMA)/ { products[name]++ }
        / HADD2\.F32 .*-RZ/ { next }
        / LDG\.[A-Z0-9.]*128/ { wide[name]++ }
        / LDG\.[A-Z0-9.]*NA\./ { weights[name]++; if ($0 !~ /128\.CONSTANT/) narrow[name]++ }
        / (LDL|STL|MUFU|DFMA|DADD|DMUL|HADD2|HMUL2|FCHK)/ && !/MUFU\.RCP/ { forbidden[name]++ } # integers, too, are divided by RCP
        END { for (k in all) print k, fused[k] + 0, float[k] + 0, products[k] + 0, wide[k] + 0, weights[k] + 0, narrow[k] + 0, forbidden[k] + 0 }'
}

broken=0
complain() {
    echo "  RULE BROKEN: $*"
    broken=1
}

check_ptx() {
    compile -ptx "$1" "$work/kernel.ptx" >"$work/log" || { cat "$work/log"; exit 1; }
    if grep -nE '(add|sub|mul|fma)(\.[a-z]+)*\.f32|(div|sqrt|rcp|rsqrt|ex2|lg2|sin|cos|tanh)(\.[a-z]+)*\.f32|\.ftz|\.approx|\.f64' "$work/kernel.ptx" |
        grep -vE '(add|sub|mul|fma)\.rn\.f32' | head -n 3 | grep .; then
        complain "$1: an operation of PTX that is not rounded to nearest, or none of the contract's"
    fi
}

printf '%-10s %-23s %9s %7s %6s %6s %6s %8s %10s %8s\n' target kernel registers shared spills fused float integers 'wide loads' weights
for source in kernels/*.cu; do
    check_ptx "$source"
    for architecture in "$@"; do
        compile "-cubin -arch=sm_$architecture" "$source" "$work/kernel.cubin" >"$work/log" || { cat "$work/log"; exit 1; }
        read_report <"$work/log" | sort >"$work/report"
        nvdisasm -c "$work/kernel.cubin" | read_code | sort >"$work/code"
        join "$work/report" "$work/code" >"$work/both"
        [ -s "$work/both" ] || complain "$source: the compiler's report was not understood"
        while read -r name registers shared spills fused float products wide weights narrow forbidden; do
            printf '%-10s %-23s %9s %7s %6s %6s %6s %8s %10s %8s\n' "sm_$architecture" "$name" "$registers" "$shared" "$spills" \
                "$fused" "$float" "$products" "$wide" "$weights"
            [ "$spills" -eq 0 ] || complain "$name spills $spills bytes"
            case $name in *_integers_tiled) most=168 ;; *) most=128 ;; esac
            [ "$registers" -le $most ] || complain "$name takes $registers registers"
            [ "$narrow" -eq 0 ] || complain "$name loads weights by less than 128 bits"
            [ "$forbidden" -eq 0 ] || complain "$name has $forbidden instructions of local memory, approximations or other types"
            case $name in
                *_integers_*)
                    [ "$weights" -gt 0 ] || complain "$name has no load of weights that was recognised"
                    [ "$products" -gt 0 ] && [ "$fused" -eq 0 ] || complain "$name multiplies integers in another way" ;;
                *_lanes_* | *_tiled) [ "$weights" -gt 0 ] || complain "$name has no load of weights that was recognised" ;;
                attention) ;;
                *) [ "$fused" -eq 0 ] || complain "$name has no dot product, but $fused fused operations" ;;
            esac
        done <"$work/both"
    done
done
[ $broken -eq 0 ] && echo "all rules hold"
exit $broken
