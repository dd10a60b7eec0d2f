#version 450
// SPDX-License-Identifier: MIT
// Logits: the head's matrix, or a part of it, times the normed hidden states.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_project a; };

#define INPUT a.h
#define N_ROWS_OF_MATRIX a.n
#define K a.dim
#define STRIDE RFT_H_WORDS(a.dim)
#define NORMED
#include "matmul.glsl"

void store_quad(uint quad, uint row, vec4 sums, float factor, out uvec4 kept)
{
    Floats logits = Floats(a.logits);
    uint at = row * a.vocab + a.first + quad * 4u;
    kept = uvec4(0u);
    for (uint i = 0u; i < min(a.n - min(quad * 4u, a.n), 4u); i++)
        logits.v[at + i] = rft_scaled_sum(sums[i], factor);
}
