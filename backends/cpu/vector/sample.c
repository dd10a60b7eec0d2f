/* SPDX-License-Identifier: MIT */
/* Drawing tokens: loops over arrays that compilers turn into vector code; the scalar functions are those of every form. */
#include "entries.h"
#include "philox.h"

/* Adds each entry's noise to its score. */
static void add_noise(float *scores, const struct rft_row *row, uint32_t first)
{
    uint32_t words[CPU_GROUP];
    for (uint32_t i = 0; i < CPU_GROUP / 4; i++) {
        struct rft_philox r = rft_philox4x32(row->sample_index, row->n_new, first / 4 + i, RFT_PHILOX_DOMAIN_SAMPLE, row->key0,
                                             row->key1);
        words[4 * i] = r.x0;
        words[4 * i + 1] = r.x1;
        words[4 * i + 2] = r.x2;
        words[4 * i + 3] = r.x3;
    }
    for (uint32_t i = 0; i < CPU_GROUP; i++)
        scores[i] = scores[i] + rft_gumbel(words[i]);
}

/* Drops the entries behind the row's cutoff, in has_token. */
static void drop_filtered(uint32_t *has_token, const float *scores, const struct rft_args_sample *a,
                          const struct rft_cutoff *cutoff, uint32_t first)
{
    const float max = RFT_FROM_BITS(cutoff->max_bits), min_p = RFT_FROM_BITS(a->min_p_bits);
    const uint32_t cutoff_key = cutoff->key, cutoff_id = cutoff->id;
    for (uint32_t i = 0; i < CPU_GROUP; i++) {
        uint32_t key = rft_sort_key(scores[i]);
        float difference = scores[i] - max;
        uint32_t is_behind = (key < cutoff_key) | ((key == cutoff_key) & (first + i > cutoff_id));
        has_token[i] &= 1u ^ (is_behind | (uint32_t)(rft_exp(difference) < min_p));
    }
}

/* The better of `best` and of n <= 256 entries from `first`, a multiple of 256. */
static struct rft_candidate best_of_group(const struct rft_args_sample *a, struct rft_row *row, uint32_t index, uint32_t first,
                                          uint32_t n, struct rft_candidate best)
{
    float logits[CPU_GROUP] = {0}, scores[CPU_GROUP];
    uint32_t has_token[CPU_GROUP], keys[CPU_GROUP], bad = 0, max_key = 0;
    const float inverse_temperature = RFT_FROM_BITS(a->inverse_temperature_bits);
    memcpy(logits, (const float *)cpu_pointer(a->logits) + (size_t)index * a->vocab + first, n * sizeof *logits);
    list_tokens(has_token, cpu_pointer(a->mask), first, n);
    for (uint32_t i = 0; i < CPU_GROUP; i++) {
        uint32_t is_bad = rft_is_bad(logits[i]);
        bad |= is_bad & has_token[i];
        has_token[i] &= is_bad ^ 1u;
        scores[i] = rft_scaled_logit(is_bad != 0 ? 0.0f : logits[i], inverse_temperature);
    }
    if (bad != 0)
        cpu_mark_bad(row);
    if (a->flags & RFT_SAMPLE_FILTERED)
        drop_filtered(has_token, scores, a, (const struct rft_cutoff *)cpu_pointer(a->cutoffs) + index, first);
    if (!(a->flags & RFT_SAMPLE_GREEDY))
        add_noise(scores, row, first);
    for (uint32_t i = 0; i < CPU_GROUP; i++) {
        keys[i] = rft_sort_key(scores[i]) & (0u - has_token[i]);
        max_key = keys[i] > max_key ? keys[i] : max_key;
    }
    for (uint32_t i = 0; i < n && max_key > best.key; i++)
        if (keys[i] == max_key)
            best = (struct rft_candidate){max_key, first + i};
    return best;
}

uint32_t CPU_NAME(cpu_sample_items)(const void *args, uint32_t n_workers)
{
    return cpu_sample_items(args, n_workers);
}

void CPU_NAME(cpu_sample)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_sample *a = args;
    const uint32_t index = item / a->n_parts, part = item % a->n_parts;
    const uint32_t end = (part + 1) * RFT_SAMPLE_PART < a->vocab ? (part + 1) * RFT_SAMPLE_PART : a->vocab;
    struct rft_row *row = (struct rft_row *)cpu_pointer(a->rows) + index;
    struct rft_candidate best = {0, 0};
    (void)worker;
    if (row->state != RFT_ROW_RUNNING)
        return;
    for (uint32_t first = part * RFT_SAMPLE_PART; first < end; first += CPU_GROUP)
        best = best_of_group(a, row, index, first, end - first < CPU_GROUP ? end - first : CPU_GROUP, best);
    ((struct rft_candidate *)cpu_pointer(a->candidates))[item] = best;
}
