/* SPDX-License-Identifier: MIT */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

struct rft_units_text rft_size_text(uint64_t bytes)
{
    static const char *const names[] = {"KiB", "MiB", "GiB"};
    struct rft_units_text out;
    double unit = 1024;
    int i = 0;
    for (; i < 2 && (double)bytes >= unit * 1024; i++)
        unit *= 1024;
    snprintf(out.text, sizeof out.text, "%.1f %s", (double)bytes / unit, names[i]);
    return out;
}

struct rft_units_text rft_time_text(double seconds)
{
    struct rft_units_text out = {"-:--:--"};
    uint64_t s;
    if (!(seconds >= 0 && seconds < 100.0 * 365 * 86400))
        return out;
    s = (uint64_t)(seconds + 0.5);
    snprintf(out.text, sizeof out.text, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
    return out;
}
