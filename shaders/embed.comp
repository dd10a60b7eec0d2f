#version 450
// SPDX-License-Identifier: MIT
// The embedding of each row's token, and its normed row.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_embed a; };

#include "integers.glsl"
#include "normed_rows.glsl"

uint entry; // of the matrix: the row's token

vec2 integer_pair(uint i)
{
    const uint tile = entry / RFT_TILE * TILE_QUADS_OF(a.dim) + entry % RFT_TILE / 4u, block = i / 64u, in_quad = entry % 4u;
    const uint group = i % 64u / 16u;
    uvec4 w0, w1, w2, w3;
    vec4 scale, minimum;
    Quads weights = Quads(a.weight);
    read_integers(weights, block_place(tile, block), group, w0, w1, w2, w3);
    scales_of(read_scales(weights, tile, block), group, scale, minimum);
    const uint word = uvec4(w0[in_quad], w1[in_quad], w2[in_quad], w3[in_quad])[i % 16u / 4u] >> i % 4u * 8u;
    vec2 pair = vec2(scale[in_quad]) * vec2(ivec2(int(word << 24u), int(word << 16u)) >> 24);
    if (FORMAT_IS(RFT_FORMAT_MINIMA))
        pair = pair + vec2(minimum[in_quad]);
    return vec2(rft_flush(pair.x), rft_flush(pair.y));
}

vec2 bf16_pair(uint i)
{
    const uint tile = entry / RFT_TILE * (RFT_PADDED(a.dim) / 2u) * RFT_TILE + entry % RFT_TILE;
    const uint word = Words(a.weight).v[tile + i / 2u * RFT_TILE];
    return vec2(rft_low_bf16(word), rft_high_bf16(word));
}

vec2 new_pair(uint row, uint i)
{
    vec2 pair;
    if (a.format == RFT_FORMAT_BF16)
        pair = bf16_pair(i);
    else
        pair = integer_pair(i);
    return pair * vec2(uintBitsToFloat(a.scale_bits));
}

void main()
{
    uint row = group_id();
    if (row >= Batch(a.batch).v.n_rows)
        return;
    entry = Rows(a.rows).v[row].token - a.first;
    if (entry < a.n)
        make_row(row);
}
