/* SPDX-License-Identifier: MIT */
#include "kernel_case_inputs.h"

#include "arith.h"
#include "kernel_case_integers.h"
#include "op.h"

#include <string.h>

#define NEVER_WRITTEN 0xee /* as bf16 too large to be stored; as f32, key, id or token nothing that a case comes to */

static uint32_t n_pages(uint32_t n_tokens)
{
    return (n_tokens + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS;
}

static uint32_t n_tiles(uint32_t n)
{
    return (n + RFT_TILE - 1) / RFT_TILE;
}

/* Whether the case wants this row (of activations, of a matrix that is embedded) to meet bad values. */
static bool is_bad_row(const struct rft_build *b, uint32_t row)
{
    return b->c->values == RFT_VALUES_BAD && row % 3 == 1;
}

/* Ops that look at several things for bad values have, for each, bad rows in which nothing else is bad: so a mark that
 * is left out shows. */
enum share { OF_SQUARES, OF_ADDED, OF_STREAM };
static enum share share_of(uint32_t row)
{
    return (enum share)(row / 3 % 3);
}

/* One operand of a dot product is never bad, but may be so large that the result is. */
static uint16_t bf16_value(const struct rft_build *b, bool is_bad)
{
    float v = rft_case_value(b, b->c->values);
    uint32_t r = is_bad ? rft_call_random(b->image) : 1;
    if (is_bad && r % 13 == 0)
        v = r % 2 == 0 ? 0x1p59f : -0x1p59f;
    return (uint16_t)rft_to_bf16(v);
}

uint64_t rft_case_batch(const struct rft_build *b)
{
    struct rft_batch *batch;
    uint64_t address = rft_call_buffer(b->image, "batch", RFT_CALL_IN, sizeof *batch, &batch);
    if (batch != NULL)
        batch->n_rows = b->c->rows;
    return address;
}

static uint32_t position_of(const struct rft_kernel_case *c, uint32_t row, uint32_t n_prompt)
{
    if (c->is_prefill)
        return row < c->rows ? c->n_prompt - c->rows + row : c->n_prompt - 1;
    if (c->n_own == 0) /* at every place in the prompt */
        return n_prompt != 0 ? row * 13 % n_prompt : 0;
    return n_prompt + row * 37 % c->n_own;
}

static float temperature_of(const struct rft_kernel_case *c, uint32_t row)
{
    const float others[] = {0.0f, c->temperature, 0.3f * c->temperature, 2.5f * c->temperature};
    return c->is_sweep ? others[row % 4] : c->temperature;
}

uint64_t rft_case_rows(const struct rft_build *b, uint32_t n_tokens)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_row *rows;
    uint64_t address = rft_call_buffer(b->image, "rows", RFT_CALL_OUT, b->n_rows * sizeof *rows, &rows);
    uint32_t n_questions = (b->n_rows + 3) / 4;
    for (uint32_t i = 0; rows != NULL && i < b->n_rows; i++) {
        uint32_t question = c->is_prefill ? 0 : i / 4;
        uint32_t n_prompt = c->n_prompt - (c->is_prefill ? 0 : question % 3 * (c->n_prompt / 5));
        bool is_idle = c->has_idle && i % 5 == 3;
        rows[i] = (struct rft_row){
            .token = n_tokens != 0 ? rft_call_random(b->image) % n_tokens : 0,
            .position = position_of(c, i, n_prompt),
            .n_prompt = n_prompt,
            .prompt_table = question * n_pages(c->n_prompt),
            .own_table = n_questions * n_pages(c->n_prompt) + i * n_pages(c->n_own),
            .state = !is_idle     ? RFT_ROW_RUNNING
                     : i % 2 == 0 ? RFT_ROW_IDLE
                                  : RFT_ROW_STOP,
            .bad = c->op == RFT_OP_advance && is_bad_row(b, i),
            .n_new = i % 7,
            .n_new_max = 7 + i % 2,
            .sample_index = i,
            .key0 = rft_call_random(b->image),
            .key1 = rft_call_random(b->image),
            .rope_first = i % 3 == 2 ? c->n_prompt + c->n_own : 0,
        };
        rft_row_set_temperature(&rows[i], temperature_of(c, i));
    }
    return address;
}

static uint32_t n_prompt_pages(const struct rft_build *b)
{
    return (b->n_rows + 3) / 4 * n_pages(b->c->n_prompt);
}

static uint32_t n_own_pages(const struct rft_build *b)
{
    return b->n_rows * n_pages(b->c->n_own);
}

