#version 450
// SPDX-License-Identifier: MIT
// Queries, keys and values: q and k rotated by the row's position, k and v stored in the row's page.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_qkv a; };

#define INPUT a.h
#define N_ROWS_OF_MATRIX a.n
#define K a.dim
#define STRIDE RFT_H_WORDS(a.dim)
#define NORMED
#define IS_LEFT_ALONE(row) (Rows(a.rows).v[row].state != RFT_ROW_RUNNING)
#define BIASED
#include "matmul.glsl"
#include "rotation.glsl"

void store_quad(uint quad, uint row, vec4 results, out uvec4 kept)
{
    uint at = a.first + quad * 4u, head = at / a.head_dim, in_head = at % a.head_dim, n_rotated = a.n_heads + a.n_kv_heads;
    kept = uvec4(0u);
    if (quad * 4u >= a.n || IS_LEFT_ALONE(row))
        return;
    if (head >= n_rotated)
        store_value(row, head - n_rotated, in_head / 2u, results);
    else
        store_rotated(row, head, in_head / 4u, results);
}
