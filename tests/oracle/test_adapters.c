/* SPDX-License-Identifier: MIT */
/* Merged weights against PEFT's own (fixtures of make_adapters.py): every element of every tensor that an adapter
 * changes, and that the others stay as they are, bit by bit. PEFT's matrix products have no fixed order, so the two may
 * differ by roundings of f32. */
#include "adapter.h"
#include "file.h"
#include "forward.h"
#include "safetensors.h"
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of an element, over the largest of its tensor. */
#define ERROR_MAX 4e-7

static const char *const variants[][2] = {
    {"plain", "untied"},        {"all-linear", "untied"}, {"rslora", "untied"}, {"patterns", "untied"},
    {"saved", "untied"},        {"layers", "untied"},     {"regex", "untied"},  {"embedding", "untied"},
    {"tied-embedding", "tied"}, {"tied-saved", "tied"},
};

static const char *data_path(const char *name, const char *file)
{
    char path[200];
    snprintf(path, sizeof path, "tests/oracle/data/adapters/%s%s%s", name, *file != '\0' ? "/" : "", file);
    return rft_test_path(path);
}

static float *read_rows(const struct rft_tensor *tensor, uint64_t *n)
{
    uint64_t rows = tensor->n_dims == 1 ? 1 : tensor->dims[0], columns = tensor->dims[tensor->n_dims - 1];
    float *values = malloc((size_t)(rows * columns) * sizeof *values);
    assert_non_null(values);
    rft_tensor_rows_f32(tensor, 0, rows, values);
    *n = rows * columns;
    return values;
}

/* The largest difference, over the largest value. */
static double compare(const struct rft_tensor *tensor, const struct rft_listed_tensor *wanted)
{
    uint64_t n;
    float *got = read_rows(tensor, &n);
    double largest = 0.0, error = 0.0;
    assert_int_equal(wanted->dtype, RFT_DTYPE_F32);
    assert_true(wanted->bytes == 4 * n);
    for (uint64_t i = 0; i < n; i++) {
        float value;
        memcpy(&value, wanted->data + 4 * i, sizeof value);
        largest = fmax(largest, fabs((double)value));
        error = fmax(error, fabs((double)value - (double)got[i]));
    }
    free(got);
    return error / largest;
}

/* A tensor that no adapter changes has the base's bits; a tied head is the embedding. */
static void check_unchanged(const struct rft_tensor *tensor, const struct rft_checkpoint *base)
{
    const struct rft_tensor *own = rft_checkpoint_find(base, tensor->name);
    uint64_t n, n_own;
    if (own == NULL)
        own = rft_checkpoint_find(base, "model.embed_tokens.weight");
    float *got = read_rows(tensor, &n), *wanted = read_rows(own, &n_own);
    assert_true(n == n_own);
    if (memcmp(got, wanted, (size_t)n * sizeof *got) != 0)
        fail_msg("%s is changed, but not by PEFT", tensor->name);
    free(got);
    free(wanted);
}

static void check_variant(const char *name, const char *base_name)
{
    struct rft_checkpoint base, merged;
    struct rft_tensor_list list = {0};
    struct rft_map map;
    size_t n_found = 0;
    double worst = 0.0;
    assert_int_equal(rft_checkpoint_open(data_path(base_name, ""), &base), RFT_OK);
    assert_int_equal(rft_checkpoint_open(data_path(base_name, ""), &merged), RFT_OK);
    assert_int_equal(rft_adapter_open(&merged, data_path(name, ""), 1.0), RFT_OK);
    assert_int_equal(rft_map_open(data_path(name, "merged.safetensors"), &map), RFT_OK);
    assert_int_equal(rft_safetensors_list(&map, &list), RFT_OK);
    assert_int_equal(rft_tensor_list_sort(&list), RFT_OK);
    for (size_t i = 0; i < merged.n_tensors; i++) {
        const struct rft_listed_tensor *wanted = rft_tensor_list_find(&list, merged.tensors[i].name);
        if (wanted == NULL) {
            check_unchanged(&merged.tensors[i], &base);
            continue;
        }
        n_found++;
        worst = fmax(worst, compare(&merged.tensors[i], wanted));
    }
    print_message("%s: %zu tensors changed, largest difference %.1e of the largest value\n", name, n_found, worst);
    assert_int_equal(n_found, list.n);
    assert_true(worst <= ERROR_MAX);
    rft_tensor_list_finish(&list);
    rft_map_close(&map);
    rft_checkpoint_close(&merged);
    rft_checkpoint_close(&base);
}

static void test_merged_weights(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (rft_test_wants(variants[i][0]))
            check_variant(variants[i][0], variants[i][1]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merged_weights),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
