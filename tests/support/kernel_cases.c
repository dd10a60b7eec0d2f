/* SPDX-License-Identifier: MIT */
#include "kernel_cases.h"

#include <inttypes.h>
#include <stdio.h>

static const float bad_values[] = {0x1p60f, -0x1p60f, 0x1p127f};

static float value(struct fixture *f, enum value_kind kind)
{
    const uint32_t r = fixture_random(f);
    const uint32_t sign = (r >> 31) << 31;
    switch (kind) {
    case VALUES_WIDE:
        if (r % 16 == 0)
            return RFT_FROM_BITS(sign);
        return RFT_FROM_BITS(sign | (72u + r / 16 % 110u) << 23 | (fixture_random(f) & 0x7fffffu)); /* 2^-55 to 2^54 */
    case VALUES_BAD:
        if (r % 97 == 0)
            return r % 5 == 0   ? RFT_FROM_BITS(sign | 0x7f800000u)
                   : r % 5 == 1 ? RFT_FROM_BITS(sign | 0x7fc00001u)
                                : bad_values[r % 5 - 2];
        break;
    case VALUES_TIES:
        return (float)(r >> 8 & 7u) - 3.0f;
    case VALUES_PLAIN:
        break;
    }
    return RFT_FROM_BITS(sign | (124u + r / 16 % 5u) << 23 | (fixture_random(f) & 0x7fffffu));
}

/* Both operands of a dot product are finite: bad values become 0. */
static uint16_t value_bf16(struct fixture *f, enum value_kind kind)
{
    const float v = value(f, kind);
    return (uint16_t)(rft_is_bad(v) ? 0 : rft_to_bf16(v));
}

static uint64_t f32_buffer(struct fixture *f, const char *name, enum fixture_kind kind, uint64_t n, enum value_kind values)
{
    float *p;
    const uint64_t address = fixture_buffer(f, name, kind, n * 4, &p);
    for (uint64_t i = 0; i < n; i++)
        p[i] = value(f, values);
    return address;
}

static uint64_t bf16_buffer(struct fixture *f, const char *name, enum fixture_kind kind, uint64_t n, enum value_kind values)
{
    uint16_t *p;
    const uint64_t address = fixture_buffer(f, name, kind, n * 2, &p);
    for (uint64_t i = 0; i < n; i++)
        p[i] = value_bf16(f, values);
    return address;
}

/* A packed matrix [n][k]; the same elements whatever the device's tile. */
static uint64_t matrix_buffer(struct fixture *f, uint32_t n, uint32_t k, enum value_kind values)
{
    const uint32_t tile = f->caps.weight_tile;
    uint16_t *p;
    const uint64_t address = fixture_buffer(f, "weight", FIXTURE_IN, ((uint64_t)n + tile - 1) / tile * tile * k * 2, &p);
    for (uint32_t row = 0; row < n; row++)
        for (uint32_t i = 0; i < k; i++)
            p[(((uint64_t)(row / tile) * (k / 2) + i / 2) * tile + row % tile) * 2 + i % 2] = value_bf16(f, values);
    return address;
}

static uint64_t batch_buffer(struct fixture *f, uint32_t n_rows)
{
    struct rft_batch *batch;
    const uint64_t address = fixture_buffer(f, "batch", FIXTURE_IN, sizeof *batch, &batch);
    batch->n_rows = n_rows;
    return address;
}

static bool is_idle(const struct kernel_case *c, uint32_t row)
{
    return c->has_idle && row % 5 == 3;
}

