/* SPDX-License-Identifier: MIT */
#include "kernel_cases.h"

#include "alloc.h"
#include "arith.h"
#include "kernel_case_inputs.h"
#include "op.h"

#include <inttypes.h>
#include <stdio.h>

#define EPS 1e-5f

static uint32_t inverse_bits(uint32_t n)
{
    return RFT_BITS((float)(1.0 / n));
}

/* Some rows' tokens are in other parts of the matrix, before and behind. */
static void build_embed(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_embed a = {
        .batch = rft_case_batch(b), .dim = c->k, .first = c->first, .n = c->n, .format = c->format, .flags = c->flags};
    a.rows = rft_case_rows(b, c->first == 0 ? c->n : c->first + c->n + c->n / 4);
    a.weight = rft_case_matrix(b, c->n, c->k);
    a.norm = rft_case_norm(b, c->k);
    a.x = rft_case_output(b, "x", c->k, c->k, 4);
    a.h = rft_case_normed_output(b, c->k);
    a.scale_bits = RFT_BITS(c->has_bias ? 9.7f : 1.0f);
    rft_call_args(b->image, &a, sizeof a);
}

static void build_quantise(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_quantise a = {.batch = rft_case_batch(b), .k = c->k};
    a.y = rft_case_activations(b, "y", RFT_CALL_OUT, c->k);
    rft_call_args(b->image, &a, sizeof a);
}

/* What queries and keys are rotated by. */
static void build_rotation(const struct rft_build *b, uint64_t *q, uint64_t *k)
{
    *q = rft_case_cos_sin(b, "q_cos_sin");
    *k = b->c->has_two_tables ? rft_case_cos_sin(b, "k_cos_sin") : *q;
}

static void build_qkv(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    uint32_t heads_dim = c->n_heads * c->head_dim;
    struct rft_args_qkv a = {.batch = rft_case_batch(b)};
    a.rows = rft_case_rows(b, 0);
    a.tables = rft_case_tables(b);
    a.format = c->format;
    a.first = c->first;
    a.n = (c->n != 0 ? c->n : (c->n_heads + 2 * c->n_kv_heads) * c->head_dim - c->first);
    a.weight = rft_case_matrix(b, a.n, c->k);
    a.h = rft_case_normed(b, RFT_CALL_IN, c->k);
    a.bias = rft_case_bias(b, a.n);
    build_rotation(b, &a.q_cos_sin, &a.k_cos_sin);
    a.q = rft_case_output(b, "q", heads_dim, heads_dim, 2);
    a.prompt_kv = rft_case_pages(b, RFT_CALL_OUT, false);
    a.own_kv = rft_case_pages(b, RFT_CALL_OUT, true);
    a.dim = c->k;
    a.n_heads = c->n_heads;
    a.n_kv_heads = c->n_kv_heads;
    a.head_dim = c->head_dim;
    a.inverse_dim_bits = inverse_bits(c->k);
    a.eps_bits = RFT_BITS(EPS);
    rft_call_args(b->image, &a, sizeof a);
}

static void build_heads(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    uint32_t n_rotated = c->n_heads + c->n_kv_heads;
    struct rft_args_heads a = {.batch = rft_case_batch(b)};
    a.rows = rft_case_rows(b, 0);
    a.tables = rft_case_tables(b);
    a.y = rft_case_floats(b, "y", RFT_CALL_IN, (n_rotated + c->n_kv_heads) * c->head_dim);
    a.norm = rft_case_norm(b, n_rotated * c->head_dim);
    build_rotation(b, &a.q_cos_sin, &a.k_cos_sin);
    a.q = rft_case_output(b, "q", c->n_heads * c->head_dim, c->n_heads * c->head_dim, 2);
    a.prompt_kv = rft_case_pages(b, RFT_CALL_OUT, false);
    a.own_kv = rft_case_pages(b, RFT_CALL_OUT, true);
    a.n_heads = c->n_heads;
    a.n_kv_heads = c->n_kv_heads;
    a.head_dim = c->head_dim;
    a.q_span = c->has_two_tables ? c->n_heads : 1;
    a.k_span = c->has_two_tables ? c->n_kv_heads : 1;
    a.q_inverse_bits = inverse_bits(a.q_span * c->head_dim);
    a.k_inverse_bits = inverse_bits(a.k_span * c->head_dim);
    a.eps_bits = RFT_BITS(EPS);
    rft_call_args(b->image, &a, sizeof a);
}

static uint32_t inverse_cap(const struct rft_kernel_case *c)
{
    return RFT_BITS(c->cap != 0.0f ? (float)(1.0 / (double)c->cap) : 0.0f);
}