uint64_t rft_case_tables(const struct rft_build *b)
{
    uint32_t *tables, n_prompt = n_prompt_pages(b), n_own = n_own_pages(b);
    uint64_t address = rft_call_buffer(b->image, "tables", RFT_CALL_IN, (n_prompt + n_own) * 4ull, &tables);
    for (uint32_t i = 0; tables != NULL && i < n_prompt; i++)
        tables[i] = n_prompt - 1 - i;
    for (uint32_t i = 0; tables != NULL && i < n_own; i++)
        tables[n_prompt + i] = n_own - 1 - i;
    return address;
}

uint64_t rft_case_matrix(const struct rft_build *b, uint32_t n, uint32_t k)
{
    uint16_t *p;
    if (b->c->format != RFT_FORMAT_BF16)
        return rft_case_integers(b, n, k);
    uint64_t address =
        rft_call_buffer(b->image, "weight", RFT_CALL_IN, (uint64_t)n_tiles(n) * RFT_TILE * RFT_PADDED(k) * 2, &p);
    for (uint32_t row = 0; p != NULL && row < n; row++) {
        uint16_t *tile = p + (size_t)(row / RFT_TILE) * RFT_TILE * RFT_PADDED(k);
        bool is_equal = b->c->values == RFT_VALUES_TIES && row % 8 / 2 == 1; /* to the rows it is paired with */
        for (uint32_t i = 0; i < k; i++) {
            uint16_t *to = &tile[((size_t)(i / 2) * RFT_TILE + row % RFT_TILE) * 2 + i % 2];
            *to = is_equal ? *(to - 4) : bf16_value(b, b->c->op == RFT_OP_embed && is_bad_row(b, row));
        }
    }
    return address;
}

/* A row's bad values: where they may be, and which. */
struct bad_values {
    uint32_t n_places;
    uint32_t first, n; /* in rft_case_floats */
};

static struct bad_values bad_values_of(const struct rft_build *b, uint32_t row, enum rft_call_kind kind, uint32_t n)
{
    const enum share share = share_of(row);
    if (!is_bad_row(b, row))
        return (struct bad_values){0};
    if (b->c->op == RFT_OP_heads && share == OF_SQUARES) /* queries that their norm's weight makes small again */
        return (struct bad_values){b->c->n_heads * b->c->head_dim, 0, 2};
    if (b->c->op == RFT_OP_post_norm && kind == RFT_CALL_IN) /* what is bad with any factor, and nothing large */
        return (struct bad_values){share == OF_ADDED ? n : 0, 2, 4};
    if (b->c->op == RFT_OP_post_norm)
        return (struct bad_values){share == OF_STREAM ? n : 0, 0, 3};
    /* Values that are added to must not be NaN: the sign and payload of a sum's NaN are not the contract's. */
    return (struct bad_values){n, 0, kind == RFT_CALL_IN ? 6 : 3};
}

uint64_t rft_case_floats(const struct rft_build *b, const char *name, enum rft_call_kind kind, uint32_t n)
{
    static const uint32_t bad[] = {
        0x5d800000u /* 2^60 */, 0xdd800000u, 0x7f000000u /* 2^127 */, 0x7f800000u, 0xff800000u, 0x7fc00001u};
    float *p;
    uint64_t address = rft_call_buffer(b->image, name, kind, (uint64_t)b->n_rows * n * 4, &p);
    for (uint32_t row = 0; p != NULL && row < b->n_rows; row++) {
        const struct bad_values wanted = bad_values_of(b, row, kind, n);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t r = i < wanted.n_places ? rft_call_random(b->image) : 1;
            float v = rft_case_value(b, b->c->values);
            v = v * (b->c->values == RFT_VALUES_TINY ? 0x1p-24f : 1.0f);
            p[(size_t)row * n + i] =
                r % 17 == 0 ? RFT_FROM_BITS(bad[wanted.first + r / 17 % wanted.n]) : rft_canonical(v);
        }
    }
    return address;
}

uint64_t rft_case_norm(const struct rft_build *b, uint32_t dim)
{
    float *p;
    uint64_t address = rft_call_buffer(b->image, "norm", RFT_CALL_IN, (uint64_t)dim * 4, &p);
    for (uint32_t i = 0; p != NULL && i < dim; i++) {
        float v = rft_case_value(b, b->c->values == RFT_VALUES_TINY ? RFT_VALUES_PLAIN : b->c->values);
        v = v * (b->c->op == RFT_OP_heads && b->c->values == RFT_VALUES_BAD ? 0x1p-14f : 1.0f);
        p[i] = rft_flush(v);
    }
    return address;
}

