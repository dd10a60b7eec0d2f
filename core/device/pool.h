/* SPDX-License-Identifier: MIT */
/* A bump pool of device memory: a lifetime. Buffers are taken one after the other and given back all at once.
 *
 * The same list of takes is made twice: first on a pool that is only measured, which fixes how large its blocks must
 * be; then, after rft_pool_open, for real. So the plan's bytes and the allocated bytes cannot differ. */
#ifndef RFT_POOL_H
#define RFT_POOL_H

#include "device.h"

#define RFT_POOL_BLOCKS_MAX 256u

struct rft_pool {
    const char *label;    /* static text, for messages */
    struct rft_dev *dev;  /* NULL while measuring */
    enum rft_place place; /* of its blocks; the caller's to change before rft_pool_open */
    uint64_t block_bytes_max;
    uint32_t align_bytes;
    uint32_t n_blocks;
    uint32_t block;           /* being filled */
    uint64_t used;            /* of that block */
    uint64_t too_large_bytes; /* while measuring: the largest buffer that is larger than any block can be; 0 = none */
    bool is_full;             /* while measuring: more blocks are needed than there may be */
    struct rft_block blocks[RFT_POOL_BLOCKS_MAX];
};

/* Begins to measure. */
void rft_pool_begin(struct rft_pool *pool, const char *label, const struct rft_caps *caps);

/* Takes a buffer. While measuring, the slice has its size but no block, its offset counts from the beginning of the
 * pool, and nothing is refused: rft_pool_fits says whether it could be opened. */
enum rft_status rft_pool_take(struct rft_pool *pool, uint64_t bytes, struct rft_slice *slice);

/* Can the device have it? Not if a buffer is larger than its largest block, or too many blocks are needed. */
bool rft_pool_fits(const struct rft_pool *pool);
/* Says why not; RFT_ERR_UNSUPPORTED. */
enum rft_status rft_pool_refuse(const struct rft_pool *pool);

/* Bytes of all blocks. */
uint64_t rft_pool_bytes(const struct rft_pool *pool);

/* Creates the blocks that were measured; the takes are then to be repeated. On failure nothing is left.
 * RFT_ERR_UNSUPPORTED if the pool does not fit. */
enum rft_status rft_pool_open(struct rft_pool *pool, struct rft_dev *dev);

/* The slice of an open pool that lies at these addresses; false if it is not in this pool. */
bool rft_pool_find(const struct rft_pool *pool, struct rft_range range, struct rft_slice *slice);

/* Gives every block back. Zero-initialised and closed pools are accepted. The pool must not move while it is open. */
void rft_pool_close(struct rft_pool *pool);

#endif
