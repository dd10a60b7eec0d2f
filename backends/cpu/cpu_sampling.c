/* SPDX-License-Identifier: MIT */
/* The plain form of the kernels that turn logits into tokens. */
#include "arith.h"
#include "cpu_vocabulary.h"

/* A row's distribution while its cutoff is being found. */
struct filter_view {
    const float *logits;
    const uint32_t *mask;
    uint32_t vocab;
    float inverse_temperature;
    float max;
    uint32_t top_k_key; /* entries below were dropped by top-k */
};

static uint32_t key_of(const struct filter_view *view, uint32_t id)
{
    if (!has_token(view->mask, id) || rft_is_bad(view->logits[id]))
        return 0;
    return rft_sort_key(rft_scaled_logit(view->logits[id], view->inverse_temperature));
}

/* exp against the maximum in 2^-30, truncated: integers, so a sum of them has no order. */
static uint32_t mass_of(const struct filter_view *view, uint32_t id)
{
    float s = rft_scaled_logit(view->logits[id], view->inverse_temperature);
    float difference = s - view->max;
    float e = rft_exp(difference);
    return (uint32_t)(e * RFT_FROM_BITS(0x4e800000u));
}

/* The greatest key such that the entries with a greater or equal key weigh at least `wanted`; *above is the weight of
 * those with a greater key. Weight of an entry: its mass, or 1 when counting. Radix descent, 8 bits at a time. */
static uint32_t key_at_weight(const struct filter_view *view, bool counting, uint64_t wanted, uint64_t *above)
{
    uint32_t prefix = 0;
    *above = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        uint64_t weights[256] = {0};
        for (uint32_t id = 0; id < view->vocab; id++) {
            uint32_t key = key_of(view, id);
            bool in_prefix = shift == 24 || key >> (shift + 8) == prefix >> (shift + 8);
            if (key >= view->top_k_key && key != 0 && in_prefix)
                weights[key >> shift & 255u] += counting ? 1 : mass_of(view, id);
        }
        uint32_t digit = 255;
        while (digit > 0 && *above + weights[digit] < wanted)
            *above += weights[digit--];
        prefix |= digit << shift;
    }
    return prefix;
}

/* The last id, in ascending order, among entries of this key that is needed for the weight to reach `wanted`. */
static uint32_t id_at_mass(const struct filter_view *view, uint32_t key, uint64_t above, uint64_t wanted)
{
    uint32_t last = UINT32_MAX;
    for (uint32_t id = 0; id < view->vocab && above < wanted; id++) {
        if (key_of(view, id) == key) {
            above += mass_of(view, id);
            last = id;
        }
    }
    return last;
}

uint32_t cpu_filter_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_filter *)args)->batch);
}

void cpu_filter(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_filter *a = args;
    const struct rft_row *row = (const struct rft_row *)cpu_pointer(a->rows) + item;
    struct rft_cutoff *cutoff = (struct rft_cutoff *)cpu_pointer(a->cutoffs) + item;
    struct filter_view view = {(const float *)cpu_pointer(a->logits) + (size_t)item * a->vocab,
                               cpu_pointer(a->mask),
                               a->vocab,
                               RFT_FROM_BITS(row->inverse_temperature_bits),
                               0.0f,
                               0};
    uint32_t max_key = 0;
    uint64_t n = 0, total = 0, above;
    (void)worker;
    if (row->state != RFT_ROW_RUNNING || row->is_greedy)
        return;
    for (uint32_t id = 0; id < a->vocab; id++) {
        uint32_t key = key_of(&view, id);
        n += key != 0;
        if (key > max_key) {
            max_key = key;
            view.max = rft_scaled_logit(view.logits[id], view.inverse_temperature);
        }
    }
    *cutoff = (struct rft_cutoff){1, UINT32_MAX, RFT_BITS(view.max), 0};
    if (a->top_k != 0 && a->top_k < n)
        view.top_k_key = cutoff->key = key_at_weight(&view, true, a->top_k, &above);
    if (a->top_p_65536 >= 65536)
        return;
    for (uint32_t id = 0; id < a->vocab; id++) {
        uint32_t key = key_of(&view, id);
        total += key != 0 && key >= view.top_k_key ? mass_of(&view, id) : 0;
    }
    /* the least whole mass m with 65536 m >= p total */
    uint64_t p = a->top_p_65536;
    uint64_t wanted = (total >> 16) * p + (((total & 65535) * p + 65535) >> 16);
    cutoff->key = key_at_weight(&view, false, wanted, &above);
    cutoff->id = id_at_mass(&view, cutoff->key, above, wanted);
}

uint32_t cpu_sample_items(const void *args, uint32_t n_workers)
{
    const struct rft_args_sample *a = args;
    (void)n_workers;
    return cpu_n_rows(a->batch) * a->n_parts;
}

static bool is_kept(const struct rft_args_sample *a, const struct rft_cutoff *cutoff, float s, uint32_t id)
{
    uint32_t key = rft_sort_key(s);
    float difference = s - RFT_FROM_BITS(cutoff->max_bits);
    if (key < cutoff->key || (key == cutoff->key && id > cutoff->id))
        return false;
    return !(rft_exp(difference) < RFT_FROM_BITS(a->min_p_bits));
}

