/* SPDX-License-Identifier: MIT */
/* The cases of kernels are what they say, and a kernel that is wrong would be noticed. Of the plain form alone: what
 * other devices make of them is conformance_kernels'. */
#include "call_runner.h"

#include <string.h>

/* A case for the host. */
static void build_on_host(struct rft_call_image *image, const struct rft_kernel_case *c)
{
    image->align_bytes = 64;
    assert_int_equal(kernel_case_build(image, c, 0), RFT_OK);
}

static uint32_t n_bad_rows(const struct rft_call_image *image, uint32_t n_rows)
{
    const struct rft_row *rows =
        (const struct rft_row *)(const void *)(image->bytes + rft_test_call_buffer(image, "rows")->offset);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_rows; i++)
        n += rows[i].bad != 0;
    return n;
}

/* Products that a case costs. */
static uint64_t n_products(const struct rft_kernel_case *c)
{
    uint64_t heads_dim = (uint64_t)(c->n_heads + 2 * c->n_kv_heads) * c->head_dim;
    switch (c->op) {
    case RFT_OP_qkv: return c->rows * heads_dim * c->k;
    case RFT_OP_attention: return 2ull * c->rows * c->n_heads * c->head_dim * (c->n_prompt + c->n_own);
    case RFT_OP_gate_up: return 2ull * c->rows * c->n * c->k;
    case RFT_OP_residual:
    case RFT_OP_project:
    case RFT_OP_draw: return (uint64_t)c->rows * c->n * c->k;
    default: return (uint64_t)c->rows * c->n;
    }
}

/* The cases reach what they are for: every op has some, quick ones among them that are quick; rows end up bad where
 * values are, but not all; and the plain kernel leaves guards and inputs alone. */
static void test_cases_are_what_they_say(void **state)
{
    struct rft_call_image before = {0}, after = {0};
    uint32_t n_quick[RFT_OP_COUNT] = {0};
    (void)state;
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct rft_kernel_case *c = &kernel_cases[i];
        char text[RFT_CALL_TEXT_MAX], name[RFT_CALL_TEXT_MAX];
        uint32_t n_bad;
        kernel_case_name(c, name);
        build_on_host(&before, c);
        build_on_host(&after, c);
        cpu_reference_run(&after.node);
        if (!rft_call_is_right(&before, after.bytes, NULL, text))
            fail_msg("%s: %s", name, text);
        n_bad = c->op != RFT_OP_quantise ? n_bad_rows(&after, c->rows) : 0; /* which marks none */
        if (c->values == RFT_VALUES_BAD && c->op != RFT_OP_filter && c->op != RFT_OP_score &&
            c->op != RFT_OP_quantise && (n_bad == 0 || n_bad > c->rows / 2))
            fail_msg("%s: %u rows were found bad", name, n_bad);
        if (c->values != RFT_VALUES_BAD && c->values != RFT_VALUES_WIDE && n_bad != 0)
            fail_msg("%s: %u rows were found bad", name, n_bad);
        if (c->is_quick && n_products(c) > 1100000)
            fail_msg("%s is not quick: %llu products", name, (unsigned long long)n_products(c));
        n_quick[c->op] += c->is_quick && c->format == RFT_FORMAT_BF16;
    }
    for (uint32_t op = 0; op < RFT_OP_COUNT; op++)
        assert_in_range(n_quick[op], 3, 16);
    rft_call_finish(&before);
    rft_call_finish(&after);
}

/* A case does not depend on where it is built, but for the addresses; on another number of pieces of scratch,
 * neither. */
