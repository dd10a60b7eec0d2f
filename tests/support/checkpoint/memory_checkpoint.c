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

/* Where a type's blocks have their f16s, and which of them makes elements of about 1/16. */
static const struct {
    enum rft_dtype dtype;
    uint32_t at, n;
    uint16_t half;
} halves[] = {
    {RFT_DTYPE_Q8_0, 0, 1, 0x0c00},   {RFT_DTYPE_Q4_0, 0, 1, 0x1c00},   {RFT_DTYPE_Q4_1, 0, 2, 0x1c00},
    {RFT_DTYPE_Q5_0, 0, 1, 0x1800},   {RFT_DTYPE_Q5_1, 0, 2, 0x1800},   {RFT_DTYPE_Q2_K, 80, 2, 0x1000},
    {RFT_DTYPE_Q3_K, 108, 1, 0x0800}, {RFT_DTYPE_Q4_K, 0, 2, 0x0400},   {RFT_DTYPE_Q5_K, 0, 2, 0x0200},
    {RFT_DTYPE_Q6_K, 208, 1, 0x0020}, {RFT_DTYPE_IQ4_NL, 0, 1, 0x1000}, {RFT_DTYPE_IQ4_XS, 0, 1, 0x0400},
};
#define N_HALVES (sizeof halves / sizeof *halves)

static uint8_t *random_blocks(enum rft_dtype dtype, uint64_t n_blocks, uint64_t random)
{
    const size_t block_bytes = rft_dtype_block_bytes(dtype);
    uint8_t *blocks = malloc((size_t)n_blocks * block_bytes);
    size_t kind = 0;
    while (kind < N_HALVES && halves[kind].dtype != dtype)
        kind++;
    assert_true(blocks != NULL && kind < N_HALVES);
    for (uint64_t i = 0; i < n_blocks * block_bytes; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        blocks[i] = (uint8_t)(random >> 56);
    }
    for (uint64_t i = 0; i < n_blocks; i++)
        for (uint32_t k = 0; k < halves[kind].n; k++) {
            const uint16_t half = (uint16_t)(halves[kind].half + i % 97);
            memcpy(blocks + i * block_bytes + halves[kind].at + 2 * k, &half, sizeof half);
        }
    return blocks;
}

void rft_test_memory_quantise(struct rft_checkpoint *checkpoint, const char *part, enum rft_dtype dtype)
{
    for (size_t i = 0; i < checkpoint->n_tensors; i++) {
        struct rft_tensor *tensor = &checkpoint->tensors[i];
        const uint64_t n = tensor->dims[0] * (tensor->n_dims == 2 ? tensor->dims[1] : 1);
        if (strstr(tensor->name, part) == NULL)
            continue;
        assert_int_equal(tensor->n_dims, 2);
        assert_int_equal(tensor->dims[1] % rft_dtype_block_elements(dtype), 0);
        free((void *)(uintptr_t)tensor->data);
        tensor->dtype = dtype;
        tensor->data = random_blocks(dtype, n / rft_dtype_block_elements(dtype), i);
        tensor->bytes = n / rft_dtype_block_elements(dtype) * rft_dtype_block_bytes(dtype);
    }
}