void cpu_sample(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_sample *a = args;
    uint32_t index = item / a->n_parts;
    uint32_t part = item % a->n_parts;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
    const float *logits = (const float *)cpu_pointer(a->logits) + (size_t)index * a->vocab;
    const struct rft_cutoff *cutoff = (const struct rft_cutoff *)cpu_pointer(a->cutoffs) + index;
    const bool is_filtered = (a->flags & RFT_SAMPLE_FILTERED) && !row->is_greedy;
    struct rft_candidate best = {0, 0};
    uint32_t end = (part + 1) * RFT_SAMPLE_PART < a->vocab ? (part + 1) * RFT_SAMPLE_PART : a->vocab;
    (void)worker;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t id = part * RFT_SAMPLE_PART; id < end; id++) {
        if (!has_token(cpu_pointer(a->mask), id))
            continue;
        if (rft_is_bad(logits[id])) {
            cpu_mark_bad(row);
            continue;
        }
        float s = rft_scaled_logit(logits[id], RFT_FROM_BITS(row->inverse_temperature_bits));
        if (is_filtered && !is_kept(a, cutoff, s, id))
            continue;
        if (!row->is_greedy)
            s = s + rft_gumbel(random_word(row, id));
        uint32_t key = rft_sort_key(s);
        if (key > best.key)
            best = (struct rft_candidate){key, id};
    }
    ((struct rft_candidate *)cpu_pointer(a->candidates))[item] = best;
}

uint32_t cpu_score_items(const void *args, uint32_t n_workers)
{
    const struct rft_args_score *a = args;
    (void)n_workers;
    return cpu_n_rows(a->batch) * a->n_parts;
}

void cpu_score(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_score *a = args;
    const uint32_t index = item / a->n_parts, part = item % a->n_parts;
    const struct rft_row *row = (const struct rft_row *)cpu_pointer(a->rows) + index;
    const float *logits = (const float *)cpu_pointer(a->logits) + (size_t)index * a->vocab;
    const uint32_t *mask = cpu_pointer(a->mask);
    const uint32_t end = (part + 1) * RFT_SAMPLE_PART < a->vocab ? (part + 1) * RFT_SAMPLE_PART : a->vocab;
    float max = RFT_FROM_BITS(RFT_BITS_NO_SCORE), total = 0.0f;
    (void)worker;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t id = part * RFT_SAMPLE_PART; id < end; id++) {
        float score = rft_entry_score(logits[id], has_token(mask, id));
        max = score > max ? score : max;
    }
    for (uint32_t block = part * RFT_SAMPLE_PART; block < end; block += RFT_DOT_BLOCK) {
        float sum = 0.0f;
        for (uint32_t id = block; id < end && id < block + RFT_DOT_BLOCK; id++) {
            float term = rft_score_term(rft_entry_score(logits[id], has_token(mask, id)), max);
            sum = sum + term;
        }
        total = total + sum;
    }
    ((struct rft_score *)cpu_pointer(a->scores))[item] = (struct rft_score){RFT_BITS(max), RFT_BITS(total)};
}

uint32_t cpu_advance_items(const void *args, uint32_t n_workers)
{
    (void)n_workers;
    return cpu_n_rows(((const struct rft_args_advance *)args)->batch);
}

/* The log-probability of a token that the row has drawn. */
static float logprob_of(const struct rft_args_advance *a, uint32_t row, uint32_t id)
{
    const struct rft_score *scores = (const struct rft_score *)cpu_pointer(a->scores) + (size_t)row * a->n_scores;
    const float logit = ((const float *)cpu_pointer(a->logits))[(size_t)row * a->vocab + id];
    float max = RFT_FROM_BITS(RFT_BITS_NO_SCORE), total = 0.0f;
    for (uint32_t part = 0; part < a->n_scores; part++) {
        float score = RFT_FROM_BITS(scores[part].max_bits);
        max = score > max ? score : max;
    }
    for (uint32_t block = 0; block < a->n_scores; block += RFT_DOT_BLOCK) {
        float sum = 0.0f;
        for (uint32_t part = block; part < a->n_scores && part < block + RFT_DOT_BLOCK; part++) {
            float term = rft_score_term(RFT_FROM_BITS(scores[part].max_bits), max);
            term = RFT_FROM_BITS(scores[part].sum_bits) * term;
            sum = sum + term;
        }
        total = total + sum;
    }
    return rft_logprob(rft_flush(logit), max, total);
}

void cpu_advance(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_advance *a = args;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + item;
    const struct rft_candidate *candidates =
        (const struct rft_candidate *)cpu_pointer(a->candidates) + (size_t)item * a->n_parts;
    const uint32_t *eos = cpu_pointer(a->eos);
    struct rft_candidate best = {0, 0};
    (void)worker;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t part = 0; part < a->n_parts; part++)
        if (candidates[part].key > best.key)
            best = candidates[part];
    if (row->bad || best.key == 0) {
        row->state = RFT_ROW_NOT_FINITE;
        return;
    }
    ((uint32_t *)cpu_pointer(a->tokens))[(size_t)item * a->tokens_stride + row->n_new] = best.id;
    if (a->logprobs != 0)
        ((float *)cpu_pointer(a->logprobs))[(size_t)item * a->tokens_stride + row->n_new] =
            logprob_of(a, item, best.id);
    row->token = best.id;
    row->position++;
    row->n_new++;
    if (row->n_new == row->n_new_max)
        row->state = RFT_ROW_LENGTH;
    for (uint32_t i = 0; i < a->n_eos; i++)
        if (best.id == eos[i])
            row->state = RFT_ROW_STOP;
}