static void build_attention(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    uint32_t heads_dim = c->n_heads * c->head_dim, n_scratch = b->image->n_scratch;
    uint64_t n_floats = rft_scratch_floats(n_scratch, c->n_heads / c->n_kv_heads, c->n_prompt + c->n_own);
    uint64_t n_pieces = n_scratch != 0 ? n_scratch : (uint64_t)b->n_rows * c->n_kv_heads;
    void *scratch;
    struct rft_args_attention a = {.batch = rft_case_batch(b)};
    a.rows = rft_case_rows(b, 0);
    a.tables = rft_case_tables(b);
    a.q = rft_case_queries(b);
    a.prompt_kv = rft_case_pages(b, RFT_CALL_IN, false);
    a.own_kv = rft_case_pages(b, RFT_CALL_IN, true);
    a.y = rft_case_row_output(b, heads_dim);
    a.scratch = rft_call_buffer(b->image, "scratch", RFT_CALL_SCRATCH, n_pieces * n_floats * 4, &scratch);
    a.n_heads = c->n_heads;
    a.n_kv_heads = c->n_kv_heads;
    a.head_dim = c->head_dim;
    a.scale_bits = RFT_BITS(0.125f);
    a.scratch_floats = (uint32_t)n_floats;
    a.window = c->window != 0 ? c->window : RFT_NO_WINDOW;
    a.cap_bits = RFT_BITS(c->cap);
    a.inverse_cap_bits = inverse_cap(c);
    a.flags = c->flags;
    rft_call_args(b->image, &a, sizeof a);
}

static void build_residual(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_residual a = {
        .batch = rft_case_batch(b), .dim = c->n, .k = c->k, .flags = c->flags, .format = c->format};
    a.rows = rft_case_rows(b, 0);
    a.weight = rft_case_matrix(b, c->n, c->k);
    a.y = rft_case_activations(b, "y", RFT_CALL_IN, c->k);
    a.norm = rft_case_norm(b, c->n);
    a.bias = rft_case_bias(b, c->n);
    a.x = rft_case_floats(b, "x", RFT_CALL_OUT, c->n);
    a.h = rft_case_normed_output(b, c->n);
    rft_call_args(b->image, &a, sizeof a);
}

static void build_post_norm(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_post_norm a = {.batch = rft_case_batch(b), .dim = c->n, .flags = c->flags};
    a.rows = rft_case_rows(b, 0);
    a.y = rft_case_floats(b, "y", RFT_CALL_IN, c->n);
    a.weight = rft_case_norm(b, c->n);
    a.norm = rft_case_norm(b, c->n);
    a.x = rft_case_floats(b, "x", RFT_CALL_OUT, c->n);
    a.h = rft_case_normed(b, RFT_CALL_OUT, c->n);
    a.inverse_dim_bits = inverse_bits(c->n);
    a.eps_bits = RFT_BITS(EPS);
    rft_call_args(b->image, &a, sizeof a);
}

static void build_gate_up(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_gate_up a = {
        .batch = rft_case_batch(b), .dim = c->k, .ffn_dim = c->n, .format = c->format, .flags = c->flags};
    a.rows = rft_case_rows(b, 0);
    a.weight = rft_case_matrix(b, 2 * c->n, c->k);
    a.h = rft_case_normed(b, RFT_CALL_IN, c->k);
    a.bias = rft_case_bias(b, 2 * c->n);
    a.act = c->act;
    a.y = rft_case_row_output(b, c->n);
    a.inverse_dim_bits = inverse_bits(c->k);
    a.eps_bits = RFT_BITS(EPS);
    rft_call_args(b->image, &a, sizeof a);
}

/* A matrix in parts has logits before and behind this part's. */
static void build_project(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_project a = {
        .batch = rft_case_batch(b), .dim = c->k, .first = c->first, .n = c->n, .format = c->format};
    a.rows = rft_case_rows(b, 0);
    a.stride = c->first == 0 ? c->n : c->first + c->n + 5;
    a.weight = rft_case_matrix(b, c->n, c->k);
    a.h = rft_case_normed(b, RFT_CALL_IN, c->k);
    a.bias = rft_case_bias(b, c->n);
    a.cap_bits = RFT_BITS(c->cap);
    a.inverse_cap_bits = inverse_cap(c);
    a.y = rft_case_output(b, "y", a.stride, a.stride, 4);
    a.inverse_dim_bits = inverse_bits(c->k);
    a.eps_bits = RFT_BITS(EPS);
    rft_call_args(b->image, &a, sizeof a);
}

