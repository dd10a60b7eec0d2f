/* SPDX-License-Identifier: MIT */
/* The plain form of every kernel: with docs/arithmetic.md, this text is the contract. Written to be read; the order of every
 * sum is the contract's, everything else is free. */
#include "arith.h"
#include "cpu.h"
#include "philox.h"

/* Sum of two bf16 vectors' products in blocks of 64: a block starts at +0 and takes its elements in ascending order, the
 * total starts at +0 and takes the blocks in ascending order. a_stride: words between neighbours of a; b is contiguous.
 * A word holds elements 2i and 2i + 1. Products of two bf16 are exact in f32, so fused or not gives the same bits. */
static float dot_bf16(const uint32_t *a, uint32_t a_stride, const uint32_t *b, uint32_t n_words)
{
    float total = 0.0f;
    for (uint32_t block = 0; block < n_words; block += RFT_DOT_BLOCK / 2) {
        uint32_t end = block + RFT_DOT_BLOCK / 2 < n_words ? block + RFT_DOT_BLOCK / 2 : n_words;
        float sum = 0.0f;
        for (uint32_t i = block; i < end; i++) {
            uint32_t word = a[(size_t)i * a_stride];
            sum += rft_low_bf16(word) * rft_low_bf16(b[i]);
            sum += rft_high_bf16(word) * rft_high_bf16(b[i]);
        }
        total += sum;
    }
    return total;
}

/* Rounds to bf16; a bad value is stored as +0 and marks the row. */
static uint16_t round_or_mark(float v, struct rft_row *row)
{
    if (rft_is_bad(v)) {
        cpu_mark_bad(row);
        return 0;
    }
    return (uint16_t)rft_to_bf16(v);
}

uint32_t cpu_embed_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_embed *)args)->batch);
}

void cpu_embed(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_embed *a = args;
    const struct rft_row *row = (const struct rft_row *)cpu_pointer(a->rows) + item;
    const uint32_t *tile = (const uint32_t *)cpu_pointer(a->weight) + (size_t)(row->token / a->tile) * (a->dim / 2) * a->tile;
    float *x = (float *)cpu_pointer(a->x) + (size_t)item * a->dim;
    (void)worker;
    for (uint32_t i = 0; i < a->dim / 2; i++) {
        uint32_t word = tile[(size_t)i * a->tile + row->token % a->tile];
        x[2 * i] = rft_low_bf16(word);
        x[2 * i + 1] = rft_high_bf16(word);
    }
}

uint32_t cpu_rms_norm_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_rms_norm *)args)->batch);
}

void cpu_rms_norm(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_rms_norm *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    const float *x = (const float *)cpu_pointer(a->x) + (size_t)item * a->dim;
    const float *weight = cpu_pointer(a->weight);
    uint16_t *h = (uint16_t *)cpu_pointer(a->h) + (size_t)item * a->dim;
    (void)worker;
    float total = 0.0f;
    for (uint32_t block = 0; block < a->dim; block += RFT_DOT_BLOCK) {
        uint32_t end = block + RFT_DOT_BLOCK < a->dim ? block + RFT_DOT_BLOCK : a->dim;
        float sum = 0.0f;
        for (uint32_t i = block; i < end; i++) {
            float v = rft_flush(x[i]);
            float square = v * v;
            sum = sum + square;
        }
        total = total + sum;
    }
    if (RFT_BITS(total) >= RFT_BITS_SQUARES_BAD) { /* the row ends here; what follows must only be finite */
        cpu_mark_bad(row);
        total = 0.0f;
    }
    float mean = total * RFT_FROM_BITS(a->inverse_dim_bits);
    mean = mean + RFT_FROM_BITS(a->eps_bits);
    float scale = rft_rsqrt(mean);
    for (uint32_t i = 0; i < a->dim; i++) {
        float y = rft_flush(x[i]) * scale;
        y = rft_flush(y) * weight[i];
        h[i] = round_or_mark(y, row);
    }
}

uint32_t cpu_matmul_items(const void *args, uint32_t n_workers)
{
    const struct rft_args_matmul *a = args;
    (void)n_workers;
    return (a->n + a->tile - 1) / a->tile;
}

