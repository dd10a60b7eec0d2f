/* SPDX-License-Identifier: MIT */
#include "packed_row.h"
#include "support.h"

#include "cpu_plain.h"

#include <math.h>
#include <string.h>

#define K_MAX 512
#define ROW_BYTES_MAX (K_MAX / 32 * 34)
#define NONE (-1)

/* What each type becomes, and where a block has its f16s. */
static const struct {
    enum rft_dtype dtype;
    uint32_t format;
    int scale, minimum;
} types[] = {
    {RFT_DTYPE_Q8_0, RFT_FORMAT_Q8, 0, NONE},      {RFT_DTYPE_Q4_0, RFT_FORMAT_Q4, 0, NONE},
    {RFT_DTYPE_Q4_1, RFT_FORMAT_Q4_MIN, 0, 2},     {RFT_DTYPE_Q5_0, RFT_FORMAT_Q6, 0, NONE},
    {RFT_DTYPE_Q5_1, RFT_FORMAT_Q6_MIN, 0, 2},     {RFT_DTYPE_Q2_K, RFT_FORMAT_K4_HALVES, 80, 82},
    {RFT_DTYPE_Q3_K, RFT_FORMAT_K4, 108, NONE},    {RFT_DTYPE_Q4_K, RFT_FORMAT_K4_MIN, 0, 2},
    {RFT_DTYPE_Q5_K, RFT_FORMAT_K6_MIN, 0, 2},     {RFT_DTYPE_Q6_K, RFT_FORMAT_K6, 208, NONE},
    {RFT_DTYPE_IQ4_NL, RFT_FORMAT_Q8, 0, NONE},    {RFT_DTYPE_IQ4_XS, RFT_FORMAT_K8, 0, NONE},
    {RFT_DTYPE_F32, RFT_FORMAT_BF16, NONE, NONE},  {RFT_DTYPE_F16, RFT_FORMAT_BF16, NONE, NONE},
    {RFT_DTYPE_BF16, RFT_FORMAT_BF16, NONE, NONE},
};
#define N_TYPES (sizeof types / sizeof *types)

/* A tile, and words behind it that nobody may touch. */
static uint32_t tile[RFT_FORMAT_TILE_WORDS(RFT_FORMAT_K8, K_MAX) + RFT_TILE];
static uint8_t rows[RFT_TILE][ROW_BYTES_MAX];
static float values[K_MAX];
static uint32_t state_of_random;

static uint32_t random_u32(void)
{
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return state_of_random >> 8;
}

static void put_half(uint8_t *block, int at, uint32_t half)
{
    if (at == NONE)
        return;
    block[at] = (uint8_t)half;
    block[at + 1] = (uint8_t)(half >> 8);
}

/* A finite f16: one in four is zero of either sign or subnormal. */
static uint32_t random_half(void)
{
    const uint32_t r = random_u32(), exponent = random_u32();
    if (exponent % 8 == 0)
        return r & 0x8000u;
    return (r & 0x83ffu) | (exponent % 8 == 1 ? 0 : exponent % 31) << 10;
}

static void fill_row(size_t type, uint32_t k, uint8_t *row)
{
    const uint32_t n_block = rft_dtype_block_elements(types[type].dtype);
    const uint32_t block_bytes = rft_dtype_block_bytes(types[type].dtype);
    for (uint32_t i = 0; i < k / n_block; i++) {
        uint8_t *block = row + i * block_bytes;
        for (uint32_t at = 0; at < block_bytes; at++)
            block[at] = (uint8_t)random_u32();
        put_half(block, types[type].scale, random_half());
        put_half(block, types[type].minimum, random_half());
    }
}

static void clear_tile(void)
{
    memset(tile, 0, sizeof tile);
}

/* The elements of a row of the tile are those that the bytes say, with +0 for -0. */
static void check_row(size_t type, uint32_t k, uint32_t row)
{
    rft_dtype_to_f32(types[type].dtype, rows[row], k, values);
    for (uint32_t i = 0; i < RFT_PADDED(k); i++) {
        const float got = rft_canonical(cpu_integer_element(tile, types[type].format, row, i));
        const float want = i < k ? rft_canonical(values[i]) : 0.0f;
        if (RFT_BITS(got) != RFT_BITS(want))
            fail_msg("%s, k %u, row %u: element %u is %a instead of %a", rft_dtype_name(types[type].dtype), k, row, i,
                     (double)got, (double)want);
    }
}

