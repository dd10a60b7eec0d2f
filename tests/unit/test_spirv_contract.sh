#!/bin/sh
# SPDX-License-Identifier: MIT
# tools/spirv_contract.c on small kernels, legal and illegal, and on files that are damaged.
#   sh test_spirv_contract.sh SPIRV_CONTRACT [GLSLANG]
set -eu
tool=$1
glslang=${2:-glslangValidator}
LC_ALL=C
export LC_ALL
command -v "$glslang" >/dev/null || { echo "skipped: no $glslang"; exit 77; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rftgen-spirv.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"

fail()
{
    echo "FAILED: $*" >&2
    [ ! -s log ] || sed 's/^/    /' log >&2
    exit 1
}

# compile DECLARATIONS STATEMENTS [LOCAL_SIZE]: a kernel with floats a, b, c and words u, v into raw.spv.
compile()
{
    cat >kernel.comp <<END
#version 450
#extension GL_EXT_shader_explicit_arithmetic_types : enable
#extension GL_KHR_shader_subgroup_arithmetic : enable
#extension GL_EXT_shader_atomic_float : enable
#extension GL_EXT_spirv_intrinsics : enable
layout(local_size_x = ${3:-64}) in;
layout(push_constant) uniform Args { float a, b, c; uint u; vec4 v; mat4 m; };
layout(binding = 0) buffer Out { float x; uint n; vec4 y; };
$1
void main()
{
    $2
}
END
    "$glslang" --target-env vulkan1.2 -V -o raw.spv kernel.comp >log 2>&1 || fail "the test's own kernel: $2"
}

# run COMMAND...: its exit code must be 0 or 1, and no sanitizer may have spoken.
run()
{
    code=0
    "$@" 2>log || code=$?
    if [ $code -gt 1 ] || grep -qE 'Sanitizer|runtime error' log; then fail "$*: exit code $code"; fi
    return $code
}

# green DECLARATIONS STATEMENTS [LOCAL_SIZE]: legal once it is decorated, and decorating it again changes nothing.
green()
{
    compile "$@"
    run "$tool" decorate raw.spv done.spv || fail "decorate: $2"
    run "$tool" check done.spv || fail "refused: $2"
    [ ! -s log ] || fail "talked about a legal kernel: $2"
    run "$tool" decorate done.spv again.spv || fail "decorate again: $2"
    cmp done.spv again.spv || fail "decorated twice: $2"
    ! command -v spirv-val >/dev/null || spirv-val --target-env vulkan1.2 done.spv >log 2>&1 || fail "invalid: $2"
}

# red PATTERN DECLARATIONS STATEMENTS [LOCAL_SIZE]: still illegal after decorate, with a line that matches.
red()
{
    pattern=$1
    shift
    compile "$@"
    run "$tool" decorate raw.spv done.spv || fail "decorate: $2"
    ! run "$tool" check done.spv || fail "passed: $1 $2"
    grep -qE "^done.spv: $pattern" log || fail "no line like '$pattern': $2"
}

# undecorated PATTERN STATEMENTS: illegal as glslang leaves it.
undecorated()
{
    compile '' "$2"
    ! run "$tool" check raw.spv || fail "passed undecorated: $2"
    grep -qE "^raw.spv: main: $1 .*NoContraction" log || fail "no line about $1: $2"
    green '' "$2"
}

undecorated 'OpFAdd' 'x = a + b;'
undecorated 'OpFSub' 'x = a - b;'
undecorated 'OpFMul' 'y = v * v;'
undecorated 'OpExtInst' 'x = fma(a, b, c);'
undecorated 'OpExtInst' 'precise float t = a * b; x = fma(t, b, c);'
green '' 'x = float(n) - 1.0; n = uint(a) + floatBitsToUint(-b);'
green '' 'n = max(min(n, 3u), u / 2u); x = a < b ? a : b;'
green 'shared uint words[4096];' 'words[n] = u; n = words[u];'
green 'layout(constant_id = 0) const uint N = 4096u; shared float words[N];' 'words[n] = a; x = words[u];'
green 'spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6018, 6019], id = 4450)
    int signed_dot(uint x, uint y, spirv_literal int packed_format);' 'n = uint(signed_dot(n, u, 0));'
green 'float f(float p) { return p * p + p; }' 'x = f(a);' 256

for statement in 'x = a / b;' 'x = mod(a, b);' 'x = dot(v, y);' 'y = v * a;' 'y = m * v;' 'y = v * m;' 'y = (m * m)[0];' \
    'y = outerProduct(v, v)[0];' 'y = (m * a)[0];' 'x = subgroupAdd(a);' 'x = atomicAdd(x, a);' \
    'x = atomicExchange(x, a);'; do
    red 'main: .*yields this float' '' "$statement"
done
for call in 'sqrt(a)' 'exp(a)' 'inversesqrt(a)' 'max(a, b)' 'mix(a, b, c)' 'floor(a)' 'unpackHalf2x16(u).x' 'length(v)'; do
    red 'main: OpExtInst .*GLSL.std.450' '' "x = $call;"
done
red 'main: OpIsNan' '' 'n = isnan(a) ? 1u : 0u;'
red 'f: OpFDiv' 'float f(float p) { return p / a; }' 'x = f(b);'
red 'OpTypeFloat .*not 16' '' 'float16_t t = float16_t(a); t = t * t; n = t > float16_t(1.0) ? 1u : 0u;'
red 'OpTypeFloat .*not 64' '' 'double t = double(u); n = uint(t);'
red 'OpTypeInt .*not 64' '' 'uint64_t t = uint64_t(u) * 5; n = uint(t >> 32);'
red 'OpTypeInt .*not 8' '' 'uint8_t t = uint8_t(u); n = uint(t);'
red 'OpCapability .*capability' '' 'n = subgroupAdd(u);'
red 'more shared memory' 'shared uint words[4097];' 'words[n] = u; n = words[u];'
red 'more shared memory' 'shared vec3 a1[512]; shared uint a2[2049];' 'a1[n].x = a; a2[n] = u; x = a1[u].x; n = a2[u];'
red 'more shared memory' 'layout(constant_id = 0) const uint N = 5000u; shared float words[N];' 'words[n] = a; x = words[u];'
red '.*RelaxedPrecision' 'mediump float soft(mediump float f) { return f * f; }' 'x = soft(a);'
red '.*more invocations' '' 'x = a;' 512
red '.*more invocations' 'layout(local_size_x_id = 0) in;' 'x = a;' 512
red '.*more invocations' 'layout(local_size_y = 8) in;' 'x = a;' 64

# Damaged files: one line, exit code 1, nothing written.
green 'shared uint words[64];' 'words[n] = u; x = fma(a + b, b, float(words[u]));'
size=$(wc -c <raw.spv)
n=0
while [ $n -lt "$size" ]; do
    head -c $n raw.spv >cut.spv
    # Cut behind a function's end it is a module without the functions that follow: whole in form.
    ends_whole=$(tail -c 4 cut.spv | od -An -tx4 | tr -d ' ')
    if run "$tool" check cut.spv && [ "$ends_whole" != 00010038 ]; then fail "passed, cut to $n bytes"; fi
    if [ $((n % 4)) -ne 0 ] && [ "$(wc -l <log)" -ne 1 ]; then fail "more than a line, cut to $n bytes"; fi
    rm -f out.spv out.c
    run "$tool" decorate cut.spv out.spv || [ ! -e out.spv ] || fail "decorate left a file, cut to $n bytes"
    run "$tool" embed out.c kernel=cut.spv || [ ! -e out.c ] || fail "embed left a file, cut to $n bytes"
    n=$((n + 17))
done
printf 'not SPIR-V, but long enough' >cut.spv
! run "$tool" check cut.spv || fail "passed: a text"
! run "$tool" check missing.spv || fail "passed: a file that is not there"
! run "$tool" check . || fail "passed: a directory"
! run "$tool" embed out.c 'bad-name=raw.spv' || fail "passed: a name that is none in C"
! run "$tool" || fail "passed: no command"
# Every byte in turn is made 0, then 255: no crash, whatever it means now.
n=0
while [ $n -lt "$size" ]; do
    for byte in '\000' '\377'; do
        cp raw.spv cut.spv
        printf "$byte" | dd of=cut.spv bs=1 seek=$n conv=notrunc 2>/dev/null
        run "$tool" check cut.spv || true
        run "$tool" decorate cut.spv out.spv || true
    done
    n=$((n + 19))
done

cat >wanted <<'END'
const struct vulkan_shader vulkan_shaders[] = {
    {"one", shader_one, sizeof shader_one},
    {"two_2", shader_two_2, sizeof shader_two_2},
};
const uint32_t n_vulkan_shaders = 2;
END
run "$tool" embed out.c one=raw.spv two_2=done.spv || fail embed
tail -n 5 out.c | cmp - wanted || fail "embed's table"
[ "$(grep -c 0x7230203u out.c)" -eq 2 ] || fail "embed's arrays"
