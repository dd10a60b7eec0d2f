/* SPDX-License-Identifier: MIT */
#include "formats.h"

#include "op_args.h"

#include <stddef.h>

bool rft_formats_have_integers(const struct rft_formats *formats)
{
    const uint32_t *all = &formats->embedding;
    for (size_t i = 0; i < sizeof *formats / sizeof *all; i++)
        if (all[i] != RFT_FORMAT_BF16)
            return true;
    return false;
}