static void test_formats(void **state)
{
    (void)state;
    assert_int_equal(N_TYPES, RFT_DTYPE_COUNT);
    for (size_t i = 0; i < N_TYPES; i++)
        assert_int_equal(rft_dtype_format(types[i].dtype), types[i].format);
}

static void test_elements(void **state)
{
    (void)state;
    static const uint32_t ks[] = {32, 96, 256, 512};
    for (size_t type = 0; type < N_TYPES; type++)
        for (size_t i = 0; i < sizeof ks / sizeof *ks && types[type].format != RFT_FORMAT_BF16; i++) {
            if (ks[i] % rft_dtype_block_elements(types[type].dtype) != 0)
                continue;
            clear_tile();
            for (uint32_t row = 0; row < RFT_TILE; row++) {
                fill_row(type, ks[i], rows[row]);
                assert_true(rft_pack_row(types[type].dtype, rows[row], ks[i], tile, row));
            }
            for (uint32_t row = 0; row < RFT_TILE; row++)
                check_row(type, ks[i], row);
            for (size_t at = RFT_FORMAT_TILE_WORDS(types[type].format, ks[i]); at < sizeof tile / sizeof *tile; at++)
                assert_int_equal(tile[at], 0);
        }
}

/* A row that is not packed stays zero, whatever its neighbours are. */
static void test_other_rows(void **state)
{
    (void)state;
    for (size_t type = 0; type < N_TYPES; type++) {
        if (types[type].format == RFT_FORMAT_BF16)
            continue;
        clear_tile();
        for (uint32_t row = 0; row < RFT_TILE; row += 15) {
            fill_row(type, 256, rows[row]);
            assert_true(rft_pack_row(types[type].dtype, rows[row], 256, tile, row));
        }
        check_row(type, 256, 0);
        check_row(type, 256, 15);
        for (size_t at = 0; at < sizeof tile / sizeof *tile; at++)
            assert_true(at % RFT_TILE == 0 || at % RFT_TILE == 15 || tile[at] == 0);
    }
}

static void test_scales(void **state)
{
    (void)state;
    static const uint16_t bad[] = {0x7c00, 0xfc00, 0x7c01, 0xffff};
    for (size_t type = 0; type < N_TYPES; type++) {
        const uint32_t last = 512 / rft_dtype_block_elements(types[type].dtype) - 1;
        if (types[type].format == RFT_FORMAT_BF16)
            continue;
        uint8_t *block = rows[0] + last * rft_dtype_block_bytes(types[type].dtype);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            fill_row(type, 512, rows[0]);
            assert_true(rft_pack_row(types[type].dtype, rows[0], 512, tile, 3));
            put_half(block, types[type].scale, bad[i]);
            assert_false(rft_pack_row(types[type].dtype, rows[0], 512, tile, 3));
            put_half(block, types[type].scale, 0x3c00);
            put_half(block, types[type].minimum, bad[i]);
            assert_true(rft_pack_row(types[type].dtype, rows[0], 512, tile, 3) == (types[type].minimum == NONE));
        }
    }
}

/* Zeros are stored without a sign. Q4_K's minimum, of which the file has the negative, becomes its negative. */
static void test_signs(void **state)
{
    (void)state;
    uint8_t q8[34] = {0x00, 0x80}, q4_1[20] = {0x00, 0x80, 0x00, 0x80}, q4_k[144] = {0x00, 0x80, 0x00, 0x00};
    clear_tile();
    assert_true(rft_pack_row(RFT_DTYPE_Q8_0, q8, 32, tile, 1));
    assert_int_equal(tile[16 * RFT_TILE + 1], 0);
    assert_true(rft_pack_row(RFT_DTYPE_Q4_1, q4_1, 32, tile, 1));
    assert_int_equal(tile[8 * RFT_TILE + 1], 0);
    assert_true(rft_pack_row(RFT_DTYPE_Q4_K, q4_k, 256, tile, 1));
    assert_int_equal(tile[1], 0);
    put_half(q4_k, 2, 0x3c00);
    assert_true(rft_pack_row(RFT_DTYPE_Q4_K, q4_k, 256, tile, 1));
    assert_int_equal(tile[1], 0xbc000000);
}

