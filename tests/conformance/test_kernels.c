/* SPDX-License-Identifier: MIT */
/* Every kernel of every device gives the bits of the cpu's plain form, writes nothing else, and does it again. */
#include "call_runner.h"

#include <string.h>

/* Whether a second run on top of the first must give the same: not so for kernels that change their own input. */
static bool is_repeatable(const struct rft_kernel_case *c)
{
    return c->op != RFT_OP_advance && c->op != RFT_OP_residual && c->op != RFT_OP_post_norm;
}

static uint32_t check_device(const struct rft_test_device *device, uint32_t n_threads)
{
    struct rft_call_runner r;
    uint32_t n_failed = 0;
    rft_call_runner_open(&r, device->backend, device->index, n_threads);
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct rft_kernel_case *c = &kernel_cases[i];
        bool is_right;
        if (!rft_test_wants(rft_op_name(c->op)) || (device->has_own_integers_only && c->format == RFT_FORMAT_BF16))
            continue;
        rft_call_runner_build(&r, c, true);
        rft_call_runner_run(&r, 1);
        is_right = rft_call_runner_is_right(&r);
        if (is_right) {
            rft_call_runner_run(&r, is_repeatable(c) ? 3 : 1);
            is_right = rft_call_runner_is_right(&r);
        }
        if (!is_right) {
            char name[RFT_CALL_TEXT_MAX];
            kernel_case_name(c, name);
            print_error("%s, %u threads: case %u: %s: %s\n", device->name, n_threads, i, name, r.text);
            n_failed++;
        }
    }
    rft_call_runner_close(&r);
    return n_failed;
}

static void test_all_devices(void **state)
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    uint32_t n = rft_test_devices(devices), n_failed = 0;
    (void)state;
    assert_true(n > 0);
    for (uint32_t i = 0; i < n; i++) {
        n_failed += check_device(&devices[i], 1);
        if (devices[i].backend == rft_test_cpu())
            n_failed += check_device(&devices[i], 3);
    }
    assert_int_equal(n_failed, 0);
}

/* Marks the pages that hold blocks of 64 keys of which the row sees one. first_key: of the segment. */
static void mark_seen(const uint32_t *table, uint32_t first_key, uint32_t n_keys, uint32_t first_seen, uint8_t *seen)
{
    for (uint32_t key = 0; key < n_keys; key += RFT_PAGE_TOKENS) {
        const uint32_t block = key / RFT_DOT_BLOCK * RFT_DOT_BLOCK;
        const uint32_t end = block + RFT_DOT_BLOCK < n_keys ? block + RFT_DOT_BLOCK : n_keys;
        if (first_key + end > first_seen)
            seen[table[key / RFT_PAGE_TOKENS]] = 1;
    }
}

/* Fills the pages that no row sees a block of with what is not a number; returns how many. */
static uint32_t spoil_unseen(struct rft_call_image *image, const struct rft_kernel_case *c)
{
    const struct rft_row *rows = (const void *)(image->bytes + rft_test_call_buffer(image, "rows")->offset);
    const uint32_t *tables = (const void *)(image->bytes + rft_test_call_buffer(image, "tables")->offset);
    uint8_t seen[2][2048] = {{0}};
    uint32_t n_spoilt = 0;
    for (uint32_t i = 0; i < c->rows; i++) {
        const struct rft_row *row = &rows[i];
        const uint32_t n = row->position + 1, n_prompt = n < row->n_prompt ? n : row->n_prompt;
        const uint32_t first_seen = n > c->window ? n - c->window : 0;
        if (row->state != RFT_ROW_RUNNING)
            continue;
        mark_seen(tables + row->prompt_table, 0, n_prompt, first_seen, seen[0]);
        mark_seen(tables + row->own_table, n_prompt, n - n_prompt, first_seen, seen[1]);
    }
    for (uint32_t pool = 0; pool < 2; pool++) {
        const struct rft_call_buffer *b = rft_test_call_buffer(image, pool == 0 ? "prompt_kv" : "own_kv");
        const uint32_t n_elements = 2 * RFT_PAGE_TOKENS * c->head_dim * c->n_kv_heads;
        const uint64_t n_pages = b->bytes / 2 / n_elements;
        uint16_t *p = (uint16_t *)(void *)(image->bytes + b->offset);
        assert_true(n_pages <= sizeof seen[pool]);
        for (uint32_t page = 0; page < n_pages; page++) {
            for (uint32_t i = 0; i < n_elements && seen[pool][page] == 0; i++)
                p[(size_t)page * n_elements + i] = 0x7fc0;
            n_spoilt += seen[pool][page] == 0;
        }
    }
    return n_spoilt;
}

/* GPUs leave out the blocks of 64 keys that lie before a window. (The cpu's plain kernel multiplies them by +0.) */
static void test_blocks_before_a_window_are_not_read(void **state)
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    uint32_t n = rft_test_devices(devices);
    (void)state;
    for (uint32_t i = 0; i < n; i++) {
        struct rft_call_runner r;
        uint32_t n_spoilt = 0;
        if (devices[i].backend == rft_test_cpu())
            continue;
        rft_call_runner_open(&r, devices[i].backend, devices[i].index, 1);
        for (uint32_t k = 0; k < n_kernel_cases; k++) {
            const struct rft_kernel_case *c = &kernel_cases[k];
            char name[RFT_CALL_TEXT_MAX];
            if (c->op != RFT_OP_attention || c->window == 0)
                continue;
            rft_call_runner_build(&r, c, true);
            n_spoilt += spoil_unseen(&r.image, c);
            rft_call_runner_run(&r, 1);
            kernel_case_name(c, name);
            if (!rft_call_runner_is_right(&r))
                fail_msg("%s: %s: %s", devices[i].name, name, r.text);
        }
        assert_true(n_spoilt > 100);
        rft_call_runner_close(&r);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_devices),
        cmocka_unit_test(test_blocks_before_a_window_are_not_read),
    };
    const char *ops[RFT_OP_COUNT];
    for (int op = 0; op < RFT_OP_COUNT; op++)
        ops[op] = rft_op_name((enum rft_op)op);
    rft_test_name_cases(ops, RFT_OP_COUNT);
    return RFT_TEST_RUN(tests, NULL, NULL);
}
