/* SPDX-License-Identifier: MIT */
/* The plain form of every kernel: with docs/arithmetic.md, this text is the contract. Written to be read; the order of
 * every sum is the contract's, everything else is free. */
#include "arith.h"
#include "cpu_vocabulary.h"

/* Sum of two bf16 vectors' products in blocks of 64: a block starts at +0 and takes its elements in ascending order,
 * the total starts at +0 and takes the blocks in ascending order. a_stride: words between neighbours of a; b is
 * contiguous. A word holds elements 2i and 2i + 1. Products of two bf16 are exact in f32, so fused or not gives the
 * same bits. */
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

/* One tile of 16 matrix rows times an activation row. */
static void tile_dots(const uint32_t *tile, const uint32_t *x, uint32_t k, float sums[RFT_TILE])
{
    for (uint32_t j = 0; j < RFT_TILE; j++)
        sums[j] = dot_bf16(tile + j, RFT_TILE, x, RFT_PADDED(k) / 2);
}

static const uint32_t *tile_of(uint64_t weight, uint32_t item, uint32_t k)
{
    return (const uint32_t *)cpu_pointer(weight) + (size_t)item * (RFT_PADDED(k) / 2) * RFT_TILE;
}

static uint32_t *h_row(uint64_t h, uint32_t row, uint32_t dim)
{
    return (uint32_t *)cpu_pointer(h) + (size_t)row * RFT_H_WORDS(dim);
}

static uint32_t n_tiles(uint32_t n)
{
    return (n + RFT_TILE - 1) / RFT_TILE;
}

/* Elements [first, first + n), at most 16, of a normed row: x times the weight, and the sum of the squares of x. */
static void norm_elements(const float *x, const float *weight, uint32_t first, uint32_t n, uint32_t dim, uint32_t *h,
                          struct rft_row *row)
{
    uint16_t *elements = (uint16_t *)h + first;
    float sum = 0.0f;
    for (uint32_t i = 0; i < n; i++) {
        float v = rft_flush(x[first + i]);
        float square = v * v;
        sum = sum + square;
        v = v * weight[first + i];
        elements[i] = round_or_mark(v, row);
    }
    h[RFT_PADDED(dim) / 2 + first / RFT_TILE] = RFT_BITS(sum);
}

/* The factor of a normed row: 1 / sqrt(mean of squares + eps). */
static float norm_scale(const uint32_t *h, uint32_t dim, uint32_t inverse_dim_bits, uint32_t eps_bits,
                        struct rft_row *row)
{
    const uint32_t *sums = h + RFT_PADDED(dim) / 2;
    float total = 0.0f;
    for (uint32_t block = 0; block < n_tiles(dim); block += RFT_DOT_BLOCK) {
        uint32_t end = block + RFT_DOT_BLOCK < n_tiles(dim) ? block + RFT_DOT_BLOCK : n_tiles(dim);
        float sum = 0.0f;
        for (uint32_t i = block; i < end; i++)
            sum = sum + RFT_FROM_BITS(sums[i]);
        total = total + sum;
    }
    if (RFT_BITS(total) >= RFT_BITS_SQUARES_BAD) { /* the row ends here; what follows must only be finite */
        cpu_mark_bad(row);
        total = 0.0f;
    }
    return rft_norm_scale(total, RFT_FROM_BITS(inverse_dim_bits), RFT_FROM_BITS(eps_bits));
}

uint32_t cpu_embed_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_embed *)args)->batch);
}

void cpu_embed(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_embed *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    uint32_t entry = row->token - a->first;
    const uint32_t *tile = tile_of(a->weight, entry / RFT_TILE, a->dim);
    float *x = (float *)cpu_pointer(a->x) + (size_t)item * a->dim;
    (void)worker;
    if (entry >= a->n)
        return;
    for (uint32_t i = 0; i < a->dim; i++) {
        uint32_t word = tile[(size_t)(i / 2) * RFT_TILE + entry % RFT_TILE];
        x[i] = i % 2 == 0 ? rft_low_bf16(word) : rft_high_bf16(word);
    }
    for (uint32_t i = 0; i < a->dim; i += RFT_TILE)
        norm_elements(x, cpu_pointer(a->norm), i, a->dim - i < RFT_TILE ? a->dim - i : RFT_TILE, a->dim,
                      h_row(a->h, item, a->dim), row);
}

