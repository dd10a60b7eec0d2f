/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "log.h"

#include <inttypes.h>

void rft_pool_begin(struct rft_pool *pool, const char *label, const struct rft_caps *caps)
{
    *pool = (struct rft_pool){.label = label, .block_bytes_max = caps->block_bytes_max, .align_bytes = caps->align_bytes};
}

/* The end of a buffer that begins in the current block, or 0 if it does not fit there. */
static uint64_t end_in_block(const struct rft_pool *pool, uint64_t bytes, uint64_t limit, uint64_t *start)
{
    *start = (pool->used + pool->align_bytes - 1) / pool->align_bytes * pool->align_bytes;
    return *start <= limit && bytes <= limit - *start ? *start + bytes : 0;
}

enum rft_status rft_pool_take(struct rft_pool *pool, uint64_t bytes, struct rft_slice *slice)
{
    uint64_t start;
    uint64_t end = 0;
    bool is_measuring = pool->dev == NULL;
    uint64_t wanted = bytes == 0 ? 1 : bytes; /* an empty buffer, too, has an address of its own */
    *slice = (struct rft_slice){0};
    if (pool->n_blocks != 0)
        end = end_in_block(pool, wanted, is_measuring ? pool->block_bytes_max : pool->blocks[pool->block].bytes, &start);
    if (end == 0) {
        if (wanted > pool->block_bytes_max || (is_measuring && pool->n_blocks == RFT_POOL_BLOCKS_MAX)) {
            rft_log_error("%s: a buffer of %" PRIu64 " bytes does not fit into this device's blocks of %" PRIu64 " bytes",
                          pool->label, bytes, pool->block_bytes_max);
            return RFT_ERR_UNSUPPORTED;
        }
        pool->block += pool->n_blocks == 0 || (!is_measuring && pool->used == 0) ? 0 : 1;
        pool->n_blocks += is_measuring ? 1 : 0;
        start = 0;
        end = wanted;
    }
    pool->used = end;
    if (is_measuring) {
        uint64_t rounded = (end + pool->align_bytes - 1) / pool->align_bytes * pool->align_bytes;
        pool->blocks[pool->block].bytes = rounded < pool->block_bytes_max ? rounded : pool->block_bytes_max;
    }
    *slice = (struct rft_slice){is_measuring ? NULL : &pool->blocks[pool->block], start, bytes};
    return RFT_OK;
}

uint64_t rft_pool_bytes(const struct rft_pool *pool)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < pool->n_blocks; i++)
        bytes += pool->blocks[i].bytes;
    return bytes;
}

enum rft_status rft_pool_open(struct rft_pool *pool, struct rft_dev *dev)
{
    for (uint32_t i = 0; i < pool->n_blocks; i++) {
        enum rft_status status = rft_dev_block_create(dev, pool->blocks[i].bytes, pool->label, &pool->blocks[i]);
        if (status != RFT_OK) {
            pool->n_blocks = i;
            pool->dev = dev;
            rft_pool_close(pool);
            return status;
        }
    }
    pool->dev = dev;
    pool->block = 0;
    pool->used = 0;
    return RFT_OK;
}

void rft_pool_close(struct rft_pool *pool)
{
    for (uint32_t i = 0; pool->dev != NULL && i < pool->n_blocks; i++)
        rft_dev_block_destroy(pool->dev, &pool->blocks[i]);
    *pool = (struct rft_pool){0};
}
