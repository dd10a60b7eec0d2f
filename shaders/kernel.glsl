// SPDX-License-Identifier: MIT
// What every kernel begins with: memory by device address, the texts shared with C, the number of the workgroup.
//
// Memory is reached through buffer references; indices count elements and stay below 2^30, since no block is larger than
// 4 GiB. Rules of the arithmetic (docs/arithmetic.md) that the build checks on the SPIR-V: only f32 and 32-bit integers, only
// add, subtract, multiply and, in dot products of bf16 or of small integers, fma; every one of them decorated NoContraction.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_memory_scope_semantics : require
#if defined(DOT)
#extension GL_EXT_spirv_intrinsics : require
#endif

#include "op_args.h"
#include "arith.h"
#include "philox.h"

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint v[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float v[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Quads { uvec4 v[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Rows { rft_row v[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Batch { rft_batch v; };

// Groups are numbered over two dimensions, so that none exceeds the smallest limit of a grid (vulkan.h: VULKAN_WIDTH_BITS).
uint group_id()
{
    return (gl_WorkGroupID.y << 15) + gl_WorkGroupID.x;
}

// What an invocation has put into memory or shared memory is there for the others of its group.
void memory_barrier()
{
    controlBarrier(gl_ScopeWorkgroup, gl_ScopeWorkgroup, gl_StorageSemanticsBuffer | gl_StorageSemanticsShared,
                   gl_SemanticsAcquireRelease);
}

void mark_bad(Rows rows, uint row)
{
    atomicOr(rows.v[row].bad, 1u);
}

// bf16 bits of v, or of +0 and a mark if v cannot be used.
uint round_or_mark(float v, Rows rows, uint row)
{
    if (rft_is_bad(v) != 0u) {
        mark_bad(rows, row);
        return 0u;
    }
    return rft_to_bf16(v);
}

uint pair_or_mark(float low, float high, Rows rows, uint row)
{
    return round_or_mark(low, rows, row) | (round_or_mark(high, rows, row) << 16);
}

void add_squares(uvec4 squares, inout float sum)
{
    sum = sum + uintBitsToFloat(squares.x);
    sum = sum + uintBitsToFloat(squares.y);
    sum = sum + uintBitsToFloat(squares.z);
    sum = sum + uintBitsToFloat(squares.w);
}

// The factor of what is normed together, from the sum of its squares.
float factor_or_mark(float total, Rows rows, uint row, uint inverse_dim_bits, uint eps_bits)
{
    if (floatBitsToUint(total) >= RFT_BITS_SQUARES_BAD) {
        mark_bad(rows, row);
        total = 0.0;
    }
    return rft_norm_scale(total, uintBitsToFloat(inverse_dim_bits), uintBitsToFloat(eps_bits));
}

// The factor of a normed row: from the sums of 16 squares behind its elements, which are added in blocks of 64.
float norm_factor(Quads h, Rows rows, uint row, uint dim, uint inverse_dim_bits, uint eps_bits)
{
    uint first = (row * RFT_H_WORDS(dim) + RFT_PADDED(dim) / 2u) / 4u;
    uint n = RFT_PADDED(dim) / 64u;
    float total = 0.0;
    for (uint block = 0u; block < n; block += 16u) {
        float sum = 0.0;
        for (uint i = block; i < min(block + 16u, n); i++)
            add_squares(h.v[first + i], sum);
        total = total + sum;
    }
    return factor_or_mark(total, rows, row, inverse_dim_bits, eps_bits);
}

vec4 flush(vec4 v)
{
    return vec4(rft_flush(v.x), rft_flush(v.y), rft_flush(v.z), rft_flush(v.w));
}

// Where there is a cap. A loop, not a condition: some drivers of processors compute everything that a condition leaves out.
vec4 soft_caps(vec4 v, uint cap_bits, uint inverse_cap_bits)
{
    [[dont_unroll]] for (uint i = 0u; i < (cap_bits != 0u ? 4u : 0u); i++)
        v[i] = rft_soft_cap(v[i], cap_bits, inverse_cap_bits);
    return v;
}
