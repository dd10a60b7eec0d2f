/* SPDX-License-Identifier: MIT */
/* Top-k and top-p as one cutoff per row; a thread block has a row. The entry at which a weight is reached is found by a
 * descent over the digits of the sort key, with a table of weights by digit in shared memory. Weights are integers, so
 * their sums have no order. */
#include "vocabulary.cuh"

#define DIGITS 256u

typedef unsigned long long Weight;

/* Shared by the threads of a block. */
struct FilterShared {
    Weight table[DIGITS]; /* weights by digit; then numbers of entries by stretch */
    Weight above;
    Weight total;
    uint32_t found;
    uint32_t last_id;
    uint32_t n_entries;
    uint32_t max_key;
};

struct Filter {
    const struct rft_args_filter &a;
    FilterShared &shared;
    const uint32_t row;
    const float inverse_temperature;
    float maximum;
    uint32_t key_min; /* entries below were dropped by top-k */

    RFT_FN_OF_OBJECT float scaled(uint32_t id) const
    {
        return rft_scaled_logit(pointer<const float>(a.logits)[(size_t)row * a.vocab + id], inverse_temperature);
    }
    RFT_FN_OF_OBJECT uint32_t key_of(uint32_t id) const
    {
        if (!has_token(a.mask, id) || rft_is_bad(pointer<const float>(a.logits)[(size_t)row * a.vocab + id]) != 0u)
            return 0u;
        return rft_sort_key(scaled(id));
    }
    /* exp against the maximum in 2^-30, truncated, of the entries of this key. */
    RFT_FN_OF_OBJECT uint32_t mass_of_key(uint32_t key) const
    {
        const float difference = rft_from_sort_key(key) - maximum;
        const float e = rft_exp(difference) * RFT_FROM_BITS(0x4e800000u);
        return (uint32_t)e;
    }

    /* The greatest key such that the entries with a greater or equal key weigh at least `wanted`; `above` becomes the
     * weight of those with a greater key. counting: every entry weighs 1, else its mass. */
    RFT_FN_OF_OBJECT uint32_t key_at_weight(bool counting, Weight wanted, Weight &above)
    {
        uint32_t prefix = 0u;
        above = 0u;
        NO_UNROLL
        for (uint32_t level = 0u; level < 4u; level++) {
            const uint32_t shift = 24u - level * 8u;
            for (uint32_t i = thread_index(); i < DIGITS; i += n_threads())
                shared.table[i] = 0u;
            sync_block();
            for (uint32_t id = thread_index(); id < a.vocab; id += n_threads()) {
                const uint32_t key = key_of(id);
                const bool in_prefix = level == 0u || (key ^ prefix) >> (least(shift, 16u) + 8u) == 0u;
                if (key != 0u && key >= key_min && in_prefix)
                    atomic_add(&shared.table[key >> shift & 255u], counting ? (Weight)1u : (Weight)mass_of_key(key));
            }
            sync_block();
            if (thread_index() == 0u) {
                uint32_t digit = 255u;
                while (digit > 0u && above + shared.table[digit] < wanted)
                    above += shared.table[digit--];
                shared.found = digit;
                shared.above = above;
            }
            sync_block();
            prefix |= shared.found << shift; /* which is written again behind two more barriers */
            above = shared.above;
        }
        return prefix;
    }

    /* The last id, in ascending order, among the entries of this key that is needed for the weight to reach `wanted`.
     * Each thread counts those of a stretch of ids; all have the same mass, which tells the stretch, whose thread finds
     * the id. */
    RFT_FN_OF_OBJECT uint32_t id_at_mass(uint32_t key, Weight above, Weight wanted)
    {
        const uint32_t n_stretch = (a.vocab + n_threads() - 1u) / n_threads(), mass = mass_of_key(key);
        const uint32_t first = least(thread_index() * n_stretch, a.vocab), end = least(first + n_stretch, a.vocab);
        uint32_t n = 0u;
        for (uint32_t id = first; id < end; id++)
            n += key_of(id) == key ? 1u : 0u;
        shared.table[thread_index()] = n;
        sync_block();
        if (thread_index() == 0u) {
            uint32_t stretch = 0u;
            while (stretch < n_threads() && above < wanted && above + shared.table[stretch] * mass < wanted)
                above += shared.table[stretch++] * mass;
            shared.last_id = 0xffffffffu;
            shared.found = above < wanted ? stretch : n_threads();
            shared.above = above;
        }
        sync_block();
        if (thread_index() == shared.found) {
            above = shared.above;
            for (uint32_t id = first; id < end && above < wanted; id++) {
                if (key_of(id) == key) {
                    above += mass;
                    shared.last_id = id;
                }
            }
        }
        sync_block();
        return shared.last_id;
    }

    RFT_FN_OF_OBJECT void count_entries()
    {
        uint32_t n = 0u, best = 0u;
        for (uint32_t id = thread_index(); id < a.vocab; id += n_threads()) {
            const uint32_t key = key_of(id);
            n += key != 0u ? 1u : 0u;
            best = greatest(best, key);
        }
        atomic_add(&shared.n_entries, n);
        atomic_max(&shared.max_key, best);
        sync_block();
        maximum = shared.max_key != 0u ? rft_from_sort_key(shared.max_key) : 0.0f;
    }

    RFT_FN_OF_OBJECT Weight total_mass()
    {
        Weight sum = 0u;
        for (uint32_t id = thread_index(); id < a.vocab; id += n_threads()) {
            const uint32_t key = key_of(id);
            if (key != 0u && key >= key_min)
                sum += mass_of_key(key);
        }
        atomic_add(&shared.total, sum);
        sync_block();
        return shared.total;
    }
};

KERNEL(filter, filter, FILTER_THREADS, 4)
{
    SHARED(FilterShared, shared, 1);
    const uint32_t row = block_x();
    (void)parameter;
    if (row >= n_rows_of(a.batch) || !is_running(a.rows, row) || row_of(a.rows, row)->is_greedy != 0u)
        return;
    if (thread_index() == 0u) {
        shared[0].n_entries = shared[0].max_key = 0u;
        shared[0].total = 0u;
    }
    sync_block();
    Filter filter = {a, shared[0], row, RFT_FROM_BITS(row_of(a.rows, row)->inverse_temperature_bits), 0.0f, 0u};
    struct rft_cutoff cutoff = {1u, 0xffffffffu, 0u, 0u};
    Weight above;
    filter.count_entries();
    if (a.top_k != 0u && a.top_k < shared[0].n_entries)
        filter.key_min = cutoff.key = filter.key_at_weight(true, a.top_k, above);
    if (a.top_p_65536 < 65536u) {
        /* the least whole mass m with 65536 m >= p total */
        const Weight total = filter.total_mass(), p = a.top_p_65536;
        const Weight wanted = (total >> 16) * p + (((total & 65535u) * p + 65535u) >> 16);
        cutoff.key = filter.key_at_weight(false, wanted, above);
        cutoff.id = filter.id_at_mass(cutoff.key, above, wanted);
    }
    cutoff.max_bits = RFT_BITS(filter.maximum);
    if (thread_index() == 0u)
        pointer<struct rft_cutoff>(a.cutoffs)[row] = cutoff;
}
