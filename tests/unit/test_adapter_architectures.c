/* SPDX-License-Identifier: MIT */
/* Adapters upon other architectures than Llama's: biases that are replaced, norms that are held otherwise in one of the
 * two containers. */
#include "adapter.h"
#include "adapter_builder.h"
#include "architecture.h"
#include "checkpoint.h"
#include "checkpoint_builder.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define SEED 4

/* The toy in both containers: tmp/dir and tmp/toy.gguf. */
static void write_toy(const char *name)
{
    struct rft_test_architecture toy;
    rft_test_architecture_load(name, &toy);
    rft_test_architecture_write_dir(&toy, "config", RFT_DTYPE_F32, rft_test_tmp_path("dir"));
    assert_true(rft_test_architecture_write_gguf(&toy, rft_test_tmp_path("toy.gguf")));
    rft_test_architecture_finish(&toy);
}

/* An adapter that has nothing but a tensor in the place of one of the model's. */
static void write_adapter(const char *tensor, const char *more)
{
    struct rft_test_adapter adapter = {.dtype = RFT_DTYPE_F32, .seed = SEED};
    struct rft_checkpoint checkpoint;
    char name[200];
    assert_int_equal(rft_checkpoint_open(rft_test_tmp_path("dir"), &checkpoint), RFT_OK);
    const struct rft_tensor *own = rft_checkpoint_find(&checkpoint, tensor);
    assert_non_null(own);
    snprintf(name, sizeof name, "base_model.model.%s", tensor);
    rft_test_adapter_tensor(&adapter, name, 0, own->dims[0]);
    rft_test_adapter_write(&adapter, rft_test_tmp_path("a"), 1, 1, more);
    rft_checkpoint_close(&checkpoint);
}

/* Opens both containers with the adapter: the first must take it, the second must take or refuse it. */
static void check_both(const char *tensor, enum rft_status gguf_status, const char *message)
{
    static const char *const models[] = {"dir", "toy.gguf"};
    char name[200];
    snprintf(name, sizeof name, "base_model.model.%s", tensor);
    for (size_t i = 0; i < 2; i++) {
        struct rft_checkpoint checkpoint;
        float values[512];
        assert_int_equal(rft_checkpoint_open(rft_test_tmp_path(models[i]), &checkpoint), RFT_OK);
        rft_test_log_capture();
        assert_int_equal(rft_adapter_open(&checkpoint, rft_test_tmp_path("a"), 1), i == 0 ? RFT_OK : gguf_status);
        assert_true(i == 0 || strstr(rft_test_log_text(), message) != NULL);
        rft_test_log_release();
        const struct rft_tensor *own = rft_checkpoint_find(&checkpoint, tensor);
        assert_true(own->dims[0] <= sizeof values / sizeof *values);
        rft_tensor_rows_f32(own, 0, 1, values);
        for (uint64_t k = 0; k < own->dims[0] && (i == 0 || gguf_status == RFT_OK); k++)
            assert_true(values[k] == rft_test_weight(name, SEED, 0, k, own->dims[0]));
        rft_checkpoint_close(&checkpoint);
    }
}

static void test_biases(void **state)
{
    static const char bias[] = "model.layers.0.self_attn.q_proj.bias";
    (void)state;
    write_toy("qwen2");
    /* lora_only with no delta: the other biases need not be there */
    write_adapter(bias, "\"target_modules\": [], \"bias\": \"lora_only\"");
    check_both(bias, RFT_OK, "");
}

static void test_norms(void **state)
{
    static const char saved[] = "\"target_modules\": [], \"modules_to_save\": [\"model.norm\"]";
    (void)state;
    write_toy("qwen2");
    write_adapter("model.norm.weight", saved);
    check_both("model.norm.weight", RFT_OK, "");
    write_toy("gemma2");
    write_adapter("model.norm.weight", saved);
    check_both("model.norm.weight", RFT_ERR_UNSUPPORTED, "hold their norms with 1 added");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_biases),
        cmocka_unit_test(test_norms),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
