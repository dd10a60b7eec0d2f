/* SPDX-License-Identifier: MIT */
/* A list of token ids. */
#ifndef RFT_IDS_H
#define RFT_IDS_H

#include "status.h"

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. */
struct rft_ids {
    uint32_t *ids;
    size_t n;
    size_t cap;
};
/* Frees the ids; the list is empty then, and can be used again. */
void rft_ids_finish(struct rft_ids *ids);
/* RFT_ERR_HOST_MEMORY leaves the list as it was. */
enum rft_status rft_ids_append(struct rft_ids *ids, uint32_t id);

#endif
