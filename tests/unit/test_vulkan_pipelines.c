/* SPDX-License-Identifier: MIT */
#include "support.h"
#include "vulkan_pipelines.h"
#include "vulkan_shaders.h"

#include <string.h>

static const struct vulkan_facts processor = {
    .type = VK_PHYSICAL_DEVICE_TYPE_CPU, .has_dot = true, .has_fast_dot = true};
static const struct vulkan_facts gpu = {.type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, .has_dot = true};
static const struct vulkan_facts gpu_with_dot = {
    .type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, .has_dot = true, .has_fast_dot = true};

static const char *chosen(const struct vulkan_facts *facts, uint32_t n_rows, uint32_t format)
{
    static struct vulkan_pipeline pipelines[256];
    const struct rft_args_gate_up args = {.dim = 2048, .ffn_dim = 8192, .format = format};
    struct rft_node node = {.op = RFT_OP_gate_up, .n_rows = n_rows, .args_bytes = sizeof args};
    memcpy(node.args.bytes, &args, sizeof args);
    assert_in_range(n_vulkan_shaders, 1, 256);
    for (uint32_t i = 0; i < n_vulkan_shaders; i++)
        pipelines[i] = vulkan_pipeline_describe(vulkan_shaders[i].name);
    return vulkan_shaders[vulkan_pipeline_for(pipelines, facts, &node)].name;
}

static void test_every_name_says_what_it_is(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        const char *name = vulkan_shaders[i].name;
        const struct vulkan_pipeline p = vulkan_pipeline_describe(name);
        const bool has_products = p.variant == VULKAN_ROWS || p.variant == VULKAN_LANES || p.variant == VULKAN_TILED;
        assert_true(p.op < RFT_OP_COUNT && p.columns != 0);
        assert_memory_equal(name, rft_op_name(p.op), strlen(rft_op_name(p.op)));
        assert_int_equal(has_products, p.products != VULKAN_OF_ANY);
        assert_int_equal(strstr(name, "_integers_") != NULL, p.products == VULKAN_OF_INTEGERS);
        assert_int_equal(strstr(name, "_dot_") != NULL, p.products == VULKAN_OF_BYTES);
    }
    assert_int_equal(vulkan_pipeline_describe("gate_up_integers").op, RFT_OP_COUNT);
    assert_int_equal(vulkan_pipeline_describe("nothing").op, RFT_OP_COUNT);
}

static void test_choice(void **state)
{
    (void)state;
    assert_string_equal(chosen(&processor, 1, RFT_FORMAT_BF16), "gate_up_rows_1");
    assert_string_equal(chosen(&processor, 10, RFT_FORMAT_BF16), "gate_up_rows_5");
    assert_string_equal(chosen(&gpu_with_dot, 4, RFT_FORMAT_BF16), "gate_up_lanes_4");
    assert_string_equal(chosen(&gpu_with_dot, 17, RFT_FORMAT_BF16), "gate_up_tiled");
#define FORMAT(name, format)                                                                                           \
    assert_string_equal(chosen(&processor, 0, format), "gate_up_integers_rows_1");                                     \
    assert_string_equal(chosen(&processor, 3, format), "gate_up_integers_rows_5");                                     \
    assert_string_equal(chosen(&processor, 64, format), "gate_up_integers_rows_8");                                    \
    assert_string_equal(chosen(&gpu, 1, format), "gate_up_integers_lanes_2");                                          \
    assert_string_equal(chosen(&gpu, 16, format), "gate_up_integers_lanes_2");                                         \
    assert_string_equal(chosen(&gpu, 17, format), "gate_up_integers_tiled");                                           \
    assert_string_equal(chosen(&gpu_with_dot, 1, format), "gate_up_dot_lanes_1");                                      \
    assert_string_equal(chosen(&gpu_with_dot, 10, format), "gate_up_dot_lanes_4");                                     \
    assert_string_equal(chosen(&gpu_with_dot, 256, format), "gate_up_dot_tiled");
    RFT_FORMAT_LIST(FORMAT)
#undef FORMAT
}

static uint32_t n_groups(const char *name, enum rft_op op, uint32_t n, uint32_t flags)
{
    const struct vulkan_pipeline p = vulkan_pipeline_describe(name);
    const struct rft_args_gate_up gate_up = {.dim = 64, .ffn_dim = n, .flags = flags};
    const struct rft_args_residual residual = {.dim = n, .k = 64, .flags = flags};
    struct rft_node node = {.op = op, .n_rows = 8};
    if (op == RFT_OP_gate_up)
        memcpy(node.args.bytes, &gate_up, sizeof gate_up);
    else
        memcpy(node.args.bytes, &residual, sizeof residual);
    return vulkan_pipeline_call(&p, &node).n_groups;
}

/* Whoever quantises its outputs has whole blocks of 32 of them. */
static void test_groups(void **state)
{
    (void)state;
    assert_int_equal(n_groups("gate_up_rows_8", RFT_OP_gate_up, 2048, 0), 64);
    assert_int_equal(n_groups("gate_up_lanes_4", RFT_OP_gate_up, 2048, 0), 256 * 2);
    assert_int_equal(n_groups("gate_up_lanes_4", RFT_OP_gate_up, 2048, RFT_QUANTISED), 64 * 2);
    assert_int_equal(n_groups("gate_up_dot_lanes_4", RFT_OP_gate_up, 2048, 0), 64 * 2);
    assert_int_equal(n_groups("gate_up_integers_lanes_2", RFT_OP_gate_up, 2050, RFT_QUANTISED), 65 * 4);
    assert_int_equal(n_groups("gate_up_integers_tiled", RFT_OP_gate_up, 2048, RFT_QUANTISED), 64);
    assert_int_equal(n_groups("residual_lanes_1", RFT_OP_residual, 100, RFT_RESIDUAL_ALONE), 7 * 8);
    assert_int_equal(n_groups("residual_lanes_1", RFT_OP_residual, 100, RFT_QUANTISED), 4 * 8);
    assert_int_equal(n_groups("residual_dot_lanes_1", RFT_OP_residual, 100, 0), 4 * 8);
    assert_int_equal(n_groups("residual_tiled", RFT_OP_residual, 100, RFT_QUANTISED), 2);
}

/* Who can run what is never chosen is asked to only in tests, and not all of it. */
static void test_dot_products_only_where_they_are_fast(void **state)
{
    (void)state;
    const struct vulkan_facts old = {.type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU};
    const struct vulkan_pipeline dot = vulkan_pipeline_describe("project_dot_tiled");
    const struct vulkan_pipeline other = vulkan_pipeline_describe("gate_up_dot_tiled");
    const struct vulkan_pipeline plain = vulkan_pipeline_describe("gate_up_integers_tiled");
    assert_false(vulkan_pipeline_is_for(&dot, &old, false));
    assert_false(vulkan_pipeline_is_for(&dot, &old, true));
    assert_false(vulkan_pipeline_is_for(&dot, &gpu, false));
    assert_true(vulkan_pipeline_is_for(&dot, &gpu, true));
    assert_false(vulkan_pipeline_is_for(&other, &gpu, true));
    assert_true(vulkan_pipeline_is_for(&other, &gpu_with_dot, false));
    assert_true(vulkan_pipeline_is_for(&plain, &old, false));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_says_what_it_is),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_dot_products_only_where_they_are_fast),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
