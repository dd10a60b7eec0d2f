#version 450
// SPDX-License-Identifier: MIT
// Queries and keys normed and rotated, keys and values stored in the row's page. A workgroup has a row and a head; where heads
// are normed together, each of theirs adds up the squares of them all.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

#define LOCAL 32u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_heads a; };

#include "rotation.glsl"

shared float group_sums[RFT_DOT_BLOCK]; // of 16 squares each
shared float factor;

// The sum of n squares from `first` on, n being 8 or 16: heads have a multiple of 8 dimensions.
float sum_group(uint first, uint n)
{
    float sum = 0.0;
    for (uint i = 0u; i < n; i += 4u) {
        vec4 v = flush(uintBitsToFloat(Quads(a.y).v[(first + i) / 4u]));
        add_squares(floatBitsToUint(v * v), sum);
    }
    return sum;
}

// The factor of n values from `first` on, in the order of a normed row's: blocks of 64 groups.
void find_factor(uint row, uint first, uint n, uint inverse_bits)
{
    uint n_groups = (n + RFT_TILE - 1u) / RFT_TILE;
    float total = 0.0;
    for (uint block = 0u; block < n_groups; block += RFT_DOT_BLOCK) {
        uint n_used = min(RFT_DOT_BLOCK, n_groups - block);
        for (uint i = gl_LocalInvocationID.x; i < n_used; i += LOCAL) {
            uint at = (block + i) * RFT_TILE;
            group_sums[i] = sum_group(first + at, min(RFT_TILE, n - at));
        }
        barrier();
        if (gl_LocalInvocationID.x == 0u) {
            float sum = 0.0;
            for (uint i = 0u; i < n_used; i++)
                sum = sum + group_sums[i];
            total = total + sum;
        }
        barrier();
    }
    if (gl_LocalInvocationID.x == 0u)
        factor = factor_or_mark(total, Rows(a.rows), row, inverse_bits, a.eps_bits);
    barrier();
}

// at: of the row's first value.
void finish_head(uint row, uint head, uint at)
{
    bool is_q = head < a.n_heads;
    uint span = is_q ? a.q_span : a.k_span, in_kind = is_q ? head : head - a.n_heads;
    find_factor(row, at + (head - in_kind % span) * a.head_dim, span * a.head_dim, is_q ? a.q_inverse_bits : a.k_inverse_bits);
    uint of_norm = head * a.head_dim, of_y = at + of_norm;
    Floats y = Floats(a.y), norm = Floats(a.norm);
    for (uint word = gl_LocalInvocationID.x; word < a.head_dim / 4u; word += LOCAL) {
        uvec4 i = uvec4(0u, 1u, 0u, 1u) + uvec2(2u * word, 2u * word + a.head_dim / 2u).xxyy;
        vec4 v = vec4(rft_normed(y.v[of_y + i.x], factor, norm.v[of_norm + i.x]),
                      rft_normed(y.v[of_y + i.y], factor, norm.v[of_norm + i.y]),
                      rft_normed(y.v[of_y + i.z], factor, norm.v[of_norm + i.z]),
                      rft_normed(y.v[of_y + i.w], factor, norm.v[of_norm + i.w]));
        store_rotated(row, head, word, v);
    }
}

void main()
{
    uint n_rotated = a.n_heads + a.n_kv_heads, n_all = n_rotated + a.n_kv_heads;
    uint row = group_id() / n_all, head = group_id() % n_all, at = row * n_all * a.head_dim;
    if (row >= Batch(a.batch).v.n_rows || Rows(a.rows).v[row].state != RFT_ROW_RUNNING)
        return;
    if (head < n_rotated) {
        finish_head(row, head, at);
        return;
    }
    for (uint i = gl_LocalInvocationID.x; i < a.head_dim / 4u; i += LOCAL)
        store_value(row, head - n_rotated, 2u * i, uintBitsToFloat(Quads(a.y).v[(at + head * a.head_dim) / 4u + i]));
}
