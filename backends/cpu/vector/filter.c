/* SPDX-License-Identifier: MIT */
/* Finding a row's cutoff: the plain form's radix descent, with keys and masses made a group of entries at a time, and
 * eleven bits of the key in a pass over the vocabulary. */
#include "entries.h"

#define DIGIT_BITS 11u
#define DIGITS (1u << DIGIT_BITS)

struct filter {
    const float *logits;
    const uint32_t *mask;
    uint32_t vocab;
    float inverse_temperature;
    float max;          /* greatest scaled logit, once it is known */
    uint32_t least_key; /* entries below were dropped by top-k */
};

/* A group of entries. Key 0: no token, not usable, dropped or past the end. */
struct group {
    float scores[CPU_GROUP];
    uint32_t keys[CPU_GROUP];
    uint32_t weights[CPU_GROUP];
};

static void fill_keys(const struct filter *f, uint32_t first, struct group *g)
{
    const uint32_t n = f->vocab - first < CPU_GROUP ? f->vocab - first : CPU_GROUP;
    const uint32_t least_key = f->least_key;
    const float inverse_temperature = f->inverse_temperature;
    float logits[CPU_GROUP] = {0};
    uint32_t has_token[CPU_GROUP];
    memcpy(logits, f->logits + first, n * sizeof *logits);
    list_tokens(has_token, f->mask, first, n);
    for (uint32_t i = 0; i < CPU_GROUP; i++) {
        uint32_t is_bad = rft_is_bad(logits[i]);
        g->scores[i] = rft_scaled_logit(is_bad != 0 ? 0.0f : logits[i], inverse_temperature);
        uint32_t key = rft_sort_key(g->scores[i]);
        g->keys[i] = key & (0u - (has_token[i] & (is_bad ^ 1u) & (uint32_t)(key >= least_key)));
    }
}

/* The entries' masses, exp against the maximum in 2^-30, or 1 each when counting. */
static void fill_weights(const struct filter *f, bool counting, struct group *g)
{
    const float max = f->max;
    for (uint32_t i = 0; counting && i < CPU_GROUP; i++)
        g->weights[i] = 1;
    for (uint32_t i = 0; !counting && i < CPU_GROUP; i++) {
        float difference = g->scores[i] - max;
        float e = rft_exp(difference <= 0.0f ? difference
                                             : 0.0f); /* above 0 is only what has key 0: its weight is not used */
        g->weights[i] = (uint32_t)(int32_t)(e * RFT_FROM_BITS(0x4e800000u)); /* 2^30 */
    }
}

/* Adds the weights of the entries whose key agrees with `prefix` in the bits of prefix_mask, by their digit at
 * `shift`. */
static void weigh_digits(const struct filter *f, bool counting, uint32_t prefix, uint32_t prefix_mask, uint32_t shift,
                         uint64_t weights[DIGITS])
{
    struct group g;
    memset(weights, 0, DIGITS * sizeof *weights);
    for (uint32_t first = 0; first < f->vocab; first += CPU_GROUP) {
        uint32_t n_inside = 0;
        fill_keys(f, first, &g);
        for (uint32_t i = 0; i < CPU_GROUP; i++)
            n_inside += (uint32_t)(g.keys[i] != 0) & (uint32_t)(((g.keys[i] ^ prefix) & prefix_mask) == 0);
        if (n_inside == 0)
            continue;
        fill_weights(f, counting, &g);
        for (uint32_t i = 0; i < CPU_GROUP; i++)
            if (g.keys[i] != 0 && ((g.keys[i] ^ prefix) & prefix_mask) == 0)
                weights[g.keys[i] >> shift & (DIGITS - 1)] += g.weights[i];
    }
}

/* What is wanted: this many entries, or the least mass m with 65536 m >= part x the sum of all. */
struct wanted {
    bool counting;
    uint64_t n;
    uint32_t part_65536;
};

static uint64_t wanted_weight(const struct wanted *wanted, const uint64_t weights[DIGITS])
{
    uint64_t total = 0;
    if (wanted->counting)
        return wanted->n;
    for (uint32_t digit = 0; digit < DIGITS; digit++)
        total += weights[digit];
    return (total >> 16) * wanted->part_65536 + (((total & 65535) * wanted->part_65536 + 65535) >> 16);
}

