/* SPDX-License-Identifier: MIT */
/* Entries of the vocabulary, as the kernels that draw tokens see them. */
#ifndef RFT_VOCABULARY_CUH
#define RFT_VOCABULARY_CUH

#include "common.cuh"

/* The best entry so far: greatest key, ties to the lowest id; key 0 = none. */
struct Best {
    uint32_t key;
    uint32_t id;
};

RFT_FN void keep_better(Best &best, uint32_t key, uint32_t id)
{
    if (key > best.key || (key == best.key && id < best.id)) {
        best.key = key;
        best.id = id;
    }
}

RFT_FN bool has_token(uint64_t mask, uint32_t id)
{
    return (pointer<const uint32_t>(mask)[id / 32u] >> (id % 32u) & 1u) != 0u;
}

/* The random words of the four entries from first_id on, for the token that the row is about to draw. */
RFT_FN struct rft_philox random_words(const struct rft_row *row, uint32_t first_id)
{
    return rft_philox4x32(row->sample_index, row->n_new, first_id / 4u, RFT_PHILOX_DOMAIN_SAMPLE, row->key0, row->key1);
}

/* The best of what the threads of a block found; `shared` is two words of shared memory. Every thread of the block
 * calls it, behind a barrier if `shared` is used again. */
RFT_FN Best best_of_block(uint32_t *shared, const Best &mine)
{
    if (thread_index() == 0u) {
        shared[0] = 0u;
        shared[1] = 0xffffffffu;
    }
    sync_block();
    atomic_max(&shared[0], mine.key);
    sync_block();
    if (mine.key == shared[0] && mine.key != 0u)
        atomic_min(&shared[1], mine.id);
    sync_block();
    return Best{shared[0], shared[0] != 0u ? shared[1] : 0u};
}

#endif
