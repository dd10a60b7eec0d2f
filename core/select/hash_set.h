/* SPDX-License-Identifier: MIT */
/* A set of text hashes that only grows: 16 bytes for each place, of which at least a quarter stays free. */
#ifndef RFT_HASH_SET_H
#define RFT_HASH_SET_H

#include "path.h"

#include <stddef.h>

/* Zero-initialise. */
struct rft_hash_set {
    struct rft_text_hash *places; /* [n_places], a power of two; all zero: free */
    size_t n_places;
    size_t n;
};

/* Adds a hash; *is_new: it was not in the set. */
enum rft_status rft_hash_set_add(struct rft_hash_set *set, struct rft_text_hash hash, bool *is_new);
void rft_hash_set_finish(struct rft_hash_set *set);

#endif
