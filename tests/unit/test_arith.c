/* SPDX-License-Identifier: MIT */
/* The scalar functions of the arithmetic: how far from the truth they are, and that their bits never change: a compiler
 * or an option that reorders, fuses or approximates anything in them turns the hashes red. */
#include "arith.h"
#include "philox.h"
#include "support.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define N_INPUTS (1u << 20)

/* Input i of a function: spread over the function's range, the same everywhere. */
static uint32_t scrambled(uint32_t i)
{
    uint32_t x = i * 2654435761u;
    x ^= x >> 15;
    x *= 2246822519u;
    return x ^ x >> 13;
}

/* f32 with exponents 2^low to 2^high, both signs if is_signed. */
static float spread(uint32_t i, int low, int high, bool is_signed)
{
    const uint32_t r = scrambled(i);
    const uint32_t exponent = (uint32_t)(127 + low) + i % (uint32_t)(high - low);
    return RFT_FROM_BITS((is_signed ? r & 0x80000000u : 0) | exponent << 23 | (r & 0x7fffffu));
}

static float exp_input(uint32_t i)
{
    return ((float)i - (float)(N_INPUTS / 2)) * (80.0f / (float)(N_INPUTS / 2));
}
static float wide_input(uint32_t i)
{
    return spread(i, -60, 120, false);
}
static float log_input(uint32_t i)
{
    return i % 2 == 0 ? spread(i, -126, 127, false) : spread(i, -3, 3, false);
}
static float silu_input(uint32_t i)
{
    return spread(i, -55, 59, true);
}

static float gumbel_of_index(float index)
{
    return rft_gumbel(scrambled((uint32_t)index)); /* below 2^24: exact */
}
static float index_input(uint32_t i)
{
    return (float)i;
}
static float silu_of(float x)
{
    return rft_silu_mul(x, 1.5f);
}
static float scaled(float x)
{
    return rft_scaled_logit(x, 1.0f / 0.7f);
}

#define INVERSE_DIM (1.0f / 576.0f)
#define EPS 1e-5f
#define SCALE 0.3712f
static float total_input(uint32_t i)
{
    return i % 8 == 0 ? 0.0f
                      : spread(i, i % 2 == 0 ? -60 : -12, i % 2 == 0 ? 120 : 2, false); /* also where eps counts */
}
static float norm_scale_of(float total)
{
    return rft_norm_scale(total, INVERSE_DIM, EPS);
}
static float scaled_sum_of(float x)
{
    return rft_scaled_sum(x, SCALE);
}

static double true_reciprocal(double x)
{
    return 1.0 / x;
}
static double true_rsqrt(double x)
{
    return 1.0 / sqrt(x);
}
static double true_gumbel(double index)
{
    const double u = ((double)scrambled((uint32_t)index) + 0.5) * 0x1p-32;
    return -log(-log1p(-u));
}
static double true_norm_scale(double total)
{
    return 1.0 / sqrt(total * (double)INVERSE_DIM + (double)EPS);
}
static double true_scaled_sum(double x)
{
    return x * (double)SCALE;
}
static double true_silu(double x)
{
    return 1.5 * x / (1.0 + exp(-x));
}

/* The error allowed is relative to max(|truth|, floor): near a zero of the function, and where
 * small values are flushed, the absolute error counts. */
static const struct function {
    const char *name;
    float (*of)(float x);
    double (*truth)(double x);
    float (*input)(uint32_t i);
    double error;
    double floor;
    uint64_t hash;
} functions[] = {
    {"exp", rft_exp, exp, exp_input, 0x1p-22, 0.0, 0x9a9dda056edbded3},
    {"reciprocal", rft_reciprocal, true_reciprocal, wide_input, 0x1p-22, 0.0, 0x16b4cfaf97500fd4},
    {"rsqrt", rft_rsqrt, true_rsqrt, wide_input, 0x1p-22, 0.0, 0x4d656a60932afd04},
    {"log", rft_log, log, log_input, 0x1p-22, 0.0, 0xd6e2f8eb39002fbe},
    {"gumbel", gumbel_of_index, true_gumbel, index_input, 0x1p-20, 1.0, 0xb3384104802ff35d},
    {"norm_scale", norm_scale_of, true_norm_scale, total_input, 0x1p-22, 0.0, 0x6f79a6b841629e20},
    {"scaled_sum", scaled_sum_of, true_scaled_sum, silu_input, 0x1p-24, 0x1p-26, 0xe5e4fa3e6c57fa19},
    {"silu_mul", silu_of, true_silu, silu_input, 0x1p-20, 0x1p-28, 0x0b61d406d64631a2},
    {"scaled_logit", scaled, NULL, silu_input, 0.0, 0.0, 0xec02575f623b09c3},
};
#define N_FUNCTIONS (sizeof functions / sizeof *functions)

static void test_error_bounds(void **state)
{
    (void)state;
    for (size_t f = 0; f < N_FUNCTIONS; f++) {
        double worst = 0.0;
        float worst_x = 0.0f;
        for (uint32_t i = 0; i < N_INPUTS && functions[f].truth != NULL; i++) {
            const float x = functions[f].input(i);
            const double truth = functions[f].truth((double)x);
            const double scale = fabs(truth) > functions[f].floor ? fabs(truth) : functions[f].floor;
            const double error = scale != 0.0 ? fabs((double)functions[f].of(x) - truth) / scale : 0.0;
            if (!(error <= worst)) {
                worst = error;
                worst_x = x;
            }
        }
        print_message("%s: error 2^%.2f at %a\n", functions[f].name, worst > 0.0 ? log2(worst) : -999.0,
                      (double)worst_x);
        assert_true(worst <= functions[f].error);
    }
}