static void test_cases_can_be_moved(void **state)
{
    struct rft_call_image here = {.n_scratch = 3}, there = {.n_scratch = 3, .align_bytes = 4096},
                          other = {.n_scratch = 0};
    char text[RFT_CALL_TEXT_MAX];
    (void)state;
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct rft_kernel_case *c = &kernel_cases[i];
        build_on_host(&here, c);
        build_on_host(&other, c);
        assert_int_equal(kernel_case_build(&there, c, UINT64_C(0x123456000)), RFT_OK);
        assert_int_equal(there.used, kernel_case_bytes(c, 3, 4096));
        for (uint32_t b = 0; b < here.n_buffers; b++) {
            assert_int_equal(there.buffers[b].offset % 4096, 0);
            if (here.buffers[b].kind != RFT_CALL_SCRATCH) {
                const uint8_t *p = here.bytes + here.buffers[b].offset;
                assert_memory_equal(p, there.bytes + there.buffers[b].offset, here.buffers[b].bytes);
                assert_memory_equal(p, other.bytes + other.buffers[b].offset, here.buffers[b].bytes);
            }
        }
        cpu_reference_run(&here.node);
        cpu_reference_run(&other.node);
        assert_true(rft_call_is_right(&other, other.bytes, &here, text));
    }
    rft_call_finish(&here);
    rft_call_finish(&there);
    rft_call_finish(&other);
}

static bool is_only_written(const struct rft_kernel_case *c, const struct rft_call_buffer *b)
{
    bool is_updated = strcmp(b->name, "rows") == 0 || (c->op == RFT_OP_residual && strcmp(b->name, "x") == 0);
    return b->kind == RFT_CALL_OUT && !is_updated;
}

/* first and second: what a kernel made of a buffer that was 0xee.. and of one that was 0. A half word that it wrote is
 * the same in both, and it shows that it was written if it is not 0xeeee. Returns how many it wrote; those that do not
 * show: *n_hidden. */
static uint64_t n_written(const uint16_t *first, const uint16_t *second, uint64_t n, uint64_t *n_hidden)
{
    uint64_t n_same = 0;
    for (uint64_t i = 0; i < n; i++) {
        bool is_written = first[i] == second[i] && (first[i] != 0 || first[i ^ 1] != 0);
        n_same += is_written;
        *n_hidden += is_written && first[i] == 0xeeee && first[i ^ 1] == 0xeeee;
    }
    return n_same;
}

static void clear_unwritten(struct rft_call_image *image, const struct rft_kernel_case *c)
{
    for (uint32_t b = 0; b < image->n_buffers; b++) {
        const struct rft_call_buffer *buffer = &image->buffers[b];
        uint16_t *p = (uint16_t *)(void *)(image->bytes + buffer->offset);
        for (uint64_t i = 0; is_only_written(c, buffer) && i < buffer->bytes / 2; i++)
            p[i] = p[i] == 0xeeee ? 0 : p[i];
    }
}

/* Nearly every x changes when something is added to it. */
static void check_x_changes(const struct rft_kernel_case *c, const struct rft_call_image *before,
                            const struct rft_call_image *after)
{
    const struct rft_call_buffer *buffer = rft_test_call_buffer(after, "x");
    const uint32_t *x = (const uint32_t *)(const void *)(after->bytes + buffer->offset);
    const uint32_t *old = (const uint32_t *)(const void *)(before->bytes + buffer->offset);
    uint64_t n = (uint64_t)c->rows * c->n, n_changed = 0;
    for (uint64_t i = 0; i < n; i++)
        n_changed += x[i] != old[i];
    assert_true(n_changed >= n - n / 8);
}

/* Every case would notice any store that is left out: no output begins as what the kernel makes of it. */
static void test_skipped_stores_are_noticed(void **state)
{
    struct rft_call_image before = {0}, first = {0}, second = {0};
    (void)state;
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct rft_kernel_case *c = &kernel_cases[i];
        uint64_t n_seen = 0, n_hidden = 0;
        char name[RFT_CALL_TEXT_MAX];
        kernel_case_name(c, name);
        build_on_host(&before, c);
        build_on_host(&first, c);
        build_on_host(&second, c);
        clear_unwritten(&second, c);
        cpu_reference_run(&first.node);
        cpu_reference_run(&second.node);
        for (uint32_t b = 0; b < first.n_buffers; b++) {
            const struct rft_call_buffer *buffer = &first.buffers[b];
            const uint16_t *p = (const uint16_t *)(const void *)(first.bytes + buffer->offset);
            const uint16_t *q = (const uint16_t *)(const void *)(second.bytes + buffer->offset);
            if (is_only_written(c, buffer))
                n_seen += n_written(p, q, buffer->bytes / 2, &n_hidden);
        }
        if (c->op == RFT_OP_residual)
            check_x_changes(c, &before, &first);
        if (n_seen == 0 || n_hidden != 0)
            fail_msg("%s: %llu written, %llu of them would not be missed", name, (unsigned long long)n_seen,
                     (unsigned long long)n_hidden);
    }
    rft_call_finish(&before);
    rft_call_finish(&first);
    rft_call_finish(&second);
}