/* Rows in groups of four that share a prompt; their places differ. */
static uint64_t rows_buffer(struct fixture *f, const struct kernel_case *c)
{
    struct rft_row *rows;
    const uint64_t address = fixture_buffer(f, "rows", FIXTURE_OUT, c->rows * sizeof *rows, &rows);
    const uint32_t prompt_pages = (c->n_prompt + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS;
    const uint32_t own_pages = (c->n_own + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS;
    const uint32_t n_questions = (c->rows + 3) / 4;
    for (uint32_t i = 0; i < c->rows; i++) {
        const uint32_t question = c->is_prefill ? 0 : i / 4;
        const uint32_t n_prompt = c->n_prompt - (c->is_prefill ? 0 : question % 3 * (c->n_prompt / 5));
        rows[i] = (struct rft_row){
            .token = c->n != 0 ? fixture_random(f) % c->n : 0,
            .n_prompt = n_prompt,
            .prompt_table = question * prompt_pages,
            .own_table = n_questions * prompt_pages + i * own_pages,
            .state = is_idle(c, i) ? (i % 2 == 0 ? RFT_ROW_IDLE : RFT_ROW_STOP) : RFT_ROW_RUNNING,
            .n_new = i % 7,
            .n_new_max = 7 + i % 2,
            .sample_index = i,
            .key0 = fixture_random(f),
            .key1 = fixture_random(f),
        };
        rows[i].position = c->is_prefill ? c->n_prompt - c->rows + i : n_prompt + (c->n_own != 0 ? i * 37 % c->n_own : 0);
        if (c->n_own == 0 && n_prompt != 0 && !c->is_prefill) /* at every place in the prompt */
            rows[i].position = i * 13 % n_prompt;
    }
    return address;
}

/* Page numbers in no order. */
static uint64_t tables_buffer(struct fixture *f, const struct kernel_case *c, uint32_t *n_prompt_pages, uint32_t *n_own_pages)
{
    uint32_t *tables;
    *n_prompt_pages = (c->rows + 3) / 4 * ((c->n_prompt + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS);
    *n_own_pages = c->rows * ((c->n_own + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS);
    const uint64_t address = fixture_buffer(f, "tables", FIXTURE_IN, (*n_prompt_pages + *n_own_pages) * 4ull, &tables);
    for (uint32_t i = 0; i < *n_prompt_pages; i++)
        tables[i] = *n_prompt_pages - 1 - i;
    for (uint32_t i = 0; i < *n_own_pages; i++)
        tables[*n_prompt_pages + i] = *n_own_pages - 1 - i;
    return address;
}

static void build_embed(struct fixture *f, const struct kernel_case *c)
{
    struct rft_args_embed a = {batch_buffer(f, c->rows), rows_buffer(f, c), matrix_buffer(f, c->n, c->k, c->values), 0, c->k,
                               f->caps.weight_tile};
    a.x = f32_buffer(f, "x", FIXTURE_OUT, (uint64_t)c->rows * c->k, VALUES_PLAIN);
    fixture_args(f, &a, sizeof a);
}

static void build_rms_norm(struct fixture *f, const struct kernel_case *c)
{
    struct rft_args_rms_norm a = {.batch = batch_buffer(f, c->rows), .rows = rows_buffer(f, c), .dim = c->n};
    a.x = f32_buffer(f, "x", FIXTURE_IN, (uint64_t)c->rows * c->n, c->values);
    a.weight = f32_buffer(f, "weight", FIXTURE_IN, c->n, c->values == VALUES_WIDE ? VALUES_WIDE : VALUES_PLAIN);
    a.h = bf16_buffer(f, "h", FIXTURE_OUT, (uint64_t)c->rows * c->n, VALUES_PLAIN);
    a.inverse_dim_bits = RFT_BITS((float)(1.0 / c->n));
    a.eps_bits = RFT_BITS(1e-5f);
    fixture_args(f, &a, sizeof a);
}

static void build_matmul(struct fixture *f, const struct kernel_case *c)
{
    struct rft_args_matmul a = {.batch = batch_buffer(f, c->rows), .n = c->n, .k = c->k, .flags = c->flags};
    a.tile = f->caps.weight_tile;
    a.weight = matrix_buffer(f, c->n, c->k, c->values);
    a.x = bf16_buffer(f, "x", FIXTURE_IN, (uint64_t)c->rows * c->k, c->values);
    a.y = f32_buffer(f, "y", FIXTURE_OUT, (uint64_t)c->rows * c->n, c->values);
    fixture_args(f, &a, sizeof a);
}

static uint64_t cos_sin_buffer(struct fixture *f, uint32_t n_positions, uint32_t head_dim)
{
    float *p;
    const uint64_t address = fixture_buffer(f, "cos_sin", FIXTURE_IN, (uint64_t)n_positions * head_dim * 4, &p);
    for (uint64_t i = 0; i < (uint64_t)n_positions * head_dim; i++)
        p[i] = (float)(fixture_random(f) % 20001) * 1e-4f - 1.0f;
    return address;
}

static uint64_t head_words(const struct kernel_case *c)
{
    return (uint64_t)RFT_PAGE_TOKENS * c->head_dim * c->n_kv_heads * 2; /* bf16 elements of a page */
}

static void build_rope_kv(struct fixture *f, const struct kernel_case *c)
{
    uint32_t n_prompt_pages, n_own_pages;
    struct rft_args_rope_kv a = {.batch = batch_buffer(f, c->rows), .rows = rows_buffer(f, c)};
    a.tables = tables_buffer(f, c, &n_prompt_pages, &n_own_pages);
    a.qkv = f32_buffer(f, "qkv", FIXTURE_IN, (uint64_t)c->rows * (c->n_heads + 2 * c->n_kv_heads) * c->head_dim, c->values);
    a.cos_sin = cos_sin_buffer(f, c->n_prompt + c->n_own, c->head_dim);
    a.q = bf16_buffer(f, "q", FIXTURE_OUT, (uint64_t)c->rows * c->n_heads * c->head_dim, VALUES_PLAIN);
    a.prompt_kv = bf16_buffer(f, "prompt_kv", FIXTURE_OUT, n_prompt_pages * head_words(c), VALUES_PLAIN);
    a.own_kv = bf16_buffer(f, "own_kv", FIXTURE_OUT, n_own_pages * head_words(c), VALUES_PLAIN);
    a.n_heads = c->n_heads;
    a.n_kv_heads = c->n_kv_heads;
    a.head_dim = c->head_dim;
    fixture_args(f, &a, sizeof a);
}

static void build_attention(struct fixture *f, const struct kernel_case *c)
{
    uint32_t n_prompt_pages, n_own_pages;
    void *scratch;
    struct rft_args_attention a = {.batch = batch_buffer(f, c->rows), .rows = rows_buffer(f, c)};
    a.tables = tables_buffer(f, c, &n_prompt_pages, &n_own_pages);
    a.q = bf16_buffer(f, "q", FIXTURE_IN, (uint64_t)c->rows * c->n_heads * c->head_dim, c->values);
    a.prompt_kv = bf16_buffer(f, "prompt_kv", FIXTURE_IN, n_prompt_pages * head_words(c), c->values);
    a.own_kv = bf16_buffer(f, "own_kv", FIXTURE_IN, n_own_pages * head_words(c), c->values);
    a.y = bf16_buffer(f, "y", FIXTURE_OUT, (uint64_t)c->rows * c->n_heads * c->head_dim, VALUES_PLAIN);
    a.n_heads = c->n_heads;
    a.n_kv_heads = c->n_kv_heads;
    a.head_dim = c->head_dim;
    a.scale_bits = RFT_BITS(0.125f);
    a.scratch_floats = RFT_SCRATCH_ROWS * ((c->n_prompt + c->n_own + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS * RFT_PAGE_TOKENS);
    a.scratch = fixture_buffer(f, "scratch", FIXTURE_SCRATCH, (uint64_t)f->caps.n_scratch * a.scratch_floats * 4, &scratch);
    fixture_args(f, &a, sizeof a);
}

static void build_silu_mul(struct fixture *f, const struct kernel_case *c)
{
    struct rft_args_silu_mul a = {.batch = batch_buffer(f, c->rows), .rows = rows_buffer(f, c), .ffn_dim = c->n};
    a.gate_up = f32_buffer(f, "gate_up", FIXTURE_IN, (uint64_t)c->rows * 2 * c->n, c->values);
    a.y = bf16_buffer(f, "y", FIXTURE_OUT, (uint64_t)c->rows * c->n, VALUES_PLAIN);
    fixture_args(f, &a, sizeof a);
}

/* The vocabulary has all but a few tokens. */
static uint64_t mask_buffer(struct fixture *f, uint32_t vocab)
{
    uint32_t *mask;
    const uint64_t address = fixture_buffer(f, "mask", FIXTURE_IN, (vocab + 31ull) / 32 * 4, &mask);
    for (uint32_t id = 0; id < vocab; id++)
        mask[id / 32] |= (uint32_t)(fixture_random(f) % 11 != 0) << id % 32;
    return address;
}

static uint32_t inverse_temperature(const struct kernel_case *c)
{
    return RFT_BITS(c->temperature > 0.0f ? (float)(1.0 / (double)c->temperature) : 1.0f);
}

static void build_filter(struct fixture *f, const struct kernel_case *c)
{
    void *cutoffs;
    struct rft_args_filter a = {.batch = batch_buffer(f, c->rows), .rows = rows_buffer(f, c), .vocab = c->n};
    a.logits = f32_buffer(f, "logits", FIXTURE_IN, (uint64_t)c->rows * c->n, c->values);
    a.mask = mask_buffer(f, c->n);
    a.cutoffs = fixture_buffer(f, "cutoffs", FIXTURE_OUT, c->rows * sizeof(struct rft_cutoff), &cutoffs);
    a.inverse_temperature_bits = inverse_temperature(c);
    a.top_k = c->top_k;
    a.top_p_65536 = c->top_p_65536;
    fixture_args(f, &a, sizeof a);
}

static void build_sample(struct fixture *f, const struct kernel_case *c)
{
    struct rft_cutoff *cutoffs;
    void *candidates;
    struct rft_args_sample a = {.batch = batch_buffer(f, c->rows), .rows = rows_buffer(f, c), .vocab = c->n, .flags = c->flags};
    a.logits = f32_buffer(f, "logits", FIXTURE_IN, (uint64_t)c->rows * c->n, c->values);
    a.mask = mask_buffer(f, c->n);
    a.cutoffs = fixture_buffer(f, "cutoffs", FIXTURE_IN, c->rows * sizeof *cutoffs, &cutoffs);
    for (uint32_t i = 0; i < c->rows; i++) /* around the middle of the values; on a tie, by id */
        cutoffs[i] = (struct rft_cutoff){rft_sort_key(1.0f - (float)(i % 3)), c->n / 2, RFT_BITS(4.0f), 0};
    a.n_parts = (c->n + RFT_SAMPLE_PART - 1) / RFT_SAMPLE_PART;
    a.candidates = fixture_buffer(f, "candidates", FIXTURE_OUT, (uint64_t)c->rows * a.n_parts * sizeof(struct rft_candidate),
                                  &candidates);
    a.inverse_temperature_bits = inverse_temperature(c);
    a.min_p_bits = RFT_BITS(c->min_p);
    fixture_args(f, &a, sizeof a);
}

static void build_advance(struct fixture *f, const struct kernel_case *c)
{
    struct rft_candidate *candidates;
    uint32_t *eos;
    void *tokens;
    struct rft_args_advance a = {.batch = batch_buffer(f, c->rows), .rows = rows_buffer(f, c)};
    a.n_parts = c->n;
    a.n_eos = 2;
    a.tokens_stride = 9;
    a.candidates = fixture_buffer(f, "candidates", FIXTURE_IN, (uint64_t)c->rows * c->n * sizeof *candidates, &candidates);
    for (uint32_t i = 0; i < c->rows * c->n; i++) /* keys tie often, some rows have no candidate */
        candidates[i] = (struct rft_candidate){i / c->n % 6 == 4 ? 0 : fixture_random(f) % 5, i % c->n * 3 + fixture_random(f) % 3};
    a.eos = fixture_buffer(f, "eos", FIXTURE_IN, 8, &eos);
    eos[0] = 4;
    eos[1] = 1;
    a.tokens = fixture_buffer(f, "tokens", FIXTURE_OUT, (uint64_t)c->rows * a.tokens_stride * 4, &tokens);
    fixture_args(f, &a, sizeof a);
}

void kernel_case_build(struct fixture *f, const struct kernel_case *c)
{
    static void (*const builders[])(struct fixture *f, const struct kernel_case *c) = {
#define RFT_OP(name, grid) build_##name,
#include "ops.def"
#undef RFT_OP
    };
    fixture_begin(f, c->op, (uint64_t)(c - kernel_cases));
    builders[c->op](f, c);
}

const char *kernel_case_name(const struct kernel_case *c)
{
    static char text[200];
    snprintf(text, sizeof text,
             "case %td: %s, values %d, rows %" PRIu32 ", n %" PRIu32 ", k %" PRIu32 ", heads %" PRIu32 "/%" PRIu32 " of %" PRIu32
             ", prompt %" PRIu32 ", own %" PRIu32 ", flags %" PRIu32,
             c - kernel_cases, rft_op_name(c->op), (int)c->values, c->rows, c->n, c->k, c->n_heads, c->n_kv_heads, c->head_dim,
             c->n_prompt, c->n_own, c->flags);
    return text;
}
