/* SPDX-License-Identifier: MIT */
/* The plan of a quantised model of 7 billion parameters: what its file takes, and not what it would take in bf16. */
#include "support.h"

#include "budget.h"
#include "packed_row.h"

#include <string.h>

/* Mistral 7B's shape, as files of type Q4_K_M store it: Q4_K, with Q6_K for the head and in half of the layers for v
 * and down. */
static struct rft_sizes sizes_of_7b(void)
{
    struct rft_sizes sizes = {
        .config = {.n_layers = 32,
                   .dim = 4096,
                   .n_heads = 32,
                   .n_kv_heads = 8,
                   .head_dim = 128,
                   .ffn_dim = 14336,
                   .vocab_size = 32000,
                   .n_positions = 32768,
                   .norm_eps = 1e-5f,
                   .n_rotated = 128},
        .caps = {.block_bytes_max = UINT64_MAX,
                 .align_bytes = 256,
                 .prefill_rows = 512,
                 .slots_wanted = 256,
                 .burst_steps = 32},
        .n_questions = 1000,
        .n_samples = 15,
        .n_prompt_max = 400,
        .n_prompt_min = 300,
        .n_new_max = 100,
        .n_eos = 1,
        .budget_bytes = UINT64_C(6000000000),
    };
    sizes.formats.embedding = RFT_FORMAT_K4_MIN;
    sizes.formats.head = RFT_FORMAT_K6;
    for (uint32_t i = 0; i < 32; i++) {
        const uint32_t k4 = RFT_FORMAT_K4_MIN, wide = i % 2 == 0 ? RFT_FORMAT_K6 : RFT_FORMAT_K4_MIN;
        sizes.formats.layers[i] = (struct rft_layer_formats){k4, k4, wide, k4, k4, wide};
    }
    return sizes;
}

static uint64_t stored_bytes(uint32_t format, uint64_t n, uint64_t k)
{
    const enum rft_dtype dtype = format == RFT_FORMAT_K6 ? RFT_DTYPE_Q6_K : RFT_DTYPE_Q4_K;
    return n * k / rft_dtype_block_elements(dtype) * rft_dtype_block_bytes(dtype);
}

/* Of the matrices in the file. */
static uint64_t file_bytes(const struct rft_sizes *sizes)
{
    const struct rft_model_config *c = &sizes->config;
    const uint64_t kv_dim = (uint64_t)c->n_kv_heads * c->head_dim;
    uint64_t bytes = stored_bytes(sizes->formats.embedding, c->vocab_size, c->dim) +
                     stored_bytes(sizes->formats.head, c->vocab_size, c->dim);
    for (uint32_t i = 0; i < c->n_layers; i++) {
        const struct rft_layer_formats *f = &sizes->formats.layers[i];
        bytes += stored_bytes(f->q, c->dim, c->dim) + stored_bytes(f->k, kv_dim, c->dim) +
                 stored_bytes(f->v, kv_dim, c->dim) + stored_bytes(f->o, c->dim, c->dim) +
                 stored_bytes(f->gate_up, 2ull * c->ffn_dim, c->dim) + stored_bytes(f->down, c->dim, c->ffn_dim);
    }
    return bytes;
}

static void test_quantised(void **state)
{
    const struct rft_sizes sizes = sizes_of_7b();
    struct rft_plan plan;
    (void)state;
    assert_int_equal(rft_plan_make(&sizes, &plan), RFT_OK);
    const uint64_t file = file_bytes(&sizes);
    assert_in_range(plan.weights_bytes, file, file + file / 20);
    assert_true(plan.peak_bytes <= sizes.budget_bytes);
    assert_int_equal(plan.step.n_rows % sizes.n_samples, 0);
    assert_int_equal(plan.n_host_layers, 0);
}

static void test_bf16(void **state)
{
    struct rft_sizes sizes = sizes_of_7b();
    struct rft_plan plan;
    (void)state;
    memset(&sizes.formats, 0, sizeof sizes.formats);
    rft_test_log_capture();
    assert_int_equal(rft_plan_make(&sizes, &plan), RFT_ERR_BUDGET);
    rft_test_log_release();
    sizes.budget_bytes = UINT64_C(16000000000);
    assert_int_equal(rft_plan_make(&sizes, &plan), RFT_OK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quantised), cmocka_unit_test(test_bf16)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
