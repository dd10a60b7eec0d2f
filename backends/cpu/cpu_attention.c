/* SPDX-License-Identifier: MIT */
/* The plain form of qkv, heads and attention. With docs/arithmetic.md, this text is the contract, as cpu_kernels.c is.
 */
#include "cpu_plain.h"

/* Where the K and V of one key live: first element of its page's K, and of its V. */
struct key_place {
    uint32_t *k; /* [head_dim / 2][16] words; this key is column `column` */
    uint16_t *v; /* [head_dim]: this key's row */
    uint32_t column;
};

static struct key_place place_of_key(const struct rft_row *row, uint32_t position, const uint32_t *tables,
                                     uint64_t prompt_kv, uint64_t own_kv, uint32_t n_kv_heads, uint32_t kv_head,
                                     uint32_t head_dim)
{
    bool in_prompt = position < row->n_prompt;
    uint32_t index = in_prompt ? position : position - row->n_prompt;
    uint32_t page = tables[(in_prompt ? row->prompt_table : row->own_table) + index / RFT_PAGE_TOKENS];
    uint32_t head_words = RFT_PAGE_TOKENS * head_dim; /* K and V, half a word an element */
    uint32_t *head =
        (uint32_t *)cpu_pointer(in_prompt ? prompt_kv : own_kv) + ((size_t)page * n_kv_heads + kv_head) * head_words;
    uint32_t column = index % RFT_PAGE_TOKENS;
    return (struct key_place){head, (uint16_t *)(head + head_words / 2) + (size_t)column * head_dim, column};
}

/* RoPE's rotation of one pair: dimensions i and i + head_dim / 2 of a head. */
static void rotate(float first, float second, const float *cos_sin, struct rft_row *row, uint16_t *to_first,
                   uint16_t *to_second)
{
    float cos = cos_sin[0];
    float sin = cos_sin[1];
    float x1 = rft_flush(first);
    float x2 = rft_flush(second);
    float x1_cos = x1 * cos;
    float x2_sin = x2 * sin;
    float y1 = x1_cos - x2_sin;
    float x2_cos = x2 * cos;
    float x1_sin = x1 * sin;
    float y2 = x2_cos + x1_sin;
    *to_first = round_or_mark(y1, row);
    *to_second = round_or_mark(y2, row);
}

/* The pairs (cos, sin) of the row's position. */
static const float *cos_sin_of(uint64_t table, const struct rft_row *row, uint32_t head_dim)
{
    return (const float *)cpu_pointer(table) + ((size_t)row->rope_first + row->position) * head_dim;
}

/* Four neighbouring packed rows of q or k: dimensions i, i + 1, i + half, i + half + 1 of a head, rotated. */
static void store_q_or_k(const struct rft_args_qkv *a, struct rft_row *row, uint32_t index, uint32_t head, uint32_t i,
                         const float *v)
{
    uint32_t half = a->head_dim / 2;
    const float *cos_sin = cos_sin_of(head < a->n_heads ? a->q_cos_sin : a->k_cos_sin, row, a->head_dim) + 2 * i;
    uint16_t y[4];
    rotate(v[0], v[2], cos_sin, row, &y[0], &y[2]);
    rotate(v[1], v[3], cos_sin + 2, row, &y[1], &y[3]);
    if (head < a->n_heads) {
        uint16_t *q = (uint16_t *)cpu_pointer(a->q) + ((size_t)index * a->n_heads + head) * a->head_dim;
        q[i] = y[0];
        q[i + 1] = y[1];
        q[i + half] = y[2];
        q[i + half + 1] = y[3];
    } else {
        struct key_place place = place_of_key(row, row->position, cpu_pointer(a->tables), a->prompt_kv, a->own_kv,
                                              a->n_kv_heads, head - a->n_heads, a->head_dim);
        place.k[i / 2 * RFT_PAGE_TOKENS + place.column] = y[0] | (uint32_t)y[1] << 16;
        place.k[(i + half) / 2 * RFT_PAGE_TOKENS + place.column] = y[2] | (uint32_t)y[3] << 16;
    }
}

uint32_t cpu_qkv_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_tiles(((const struct rft_args_qkv *)args)->n);
}

