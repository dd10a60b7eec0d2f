/* SPDX-License-Identifier: MIT */
/* Queries, keys and values: q and k rotated by the row's position, k and v stored in the row's page. */
#include "matmul.cuh"

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

struct Qkv : Normed<struct rft_args_qkv> {
    RFT_FN uint32_t n_matrix_rows(const Args &a)
    {
        return (a.n_heads + 2u * a.n_kv_heads) * a.head_dim;
    }
    RFT_FN bool is_left_alone(const Args &a, uint32_t row)
    {
        return !is_running(a.rows, row);
    }

    /* First word of the page where the row's key or value goes; `column` is its place there. */
    RFT_FN uint32_t *page_of(const Args &a, uint32_t row, uint32_t kv_head, uint32_t &column)
    {
        const struct rft_row *r = row_of(a.rows, row);
        const bool in_prompt = r->position < r->n_prompt;
        const uint32_t index = in_prompt ? r->position : r->position - r->n_prompt;
        column = index % RFT_PAGE_TOKENS;
        return pointer<uint32_t>(in_prompt ? a.prompt_kv : a.own_kv) +
               page_word(a.tables, in_prompt ? r->prompt_table : r->own_table, index, kv_head, a.n_kv_heads,
                         a.head_dim);
    }

    RFT_FN void store_value(const Args &a, uint32_t row, uint32_t kv_head, uint32_t word, const float v[4])
    {
        uint32_t column;
        uint32_t *page = page_of(a, row, kv_head, column);
        uint32_t *to = page + (RFT_PAGE_TOKENS + column) * (a.head_dim / 2u) + word;
        to[0] = pair_or_mark(v[0], v[1], a.rows, row);
        to[1] = pair_or_mark(v[2], v[3], a.rows, row);
    }

    RFT_FN Quad store_quad(const Args &a, uint32_t quad, uint32_t row, const Float4 &sums, float factor)
    {
        const uint32_t head = quad * 4u / a.head_dim, in_head = quad * 4u % a.head_dim;
        const uint32_t half_words = a.head_dim / 4u, word = in_head / 4u;
        const float v[4] = {rft_scaled_sum(sums.x, factor), rft_scaled_sum(sums.y, factor),
                            rft_scaled_sum(sums.z, factor), rft_scaled_sum(sums.w, factor)};
        const Quad nothing = {0u, 0u, 0u, 0u};
        if (head >= a.n_heads + 2u * a.n_kv_heads)
            return nothing;
        if (head >= a.n_heads + a.n_kv_heads) {
            store_value(a, row, head - a.n_heads - a.n_kv_heads, in_head / 2u, v);
            return nothing;
        }
        const float *table =
            pointer<const float>(a.cos_sin) + (size_t)row_of(a.rows, row)->position * a.head_dim + word * 4u;
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
        return nothing;
    }
};

MATMUL_KERNELS(qkv, Qkv)
