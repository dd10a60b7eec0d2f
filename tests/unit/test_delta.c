/* SPDX-License-Identifier: MIT */
/* The arithmetic of a merged row, statement by statement, against a plain loop. */
#include "arith.h"
#include "delta.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 5u

static uint32_t random_u32(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 20);
}

/* Values of very different sizes, some below 2^-50, some -0. */
static float random_value(void)
{
    uint32_t word = random_u32(), exponent = 127 - word % 24;
    if (word % 37 == 0)
        return -0.0f;
    if (word % 31 == 0)
        exponent = 60 + word % 20; /* 2^-67 to 2^-48 */
    return RFT_FROM_BITS((word & 0x80000000u) | exponent << 23 | (random_u32() & 0x7fffffu));
}

/* docs/arithmetic.md, "Adapters", as it is written there. */
static void add_plainly(const float *a, const float *b, uint32_t rank, uint64_t columns, float scale, float *row)
{
    for (uint64_t j = 0; j < columns; j++) {
        volatile float sum = 0.0f, product; /* volatile: nothing is fused or reordered */
        for (uint32_t k = 0; k < rank; k++) {
            product = rft_flush(b[k]) * rft_flush(a[k * columns + j]);
            sum = sum + product;
        }
        product = rft_flush(scale) * rft_flush(sum);
        row[j] = row[j] + product;
    }
}

struct example {
    uint64_t columns;
    uint32_t rank;
    bool is_transposed;
    enum rft_dtype dtype;
    size_t misaligned; /* bytes */
};

static uint8_t *stored(const float *values, size_t n, enum rft_dtype dtype, size_t misaligned, uint64_t *bytes)
{
    size_t size = dtype == RFT_DTYPE_F32 ? 4 : 2;
    uint8_t *data = malloc(n * size + misaligned);
    assert_non_null(data);
    for (size_t i = 0; i < n; i++) {
        uint16_t half = (uint16_t)(RFT_BITS(values[i]) >> 16);
        memcpy(data + misaligned + i * size, dtype == RFT_DTYPE_F32 ? (const void *)&values[i] : &half, size);
    }
    *bytes = n * size;
    return data;
}

static float *transposed(const float *values, uint64_t rows, uint64_t columns)
{
    float *out = malloc(rows * columns * sizeof *out);
    assert_non_null(out);
    for (uint64_t i = 0; i < rows; i++)
        for (uint64_t j = 0; j < columns; j++)
            out[j * rows + i] = values[i * columns + j];
    return out;
}

static float *random_values(uint64_t n, enum rft_dtype dtype)
{
    float *values = malloc((size_t)n * sizeof *values);
    assert_non_null(values);
    for (uint64_t i = 0; i < n; i++) {
        values[i] = random_value();
        if (dtype == RFT_DTYPE_BF16)
            values[i] = RFT_FROM_BITS(RFT_BITS(values[i]) & 0xffff0000u);
    }
    return values;
}

static void check_rows(const struct rft_delta *delta, const float *a, const float *b, const struct example *e)
{
    float *got = malloc((size_t)e->columns * sizeof *got), *wanted = malloc((size_t)e->columns * sizeof *wanted);
    for (uint32_t row = 0; row < ROWS; row++) {
        for (uint64_t j = 0; j < e->columns; j++)
            got[j] = wanted[j] = random_value();
        rft_delta_add(delta, row, e->columns, got);
        add_plainly(a, b + row * e->rank, e->rank, e->columns, 0.3f, wanted);
        assert_memory_equal(got, wanted, (size_t)e->columns * sizeof *got);
    }
    free(got);
    free(wanted);
}