uint32_t cpu_residual_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_tiles(((const struct rft_args_residual *)args)->dim);
}

void cpu_residual(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_residual *a = args;
    uint32_t first = item * RFT_TILE;
    uint32_t n = a->dim - first < RFT_TILE ? a->dim - first : RFT_TILE;
    (void)worker;
    for (uint32_t row = 0; row < cpu_n_rows(a->batch); row++) {
        float *x = (float *)cpu_pointer(a->x) + (size_t)row * a->dim;
        float sums[RFT_TILE];
        tile_dots(tile_of(a->weight, item, a->k),
                  (const uint32_t *)cpu_pointer(a->y) + (size_t)row * (RFT_PADDED(a->k) / 2), a->k, sums);
        for (uint32_t i = 0; i < n; i++) {
            float sum = x[first + i] + sums[i];
            x[first + i] = rft_canonical(sum);
        }
        norm_elements(x, cpu_pointer(a->norm), first, n, a->dim, h_row(a->h, row, a->dim),
                      (struct rft_row *)cpu_pointer(a->rows) + row);
    }
}

uint32_t cpu_gate_up_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_tiles(2 * ((const struct rft_args_gate_up *)args)->ffn_dim);
}

void cpu_gate_up(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_gate_up *a = args;
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
        const uint32_t *h = h_row(a->h, index, a->dim);
        uint16_t *y = (uint16_t *)cpu_pointer(a->y) + (size_t)index * RFT_PADDED(a->ffn_dim);
        float scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
        float sums[RFT_TILE];
        tile_dots(tile_of(a->weight, item, a->dim), h, a->dim, sums);
        for (uint32_t i = 0; i < RFT_TILE / 2; i++) {
            uint32_t element = item * (RFT_TILE / 2) + i;
            uint32_t at = i / 2 * 4 + i % 2; /* of the gate; its up is two further on */
            if (element < a->ffn_dim)
                y[element] = round_or_mark(
                    rft_silu_mul(rft_scaled_sum(sums[at], scale), rft_scaled_sum(sums[at + 2], scale)), row);
        }
    }
}

uint32_t cpu_logits_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_tiles(((const struct rft_args_logits *)args)->n);
}

void cpu_logits(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_logits *a = args;
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
        const uint32_t *h = h_row(a->h, index, a->dim);
        float *logits = (float *)cpu_pointer(a->logits) + (size_t)index * a->vocab + a->first;
        float scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
        float sums[RFT_TILE];
        tile_dots(tile_of(a->weight, item, a->dim), h, a->dim, sums);
        for (uint32_t i = 0; i < RFT_TILE && item * RFT_TILE + i < a->n; i++)
            logits[item * RFT_TILE + i] = rft_scaled_sum(sums[i], scale);
    }
}

uint32_t cpu_draw_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return n_tiles(((const struct rft_args_draw *)args)->n);
}

/* The best of n entries from `first`, by their dot products. */
static struct rft_candidate best_entry(const struct rft_args_draw *a, struct rft_row *row, uint32_t first, uint32_t n,
                                       float scale, const float *sums)
{
    struct rft_candidate best = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        float logit = rft_scaled_sum(sums[i], scale);
        if (!has_token(cpu_pointer(a->mask), first + i))
            continue;
        if (rft_is_bad(logit)) {
            cpu_mark_bad(row);
            continue;
        }
        float s = rft_scaled_logit(logit, RFT_FROM_BITS(a->inverse_temperature_bits));
        if (!(a->flags & RFT_SAMPLE_GREEDY))
            s = s + rft_gumbel(random_word(row, first + i));
        uint32_t key = rft_sort_key(s);
        if (key > best.key)
            best = (struct rft_candidate){key, first + i};
    }
    return best;
}