uint64_t rft_case_bias(const struct rft_build *b, uint32_t n)
{
    float *p;
    const uint32_t n_padded = n_tiles(n) * RFT_TILE;
    if (!b->c->has_bias)
        return 0;
    uint64_t address = rft_call_buffer(b->image, "bias", RFT_CALL_IN, (uint64_t)n_padded * 4, &p);
    for (uint32_t i = 0; p != NULL && i < n; i++)
        p[i] = rft_flush(rft_case_value(b, b->c->values));
    return address;
}

uint64_t rft_case_queries(const struct rft_build *b)
{
    uint16_t *p;
    const uint64_t n = (uint64_t)b->n_rows * b->c->n_heads * b->c->head_dim;
    uint64_t address = rft_call_buffer(b->image, "q", RFT_CALL_IN, n * 2, &p);
    for (uint64_t i = 0; p != NULL && i < n; i++)
        p[i] = bf16_value(b, is_bad_row(b, (uint32_t)(i / (b->c->n_heads * b->c->head_dim))));
    return address;
}

/* Some blocks that are to be quantised are all zeros. */
static bool is_empty(const struct rft_build *b, uint32_t row, uint32_t i)
{
    return b->c->op == RFT_OP_quantise && row % 5 == 1 && i / RFT_QUANT_BLOCK % 2 == 0;
}

/* Room for the quantised parts of k elements. */
static void clear_quantised(uint32_t *quantised, uint32_t k)
{
    const size_t n_blocks = (k + RFT_QUANT_BLOCK - 1) / RFT_QUANT_BLOCK;
    memset(quantised, NEVER_WRITTEN, n_blocks * RFT_QUANT_BLOCK);
    memset(quantised + RFT_PADDED(k) / 4, NEVER_WRITTEN, n_blocks * sizeof(struct rft_quantised_block));
}

/* The quantised part of a row, or room for it. */
static void fill_quantised(const struct rft_build *b, enum rft_call_kind kind, uint32_t *quantised, uint32_t k)
{
    if (kind == RFT_CALL_OUT)
        clear_quantised(quantised, k);
    else if (b->c->format != RFT_FORMAT_BF16)
        rft_case_quantised(b, quantised, k);
}

uint64_t rft_case_activations(const struct rft_build *b, const char *name, enum rft_call_kind kind, uint32_t k)
{
    uint32_t *p;
    uint64_t address = rft_call_buffer(b->image, name, kind, (uint64_t)b->n_rows * RFT_ROW_WORDS(k) * 4, &p);
    for (uint32_t row = 0; p != NULL && row < b->n_rows; row++) {
        uint32_t *words = p + (size_t)row * RFT_ROW_WORDS(k);
        for (uint32_t i = 0; i < k; i++)
            ((uint16_t *)words)[i] = is_empty(b, row, i) ? 0 : bf16_value(b, is_bad_row(b, row));
        if (row < b->c->rows)
            fill_quantised(b, kind, words + RFT_ROW_QUANTISED(k), k);
    }
    return address;
}

/* Sums of 16 squares, such that results are around 1, where silu bends. In every other bad row one of them is too large
 * or not a number; draw's other bad rows get a factor with which some of their logits are bad and some are not. */
static void fill_square_sums(const struct rft_build *b, uint32_t row, uint32_t *sums, uint32_t n)
{
    static const uint32_t bad[] = {0x7b800000u /* 2^120 */, 0x7f000000u /* 2^127 */, 0x7f800000u, 0x7fc00001u,
                                   0xffc00000u};
    bool is_large = b->c->op == RFT_OP_draw && is_bad_row(b, row);
    for (uint32_t i = 0; i < n; i++) {
        float v = rft_case_value(b, b->c->values == RFT_VALUES_TINY ? RFT_VALUES_PLAIN : b->c->values);
        v = v * (b->c->values == RFT_VALUES_WIDE ? 1.0f : is_large ? 16.0f : 2048.0f);
        sums[i] = RFT_BITS(v) & 0x7fffffffu;
    }
    if (b->c->values == RFT_VALUES_TIES && row % 4 == 2)
        memset(sums, 0, n * sizeof *sums); /* a row of zeros: eps alone */
    if (is_bad_row(b, row) && (b->c->op == RFT_OP_post_norm ? share_of(row) == OF_SQUARES : row % 2 == 1))
        sums[row % n] = bad[row / 2 % 5];
}

