/* SPDX-License-Identifier: MIT */
#include "dtype.h"
#include "support.h"

#include <math.h>
#include <string.h>

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void test_table(void **state)
{
    (void)state;
    assert_string_equal(rft_dtype_name(RFT_DTYPE_F32), "F32");
    assert_string_equal(rft_dtype_name(RFT_DTYPE_Q4_1), "Q4_1");
    assert_int_equal(rft_dtype_block_elements(RFT_DTYPE_Q8_0), 32);
    assert_int_equal(rft_dtype_block_bytes(RFT_DTYPE_Q8_0), 34);
    assert_int_equal(rft_dtype_block_bytes(RFT_DTYPE_BF16), 2);
    assert_int_equal(rft_dtype_block_elements(RFT_DTYPE_Q6_K), 256);
    assert_int_equal(rft_dtype_block_bytes(RFT_DTYPE_Q6_K), 210);
    assert_null(rft_dtype_quant(RFT_DTYPE_BF16));
    for (enum rft_dtype dtype = RFT_DTYPE_Q8_0; dtype < RFT_DTYPE_COUNT; dtype++)
        assert_non_null(rft_dtype_quant(dtype));
}

/* Every one of the 65,536 values against the definition. */
static void test_f16_all(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x10000; half++) {
        uint16_t src = (uint16_t)half;
        float got;
        rft_dtype_to_f32(RFT_DTYPE_F16, (const uint8_t *)&src, 1, &got);
        int exponent = (int)(half >> 10 & 31);
        double fraction = half & 1023, sign = half >> 15 ? -1.0 : 1.0;
        if (exponent == 31) {
            assert_true(fraction != 0 ? isnan(got) : isinf(got) && (got < 0) == (sign < 0));
            continue;
        }
        double want = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
        assert_int_equal(bits_of(got), bits_of((float)(sign * want)));
    }
}

static void test_bf16_and_f32(void **state)
{
    (void)state;
    static const uint8_t bf16[] = {0, 0x80, 0x3f, 0x01, 0x00, 0x20, 0xc1}; /* from 1: unaligned */
    float got[3], f32[3] = {1.5f, -0.0f, 1e-40f};
    uint8_t bytes[13];
    rft_dtype_to_f32(RFT_DTYPE_BF16, bf16 + 1, 3, got);
    assert_int_equal(bits_of(got[0]), 0x3f800000);
    assert_int_equal(bits_of(got[1]), 0x00010000);
    assert_int_equal(bits_of(got[2]), 0xc1200000);
    memcpy(bytes + 1, f32, sizeof f32);
    rft_dtype_to_f32(RFT_DTYPE_F32, bytes + 1, 3, got);
    assert_memory_equal(got, f32, sizeof f32);
}

/* Two blocks each, so that strides count. Scales: 0x3800 = 0.5, 0xc000 = -2, 0x0001 = 2^-24; minimum 0x3c00 = 1. */
static void test_quantised(void **state)
{
    (void)state;
    uint8_t q8[68] = {0x00, 0x38}, q4_0[36] = {0x00, 0xc0}, q4_1[40] = {0x00, 0x38, 0x00, 0x3c};
    float got[64];
    q8[34] = 0x01;
    q4_0[18] = 0x00;
    q4_0[19] = 0x38;
    q4_1[20] = 0x01;
    for (int i = 0; i < 32; i++)
        q8[2 + i] = q8[36 + i] = (uint8_t)(i * 9 - 128);
    for (int i = 0; i < 16; i++) {
        uint8_t byte = (uint8_t)(i | (15 - i) << 4);
        q4_0[2 + i] = q4_0[20 + i] = q4_1[4 + i] = q4_1[24 + i] = byte;
    }
    rft_dtype_to_f32(RFT_DTYPE_Q8_0, q8, 64, got);
    for (int i = 0; i < 32; i++) {
        float q = (float)(int8_t)(uint8_t)(i * 9 - 128);
        assert_true(got[i] == 0.5f * q && got[32 + i] == ldexpf(q, -24));
    }
    rft_dtype_to_f32(RFT_DTYPE_Q4_0, q4_0, 64, got);
    for (int i = 0; i < 16; i++) {
        assert_true(got[i] == -2.0f * (float)(i - 8) && got[16 + i] == -2.0f * (float)(7 - i));
        assert_true(got[32 + i] == 0.5f * (float)(i - 8) && got[48 + i] == 0.5f * (float)(7 - i));
    }
    rft_dtype_to_f32(RFT_DTYPE_Q4_1, q4_1, 64, got);
    for (int i = 0; i < 16; i++) {
        assert_true(got[i] == 0.5f * (float)i + 1.0f && got[16 + i] == 0.5f * (float)(15 - i) + 1.0f);
        assert_true(got[32 + i] == ldexpf((float)i, -24) && got[48 + i] == ldexpf((float)(15 - i), -24));
    }
}

