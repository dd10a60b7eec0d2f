/* SPDX-License-Identifier: MIT */
#include "memory_checkpoint.h"

#include "alloc.h"
#include "checkpoint_builder.h"
#include "support.h"
#include "tensors.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct rft_tensor *)a)->name, ((const struct rft_tensor *)b)->name);
}

static void fill(const struct rft_needed_tensor *needed, uint64_t seed, struct rft_tensor *tensor)
{
    const uint64_t n_rows = needed->n_dims == 1 ? 1 : needed->dims[0], n_columns = needed->dims[needed->n_dims - 1];
    float *values = malloc((size_t)(n_rows * n_columns) * sizeof *values);
    assert_non_null(values);
    for (uint64_t i = 0; i < n_rows * n_columns; i++)
        values[i] = rft_test_weight(needed->name, seed, i / n_columns, i % n_columns, n_columns);
    *tensor = (struct rft_tensor){.name = rft_strdup(needed->name),
                                  .dtype = RFT_DTYPE_F32,
                                  .n_dims = needed->n_dims,
                                  .dims = {needed->dims[0], needed->dims[1]},
                                  .data = (const uint8_t *)values,
                                  .bytes = n_rows * n_columns * sizeof *values};
    assert_non_null(tensor->name);
}

void rft_test_memory_checkpoint(const struct rft_model_config *config, uint64_t seed, struct rft_checkpoint *checkpoint)
{
    const uint64_t n = rft_model_n_tensors(config);
    *checkpoint = (struct rft_checkpoint){.path = rft_strdup("memory"), .n_tensors = (size_t)n, .config = *config};
    checkpoint->tensors = rft_alloc((size_t)n, sizeof *checkpoint->tensors);
    assert_true(checkpoint->path != NULL && checkpoint->tensors != NULL);
    for (uint64_t i = 0; i < n; i++) {
        struct rft_needed_tensor needed;
        rft_model_tensor(config, i, &needed);
        fill(&needed, seed, &checkpoint->tensors[i]);
    }
    qsort(checkpoint->tensors, checkpoint->n_tensors, sizeof *checkpoint->tensors, compare);
    for (size_t i = 1; i < checkpoint->n_tensors; i++)
        assert_string_not_equal(checkpoint->tensors[i - 1].name, checkpoint->tensors[i].name);
}

void rft_test_memory_checkpoint_finish(struct rft_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->n_tensors; i++)
        free((void *)(uintptr_t)checkpoint->tensors[i].data);
    rft_checkpoint_close(checkpoint);
}

float *rft_test_memory_values(const struct rft_checkpoint *checkpoint, const char *name)
{
    const struct rft_tensor *tensor = rft_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    return (float *)(uintptr_t)tensor->data;
}
