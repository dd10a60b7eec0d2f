/* SPDX-License-Identifier: MIT */
#include "formats.h"

#include "op_args.h"

#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#define N_FORMATS (sizeof(struct rft_formats) / sizeof(uint32_t))

bool rft_formats_have_integers(const struct rft_formats *formats)
{
    const uint32_t *all = &formats->embedding;
    for (size_t i = 0; i < N_FORMATS; i++)
        if (all[i] != RFT_FORMAT_BF16)
            return true;
    return false;
}

static const char *name_of(uint32_t format)
{
#define NAME(name, value)                                                                                              \
    if (format == (value))                                                                                             \
        return #name;
    RFT_FORMAT_LIST(NAME)
#undef NAME
    return "";
}

uint64_t rft_formats_hash(const struct rft_formats *formats)
{
    const uint32_t *all = &formats->embedding;
    uint64_t hash = 0;
    for (uint64_t i = 0; i < N_FORMATS; i++) {
        const char *name = name_of(all[i]);
        if (all[i] != RFT_FORMAT_BF16)
            hash = XXH64(name, strlen(name), hash + i);
    }
    return hash;
}
