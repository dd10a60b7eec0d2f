/* SPDX-License-Identifier: MIT */
/* Every kernel of every device of every backend gives the bits of the cpu's plain form, writes nothing else, and does it again. */
#include "kernel_cases.h"

#include <string.h>

#define DEVICES_MAX 16u

extern const struct rft_backend rft_backend_cpu;

static uint32_t n_devices_of(const struct rft_backend *backend)
{
    struct rft_device_info infos[DEVICES_MAX];
    uint32_t n = 0;
    assert_int_equal(backend->enumerate(infos, DEVICES_MAX, &n), RFT_OK);
    return n < DEVICES_MAX ? n : DEVICES_MAX;
}

static void open_reference(struct fixture *f)
{
    fixture_open(f, &rft_backend_cpu, n_devices_of(&rft_backend_cpu) - 1, 1);
}

/* Whether a second run on top of the first must give the same: not so for kernels that change their own input. */
static bool is_repeatable(const struct kernel_case *c)
{
    return c->op != RFT_OP_advance && !(c->op == RFT_OP_matmul && (c->flags & RFT_MATMUL_ADD));
}

static uint32_t check_device(const struct rft_backend *backend, uint32_t index, uint32_t n_threads, struct fixture *reference)
{
    struct fixture f;
    uint32_t n_failed = 0;
    fixture_open(&f, backend, index, n_threads);
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct kernel_case *c = &kernel_cases[i];
        const char *difference;
        kernel_case_build(reference, c);
        fixture_run(reference, 1);
        kernel_case_build(&f, c);
        fixture_run(&f, 1);
        difference = fixture_difference(&f, reference);
        if (difference == NULL) {
            fixture_run(&f, is_repeatable(c) ? 3 : 1);
            difference = fixture_difference(&f, reference);
        }
        if (difference != NULL) {
            print_error("%s device %u, %u threads: %s: %s\n", backend->name, index, n_threads, kernel_case_name(c), difference);
            n_failed++;
        }
    }
    fixture_close(&f);
    return n_failed;
}

static void test_all_devices(void **state)
{
    uint32_t n_backends, n_failed = 0;
    const struct rft_backend *const *backends = rft_backends(&n_backends);
    struct fixture reference;
    (void)state;
    open_reference(&reference);
    for (uint32_t b = 0; b < n_backends; b++)
        for (uint32_t index = 0; index < n_devices_of(backends[b]); index++)
            for (uint32_t n_threads = 1; n_threads <= 3; n_threads += 2)
                n_failed += check_device(backends[b], index, n_threads, &reference);
    fixture_close(&reference);
    assert_int_equal(n_failed, 0);
}

/* The cases reach what they are for: every op has one, rows end up bad where values are, and outputs are not all zeros. */
static void test_cases_are_not_empty(void **state)
{
    struct fixture f;
    bool seen[RFT_OP_COUNT] = {false};
    (void)state;
    open_reference(&f);
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct kernel_case *c = &kernel_cases[i];
        bool changed = false, marked = false;
        seen[c->op] = true;
        kernel_case_build(&f, c);
        fixture_run(&f, 1);
        for (uint32_t b = 0; b < f.n_buffers; b++) {
            const struct fixture_buffer *buffer = &f.buffers[b];
            const struct rft_row *rows = (const struct rft_row *)(const void *)(f.after + buffer->offset);
            changed |= memcmp(f.after + buffer->offset, f.image + buffer->offset, (size_t)buffer->bytes) != 0;
            for (uint32_t row = 0; strcmp(buffer->name, "rows") == 0 && row < c->rows; row++)
                marked |= rows[row].bad != 0;
        }
        if (!changed || (c->values == VALUES_BAD && c->op != RFT_OP_filter && !marked))
            fail_msg("%s: %s", kernel_case_name(c), changed ? "no row was found bad" : "no output changed");
    }
    for (uint32_t op = 0; op < RFT_OP_COUNT; op++)
        assert_true(seen[op]);
    fixture_close(&f);
}

/* A device that flips one bit after each run. */
static uint8_t *flipped_byte;
static enum rft_status run_and_flip(struct rft_device *device, struct rft_exec *exec, uint32_t n_replays, uint64_t *ticket)
{
    enum rft_status status = rft_backend_cpu.run(device, exec, n_replays, ticket);
    *flipped_byte ^= 0x10;
    return status;
}

/* The comparison notices a flipped bit in any output, input or guard, first byte or last. */
static void test_one_bit_is_noticed(void **state)
{
    struct rft_backend saboteur = rft_backend_cpu;
    struct fixture reference, f;
    (void)state;
    saboteur.run = run_and_flip;
    open_reference(&reference);
    fixture_open(&f, &saboteur, 0, 1);
    for (uint32_t i = 0; i < n_kernel_cases; i += 5) {
        kernel_case_build(&reference, &kernel_cases[i]);
        fixture_run(&reference, 1);
        kernel_case_build(&f, &kernel_cases[i]);
        for (uint32_t b = 0; b < f.n_buffers; b++) {
            const struct fixture_buffer *buffer = &f.buffers[b];
            const uint64_t places[] = {buffer->offset - 1, buffer->offset, buffer->offset + buffer->bytes - 1,
                                       buffer->offset + buffer->bytes};
            for (uint32_t place = 0; place < 4; place++) {
                bool is_inside = place == 1 || place == 2;
                if (buffer->bytes == 0 || (is_inside && buffer->kind == FIXTURE_SCRATCH))
                    continue;
                flipped_byte = (uint8_t *)f.block.handle + places[place];
                fixture_run(&f, 1);
                assert_non_null(fixture_difference(&f, &reference));
            }
        }
    }
    fixture_close(&f);
    fixture_close(&reference);
}

/* Two questions' first pages swapped: other bits. */
static void test_swapped_pages_are_noticed(void **state)
{
    struct fixture reference, f;
    uint32_t n_seen = 0;
    (void)state;
    open_reference(&reference);
    fixture_open(&f, &rft_backend_cpu, 0, 1);
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct kernel_case *c = &kernel_cases[i];
        if (c->op != RFT_OP_attention || c->rows < 5 || c->is_prefill || c->values == VALUES_WIDE)
            continue;
        kernel_case_build(&reference, c);
        fixture_run(&reference, 1);
        kernel_case_build(&f, c);
        for (uint32_t b = 0; b < f.n_buffers; b++) {
            uint32_t *tables = (uint32_t *)(void *)(f.image + f.buffers[b].offset);
            if (strcmp(f.buffers[b].name, "tables") == 0) {
                uint32_t page = tables[0], other = (c->n_prompt + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS;
                tables[0] = tables[other];
                tables[other] = page;
            }
        }
        fixture_run(&f, 1);
        assert_non_null(fixture_difference(&f, &reference));
        n_seen++;
    }
    assert_true(n_seen >= 5);
    fixture_close(&f);
    fixture_close(&reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_devices),
        cmocka_unit_test(test_cases_are_not_empty),
        cmocka_unit_test(test_one_bit_is_noticed),
        cmocka_unit_test(test_swapped_pages_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