void cpu_matmul(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_matmul *a = args;
    const uint32_t *tile = (const uint32_t *)cpu_pointer(a->weight) + (size_t)item * (a->k / 2) * a->tile;
    const uint32_t *x = cpu_pointer(a->x);
    float *y = cpu_pointer(a->y);
    uint32_t n_rows = cpu_n_rows(a->batch);
    uint32_t n_tile = a->n - item * a->tile < a->tile ? a->n - item * a->tile : a->tile;
    (void)worker;
    for (uint32_t row = 0; row < n_rows; row++) {
        for (uint32_t j = 0; j < n_tile; j++) {
            float *to = y + (size_t)row * a->n + item * a->tile + j;
            float sum = dot_bf16(tile + j, a->tile, x + (size_t)row * (a->k / 2), a->k / 2);
            if (a->flags & RFT_MATMUL_ADD)
                sum = *to + sum;
            *to = rft_canonical(sum);
        }
    }
}

/* Where the K and V of one key live: first element of its page's K, and of its V. */
struct key_place {
    uint32_t *k;    /* [head_dim / 2][16] words; this key is column `column` */
    uint16_t *v;    /* [head_dim]: this key's row */
    uint32_t column;
};

static struct key_place place_of_key(const struct rft_row *row, uint32_t position, const uint32_t *tables, uint64_t prompt_kv,
                                     uint64_t own_kv, uint32_t n_kv_heads, uint32_t kv_head, uint32_t head_dim)
{
    bool in_prompt = position < row->n_prompt;
    uint32_t index = in_prompt ? position : position - row->n_prompt;
    uint32_t page = tables[(in_prompt ? row->prompt_table : row->own_table) + index / RFT_PAGE_TOKENS];
    uint32_t head_words = RFT_PAGE_TOKENS * head_dim; /* K and V, half a word an element */
    uint32_t *head = (uint32_t *)cpu_pointer(in_prompt ? prompt_kv : own_kv) + ((size_t)page * n_kv_heads + kv_head) * head_words;
    uint32_t column = index % RFT_PAGE_TOKENS;
    return (struct key_place){head, (uint16_t *)(head + head_words / 2) + (size_t)column * head_dim, column};
}

/* Rotates the pair (x[i], x[i + half]) for every i: the rotate-half form of RoPE. */
static void rotate(const float *x, const float *cos_sin, uint32_t head_dim, struct rft_row *row, uint16_t *to)
{
    uint32_t half = head_dim / 2;
    for (uint32_t i = 0; i < half; i++) {
        float cos = cos_sin[2 * i];
        float sin = cos_sin[2 * i + 1];
        float x1 = rft_flush(x[i]);
        float x2 = rft_flush(x[i + half]);
        float x1_cos = x1 * cos;
        float x2_sin = x2 * sin;
        float y1 = x1_cos - x2_sin;
        float x2_cos = x2 * cos;
        float x1_sin = x1 * sin;
        float y2 = x2_cos + x1_sin;
        to[i] = round_or_mark(y1, row);
        to[i + half] = round_or_mark(y2, row);
    }
}

uint32_t cpu_rope_kv_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_rope_kv *)args)->batch);
}

void cpu_rope_kv(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_rope_kv *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    uint32_t head_dim = a->head_dim;
    const float *qkv = (const float *)cpu_pointer(a->qkv) + (size_t)item * (a->n_heads + 2 * a->n_kv_heads) * head_dim;
    uint16_t *q = (uint16_t *)cpu_pointer(a->q) + (size_t)item * a->n_heads * head_dim;
    const float *cos_sin = (const float *)cpu_pointer(a->cos_sin) + (size_t)row->position * head_dim;
    (void)worker;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t head = 0; head < a->n_heads; head++)
        rotate(qkv + head * head_dim, cos_sin, head_dim, row, q + head * head_dim);
    for (uint32_t head = 0; head < a->n_kv_heads; head++) {
        const float *k = qkv + (a->n_heads + head) * head_dim;
        const float *v = qkv + (a->n_heads + a->n_kv_heads + head) * head_dim;
        uint16_t rotated[RFT_HEAD_DIM_MAX];
        struct key_place place = place_of_key(row, row->position, cpu_pointer(a->tables), a->prompt_kv, a->own_kv,
                                              a->n_kv_heads, head, head_dim);
        rotate(k, cos_sin, head_dim, row, rotated);
        for (uint32_t i = 0; i < head_dim / 2; i++)
            place.k[i * RFT_PAGE_TOKENS + place.column] = rotated[2 * i] | (uint32_t)rotated[2 * i + 1] << 16;
        for (uint32_t i = 0; i < head_dim; i++)
            place.v[i] = round_or_mark(v[i], row);
    }
}