void cpu_qkv(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_qkv *a = args;
    const struct plain_matrix matrix = {a->weight, a->dim, a->format};
    uint32_t n_rotated = a->n_heads + a->n_kv_heads;
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
        const uint32_t *h = h_row(a->h, index, a->dim);
        float scale, sums[RFT_TILE];
        if (row->state != RFT_ROW_RUNNING)
            continue;
        scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
        tile_dots(&matrix, item, h, RFT_H_QUANTISED(a->dim), sums);
        for (uint32_t i = 0; i < RFT_TILE; i++)
            sums[i] = rft_scaled_sum(sums[i], scale) + bias_at(a->bias, item * RFT_TILE + i);
        for (uint32_t i = 0; i < RFT_TILE && item * RFT_TILE + i < a->n; i += 4) {
            uint32_t at = a->first + item * RFT_TILE + i, head = at / a->head_dim, in_head = at % a->head_dim;
            if (head < n_rotated) {
                store_q_or_k(a, row, index, head, in_head / 2, sums + i);
                continue;
            }
            struct key_place place = place_of_key(row, row->position, cpu_pointer(a->tables), a->prompt_kv, a->own_kv,
                                                  a->n_kv_heads, head - n_rotated, a->head_dim);
            for (uint32_t j = 0; j < 4; j++)
                place.v[in_head + j] = round_or_mark(sums[i + j], row);
        }
    }
}

uint32_t cpu_heads_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_heads *)args)->batch);
}

/* The factor of n values that are normed together: groups of 16 squares, then blocks of 64 groups, as in a normed
 * row. */
static float heads_factor(const float *y, uint32_t n, uint32_t inverse_bits, uint32_t eps_bits, struct rft_row *row)
{
    float total = 0.0f;
    for (uint32_t block = 0; block < n; block += RFT_DOT_BLOCK * RFT_TILE) {
        float sum = 0.0f;
        for (uint32_t group = block; group < n && group < block + RFT_DOT_BLOCK * RFT_TILE; group += RFT_TILE) {
            float squares = 0.0f;
            for (uint32_t i = group; i < n && i < group + RFT_TILE; i++) {
                float v = rft_flush(y[i]);
                float square = v * v;
                squares = squares + square;
            }
            sum = sum + squares;
        }
        total = total + sum;
    }
    return factor_of(total, inverse_bits, eps_bits, row);
}

/* A head of q or k: normed, then rotated, into `out` as bf16. */
static void finish_head(const float *y, const float *norm, float scale, const float *cos_sin, uint32_t head_dim,
                        struct rft_row *row, uint16_t *out)
{
    uint32_t half = head_dim / 2;
    for (uint32_t i = 0; i < half; i++)
        rotate(rft_normed(y[i], scale, norm[i]), rft_normed(y[i + half], scale, norm[i + half]), cos_sin + 2 * i, row,
               &out[i], &out[i + half]);
}

static void store_head(const struct rft_args_heads *a, struct rft_row *row, uint32_t head, const float *y, float scale)
{
    const float *norm = (const float *)cpu_pointer(a->norm) + (size_t)head * a->head_dim;
    uint32_t n_rotated = a->n_heads + a->n_kv_heads, index = (uint32_t)(row - (struct rft_row *)cpu_pointer(a->rows));
    uint16_t out[RFT_HEAD_DIM_MAX];
    if (head < a->n_heads) {
        uint16_t *q = (uint16_t *)cpu_pointer(a->q) + ((size_t)index * a->n_heads + head) * a->head_dim;
        finish_head(y, norm, scale, cos_sin_of(a->q_cos_sin, row, a->head_dim), a->head_dim, row, q);
        return;
    }
    struct key_place place =
        place_of_key(row, row->position, cpu_pointer(a->tables), a->prompt_kv, a->own_kv, a->n_kv_heads,
                     head < n_rotated ? head - a->n_heads : head - n_rotated, a->head_dim);
    if (head >= n_rotated) {
        for (uint32_t i = 0; i < a->head_dim; i++)
            place.v[i] = round_or_mark(y[i], row);
        return;
    }
    finish_head(y, norm, scale, cos_sin_of(a->k_cos_sin, row, a->head_dim), a->head_dim, row, out);
    for (uint32_t i = 0; i < a->head_dim; i += 2)
        place.k[i / 2 * RFT_PAGE_TOKENS + place.column] = out[i] | (uint32_t)out[i + 1] << 16;
}

void cpu_heads(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_heads *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    uint32_t n_rotated = a->n_heads + a->n_kv_heads, n_all = n_rotated + a->n_kv_heads;
    const float *y = (const float *)cpu_pointer(a->y) + (size_t)item * n_all * a->head_dim;
    float scale = 0.0f;
    (void)worker;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t head = 0; head < n_all; head++) {
        bool is_q = head < a->n_heads;
        uint32_t span = is_q ? a->q_span : a->k_span, in_group = is_q ? head : head - a->n_heads;
        const float *of_head = y + (size_t)head * a->head_dim;
        if (head < n_rotated && in_group % span == 0)
            scale = heads_factor(of_head, span * a->head_dim, is_q ? a->q_inverse_bits : a->k_inverse_bits, a->eps_bits,
                                 row);
        store_head(a, row, head, of_head, scale);
    }
}