/* The comparison notices a flipped bit in any output, input or guard, first byte or last. */
static void test_one_bit_is_noticed(void **state)
{
    struct rft_call_runner r;
    (void)state;
    rft_call_runner_open(&r, rft_test_cpu(), 0, 1);
    for (uint32_t i = 0; i < n_kernel_cases; i += 3) {
        rft_call_runner_build(&r, &kernel_cases[i], true);
        memcpy(r.after, r.image.bytes, (size_t)r.image.used);
        for (uint32_t b = 0; b < r.image.n_buffers; b++)
            if (r.image.buffers[b].kind == RFT_CALL_OUT)
                memcpy(r.after + r.image.buffers[b].offset, r.expected.bytes + r.expected.buffers[b].offset,
                       (size_t)r.image.buffers[b].bytes);
        assert_true(rft_call_runner_is_right(&r));
        for (uint32_t b = 0; b < r.image.n_buffers; b++) {
            const struct rft_call_buffer *buffer = &r.image.buffers[b];
            const uint64_t places[] = {buffer->offset - 1, buffer->offset, buffer->offset + buffer->bytes - 1,
                                       buffer->offset + buffer->bytes};
            for (uint32_t place = 0; place < 4; place++) {
                bool is_inside = place == 1 || place == 2;
                if (buffer->bytes == 0 || (is_inside && buffer->kind == RFT_CALL_SCRATCH))
                    continue;
                r.after[places[place]] ^= 0x10;
                assert_false(rft_call_runner_is_right(&r));
                assert_non_null(strstr(r.text, place == 3 ? "guard" : buffer->name));
                r.after[places[place]] ^= 0x10;
            }
        }
    }
    rft_call_runner_close(&r);
}

/* Two questions' first pages swapped: other bits. */
static void test_swapped_pages_are_noticed(void **state)
{
    struct rft_call_runner r;
    uint32_t n_seen = 0;
    (void)state;
    rft_call_runner_open(&r, rft_test_cpu(), 0, 1);
    for (uint32_t i = 0; i < n_kernel_cases; i++) {
        const struct rft_kernel_case *c = &kernel_cases[i];
        uint32_t *tables, page, other = (c->n_prompt + RFT_PAGE_TOKENS - 1) / RFT_PAGE_TOKENS;
        bool is_paged = c->op == RFT_OP_attention || (c->op == RFT_OP_qkv && c->n_own == 0);
        if (!is_paged || c->rows < 5 || c->is_prefill || c->values == RFT_VALUES_WIDE || c->window != 0)
            continue;
        rft_call_runner_build(&r, c, true);
        tables = (uint32_t *)(void *)(r.image.bytes + rft_test_call_buffer(&r.image, "tables")->offset);
        page = tables[0];
        tables[0] = tables[other];
        tables[other] = page;
        rft_call_runner_run(&r, 1);
        assert_false(rft_call_runner_is_right(&r));
        n_seen++;
    }
    assert_true(n_seen >= 5);
    rft_call_runner_close(&r);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_are_what_they_say),    cmocka_unit_test(test_cases_can_be_moved),
        cmocka_unit_test(test_skipped_stores_are_noticed), cmocka_unit_test(test_one_bit_is_noticed),
        cmocka_unit_test(test_swapped_pages_are_noticed),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