static void build_filter(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_filter a = {.batch = rft_case_batch(b), .vocab = c->n};
    a.rows = rft_case_rows(b, 0);
    a.logits = rft_case_floats(b, "logits", RFT_CALL_IN, c->n);
    a.mask = rft_case_mask(b, c->n);
    a.cutoffs = rft_case_output(b, "cutoffs", 1, 1, sizeof(struct rft_cutoff));
    a.top_k = c->top_k;
    a.top_p_65536 = c->top_p_65536;
    rft_call_args(b->image, &a, sizeof a);
}

static void build_sample(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_cutoff *cutoffs;
    struct rft_args_sample a = {.batch = rft_case_batch(b), .vocab = c->n, .flags = c->flags};
    a.rows = rft_case_rows(b, 0);
    a.logits = rft_case_floats(b, "logits", RFT_CALL_IN, c->n);
    a.mask = rft_case_mask(b, c->n);
    a.cutoffs = rft_call_buffer(b->image, "cutoffs", RFT_CALL_IN, b->n_rows * sizeof *cutoffs, &cutoffs);
    for (uint32_t i = 0; cutoffs != NULL && i < b->n_rows; i++) /* around the middle of the values; on a tie, by id */
        cutoffs[i] = (struct rft_cutoff){rft_sort_key(1.0f - (float)(i % 3)), c->n / 2, RFT_BITS(4.0f), 0};
    a.n_parts = (c->n + RFT_SAMPLE_PART - 1) / RFT_SAMPLE_PART;
    a.candidates = rft_case_output(b, "candidates", a.n_parts, a.n_parts, sizeof(struct rft_candidate));
    a.min_p_bits = RFT_BITS(c->min_p);
    rft_call_args(b->image, &a, sizeof a);
}

/* A matrix in parts has candidates before and behind this part's: an entry behind them is in none of its tiles. */
static void build_draw(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    uint32_t vocab = c->first == 0 ? c->n : c->first + (c->n + RFT_TILE - 1) / RFT_TILE * RFT_TILE + 21;
    struct rft_args_draw a = {
        .batch = rft_case_batch(b), .dim = c->k, .first = c->first, .n = c->n, .format = c->format};
    a.rows = rft_case_rows(b, 0);
    a.weight = rft_case_matrix(b, c->n, c->k);
    a.h = rft_case_normed(b, RFT_CALL_IN, c->k);
    a.mask = rft_case_mask(b, vocab);
    a.n_parts = (vocab + RFT_TILE - 1) / RFT_TILE;
    a.candidates = rft_case_output(b, "candidates", a.n_parts, a.n_parts, sizeof(struct rft_candidate));
    a.cap_bits = RFT_BITS(c->cap);
    a.inverse_cap_bits = inverse_cap(c);
    a.inverse_dim_bits = inverse_bits(c->k);
    a.eps_bits = RFT_BITS(EPS);
    rft_call_args(b->image, &a, sizeof a);
}

static void build_score(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_args_score a = {.batch = rft_case_batch(b), .vocab = c->n};
    a.rows = rft_case_rows(b, 0);
    a.logits = rft_case_floats(b, "logits", RFT_CALL_IN, c->n);
    a.mask = rft_case_mask(b, c->n);
    a.n_parts = (c->n + RFT_SAMPLE_PART - 1) / RFT_SAMPLE_PART;
    a.scores = rft_case_output(b, "scores", a.n_parts, a.n_parts, sizeof(struct rft_score));
    rft_call_args(b->image, &a, sizeof a);
}

/* Parts of which some have no entry. */
static uint64_t build_scores(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_score *scores;
    uint64_t n = (uint64_t)b->n_rows * c->k;
    uint64_t address = rft_call_buffer(b->image, "scores", RFT_CALL_IN, n * sizeof *scores, &scores);
    for (uint64_t i = 0; scores != NULL && i < n; i++) {
        bool is_empty = rft_call_random(b->image) % 5 == 0 && i % c->k != 0;
        float max = rft_flush(rft_case_value(b, c->values));
        float sum = 1.0f + (float)(rft_call_random(b->image) >> 8) * (2047.0f / 16777216.0f);
        scores[i] = (struct rft_score){is_empty ? RFT_BITS_NO_SCORE : RFT_BITS(max), is_empty ? 0 : RFT_BITS(sum)};
    }
    return address;
}

