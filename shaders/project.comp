#version 450
// SPDX-License-Identifier: MIT
// A matrix, or a part of it, times the normed hidden states: logits, or what heads are made of.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_project a; };

#define INPUT a.h
#define N_ROWS_OF_MATRIX a.n
#define K a.dim
#define STRIDE RFT_H_WORDS(a.dim)
#define NORMED
#define BIASED
#include "matmul.glsl"

void store_quad(uint quad, uint row, vec4 results, out uvec4 kept)
{
    Floats y = Floats(a.y);
    uint at = row * a.stride + a.first + quad * 4u;
    kept = uvec4(0u);
    results = soft_caps(results, a.cap_bits, a.inverse_cap_bits);
    for (uint i = 0u; i < min(a.n - min(quad * 4u, a.n), 4u); i++)
        y.v[at + i] = results[i];
}
