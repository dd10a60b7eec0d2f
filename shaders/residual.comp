#version 450
// SPDX-License-Identifier: MIT
// The residual stream takes a matrix product, and its normed row is prepared for what comes next.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_residual a; };

#define INPUT a.y
#define N_ROWS_OF_MATRIX a.dim
#define K a.k
#define STRIDE (RFT_PADDED(a.k) / 2u)
#define TILES
#include "matmul.glsl"

void store_quad(uint quad, uint row, vec4 sums, float factor, out uvec4 kept)
{
    uint at = row * a.dim + quad * 4u, n = min(a.dim - min(quad * 4u, a.dim), 4u);
    uint words = row * RFT_H_WORDS(a.dim) + quad * 2u;
    vec4 values = vec4(0.0), scaled = vec4(0.0);
    for (uint i = 0u; i < n; i++) {
        float x = Floats(a.x).v[at + i];
        x = x + sums[i];
        x = rft_canonical(x);
        Floats(a.x).v[at + i] = x;
        values[i] = rft_flush(x);
        scaled[i] = values[i] * Floats(a.norm).v[quad * 4u + i];
    }
    kept = floatBitsToUint(values * values);
    if (n > 0u)
        Words(a.h).v[words] = pair_or_mark(scaled.x, scaled.y, Rows(a.rows), row);
    if (n > 2u)
        Words(a.h).v[words + 1u] = pair_or_mark(scaled.z, scaled.w, Rows(a.rows), row);
}

void add_squares(uvec4 squares, inout float sum)
{
    sum = sum + uintBitsToFloat(squares.x);
    sum = sum + uintBitsToFloat(squares.y);
    sum = sum + uintBitsToFloat(squares.z);
    sum = sum + uintBitsToFloat(squares.w);
}

// The sum of the squares of 16 neighbouring x, behind the elements of the normed row.
void store_tile(uint tile, uint row, uvec4 kept0, uvec4 kept1, uvec4 kept2, uvec4 kept3)
{
    float sum = 0.0;
    add_squares(kept0, sum);
    add_squares(kept1, sum);
    add_squares(kept2, sum);
    add_squares(kept3, sum);
    Words(a.h).v[row * RFT_H_WORDS(a.dim) + RFT_PADDED(a.dim) / 2u + tile] = floatBitsToUint(sum);
}
