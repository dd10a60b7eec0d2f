#version 450
// SPDX-License-Identifier: MIT
// The gated unit: gate and up lie paired in the matrix, two of each in a quad.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_gate_up a; };

#define INPUT a.h
#define N_ROWS_OF_MATRIX (2u * a.ffn_dim)
#define K a.dim
#define STRIDE RFT_H_WORDS(a.dim)
#define NORMED
#define BIASED
#define QUADS_OF_BLOCK 16u
#include "matmul.glsl"

void store_quad(uint quad, uint row, vec4 results, out uvec4 kept)
{
    kept = uvec4(0u);
    if (quad * 4u >= N_ROWS_OF_MATRIX)
        return;
    float low = rft_act_mul(a.act, results.x, results.z), high = rft_act_mul(a.act, results.y, results.w);
    Words(a.y).v[row * RFT_ROW_WORDS(a.ffn_dim) + quad] = pair_or_mark(low, high, Rows(a.rows), row);
}

void quantise_outputs(uint row, uint block)
{
    quantise_activations(a.y, row, a.ffn_dim, block);
}