/* In double, whose operations are exact enough to be rounded once: the f16 nearest to a value that is not negative. */
static double nearest_half(float value)
{
    int exponent;
    (void)frexp((double)value, &exponent);
    const double step = ldexp(1.0, (exponent - 11 > -24 ? exponent - 11 : -24));
    return nearbyint((double)value / step) * step;
}

static uint64_t n_zeroed;

/* Packs `values` and checks every element of them against the definition. */
static void check_f32(uint32_t k)
{
    clear_tile();
    assert_true(rft_pack_row_f32(values, k, tile, 7, &n_zeroed));
    for (uint32_t first = 0; first < k; first += 32) {
        float greatest = 0.0f;
        for (uint32_t i = first; i < first + 32 && i < k; i++)
            greatest = fmaxf(greatest, fabsf(values[i]));
        const double d = nearest_half(greatest / 127.0f);
        for (uint32_t i = first; i < first + 32 && i < k; i++) {
            const double integer = d == 0 ? 0 : fmax(-127, fmin(127, nearbyint((double)(values[i] / (float)d))));
            const float got = cpu_integer_element(tile, RFT_FORMAT_Q8, 7, i);
            if ((double)got != integer * d)
                fail_msg("element %u, %a under %a: %a instead of %a", i, (double)values[i], d, (double)got,
                         integer * d);
        }
    }
    for (uint32_t i = k; i < RFT_PADDED(k); i++)
        assert_true(cpu_integer_element(tile, RFT_FORMAT_Q8, 7, i) == 0.0f);
    for (size_t at = 0; at < sizeof tile / sizeof *tile; at++)
        assert_true(at % RFT_TILE == 7 || tile[at] == 0);
}

static void test_f32(void **state)
{
    (void)state;
    static const uint32_t ks[] = {1, 31, 32, 33, 64, 100, 512};
    for (int exponent = -40; exponent <= 20; exponent++)
        for (size_t i = 0; i < sizeof ks / sizeof *ks; i++) {
            for (uint32_t at = 0; at < ks[i]; at++)
                values[at] = ldexpf((float)((int32_t)(random_u32() % 65537) - 32768), exponent - 15);
            check_f32(ks[i]);
        }
}

/* Integers that lie in the middle go to the even neighbour; what the scale's rounding pushes beyond 127 stays there. */
static void test_f32_cases(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 32; i++)
        values[i] = (float)i - 15.5f;
    values[0] = 127.0f; /* d = 1 */
    check_f32(32);
    assert_true(cpu_integer_element(tile, RFT_FORMAT_Q8, 7, 1) == -14.0f);
    assert_true(cpu_integer_element(tile, RFT_FORMAT_Q8, 7, 2) == -14.0f);
    values[0] = 127.0f * (1.0f + 0x1p-12f); /* d is rounded down to 1 */
    check_f32(32);
    values[0] = 127.0f * (1.0f + 0x1p-11f); /* in the middle, 1 is even; then 1 + 2^-9 is */
    check_f32(32);
    values[0] = 127.0f * (1.0f + 0x3p-11f);
    check_f32(32);
    values[0] = -127.0f * 0x1.7ffffep-24f; /* to 2^-24: -190 would be nearest */
    check_f32(32);
    memset(values, 0, sizeof values);
    values[3] = -0.0f;
    values[4] = 0x1p-149f;
    values[5] = 127.0f * 0x1p-25f; /* d = 0 */
    n_zeroed = 0;
    check_f32(512);
    assert_int_equal(n_zeroed, 2);
    for (size_t at = 0; at < sizeof tile / sizeof *tile; at++)
        assert_int_equal(tile[at], 0);
    values[5] = 127.0f * 65504.0f;
    check_f32(64);
}

static void test_f32_refused(void **state)
{
    (void)state;
    static const float bad[] = {127.0f * 65520.0f, -127.0f * 65520.0f, 3e38f, -INFINITY, NAN};
    memset(values, 0, sizeof values);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        values[99] = bad[i];
        assert_true(rft_pack_row_f32(values, 99, tile, 0, &n_zeroed));
        assert_false(rft_pack_row_f32(values, 100, tile, 0, &n_zeroed));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),   cmocka_unit_test(test_elements),    cmocka_unit_test(test_other_rows),
        cmocka_unit_test(test_scales),    cmocka_unit_test(test_signs),       cmocka_unit_test(test_f32),
        cmocka_unit_test(test_f32_cases), cmocka_unit_test(test_f32_refused),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