/* The product is exact, the sum is rounded: scale 0x3c01 = 1 + 2^-10, q = 15, minimum 0x6800 = 2048. */
static void test_q4_1_rounds_once(void **state)
{
    (void)state;
    uint8_t block[20] = {0x01, 0x3c, 0x00, 0x68};
    float got[32];
    block[4] = 0x0f;
    rft_dtype_to_f32(RFT_DTYPE_Q4_1, block, 32, got);
    volatile float product = (1.0f + ldexpf(1, -10)) * 15.0f;
    volatile float sum = product + 2048.0f;
    assert_int_equal(bits_of(got[0]), bits_of(sum));
}

/* What a K-quant is, by the last element of a block, whose scale of 6 bits lies in three places. Q4_K: (2 x 53) 11 - 3
 * x 38; Q6_K: (2 x -5) (45 - 32). The other formats are compared with the gguf package: tests/oracle/test_quantised.c.
 */
static void test_k_quants(void **state)
{
    (void)state;
    uint8_t q4[144] = {0x00, 0x40, 0x00, 0x42}, q6[210] = {0};
    float got[256];
    q4[4 + 3] = 3 << 6; /* 53 = 3 << 4 | 5 */
    q4[8 + 3] = 2 << 6; /* 38 = 2 << 4 | 6 */
    q4[12 + 3] = 6 << 4 | 5;
    q4[143] = 11 << 4;
    rft_dtype_to_f32(RFT_DTYPE_Q4_K, q4, 256, got);
    assert_true(got[255] == 106.0f * 11.0f - 114.0f && got[254] == -114.0f && got[0] == 0.0f);
    q6[127] = 13 << 4; /* 45 = 2 << 4 | 13 */
    q6[128 + 63] = 2 << 6;
    q6[192 + 15] = (uint8_t)-5;
    q6[209] = 0x40;
    rft_dtype_to_f32(RFT_DTYPE_Q6_K, q6, 256, got);
    assert_true(got[255] == -130.0f && got[254] == 320.0f && got[0] == 0.0f);
}

static void test_round(void **state)
{
    (void)state;
    static const struct {
        uint32_t value;
        uint16_t rounded;
        uint8_t n_bad, n_zeroed;
    } cases[] = {
        {0x00000000, 0, 0, 0},      {0x80000000, 0, 0, 0},
        {0x3f800000, 0x3f80, 0, 0}, {0x3f808000, 0x3f80, 0, 0}, /* tie to even, down */
        {0x3f818000, 0x3f82, 0, 0},                             /* tie to even, up */
        {0x3f808001, 0x3f81, 0, 0}, {0x3f807fff, 0x3f80, 0, 0},
        {0xbf818000, 0xbf82, 0, 0}, {0x3fffffff, 0x4000, 0, 0}, /* carries into the exponent */
        {0x26800000, 0x2680, 0, 0},                             /* 2^-50 stays */
        {0x267fffff, 0, 0, 1}, /* just below becomes 0, though it would round to 2^-50 */
        {0x80000001, 0, 0, 1},      {0x00400000, 0, 0, 1},
        {0x5d7fffff, 0x5d80, 0, 0}, /* below 2^60, rounds to it */
        {0x5d800000, 0, 1, 0},      {0xdd800000, 0, 1, 0},
        {0x7f800000, 0, 1, 0},      {0xff800000, 0, 1, 0},
        {0x7fc00000, 0, 1, 0},      {0xffffffff, 0, 1, 0},
        {0x7f800001, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rft_round_counts counts = {0, 0};
        assert_int_equal(rft_bf16_round(from_bits(cases[i].value), &counts), cases[i].rounded);
        assert_int_equal(counts.n_bad, cases[i].n_bad);
        assert_int_equal(counts.n_zeroed, cases[i].n_zeroed);
        assert_int_equal(bits_of(rft_bf16_to_f32(cases[i].rounded)), (uint32_t)cases[i].rounded << 16);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),     cmocka_unit_test(test_f16_all),          cmocka_unit_test(test_bf16_and_f32),
        cmocka_unit_test(test_quantised), cmocka_unit_test(test_q4_1_rounds_once), cmocka_unit_test(test_k_quants),
        cmocka_unit_test(test_round),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
