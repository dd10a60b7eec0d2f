/* SPDX-License-Identifier: MIT */
#include "select.h"

#include <stddef.h>

bool rft_select_can_stop(const struct rft_select_options *options, uint32_t n_enough, const char **why)
{
    const struct {
        bool is_so;
        const char *why;
    } obstacles[] = {
        {options->keep == RFT_KEEP_ALL, "select.keep = all takes every later sample too; give a number"},
        {options->keep > n_enough, "select.keep is more than that; give a smaller number there, or a larger one here"},
        {options->order != RFT_ORDER_SAMPLE,
         "select.order = shortest or longest must know every sample's length; give select.order = sample"},
        {options->distinct != RFT_DISTINCT_NO && options->equals != RFT_EQUALS_FIRST,
         "select.equals = farthest may take a later sample for an equal earlier one; give select.equals = first"},
        {options->quota != RFT_QUOTA_UNIFORM,
         "select.quota = difficulty counts all samples of a question; give select.quota = uniform"},
        {options->min_solve_rate > 0, "select.min_solve_rate counts all samples of a question; give 0"},
        {options->max_solve_rate < 1, "select.max_solve_rate counts all samples of a question; give 1"},
    };
    *why = NULL;
    for (size_t i = 0; i < sizeof obstacles / sizeof *obstacles && *why == NULL; i++)
        if (obstacles[i].is_so)
            *why = obstacles[i].why;
    return *why == NULL;
}
