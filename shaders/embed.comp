#version 450
// SPDX-License-Identifier: MIT
// The embedding of each row's token, and its normed row. An invocation has 16 neighbouring elements, whose squares it adds.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

#define LOCAL 64u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;
layout(push_constant) uniform Args { rft_args_embed a; };

void embed_elements(uint row, uint entry, uint first)
{
    uint tile = entry / RFT_TILE * (RFT_PADDED(a.dim) / 2u) * RFT_TILE + entry % RFT_TILE;
    uint h = row * RFT_H_WORDS(a.dim);
    float sum = 0.0;
    for (uint i = first; i < min(first + RFT_TILE, a.dim); i += 2u) {
        uint word = Words(a.weight).v[tile + i / 2u * RFT_TILE];
        bool has_high = i + 1u < a.dim;
        float low = rft_low_bf16(word), high = rft_high_bf16(word);
        Floats(a.x).v[row * a.dim + i] = low;
        low = rft_flush(low);
        float square = low * low;
        sum = sum + square;
        low = low * Floats(a.norm).v[i];
        if (has_high) {
            Floats(a.x).v[row * a.dim + i + 1u] = high;
            high = rft_flush(high);
            square = high * high;
            sum = sum + square;
            high = high * Floats(a.norm).v[i + 1u];
        }
        Words(a.h).v[h + i / 2u] = pair_or_mark(low, has_high ? high : 0.0, Rows(a.rows), row);
    }
    Words(a.h).v[h + RFT_PADDED(a.dim) / 2u + first / RFT_TILE] = floatBitsToUint(sum);
}

void main()
{
    uint row = group_id();
    if (row >= Batch(a.batch).v.n_rows)
        return;
    uint entry = Rows(a.rows).v[row].token - a.first;
    if (entry >= a.n)
        return;
    for (uint first = gl_LocalInvocationID.x * RFT_TILE; first < a.dim; first += LOCAL * RFT_TILE)
        embed_elements(row, entry, first);
}
