/* SPDX-License-Identifier: MIT */
#include "cuda_kernels.h"
#include "support.h"

#include <string.h>

static const uint32_t Q8 = RFT_FORMAT(8u, 0u, 0u), K4_MIN = RFT_FORMAT(4u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA);

static struct rft_node gate_up_of(uint32_t format, uint32_t n_rows, uint32_t dim, uint32_t ffn_dim, uint32_t flags)
{
    const struct rft_args_gate_up args = {.dim = dim, .ffn_dim = ffn_dim, .format = format, .flags = flags};
    struct rft_node node = {.op = RFT_OP_gate_up, .n_rows = n_rows, .args_bytes = sizeof args};
    memcpy(node.args.bytes, &args, sizeof args);
    return node;
}

static struct rft_node gate_up(uint32_t n_rows, uint32_t dim, uint32_t ffn_dim)
{
    return gate_up_of(RFT_FORMAT_BF16, n_rows, dim, ffn_dim, 0);
}

static struct rft_node residual_of(uint32_t format, uint32_t n_rows, uint32_t dim, uint32_t k, uint32_t flags)
{
    const struct rft_args_residual args = {.dim = dim, .k = k, .format = format, .flags = flags};
    struct rft_node node = {.op = RFT_OP_residual, .n_rows = n_rows, .args_bytes = sizeof args};
    memcpy(node.args.bytes, &args, sizeof args);
    return node;
}

static struct rft_node residual(uint32_t n_rows, uint32_t dim, uint32_t k)
{
    return residual_of(RFT_FORMAT_BF16, n_rows, dim, k, 0);
}

static struct rft_node attention(uint32_t n_rows, uint32_t n_kv_heads)
{
    const struct rft_args_attention args = {
        .n_heads = 4 * n_kv_heads, .n_kv_heads = n_kv_heads, .head_dim = 64, .scratch_floats = 64};
    struct rft_node node = {.op = RFT_OP_attention, .n_rows = n_rows, .args_bytes = sizeof args};
    memcpy(node.args.bytes, &args, sizeof args);
    return node;
}

static const char *chosen(struct rft_node node, uint32_t n_multiprocessors)
{
    return cuda_kernels[cuda_kernel_for(&node, n_multiprocessors)].name;
}

static void test_every_op_has_a_kernel(void **state)
{
    (void)state;
    for (int op = 0; op < RFT_OP_COUNT; op++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < n_cuda_kernels; i++) {
            n += cuda_kernels[i].op == (enum rft_op)op;
            assert_memory_equal(cuda_kernels[i].name, rft_op_name(cuda_kernels[i].op),
                                strlen(rft_op_name(cuda_kernels[i].op)));
        }
        assert_true(n == 1 || n > 5);
    }
}

/* Few rows take the variant whose columns waste none, unless the matrix is so small that smaller groups keep more
 * processors busy; many rows the tiled one, unless its blocks were too few. */
static void test_choice(void **state)
{
    (void)state;
    assert_string_equal(chosen(gate_up(1, 4096, 14336), 132), "gate_up_lanes_1");
    assert_string_equal(chosen(gate_up(4, 4096, 14336), 132), "gate_up_lanes_4");
    assert_string_equal(chosen(gate_up(5, 4096, 14336), 132), "gate_up_lanes_5");
    assert_string_equal(chosen(gate_up(10, 4096, 14336), 132), "gate_up_lanes_10");
    assert_string_equal(chosen(gate_up(20, 4096, 14336), 132), "gate_up_lanes_10");
    assert_string_equal(chosen(residual(10, 960, 960), 132), "residual_lanes_4");
    assert_string_equal(chosen(gate_up(256, 4096, 14336), 132), "gate_up_tiled");
    assert_string_equal(chosen(residual(512, 4096, 14336), 132), "residual_tiled");
    assert_string_equal(chosen(residual(64, 960, 2560), 132), "residual_lanes_8");
    assert_string_equal(chosen(residual(64, 960, 2560), 4), "residual_tiled");
}

