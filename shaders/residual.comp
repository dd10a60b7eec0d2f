#version 450
// SPDX-License-Identifier: MIT
// The residual stream takes a matrix product, and its normed row is prepared for what comes next.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_residual a; };

#define INPUT a.y
#define N_ROWS_OF_MATRIX a.dim
#define K a.k
#define STRIDE RFT_ROW_WORDS(a.k)
#define TILES
#define BIASED
#define QUADS_OF_BLOCK 8u
#include "matmul.glsl"
#include "normed.glsl"

// Elements i and i + 1 of x, of which the second may lie behind the row's end.
vec2 new_pair(uint row, uint i, vec2 sums)
{
    uint at = row * a.dim + i;
    vec2 x = vec2(0.0);
    if ((a.flags & RFT_RESIDUAL_ALONE) == 0u) {
        x.x = Floats(a.x).v[at];
        if (i + 1u < a.dim)
            x.y = Floats(a.x).v[at + 1u];
    }
    x = x + sums;
    return vec2(rft_canonical(x.x), rft_canonical(x.y));
}

void store_quad(uint quad, uint row, vec4 results, out uvec4 kept)
{
    uint first = quad * 4u;
    vec4 squares = vec4(0.0);
    if (first < a.dim)
        squares.xy = store_pair(row, first, new_pair(row, first, results.xy));
    if (first + 2u < a.dim)
        squares.zw = store_pair(row, first + 2u, new_pair(row, first + 2u, results.zw));
    kept = floatBitsToUint(squares);
}

void store_tile(uint tile, uint row, uvec4 kept0, uvec4 kept1, uvec4 kept2, uvec4 kept3)
{
    float sum = 0.0;
    add_squares(kept0, sum);
    add_squares(kept1, sum);
    add_squares(kept2, sum);
    add_squares(kept3, sum);
    store_sum(row, tile, sum);
}

void quantise_outputs(uint row, uint block)
{
    quantise_normed(a.h, row, a.dim, block);
}
