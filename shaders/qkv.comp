#version 450
// SPDX-License-Identifier: MIT
// Queries, keys and values: q and k rotated by the row's position, k and v stored in the row's page.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_qkv a; };

#define INPUT a.h
#define N_ROWS_OF_MATRIX ((a.n_heads + 2u * a.n_kv_heads) * a.head_dim)
#define K a.dim
#define STRIDE RFT_H_WORDS(a.dim)
#define NORMED
#define IS_LEFT_ALONE(row) (Rows(a.rows).v[row].state != RFT_ROW_RUNNING)
#include "matmul.glsl"
#include "pages.glsl"

// RoPE's rotation of dimensions i and i + head_dim / 2: the two values of each result.
void rotate(float first, float second, float cosine, float sine, out float y1, out float y2)
{
    float x1 = rft_flush(first);
    float x2 = rft_flush(second);
    float x1_cos = x1 * cosine;
    float x2_sin = x2 * sine;
    float x2_cos = x2 * cosine;
    float x1_sin = x1 * sine;
    float difference = x1_cos - x2_sin;
    float sum = x2_cos + x1_sin;
    y1 = difference;
    y2 = sum;
}

// Stores a word of a key or a value; words of K are 16 apart.
void store_in_page(uint row, uint kv_head, uint word_k, uint word_v, bool is_k, uint value)
{
    Rows rows = Rows(a.rows);
    uint position = rows.v[row].position, n_prompt = rows.v[row].n_prompt;
    bool in_prompt = position < n_prompt;
    uint index = in_prompt ? position : position - n_prompt;
    uint page = page_word(in_prompt ? rows.v[row].prompt_table : rows.v[row].own_table, index, kv_head);
    uint column = index % RFT_PAGE_TOKENS;
    uint at = is_k ? page + word_k * RFT_PAGE_TOKENS + column
                   : page + (RFT_PAGE_TOKENS / 2u + column / 2u) * a.head_dim + column % 2u * (a.head_dim / 2u) + word_v;
    if (in_prompt)
        Words(a.prompt_kv).v[at] = value;
    else
        Words(a.own_kv).v[at] = value;
}

void store_quad(uint quad, uint row, vec4 sums, float factor, out uvec4 kept)
{
    Rows rows = Rows(a.rows);
    uint head = quad * 4u / a.head_dim, in_head = quad * 4u % a.head_dim;
    uint half_words = a.head_dim / 4u, word = in_head / 4u;
    kept = uvec4(0u);
    if (head >= a.n_heads + 2u * a.n_kv_heads || IS_LEFT_ALONE(row))
        return;
    vec4 v = vec4(rft_scaled_sum(sums.x, factor), rft_scaled_sum(sums.y, factor), rft_scaled_sum(sums.z, factor),
                  rft_scaled_sum(sums.w, factor));
    if (head >= a.n_heads + a.n_kv_heads) {
        uint kv_head = head - a.n_heads - a.n_kv_heads;
        store_in_page(row, kv_head, 0u, in_head / 2u, false, pair_or_mark(v.x, v.y, rows, row));
        store_in_page(row, kv_head, 0u, in_head / 2u + 1u, false, pair_or_mark(v.z, v.w, rows, row));
        return;
    }
    Floats table = Floats(a.cos_sin);
    uint at = rows.v[row].position * a.head_dim + word * 4u;
    float y0, y1, y2, y3;
    rotate(v.x, v.z, table.v[at], table.v[at + 1u], y0, y2);
    rotate(v.y, v.w, table.v[at + 2u], table.v[at + 3u], y1, y3);
    uint low = pair_or_mark(y0, y1, rows, row), high = pair_or_mark(y2, y3, rows, row);
    if (head < a.n_heads) {
        uint q = (row * a.n_heads + head) * (a.head_dim / 2u);
        Words(a.q).v[q + word] = low;
        Words(a.q).v[q + half_words + word] = high;
    } else {
        store_in_page(row, head - a.n_heads, word, 0u, true, low);
        store_in_page(row, head - a.n_heads, half_words + word, 0u, true, high);
    }
}
