/* SPDX-License-Identifier: MIT */
/* Where queries, keys and values go, from a matrix product (qkv.cu) or from norms of their own (heads.cu): q and k
 * rotated by the row's position, k and v into the row's page. */
#ifndef RFT_PAGES_CUH
#define RFT_PAGES_CUH

#include "common.cuh"

/* RoPE's rotation of dimensions i and i + head_dim / 2. */
RFT_FN void rotate(float first, float second, float cosine, float sine, float &y1, float &y2)
{
    const float x1 = rft_flush(first);
    const float x2 = rft_flush(second);
    const float x1_cos = x1 * cosine;
    const float x2_sin = x2 * sine;
    const float x2_cos = x2 * cosine;
    const float x1_sin = x1 * sine;
    y1 = x1_cos - x2_sin;
    y2 = x2_cos + x1_sin;
}

/* First word of the page where the row's key or value goes; `column` is its place there. Args: those of qkv or of
 * heads. */
template <class Args> RFT_FN uint32_t *page_of(const Args &a, uint32_t row, uint32_t kv_head, uint32_t &column)
{
    const struct rft_row *r = row_of(a.rows, row);
    const bool in_prompt = r->position < r->n_prompt;
    const uint32_t index = in_prompt ? r->position : r->position - r->n_prompt;
    column = index % RFT_PAGE_TOKENS;
    return pointer<uint32_t>(in_prompt ? a.prompt_kv : a.own_kv) +
           page_word(a.tables, in_prompt ? r->prompt_table : r->own_table, index, kv_head, a.n_kv_heads, a.head_dim);
}

/* Four neighbouring dimensions of a value, from word `word` of its row in the page on. */
template <class Args>
RFT_FN void store_value(const Args &a, uint32_t row, uint32_t kv_head, uint32_t word, const float v[4])
{
    uint32_t column;
    uint32_t *page = page_of(a, row, kv_head, column);
    uint32_t *to = page + (RFT_PAGE_TOKENS + column) * (a.head_dim / 2u) + word;
    to[0] = pair_or_mark(v[0], v[1], a.rows, row);
    to[1] = pair_or_mark(v[2], v[3], a.rows, row);
}

/* Dimensions i and i + 1, then i + head_dim / 2 and the next, of a head of q or k: rotated and stored. word: i / 2;
 * head: of q, and behind them of k. */
template <class Args>
RFT_FN void store_q_or_k(const Args &a, uint32_t row, uint32_t head, uint32_t word, const float v[4])
{
    const struct rft_row *r = row_of(a.rows, row);
    const uint32_t half_words = a.head_dim / 4u;
    const float *table = pointer<const float>(head < a.n_heads ? a.q_cos_sin : a.k_cos_sin) +
                         ((size_t)r->rope_first + r->position) * a.head_dim + word * 4u;
    float y0, y1, y2, y3;
    rotate(v[0], v[2], table[0], table[1], y0, y2);
    rotate(v[1], v[3], table[2], table[3], y1, y3);
    const uint32_t low = pair_or_mark(y0, y1, a.rows, row), high = pair_or_mark(y2, y3, a.rows, row);
    if (head < a.n_heads) {
        uint32_t *q = pointer<uint32_t>(a.q) + ((size_t)row * a.n_heads + head) * (a.head_dim / 2u);
        q[word] = low;
        q[half_words + word] = high;
    } else {
        uint32_t column;
        uint32_t *page = page_of(a, row, head - a.n_heads, column);
        page[word * RFT_PAGE_TOKENS + column] = low;
        page[(half_words + word) * RFT_PAGE_TOKENS + column] = high;
    }
}

#endif