/* Integers: dp4a for as few rows as need no tensor cores; of those the tiled form where rows fill its blocks. */
static void test_choice_of_integers(void **state)
{
    const struct {
        uint32_t format, n_rows, dim, ffn_dim;
        const char *name;
    } cases[] = {
        {K4_MIN, 1, 4096, 11008, "gate_up_integers_1"},      {K4_MIN, 4, 4096, 11008, "gate_up_integers_4"},
        {K4_MIN, 8, 4096, 11008, "gate_up_integers_8"},      {K4_MIN, 10, 4096, 11008, "gate_up_integers_16"},
        {K4_MIN, 64, 4096, 11008, "gate_up_integers_tiled"}, {Q8, 1, 576, 1536, "gate_up_integers_1"},
        {Q8, 10, 576, 1536, "gate_up_integers_16"},          {Q8, 64, 576, 1536, "gate_up_integers_16"},
        {Q8, 256, 576, 1536, "gate_up_integers_tiled"},      {RFT_FORMAT_BF16, 256, 4096, 11008, "gate_up_tiled"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(
            chosen(gate_up_of(cases[i].format, cases[i].n_rows, cases[i].dim, cases[i].ffn_dim, RFT_QUANTISED), 132),
            cases[i].name);
}

/* All lanes take the same number of turns, whole warps are launched, and the factors' threads come behind. */
static void test_lanes(void **state)
{
    struct cuda_call call;
    struct rft_node node = residual(10, 4096, 14336);
    (void)state;
    call = cuda_call_with(cuda_kernel_for(&node, 132), &node, 132);
    assert_int_equal(call.parameter, 32); /* 224 blocks of 64 elements, 32 at most at once */
    assert_int_equal(call.threads, 128);
    assert_int_equal(call.grid_x, 256);
    assert_int_equal(call.grid_y, 1);
    node = gate_up(1, 960, 2560);
    call = cuda_call_with(cuda_kernel_for(&node, 132), &node, 132);
    assert_int_equal(call.parameter, 15);
    assert_int_equal(call.threads, 64 + 32);
    assert_int_equal(call.grid_x, 320);
    node = residual(33, 1 << 20, 64); /* 65,536 tiles: more than a grid's y has */
    call = cuda_call_with(cuda_kernel_for(&node, 132), &node, 132);
    assert_true(call.grid_x >= 1 << 16 && call.grid_y == 1);
    node = gate_up(3, 8320, 64); /* 130 blocks: three turns of 44, 44, 42 */
    call = cuda_call_with(cuda_kernel_for(&node, 132), &node, 132);
    assert_int_equal(call.parameter, 44);
    for (uint32_t k = 1; k < 30000; k += 61) {
        for (uint32_t i = 0; i < n_cuda_kernels; i++) {
            if (cuda_kernels[i].op != RFT_OP_residual || cuda_kernels[i].variant != CUDA_LANES)
                continue;
            node = residual(33, 4096, k);
            call = cuda_call_with(i, &node, 132);
            assert_in_range(call.parameter, 1, 64);
            assert_true(call.parameter * cuda_kernels[i].columns <=
                        320); /* LANES_MAX of kernels/matmul.cuh: shared memory */
            assert_true(call.parameter * 4 <= call.threads && call.threads <= 288);
            assert_true(call.grid_x / 256 * cuda_kernels[i].columns >= 33);
        }
    }
}

/* Lanes of integers and those who find factors are within what kernels are compiled for (kernels/cuda_grid.h). */
static void test_lanes_of_integers(void **state)
{
    (void)state;
    for (uint32_t k = 1; k < 30000; k += 61) {
        const struct rft_node node = gate_up_of(Q8, 33, k, 2048, RFT_QUANTISED);
        for (uint32_t i = 0; i < n_cuda_kernels; i++) {
            struct cuda_call call;
            if (!cuda_kernel_runs(i, &node))
                continue;
            call = cuda_call_with(i, &node, 132);
            if (cuda_kernels[i].variant == CUDA_DOTS)
                assert_true(call.parameter <= 16 && call.parameter * 16 + 32 <= call.threads);
            else if (cuda_kernels[i].variant == CUDA_WARPS)
                assert_true(call.parameter <= 9 && call.parameter * 64 + 32 == call.threads);
            assert_true(call.threads % 32 == 0 && call.threads <= 608);
        }
    }
}

/* Where outputs are quantised thread blocks have whole blocks of 32: of integers always, of bf16 if that is asked for,
 * by as many turns; nothing else changes for bf16. */
static void test_whole_blocks(void **state)
{
    const struct {
        const char *name;
        uint32_t format, flags, grid, threads;
    } cases[] = {
        {"residual_lanes_1", RFT_FORMAT_BF16, 0, 36, 64},
        {"residual_lanes_1", RFT_FORMAT_BF16, RFT_QUANTISED, 18, 64},
        {"residual_lanes_1", RFT_FORMAT_BF16, RFT_RESIDUAL_ALONE, 36, 64},
        {"residual_tiled", RFT_FORMAT_BF16, RFT_QUANTISED, 9, 128},
        {"residual_integers_1", Q8, 0, 18, 96},
        {"residual_integers_1", Q8, RFT_QUANTISED, 18, 96},
        {"residual_integers_8", Q8, RFT_QUANTISED, 18, 288},
        {"residual_integers_tiled", Q8, RFT_QUANTISED, 5, 128},
        {"gate_up_lanes_1", RFT_FORMAT_BF16, 0, 192, 96},
        {"gate_up_lanes_1", RFT_FORMAT_BF16, RFT_QUANTISED, 48, 96},
        {"gate_up_integers_1", Q8, RFT_QUANTISED, 48, 192},
        {"gate_up_integers_8", Q8, RFT_QUANTISED, 48, 608},
        {"gate_up_integers_tiled", Q8, RFT_QUANTISED, 24, 128},
    };
    uint32_t n_found = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (uint32_t k = 0; k < n_cuda_kernels; k++) {
            struct cuda_call call;
            struct rft_node node = cuda_kernels[k].op == RFT_OP_residual
                                       ? residual_of(cases[i].format, 1, 576, 576, cases[i].flags)
                                       : gate_up_of(cases[i].format, 1, 576, 1536, cases[i].flags);
            if (strcmp(cuda_kernels[k].name, cases[i].name) != 0)
                continue;
            call = cuda_call_with(k, &node, 132);
            assert_int_equal(call.grid_x, cases[i].grid);
            assert_int_equal(call.threads, cases[i].threads);
            n_found++;
        }
    }
    assert_int_equal(n_found, sizeof cases / sizeof *cases);
}

/* Rows share the reading of their prompt once there are enough of them to keep the GPU busy all the same. */
static void test_cohorts(void **state)
{
    const struct {
        uint32_t n_rows, n_kv_heads, n_multiprocessors, cohort;
    } cases[] = {
        {1, 8, 132, 1}, {10, 8, 132, 1}, {64, 8, 132, 3}, {256, 8, 132, 15}, {64, 5, 4, 16}, {512, 8, 20, 16},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_node node = attention(cases[i].n_rows, cases[i].n_kv_heads);
        struct cuda_call call =
            cuda_call_with(cuda_kernel_for(&node, cases[i].n_multiprocessors), &node, cases[i].n_multiprocessors);
        assert_int_equal(call.parameter, cases[i].cohort);
        assert_int_equal(call.grid_x, cases[i].n_kv_heads);
        assert_int_equal(call.grid_y, cases[i].n_rows);
    }
}

static struct cuda_call post_norm_call(uint32_t n_rows, uint32_t dim)
{
    const struct rft_args_post_norm args = {.dim = dim};
    struct rft_node node = {.op = RFT_OP_post_norm, .n_rows = n_rows, .args_bytes = sizeof args};
    memcpy(node.args.bytes, &args, sizeof args);
    return cuda_call_with(cuda_kernel_for(&node, 132), &node, 132);
}

/* A row is a block, of whole warps: a thread for four elements, up to a limit. */
static void test_rows(void **state)
{
    const struct rft_args_heads args = {.n_heads = 32, .n_kv_heads = 8, .head_dim = 128, .q_span = 32, .k_span = 8};
    struct rft_node node = {.op = RFT_OP_heads, .n_rows = 7, .args_bytes = sizeof args};
    struct cuda_call call;
    (void)state;
    assert_int_equal(post_norm_call(3, 8).threads, 32);
    assert_int_equal(post_norm_call(3, 2304).threads, 576);
    assert_int_equal(post_norm_call(3, 2306).threads, 608);
    assert_int_equal(post_norm_call(3, 4096).threads, 1024);
    assert_int_equal(post_norm_call(3, 4612).threads, 1024);
    assert_int_equal(post_norm_call(70000, 64).grid_x, 70000);
    assert_int_equal(post_norm_call(70000, 64).grid_y, 1);
    memcpy(node.args.bytes, &args, sizeof args);
    call = cuda_call_with(cuda_kernel_for(&node, 132), &node, 132);
    assert_int_equal(call.grid_x, 48);
    assert_int_equal(call.grid_y, 7);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_op_has_a_kernel),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_choice_of_integers),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_lanes_of_integers),
        cmocka_unit_test(test_whole_blocks),
        cmocka_unit_test(test_cohorts),
        cmocka_unit_test(test_rows),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