static void test_bits_never_change(void **state)
{
    uint32_t n_changed = 0;
    (void)state;
    for (size_t f = 0; f < N_FUNCTIONS; f++) {
        uint64_t hash = 14695981039346656037u;
        for (uint32_t i = 0; i < N_INPUTS; i++)
            hash = (hash ^ RFT_BITS(functions[f].of(functions[f].input(i)))) * 1099511628211u;
        if (hash != functions[f].hash) {
            print_error("%s: hash is 0x%016" PRIx64 "\n", functions[f].name, hash);
            n_changed++;
        }
    }
    assert_int_equal(n_changed, 0);
}

/* Beyond the range exp is clamped, and no function makes a NaN of an infinity or a NaN that reaches it. */
static void test_exp_is_clamped(void **state)
{
    (void)state;
    assert_true(rft_exp(80.0f) == rft_exp(1e30f) && rft_exp(80.0f) == rft_exp(INFINITY));
    assert_true(rft_exp(-80.0f) == rft_exp(-1e30f) && rft_exp(-80.0f) == rft_exp(-INFINITY));
    assert_true(rft_exp(-80.0f) == rft_exp(NAN));
    assert_true(rft_exp(0.0f) == 1.0f && rft_exp(-0.0f) == 1.0f);
}

/* The Gumbel noise falls as the word grows and is finite at both ends. */
static void test_gumbel_is_monotonic(void **state)
{
    (void)state;
    assert_true(rft_gumbel(0) > 22.0f && rft_gumbel(0) < 23.0f);
    assert_true(rft_gumbel(UINT32_MAX) < -3.0f && rft_gumbel(UINT32_MAX) > -4.0f);
    for (uint32_t r = 0; r < UINT32_MAX - 65537u; r += 65537u)
        assert_true(rft_gumbel(r) >= rft_gumbel(r + 65537u));
    for (uint32_t r = 0x04000000u - 1000u; r < 0x04000000u + 1000u; r++) /* where the formula changes */
        assert_true(fabsf(rft_gumbel(r) - rft_gumbel(r + 1u)) < 1e-5f);
}

/* Nearest, ties to even, from the two neighbours as numbers. */
static uint32_t true_bf16(uint32_t bits)
{
    const double v = fabs((double)RFT_FROM_BITS(bits));
    const uint32_t below = (bits & 0x7fffffffu) >> 16;
    const double low = (double)RFT_FROM_BITS(below << 16), high = (double)RFT_FROM_BITS((below + 1) << 16);
    const bool is_up = v - low > high - v || (v - low == high - v && below % 2 == 1);
    return v < 0x1p-50 ? 0 : (bits >> 31) << 15 | (is_up ? below + 1 : below);
}

static void test_bf16_rounding(void **state)
{
    static const uint32_t low_halves[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    (void)state;
    for (uint32_t high = 0; high < 65536; high++) {
        for (size_t i = 0; i < sizeof low_halves / sizeof *low_halves; i++) {
            const uint32_t bits = high << 16 | low_halves[i];
            const float v = RFT_FROM_BITS(bits);
            assert_int_equal(rft_is_bad(v), !(fabsf(v) < 0x1p60f));
            if (!rft_is_bad(v) && rft_to_bf16(v) != true_bf16(bits))
                fail_msg("%08" PRIx32 " becomes %04" PRIx32, bits, rft_to_bf16(v));
        }
        assert_int_equal(RFT_BITS(rft_low_bf16(high | 0x12340000u)), high << 16);
        assert_int_equal(RFT_BITS(rft_high_bf16(high << 16 | 0x1234u)), high << 16);
    }
}

static void test_zeros_and_keys(void **state)
{
    static const float ascending[] = {-0x1p59f, -1.0f, -0x1p-50f, 0.0f, 0x1p-50f, 0.5f, 0x1.000002p-1f, 0x1p59f};
    (void)state;
    assert_int_equal(RFT_BITS(rft_flush(-0.0f)), 0);
    assert_int_equal(RFT_BITS(rft_flush(-0x1.fffffep-51f)), 0);
    assert_int_equal(RFT_BITS(rft_flush(-0x1p-50f)), RFT_BITS(-0x1p-50f));
    assert_int_equal(RFT_BITS(rft_canonical(-0.0f)), 0);
    assert_int_equal(RFT_BITS(rft_canonical(-0x1p-120f)), RFT_BITS(-0x1p-120f));
    assert_int_equal(rft_sort_key(-0.0f), rft_sort_key(0.0f));
    for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++)
        assert_true(rft_sort_key(ascending[i - 1]) < rft_sort_key(ascending[i]) && rft_sort_key(ascending[i - 1]) != 0);
}

/* The known answers that the generator's authors publish. */
static void test_philox(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } answers[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const uint32_t *c = answers[i].counter, *k = answers[i].key, *w = answers[i].words;
        const struct rft_philox r = rft_philox4x32(c[0], c[1], c[2], c[3], k[0], k[1]);
        assert_true(r.x0 == w[0] && r.x1 == w[1] && r.x2 == w[2] && r.x3 == w[3]);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_bounds),   cmocka_unit_test(test_bits_never_change),
        cmocka_unit_test(test_exp_is_clamped), cmocka_unit_test(test_gumbel_is_monotonic),
        cmocka_unit_test(test_bf16_rounding),  cmocka_unit_test(test_zeros_and_keys),
        cmocka_unit_test(test_philox),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
