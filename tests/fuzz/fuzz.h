/* SPDX-License-Identifier: MIT */
/* What every fuzz target has: libFuzzer's entry point, a check that ends the process, a log that nobody reads. */
#ifndef RFT_FUZZ_H
#define RFT_FUZZ_H

#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool holds)
{
    if (!holds)
        abort();
}

static inline void drop_line(void *user, enum rft_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)line;
}

#endif
