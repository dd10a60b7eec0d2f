#!/bin/sh
# SPDX-License-Identifier: MIT
# The Vulkan backend under Khronos' validation layer (Debian: vulkan-validationlayers): kernels, memory, whole programs and a
# job of one question; core and synchronization validation on every software driver that is there, and GPU-assisted validation
# on Mesa's lavapipe with a buffer for each tensor. Any message fails. First it is shown that messages would be seen.
#
#   tools/validate_vulkan.sh BUILD_DIR         a build with RFT_TESTS
#
# What it cannot see: synchronization validation does not follow memory that kernels reach by device address, so it watches
# copies only; GPU-assisted validation knows buffers, whose sizes are multiples of 256 bytes, and calls that take more turns of
# a loop than lavapipe allows are left out (tests/support/job/call_runner.c).
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=$(cd "${1:?usage: tools/validate_vulkan.sh BUILD_DIR}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
n_drivers=0
export XDG_CACHE_HOME="$work/cache" VK_LAYER_SETTINGS_PATH="$work/vk_layer_settings.txt" RFT_TEST_DEVICES=vulkan

# settings ENABLE: what the layer looks for, and that it writes it to $work/messages.
settings() {
    cat >"$VK_LAYER_SETTINGS_PATH" <<END
khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn
khronos_validation.log_filename = $work/messages
khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_$1_EXT
khronos_validation.enable_message_limit = true
khronos_validation.duplicate_message_limit = 3
END
}

# under_layer COMMAND...: its messages and output; the exit code is the command's.
under_layer() {
    rm -f "$work/messages"
    VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation timeout 900 "$@" >"$work/output" 2>&1
}

# clean NAME COMMAND...: it succeeds and nothing is said.
clean() {
    name=$1
    shift
    if ! under_layer "$@"; then
        echo "FAILED  $name: the command failed"
        tail -n 20 "$work/output"
    elif [ ! -e "$work/messages" ]; then
        echo "FAILED  $name: the validation layer did not start"
        tail -n 5 "$work/output"
    elif [ -s "$work/messages" ]; then
        echo "FAILED  $name: $(grep -c '(ERROR\|(WARN' "$work/messages") messages, the first:"
        head -c 2000 "$work/messages"
    else
        echo "ok      $name"
        return
    fi
    failed=1
}

# seen NAME PATTERN VARIABLE=VALUE... COMMAND...: the message is said. What the command makes of it does not matter.
seen() {
    name=$1
    pattern=$2
    shift 2
    under_layer env "$@"
    if grep -q "$pattern" "$work/messages" 2>/dev/null; then
        echo "ok      $name: a deliberate $pattern is seen"
    else
        echo "FAILED  $name: a deliberate $pattern is not seen"
        failed=1
    fi
}

# use FILE NAME: this driver alone; false if it is not there.
use() {
    [ -e "$1" ] || {
        echo "SKIPPED $2: there is no $1"
        return 1
    }
    export VK_ICD_FILENAMES="$1" VK_DRIVER_FILES="$1"
    n_drivers=$((n_drivers + 1))
}

host_checks() {
    settings SYNCHRONIZATION_VALIDATION
    seen "$1" VUID-vkCmdFillBuffer-size-00028 RFT_TEST_BREAK_RULES=core "$build/e2e_vulkan_fakes"
    seen "$1" SYNC-HAZARD-WRITE-AFTER-WRITE RFT_TEST_BREAK_RULES=sync "$build/e2e_vulkan_fakes"
    # SwiftShader is slow, and the layer looks at calls, not at drivers: its jobs are enough.
    [ "$1" = lavapipe ] && for test in kernels memory programs; do
        clean "$1: conformance of $test" "$build/conformance_$test"
    done
    for memory in mapped imported staged; do
        clean "$1: a job, memory $memory" "$build/rftgen" --force -c "$root/configs/demo.ini" --set data.limit=1 \
            --set generate.samples=4 --set "output.path=$work/demo.json" --set output.records= --set output.summary= \
            --set device.backend=vulkan --set device.device=0 --set "device.memory=$memory"
    done
}

lavapipe=/usr/share/vulkan/icd.d/lvp_icd.$(uname -m).json
swiftshader=${SWIFTSHADER_ICD:-/usr/lib/chromium/vk_swiftshader_icd.json}
if use "$swiftshader" SwiftShader; then host_checks SwiftShader; fi
if use "$lavapipe" lavapipe; then
    host_checks lavapipe
    clean "lavapipe: failing calls" "$build/e2e_vulkan_faults"
    clean "lavapipe: devices that are made up" "$build/e2e_vulkan_fakes"
    # The self-test comes before, without the layer: one of its calls is too long for it.
    "$build/rftgen" devices >"$work/output" 2>&1 || failed=1
    settings GPU_ASSISTED
    seen lavapipe 'Device address out of bounds' RFT_TEST_BUFFER_PER_TENSOR=1 RFT_TEST_BUFFER_TOO_SMALL=1 "$build/conformance_kernels" all_devices residual
    clean "lavapipe: GPU-assisted, a buffer per tensor" env RFT_TEST_BUFFER_PER_TENSOR=1 "$build/conformance_kernels" all_devices
    clean "lavapipe: GPU-assisted, memory" "$build/conformance_memory"
fi
if [ "$n_drivers" = 0 ]; then
    echo "SKIPPED: there is no software Vulkan driver"
    exit 77
fi
exit $failed