void cpu_draw(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_draw *a = args;
    uint32_t first = a->first + item * RFT_TILE;
    uint32_t n = a->n - item * RFT_TILE < RFT_TILE ? a->n - item * RFT_TILE : RFT_TILE;
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
        const uint32_t *h = h_row(a->h, index, a->dim);
        struct rft_candidate *candidates =
            (struct rft_candidate *)cpu_pointer(a->candidates) + (size_t)index * a->n_parts;
        float scale, sums[RFT_TILE];
        if (row->state != RFT_ROW_RUNNING)
            continue;
        scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
        tile_dots(tile_of(a->weight, item, a->dim), h, a->dim, sums);
        candidates[first / RFT_TILE] = best_entry(a, row, first, n, scale, sums);
    }
}

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

/* Four neighbouring packed rows of q or k: dimensions i, i + 1, i + half, i + half + 1 of a head, rotated. */
static void store_q_or_k(const struct rft_args_qkv *a, struct rft_row *row, uint32_t index, uint32_t head, uint32_t i,
                         const float *v)
{
    uint32_t half = a->head_dim / 2;
    const float *cos_sin = (const float *)cpu_pointer(a->cos_sin) + (size_t)row->position * a->head_dim + 2 * i;
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
    const struct rft_args_qkv *a = args;
    (void)n_workers;
    return n_tiles((a->n_heads + 2 * a->n_kv_heads) * a->head_dim);
}

void cpu_qkv(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_qkv *a = args;
    uint32_t n_rotated = a->n_heads + a->n_kv_heads, n = (n_rotated + a->n_kv_heads) * a->head_dim;
    (void)worker;
    for (uint32_t index = 0; index < cpu_n_rows(a->batch); index++) {
        struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
        const uint32_t *h = h_row(a->h, index, a->dim);
        float scale, sums[RFT_TILE];
        if (row->state != RFT_ROW_RUNNING)
            continue;
        scale = norm_scale(h, a->dim, a->inverse_dim_bits, a->eps_bits, row);
        tile_dots(tile_of(a->weight, item, a->dim), h, a->dim, sums);
        for (uint32_t i = 0; i < RFT_TILE; i++)
            sums[i] = rft_scaled_sum(sums[i], scale);
        for (uint32_t i = 0; i < RFT_TILE && item * RFT_TILE + i < n; i += 4) {
            uint32_t at = item * RFT_TILE + i, head = at / a->head_dim, in_head = at % a->head_dim;
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

uint32_t cpu_attention_items(const void *args, uint32_t n_workers)
{
    const struct rft_args_attention *a = args;
    (void)n_workers;
    return cpu_n_rows(a->batch) * a->n_kv_heads;
}

/* The softmax weights of one query over n keys, in place of their scores: e = exp(score - max), the sum of e by block,
 * then each e as bf16. Blocks start at key 0 and afresh at key n_prompt. Returns 1 / sum. */
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

static void attend(const struct rft_args_attention *a, struct rft_row *row, uint32_t head, const uint16_t *q,
                   uint16_t *y, float *scores)
{
    uint32_t kv_head = head / (a->n_heads / a->n_kv_heads);
    uint32_t n = row->position + 1;
    uint32_t n_prompt = n < row->n_prompt ? n : row->n_prompt;
    for (uint32_t key = 0; key < n; key++) {
        struct key_place place = place_of_key(row, key, cpu_pointer(a->tables), a->prompt_kv, a->own_kv, a->n_kv_heads,
                                              kv_head, a->head_dim);
        float score =
            dot_bf16(place.k + place.column, RFT_PAGE_TOKENS, (const uint32_t *)(const void *)q, a->head_dim / 2);
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
    uint16_t *y = (uint16_t *)cpu_pointer(a->y) + (size_t)index * RFT_PADDED(a->n_heads * a->head_dim);
    float *scores = (float *)cpu_pointer(a->scratch) + (size_t)worker.index * a->scratch_floats;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t head = item % a->n_kv_heads * group; head < (item % a->n_kv_heads + 1) * group; head++)
        attend(a, row, head, q + head * a->head_dim, y + head * a->head_dim, scores);
}
