// SPDX-License-Identifier: MIT
// Where queries, keys and values go: q and k rotated by the row's position, k and v into the row's page.
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

// A query's or a key's dimensions 2 word, 2 word + 1 and the two that are half a head behind them. The first heads are queries.
void store_rotated(uint row, uint head, uint word, vec4 v)
{
    Rows rows = Rows(a.rows);
    bool is_q = head < a.n_heads;
    Floats table = Floats(is_q ? a.q_cos_sin : a.k_cos_sin);
    uint at = (rows.v[row].rope_first + rows.v[row].position) * a.head_dim + word * 4u, half_words = a.head_dim / 4u;
    float y0, y1, y2, y3;
    rotate(v.x, v.z, table.v[at], table.v[at + 1u], y0, y2);
    rotate(v.y, v.w, table.v[at + 2u], table.v[at + 3u], y1, y3);
    uint low = pair_or_mark(y0, y1, rows, row), high = pair_or_mark(y2, y3, rows, row);
    if (is_q) {
        uint q = (row * a.n_heads + head) * (a.head_dim / 2u);
        Words(a.q).v[q + word] = low;
        Words(a.q).v[q + half_words + word] = high;
    } else {
        store_in_page(row, head - a.n_heads, word, 0u, true, low);
        store_in_page(row, head - a.n_heads, half_words + word, 0u, true, high);
    }
}

// Four neighbouring dimensions of a value, from the word-th pair on.
void store_value(uint row, uint kv_head, uint word, vec4 v)
{
    Rows rows = Rows(a.rows);
    store_in_page(row, kv_head, 0u, word, false, pair_or_mark(v.x, v.y, rows, row));
    store_in_page(row, kv_head, 0u, word + 1u, false, pair_or_mark(v.z, v.w, rows, row));
}