static void build_advance(const struct rft_build *b)
{
    const struct rft_kernel_case *c = b->c;
    struct rft_candidate *candidates;
    uint32_t *eos, n_keys = c->n > 100 ? c->n / 3 : 5; /* the greatest one is there a few times, anywhere */
    struct rft_args_advance a = {.batch = rft_case_batch(b)};
    a.rows = rft_case_rows(b, 0);
    a.n_parts = c->n;
    a.n_eos = 2;
    a.tokens_stride = 9;
    a.candidates = rft_call_buffer(b->image, "candidates", RFT_CALL_IN, (uint64_t)b->n_rows * c->n * sizeof *candidates,
                                   &candidates);
    for (uint32_t i = 0; candidates != NULL && i < b->n_rows * c->n;
         i++) { /* keys tie often, some rows have no candidate */
        uint32_t key = i / c->n % 6 == 4 ? 0 : rft_call_random(b->image) % n_keys;
        candidates[i] = (struct rft_candidate){key, i % c->n * 3 + rft_call_random(b->image) % 3};
    }
    a.eos = rft_call_buffer(b->image, "eos", RFT_CALL_IN, 8, &eos);
    if (eos != NULL) {
        eos[0] = 4;
        eos[1] = 1;
    }
    a.tokens = rft_case_output(b, "tokens", a.tokens_stride, a.tokens_stride, 4);
    if (c->is_scored) {
        a.vocab = 3 * c->n;
        a.n_scores = c->k;
        a.logits = rft_case_floats(b, "logits", RFT_CALL_IN, a.vocab);
        a.scores = build_scores(b);
        a.logprobs = rft_case_output(b, "logprobs", a.tokens_stride, a.tokens_stride, 4);
    }
    rft_call_args(b->image, &a, sizeof a);
}

uint32_t kernel_case_capacity(const struct rft_kernel_case *c)
{
    return c->rows + c->rows % 4;
}

/* Lays the buffers out and, where there are bytes, fills them. The same case has the same content wherever it lies. */
static void build(struct rft_call_image *image, const struct rft_kernel_case *c)
{
    static void (*const builders[])(const struct rft_build *b) = {
#define RFT_OP(name, grid) build_##name,
#include "ops.def"
#undef RFT_OP
    };
    const struct rft_build b = {image, c, kernel_case_capacity(c)};
    uint64_t seed = ((((uint64_t)c->op * 31 + c->rows) * 31 + c->n) * 31 + c->k) * 31 + c->head_dim;
    rft_call_begin(image, c->op, ((seed * 31 + c->n_prompt) * 31 + (uint64_t)c->values) + c->format);
    image->node.n_rows = b.n_rows;
    builders[c->op](&b);
}

uint64_t kernel_case_bytes(const struct rft_kernel_case *c, uint32_t n_scratch, uint32_t align_bytes)
{
    struct rft_call_image measured = {.n_scratch = n_scratch, .align_bytes = align_bytes};
    build(&measured, c);
    return measured.used;
}

enum rft_status kernel_case_build(struct rft_call_image *image, const struct rft_kernel_case *c, uint64_t base)
{
    uint64_t bytes = kernel_case_bytes(c, image->n_scratch, image->align_bytes);
    if (bytes > image->capacity) {
        rft_free(image->bytes);
        image->bytes = rft_alloc((size_t)bytes, 1);
        image->capacity = image->bytes != NULL ? bytes : 0;
        if (image->bytes == NULL)
            return RFT_ERR_HOST_MEMORY;
    }
    image->base = base != 0 ? base : (uint64_t)(uintptr_t)image->bytes;
    build(image, c);
    return RFT_OK;
}

/* Appends " name value" unless the value is 0. */
static size_t append_number(char text[RFT_CALL_TEXT_MAX], size_t used, const char *name, uint32_t value)
{
    int n = value != 0 && used < RFT_CALL_TEXT_MAX
                ? snprintf(text + used, RFT_CALL_TEXT_MAX - used, ", %s %" PRIu32, name, value)
                : 0;
    return used + (size_t)n;
}

void kernel_case_name(const struct rft_kernel_case *c, char text[RFT_CALL_TEXT_MAX])
{
    static const char *const values[] = {"plain", "wide", "bad", "ties", "tiny", "logits", "zero"};
    const struct {
        const char *name;
        uint32_t value;
    } numbers[] = {
        {"n", c->n},
        {"k", c->k},
        {"first", c->first},
        {"format", c->format},
        {"heads", c->n_heads},
        {"kv heads", c->n_kv_heads},
        {"head_dim", c->head_dim},
        {"prompt", c->n_prompt},
        {"own", c->n_own},
        {"top_k", c->top_k},
        {"flags", c->flags},
        {"prefill", c->is_prefill},
        {"idle", c->has_idle},
        {"window", c->window},
        {"act", c->act},
        {"cap", (uint32_t)c->cap},
        {"bias", c->has_bias},
        {"two tables", c->has_two_tables},
        {"sweep", c->is_sweep},
        {"scored", c->is_scored},
    };
    size_t used = (size_t)snprintf(text, RFT_CALL_TEXT_MAX, "%s, %s values, rows %" PRIu32, rft_op_name(c->op),
                                   values[c->values], c->rows);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        used = append_number(text, used, numbers[i].name, numbers[i].value);
}