uint64_t rft_case_normed(const struct rft_build *b, enum rft_call_kind kind, uint32_t dim)
{
    uint32_t *p;
    uint64_t address = rft_call_buffer(b->image, "h", kind, (uint64_t)b->n_rows * RFT_H_WORDS(dim) * 4, &p);
    for (uint32_t row = 0; p != NULL && row < b->n_rows; row++) {
        uint32_t *h = p + (size_t)row * RFT_H_WORDS(dim);
        for (uint32_t i = 0; i < dim; i++)
            ((uint16_t *)h)[i] = is_empty(b, row, i) ? 0 : bf16_value(b, is_bad_row(b, row) && row % 2 == 0);
        fill_square_sums(b, row, h + RFT_PADDED(dim) / 2, n_tiles(dim));
        if (row < b->c->rows)
            fill_quantised(b, kind, h + RFT_H_QUANTISED(dim), dim);
    }
    return address;
}

uint64_t rft_case_cos_sin(const struct rft_build *b, const char *name)
{
    float *p;
    uint64_t n = 2 * (uint64_t)(b->c->n_prompt + b->c->n_own) * b->c->head_dim;
    uint64_t address = rft_call_buffer(b->image, name, RFT_CALL_IN, n * 4, &p);
    for (uint64_t i = 0; p != NULL && i < n; i++) {
        uint32_t r = rft_call_random(b->image);
        p[i] = (float)(r % 20001) * 1e-4f - 1.0f;
        if (b->c->values == RFT_VALUES_TIES && i % 2 == 1 && r % 3 != 0) /* sin = +-cos */
            p[i] = r % 3 == 1 ? p[i - 1] : -p[i - 1];
    }
    return address;
}

uint64_t rft_case_pages(const struct rft_build *b, enum rft_call_kind kind, bool is_own)
{
    uint16_t *p;
    uint64_t n = (uint64_t)RFT_PAGE_TOKENS * b->c->head_dim * b->c->n_kv_heads * 2 *
                 (is_own ? n_own_pages(b) : n_prompt_pages(b));
    uint64_t address = rft_call_buffer(b->image, is_own ? "own_kv" : "prompt_kv", kind, n * 2, &p);
    if (p != NULL && kind == RFT_CALL_OUT)
        memset(p, NEVER_WRITTEN, (size_t)n * 2);
    for (uint64_t i = 0; p != NULL && kind == RFT_CALL_IN && i < n; i++)
        p[i] = bf16_value(b, false);
    return address;
}

uint64_t rft_case_mask(const struct rft_build *b, uint32_t vocab)
{
    uint32_t *mask;
    uint64_t address = rft_call_buffer(b->image, "mask", RFT_CALL_IN, (vocab + 31ull) / 32 * 4, &mask);
    const uint32_t first = b->c->op == RFT_OP_score ? b->c->first : 0;
    for (uint32_t id = 0; mask != NULL && id < vocab; id++)
        mask[id / 32] |= (uint32_t)(rft_call_random(b->image) % 11 != 0 && id >= first) << id % 32;
    return address;
}

uint64_t rft_case_output(const struct rft_build *b, const char *name, uint32_t n, uint32_t n_used,
                         uint32_t element_bytes)
{
    uint8_t *p;
    size_t stride = (size_t)n * element_bytes;
    uint64_t address = rft_call_buffer(b->image, name, RFT_CALL_OUT, b->n_rows * stride, &p);
    for (uint32_t row = 0; p != NULL && row < b->n_rows; row++)
        memset(p + row * stride, NEVER_WRITTEN, (size_t)n_used * element_bytes);
    return address;
}

uint64_t rft_case_row_output(const struct rft_build *b, uint32_t k)
{
    uint32_t *p;
    uint64_t address = rft_call_buffer(b->image, "y", RFT_CALL_OUT, (uint64_t)b->n_rows * RFT_ROW_WORDS(k) * 4, &p);
    for (uint32_t row = 0; p != NULL && row < b->n_rows; row++) {
        uint32_t *words = p + (size_t)row * RFT_ROW_WORDS(k);
        memset(words, NEVER_WRITTEN, (size_t)k * 2);
        clear_quantised(words + RFT_ROW_QUANTISED(k), k);
    }
    return address;
}

uint64_t rft_case_normed_output(const struct rft_build *b, uint32_t dim)
{
    uint32_t *p;
    uint64_t address = rft_call_buffer(b->image, "h", RFT_CALL_OUT, (uint64_t)b->n_rows * RFT_H_WORDS(dim) * 4, &p);
    for (uint32_t row = 0; p != NULL && row < b->n_rows; row++) {
        uint32_t *h = p + (size_t)row * RFT_H_WORDS(dim);
        memset(h, NEVER_WRITTEN, (size_t)dim * 2);
        memset(h + RFT_PADDED(dim) / 2, NEVER_WRITTEN, (size_t)n_tiles(dim) * 4);
        clear_quantised(h + RFT_H_QUANTISED(dim), dim);
    }
    return address;
}