/* The greatest key such that the entries with a greater or equal key weigh what is wanted; *left is what those with a
 * greater key leave to the entries of this key. */
static uint32_t key_at(const struct filter *f, const struct wanted *wanted, uint64_t *left)
{
    static const uint32_t shifts[] = {32 - DIGIT_BITS, 32 - 2 * DIGIT_BITS, 0};
    uint64_t weights[DIGITS];
    uint32_t prefix = 0, prefix_mask = 0;
    for (uint32_t pass = 0; pass < 3; pass++) {
        uint32_t digit = DIGITS - 1;
        weigh_digits(f, wanted->counting, prefix, prefix_mask, shifts[pass], weights);
        if (pass == 0)
            *left = wanted_weight(wanted, weights);
        while (digit > 0 && weights[digit] < *left)
            *left -= weights[digit--];
        prefix |= digit << shifts[pass];
        prefix_mask |= (DIGITS - 1) << shifts[pass];
    }
    return prefix;
}

/* The last id, in ascending order, among the entries of this key that is needed for their mass to reach `left`. */
static uint32_t id_at(const struct filter *f, uint32_t key, uint64_t left)
{
    struct group g;
    uint64_t mass = 0;
    uint32_t last = UINT32_MAX;
    for (uint32_t first = 0; first < f->vocab && mass < left; first += CPU_GROUP) {
        uint32_t n_equal = 0;
        fill_keys(f, first, &g);
        for (uint32_t i = 0; i < CPU_GROUP; i++)
            n_equal += (uint32_t)(g.keys[i] == key);
        if (n_equal == 0)
            continue;
        fill_weights(f, false, &g);
        for (uint32_t i = 0; i < CPU_GROUP && mass < left; i++) {
            if (g.keys[i] == key) {
                mass += g.weights[i];
                last = first + i;
            }
        }
    }
    return last;
}

/* Finds the greatest score; returns how many entries there are. */
static uint64_t find_max(struct filter *f)
{
    struct group g;
    uint64_t n = 0;
    uint32_t max_key = 0;
    for (uint32_t first = 0; first < f->vocab; first += CPU_GROUP) {
        uint32_t group_max = 0;
        fill_keys(f, first, &g);
        for (uint32_t i = 0; i < CPU_GROUP; i++) {
            n += g.keys[i] != 0;
            group_max = g.keys[i] > group_max ? g.keys[i] : group_max;
        }
        max_key = group_max > max_key ? group_max : max_key;
    }
    if (max_key != 0) /* the key's inverse */
        f->max = RFT_FROM_BITS((max_key & 0x80000000u) != 0 ? max_key ^ 0x80000000u : ~max_key);
    return n;
}

uint32_t CPU_NAME(cpu_filter_items)(const void *args, uint32_t n_workers)
{
    return cpu_filter_items(args, n_workers);
}

void CPU_NAME(cpu_filter)(const void *args, uint32_t item, struct cpu_worker worker)
{
    const struct rft_args_filter *a = args;
    const struct rft_row *row = (const struct rft_row *)cpu_pointer(a->rows) + item;
    struct rft_cutoff *cutoff = (struct rft_cutoff *)cpu_pointer(a->cutoffs) + item;
    struct filter f = {.logits = (const float *)cpu_pointer(a->logits) + (size_t)item * a->vocab,
                       .mask = cpu_pointer(a->mask),
                       .vocab = a->vocab,
                       .inverse_temperature = RFT_FROM_BITS(row->inverse_temperature_bits)};
    uint64_t n, left;
    (void)worker;
    if (row->state != RFT_ROW_RUNNING || row->is_greedy)
        return;
    n = find_max(&f);
    *cutoff = (struct rft_cutoff){1, UINT32_MAX, RFT_BITS(f.max), 0};
    if (a->top_k != 0 && a->top_k < n)
        f.least_key = cutoff->key = key_at(&f, &(struct wanted){.counting = true, .n = a->top_k}, &left);
    if (a->top_p_65536 >= 65536)
        return;
    cutoff->key = key_at(&f, &(struct wanted){.part_65536 = a->top_p_65536}, &left);
    cutoff->id = id_at(&f, cutoff->key, left);
}
