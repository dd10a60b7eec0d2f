#version 450
// SPDX-License-Identifier: MIT
// The embedding of each row's token, and its normed row.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_embed a; };

#include "normed_rows.glsl"

uint entry; // of the matrix: the row's token

vec2 new_pair(uint row, uint i)
{
    uint tile = entry / RFT_TILE * (RFT_PADDED(a.dim) / 2u) * RFT_TILE + entry % RFT_TILE;
    uint word = Words(a.weight).v[tile + i / 2u * RFT_TILE];
    return vec2(rft_low_bf16(word), rft_high_bf16(word)) * vec2(uintBitsToFloat(a.scale_bits));
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