static void check(const struct example *e)
{
    float *a = random_values(e->rank * e->columns, e->dtype), *b = random_values((uint64_t)ROWS * e->rank, e->dtype);
    float *a_kept = e->is_transposed ? transposed(a, e->rank, e->columns) : NULL;
    float *b_kept = e->is_transposed ? transposed(b, ROWS, e->rank) : NULL;
    struct rft_factor factor_a = {.dtype = e->dtype}, factor_b = {.dtype = e->dtype};
    struct rft_delta delta;
    uint8_t *a_data =
        stored(e->is_transposed ? a_kept : a, (size_t)(e->rank * e->columns), e->dtype, e->misaligned, &factor_a.bytes);
    uint8_t *b_data =
        stored(e->is_transposed ? b_kept : b, (size_t)ROWS * e->rank, e->dtype, e->misaligned, &factor_b.bytes);
    factor_a.data = a_data + e->misaligned;
    factor_b.data = b_data + e->misaligned;
    assert_true((e->is_transposed ? rft_delta_init_transposed : rft_delta_init)(&delta, factor_a, factor_b, ROWS,
                                                                                e->columns, e->rank, 0.3f));
    check_rows(&delta, a, b, e);
    rft_delta_finish(&delta);
    free(a_data);
    free(b_data);
    free(a_kept);
    free(b_kept);
    free(a);
    free(b);
}

static void test_bits(void **state)
{
    static const uint64_t columns[] = {1, 3, 16, 511, 512, 513, 1100};
    static const uint32_t ranks[] = {1, 2, 3, 4, 5, 8, 13};
    (void)state;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        for (size_t k = 0; k < sizeof ranks / sizeof *ranks; k++)
            for (int form = 0; form < 8; form++)
                check(&(struct example){.columns = columns[i],
                                        .rank = ranks[k],
                                        .is_transposed = form & 1,
                                        .dtype = form & 2 ? RFT_DTYPE_BF16 : RFT_DTYPE_F32,
                                        .misaligned = form & 4 ? 1 : 0});
}

/* A factor whose values can be multiplied as they are is not copied; one with a tiny value is. */
static void test_copies(void **state)
{
    float a[6] = {1, 2, 3, -4, 5, 6}, b[2] = {1, 2};
    struct rft_factor fa = {RFT_DTYPE_F32, (const uint8_t *)a, sizeof a},
                      fb = {RFT_DTYPE_F32, (const uint8_t *)b, sizeof b};
    struct rft_delta delta;
    (void)state;
    assert_true(rft_delta_init(&delta, fa, fb, 1, 3, 2, 1.0f));
    assert_null(delta.expanded);
    assert_int_equal(rft_delta_heap_bytes(&delta, 3), sizeof delta);
    rft_delta_finish(&delta);
    a[4] = 1e-20f;
    assert_true(rft_delta_init(&delta, fa, fb, 1, 3, 2, 1.0f));
    assert_non_null(delta.expanded);
    assert_int_equal(rft_delta_heap_bytes(&delta, 3), sizeof delta + sizeof a);
    rft_delta_finish(&delta);
    rft_alloc_fail_at(1, 0);
    assert_false(rft_delta_init(&delta, fa, fb, 1, 3, 2, 1.0f));
    rft_alloc_fail_at(0, 0);
}

/* Rows outside of the slice stay. */
static void test_slice(void **state)
{
    const float a[2] = {1, 2}, b[3] = {10, 20, 30};
    struct rft_factor fa = {RFT_DTYPE_F32, (const uint8_t *)a, sizeof a},
                      fb = {RFT_DTYPE_F32, (const uint8_t *)b, sizeof b};
    struct rft_delta delta;
    (void)state;
    assert_true(rft_delta_init(&delta, fa, fb, 3, 2, 1, 0.5f));
    delta.row_0 = 2;
    for (uint64_t row = 0; row < 7; row++) {
        float values[2] = {7, 7};
        bool is_inside = row >= 2 && row < 5;
        rft_delta_add(&delta, row, 2, values);
        assert_true(values[0] == (is_inside ? 7 + 0.5f * b[row - 2] : 7));
        assert_true(values[1] == (is_inside ? 7 + b[row - 2] : 7));
    }
    rft_delta_finish(&delta);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_slice),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
