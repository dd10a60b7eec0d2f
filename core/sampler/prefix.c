/* SPDX-License-Identifier: MIT */
#include "prefix.h"

#include "alloc.h"
#include "log.h"
#include "units.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum rft_status rft_prefix_init(struct rft_prefix *prefix, const uint32_t *ids, uint32_t n_shared)
{
    enum rft_status status = RFT_OK;
    *prefix = (struct rft_prefix){0};
    for (uint32_t i = 0; i < n_shared / RFT_PAGE_TOKENS * RFT_PAGE_TOKENS && status == RFT_OK; i++)
        status = rft_ids_append(&prefix->ids, ids[i]);
    if (status != RFT_OK)
        rft_prefix_finish(prefix);
    return status;
}

void rft_prefix_finish(struct rft_prefix *prefix)
{
    rft_ids_finish(&prefix->ids);
    for (uint32_t span = 0; span < RFT_ROPE_SPANS; span++)
        rft_free(prefix->kv[span]);
    *prefix = (struct rft_prefix){0};
}

uint32_t rft_prefix_n_known(const struct rft_prefix *prefix, enum rft_rope_span span, const struct rft_ids *prompt)
{
    size_t n = prefix->ids.n;
    bool fits =
        prefix->kv[span] != NULL && prompt->n > n && memcmp(prompt->ids, prefix->ids.ids, n * sizeof *prompt->ids) == 0;
    return fits ? (uint32_t)n : 0;
}

bool rft_prefix_is_wanted(const struct rft_prefix *prefix, enum rft_rope_span span)
{
    return prefix->kv[span] == NULL && prefix->ids.n != 0;
}

/* Bytes of the prefix in one layer. */
static uint64_t layer_bytes(const struct rft_prefix *prefix, const struct rft_engine *engine)
{
    return prefix->ids.n / RFT_PAGE_TOKENS * rft_kv_page_bytes(&engine->weights.config);
}

/* Where the prefix lies in one layer's pages on the device. */
static struct rft_slice slice_of(const struct rft_prefix *prefix, const struct rft_engine *engine,
                                 const struct rft_pool *pool, struct rft_range pages, uint32_t first_page)
{
    uint64_t offset = first_page * rft_kv_page_bytes(&engine->weights.config);
    struct rft_slice slice;
    bool found = rft_pool_find(pool, pages, &slice);
    assert(found);
    (void)found;
    return rft_slice_part(slice, offset, layer_bytes(prefix, engine));
}

enum rft_status rft_prefix_keep(struct rft_prefix *prefix, enum rft_rope_span span, struct rft_engine *engine,
                                const struct rft_pool *pool, const struct rft_range *pages, uint32_t first_page)
{
    uint32_t n_layers = engine->weights.config.n_layers;
    uint64_t bytes = layer_bytes(prefix, engine);
    enum rft_status status = RFT_OK;
    uint8_t *kv = rft_try_alloc((size_t)bytes, n_layers);
    if (kv == NULL) {
        rft_log_info("no memory for %s of what all prompts begin with; every prompt is computed whole",
                     rft_size_text(bytes * n_layers).text);
        rft_prefix_finish(prefix);
        return RFT_OK;
    }
    for (uint32_t layer = 0; layer < n_layers && status == RFT_OK; layer++)
        status =
            rft_dev_read(&engine->dev, slice_of(prefix, engine, pool, pages[layer], first_page), kv + layer * bytes);
    if (status != RFT_OK)
        rft_free(kv);
    else
        prefix->kv[span] = kv;
    return status;
}

enum rft_status rft_prefix_place(const struct rft_prefix *prefix, enum rft_rope_span span, struct rft_engine *engine,
                                 const struct rft_pool *pool, const struct rft_range *pages, uint32_t first_page)
{
    uint64_t bytes = layer_bytes(prefix, engine);
    for (uint32_t layer = 0; layer < engine->weights.config.n_layers; layer++)
        RFT_TRY(rft_dev_write(&engine->dev, slice_of(prefix, engine, pool, pages[layer], first_page),
                              prefix->kv[span] + layer * bytes));
    return RFT_OK;
}