uint32_t cpu_attention_items(const void *args, uint32_t n_workers)
{
    const struct rft_args_attention *a = args;
    (void)n_workers;
    return cpu_n_rows(a->batch) * a->n_kv_heads;
}

/* The softmax weights of one query over n keys, in place of their scores: e = exp(score - max), the sum of e by block, then
 * each e as bf16. Blocks start at key 0 and afresh at key n_prompt. Returns 1 / sum. */
static float softmax_weights(float *scores, uint32_t n_prompt, uint32_t n)
{
    float max = scores[0];
    for (uint32_t i = 1; i < n; i++)
        max = scores[i] > max ? scores[i] : max;
    float total = 0.0f;
    for (uint32_t block = 0; block < n;) {
        uint32_t segment_end = block < n_prompt ? n_prompt : n;
        uint32_t end = block + RFT_DOT_BLOCK < segment_end ? block + RFT_DOT_BLOCK : segment_end;
        float sum = 0.0f;
        for (uint32_t i = block; i < end; i++) {
            float difference = scores[i] - max;
            float e = rft_flush(rft_exp(difference));
            sum = sum + e;
            scores[i] = rft_low_bf16(rft_to_bf16(e));
        }
        total = total + sum;
        block = end;
    }
    return rft_reciprocal(total);
}

static void attend(const struct rft_args_attention *a, struct rft_row *row, uint32_t head, const uint16_t *q, uint16_t *y,
                   float *scores)
{
    uint32_t kv_head = head / (a->n_heads / a->n_kv_heads);
    uint32_t n = row->position + 1;
    uint32_t n_prompt = n < row->n_prompt ? n : row->n_prompt;
    for (uint32_t key = 0; key < n; key++) {
        struct key_place place = place_of_key(row, key, cpu_pointer(a->tables), a->prompt_kv, a->own_kv, a->n_kv_heads, kv_head,
                                              a->head_dim);
        float score = dot_bf16(place.k + place.column, RFT_PAGE_TOKENS, (const uint32_t *)(const void *)q, a->head_dim / 2);
        score = score * RFT_FROM_BITS(a->scale_bits);
        if (rft_is_bad(score)) {
            cpu_mark_bad(row);
            score = 0.0f;
        }
        scores[key] = rft_flush(score);
    }
    float inverse_sum = softmax_weights(scores, n_prompt, n);
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
    uint16_t *y = (uint16_t *)cpu_pointer(a->y) + (size_t)index * a->n_heads * a->head_dim;
    float *scores = (float *)cpu_pointer(a->scratch) + (size_t)worker.index * a->scratch_floats;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t head = item % a->n_kv_heads * group; head < (item % a->n_kv_heads + 1) * group; head++)
        attend(a, row, head, q + head * a->head_dim, y + head * a->head_dim, scores);
}

uint32_t cpu_silu_mul_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_silu_mul *)args)->batch);
}

void cpu_silu_mul(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_silu_mul *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    const float *gate = (const float *)cpu_pointer(a->gate_up) + (size_t)item * 2 * a->ffn_dim;
    const float *up = gate + a->ffn_dim;
    uint16_t *y = (uint16_t *)cpu_pointer(a->y) + (size_t)item * a->ffn_dim;
    (void)worker;
    for (uint32_t i = 0; i < a->ffn_dim; i++)
        y[i] = round_or_mark(rft_silu_mul(gate[i], up[i]), row);
}
