/* SPDX-License-Identifier: MIT */
#include "ids.h"

#include "alloc.h"

void rft_ids_finish(struct rft_ids *ids)
{
    rft_free(ids->ids);
    *ids = (struct rft_ids){0};
}

enum rft_status rft_ids_append(struct rft_ids *ids, uint32_t id)
{
    void *p = ids->ids;
    if (rft_grow(&p, &ids->cap, ids->n + 1, sizeof *ids->ids) != 0)
        return RFT_ERR_HOST_MEMORY;
    ids->ids = p;
    ids->ids[ids->n++] = id;
    return RFT_OK;
}
