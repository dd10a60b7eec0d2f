/* SPDX-License-Identifier: MIT */
#include "prefix.h"

#include "alloc.h"

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
    rft_free(prefix->kv);
    *prefix = (struct rft_prefix){0};
}

uint32_t rft_prefix_n_known(const struct rft_prefix *prefix, const struct rft_ids *prompt)
{
    size_t n = prefix->ids.n;
    bool fits = prefix->kv != NULL && prompt->n > n && memcmp(prompt->ids, prefix->ids.ids, n * sizeof *prompt->ids) == 0;
    return fits ? (uint32_t)n : 0;
}

/* The prefix's part of one layer: on the device, and its place in `kv`. */
struct layer_part {
    struct rft_slice slice;
    uint64_t offset;
};

static struct layer_part part_of(const struct rft_prefix *prefix, const struct rft_engine *engine, struct rft_slice pages,
                                 uint32_t n_pages, uint32_t first_page, uint32_t layer)
{
    uint64_t page_bytes = rft_kv_page_bytes(&engine->weights.config);
    uint64_t bytes = prefix->ids.n / RFT_PAGE_TOKENS * page_bytes;
    return (struct layer_part){rft_slice_part(pages, ((uint64_t)layer * n_pages + first_page) * page_bytes, bytes), layer * bytes};
}

enum rft_status rft_prefix_keep(struct rft_prefix *prefix, struct rft_engine *engine, struct rft_slice pages, uint32_t n_pages,
                                uint32_t first_page)
{
    uint32_t n_layers = engine->weights.config.n_layers;
    uint64_t bytes = prefix->ids.n / RFT_PAGE_TOKENS * rft_kv_page_bytes(&engine->weights.config);
    enum rft_status status = RFT_OK;
    uint8_t *kv = rft_alloc((size_t)bytes, n_layers);
    if (kv == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t layer = 0; layer < n_layers && status == RFT_OK; layer++) {
        struct layer_part part = part_of(prefix, engine, pages, n_pages, first_page, layer);
        status = rft_dev_read(&engine->dev, part.slice, kv + part.offset);
    }
    if (status != RFT_OK)
        rft_free(kv);
    else
        prefix->kv = kv;
    return status;
}

enum rft_status rft_prefix_place(const struct rft_prefix *prefix, struct rft_engine *engine, struct rft_slice pages,
                                 uint32_t n_pages, uint32_t first_page)
{
    for (uint32_t layer = 0; layer < engine->weights.config.n_layers; layer++) {
        struct layer_part part = part_of(prefix, engine, pages, n_pages, first_page, layer);
        RFT_TRY(rft_dev_write(&engine->dev, part.slice, prefix->kv + part.offset));
    }
    return RFT_OK;
}