uint32_t cpu_attention_items(const void *args, uint32_t n_workers)
{
    const struct rft_args_attention *a = args;
    (void)n_workers;
    return cpu_n_rows(a->batch) * a->n_kv_heads;
}

/* The softmax weights of one query over n keys, in place of their scores: e = exp(score - max), the sum of e by block,
 * then each e as bf16; keys before `first` are out of the window and weigh +0. Blocks start at key 0 and afresh at key
 * n_prompt. Returns 1 / sum. */
static float softmax_weights(float *scores, uint32_t first, uint32_t n_prompt, uint32_t n)
{
    float max = scores[first];
    for (uint32_t i = first + 1; i < n; i++)
        max = scores[i] > max ? scores[i] : max;
    float total = 0.0f;
    for (uint32_t block = 0; block < n;) {
        uint32_t segment_end = block < n_prompt ? n_prompt : n;
        uint32_t end = block + RFT_DOT_BLOCK < segment_end ? block + RFT_DOT_BLOCK : segment_end;
        float sum = 0.0f;
        for (uint32_t i = block; i < end; i++) {
            float e = i < first ? 0.0f : rft_softmax_term(scores[i], max);
            sum = sum + e;
            scores[i] = rft_low_bf16(rft_to_bf16(e));
        }
        total = total + sum;
        block = end;
    }
    return rft_reciprocal(total);
}

static void attend(const struct rft_args_attention *a, struct rft_row *row, uint32_t head, const uint16_t *q,
                   uint16_t *y, float *scores)
{
    uint32_t kv_head = head / (a->n_heads / a->n_kv_heads);
    uint32_t n = row->position + 1;
    uint32_t n_prompt = n < row->n_prompt ? n : row->n_prompt;
    uint32_t first = n > a->window ? n - a->window : 0;
    for (uint32_t key = 0; key < first; key++)
        scores[key] = 0.0f;
    for (uint32_t key = first; key < n; key++) {
        struct key_place place = place_of_key(row, key, cpu_pointer(a->tables), a->prompt_kv, a->own_kv, a->n_kv_heads,
                                              kv_head, a->head_dim);
        float score =
            dot_bf16(place.k + place.column, RFT_PAGE_TOKENS, (const uint32_t *)(const void *)q, a->head_dim / 2);
        score = score * RFT_FROM_BITS(a->scale_bits);
        if (rft_is_bad(score)) {
            cpu_mark_bad(row);
            score = 0.0f;
        }
        score = rft_soft_cap(score, a->cap_bits, a->inverse_cap_bits);
        scores[key] = rft_flush(score);
    }
    float inverse_sum = softmax_weights(scores, first, n_prompt, n);
    for (uint32_t i = 0; i < a->head_dim; i++) {
        float total = 0.0f;
        for (uint32_t block = 0; block < n;) {
            uint32_t segment_end = block < n_prompt ? n_prompt : n;
            uint32_t end = block + RFT_DOT_BLOCK < segment_end ? block + RFT_DOT_BLOCK : segment_end;
            float sum = 0.0f;
            for (uint32_t key = block; key < end; key++) {
                struct key_place place = place_of_key(row, key, cpu_pointer(a->tables), a->prompt_kv, a->own_kv,
                                                      a->n_kv_heads, kv_head, a->head_dim);
                sum += scores[key] * rft_low_bf16(place.v[i]);
            }
            total += sum;
            block = end;
        }
        total = rft_flush(total);
        y[i] = round_or_mark(total * inverse_sum, row);
    }
}

void cpu_attention(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_attention *a = args;
    uint32_t index = item / a->n_kv_heads;
    uint32_t group = a->n_heads / a->n_kv_heads;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
    const uint16_t *q = (const uint16_t *)cpu_pointer(a->q) + (size_t)index * a->n_heads * a->head_dim;
    uint16_t *y = (uint16_t *)cpu_pointer(a->y) + (size_t)index * 2 * RFT_ROW_WORDS(a->n_heads * a->head_dim);
    float *scores = (float *)cpu_pointer(a->scratch) + (size_t)worker.index * a->scratch_floats;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t head = item % a->n_kv_heads * group; head < (item % a->n_kv_heads + 1) * group; head++)
        attend(a, row, head, q + head * a->head_dim, y + head * a->head_dim, scores);
    if ((a->flags & RFT_QUANTISED) != 0) {
        const uint32_t k = a->n_heads * a->head_dim, n = group * a->head_dim / RFT_QUANT_BLOCK;
        cpu_quantise_blocks((uint32_t *)(void *)y, RFT_ROW_QUANTISED(k), k, item % a->n_kv_heads * n, n);
    }
}
