// SPDX-License-Identifier: MIT
// Normed rows of which each is made by one workgroup: an invocation has 16 neighbouring elements, whose squares it adds.
// The including kernel defines, after this text, elements i and i + 1 of x, of which the second may lie behind the row's end.
#define LOCAL 64u
layout(local_size_x = LOCAL, local_size_y = 1, local_size_z = 1) in;

#include "normed.glsl"
#include "quantised.glsl"

vec2 new_pair(uint row, uint i);

void make_row(uint row)
{
    for (uint first = gl_LocalInvocationID.x * RFT_TILE; first < a.dim; first += LOCAL * RFT_TILE) {
        float sum = 0.0;
        for (uint i = first; i < min(first + RFT_TILE, a.dim); i += 2u) {
            vec2 squares = store_pair(row, i, new_pair(row, i));
            sum = sum + squares.x;
            sum = sum + squares.y;
        }
        store_sum(row, first / RFT_TILE, sum);
    }
    if ((a.flags & RFT_QUANTISED) != 0u) {
        memory_barrier();
        for (uint block = gl_LocalInvocationID.x; block < RFT_PADDED(a.dim) / RFT_QUANT_BLOCK; block += LOCAL)
            quantise_normed(a.h, row, a.dim, block);
    }
}
