/* SPDX-License-Identifier: MIT */
#include "model.h"
#include "support.h"
#include "rope.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define N_POSITIONS 131072

static const struct rft_model_config plain = {.head_dim = 64, .rope_theta = 100000.0};
static const struct rft_model_config llama3 = {.head_dim = 128,
                                               .rope_theta = 500000.0,
                                               .rope_llama3 = true,
                                               .rope_factor = 32.0,
                                               .rope_low_freq_factor = 1.0,
                                               .rope_high_freq_factor = 4.0,
                                               .rope_original_positions = 8192.0};
static const struct rft_model_config small = {.head_dim = 8, .rope_theta = 1.0};
static const struct rft_model_config largest = {.head_dim = 256, .rope_theta = 1e15};

/* Llama 3's rule as its definition in wavelengths has it. */
static double frequency_of(const struct rft_model_config *c, uint32_t i)
{
    double frequency = pow(c->rope_theta, -2.0 * i / c->head_dim);
    if (!c->rope_llama3)
        return frequency;
    double wavelength = 2 * acos(-1.0) / frequency, old = c->rope_original_positions;
    if (wavelength < old / c->rope_high_freq_factor)
        return frequency;
    if (wavelength > old / c->rope_low_freq_factor)
        return frequency / c->rope_factor;
    double smooth = (old / wavelength - c->rope_low_freq_factor) / (c->rope_high_freq_factor - c->rope_low_freq_factor);
    return (1 - smooth) * frequency / c->rope_factor + smooth * frequency;
}

static float *table_of(const struct rft_model_config *config, uint32_t n_positions)
{
    float *table = malloc((size_t)n_positions * config->head_dim * sizeof *table);
    assert_non_null(table);
    rft_rope_table(config, n_positions, table);
    return table;
}

static void test_against_libm(void **state)
{
    (void)state;
    static const struct rft_model_config *const configs[] = {&plain, &llama3, &small, &largest};
    for (size_t k = 0; k < sizeof configs / sizeof configs[0]; k++) {
        const struct rft_model_config *config = configs[k];
        uint32_t n_pairs = config->head_dim / 2;
        float *table = table_of(config, N_POSITIONS);
        for (uint32_t i = 0; i < n_pairs; i++) {
            double frequency = frequency_of(config, i);
            for (uint32_t p = 0; p < N_POSITIONS; p += p < 1000 ? 1 : 487) {
                const float *pair = &table[2 * ((size_t)p * n_pairs + i)];
                /* half a unit of f32 near 1, and next to nothing for the table's own error */
                assert_true(fabs((double)pair[0] - cos(p * frequency)) < 3.0e-8);
                assert_true(fabs((double)pair[1] - sin(p * frequency)) < 3.0e-8);
            }
        }
        free(table);
    }
}

/* The bits themselves: a compiler or an option that gives others breaks the promise of equal datasets. */
static void test_bits(void **state)
{
    (void)state;
    static const struct {
        const struct rft_model_config *config;
        uint64_t hash;
    } tables[] = {{&plain, 0x17ce3464200cc059},
                  {&llama3, 0x4b1c1ba91266db51},
                  {&small, 0xa69d235f099c5a23},
                  {&largest, 0x13e5154b225b8ed9}};
    static const struct {
        uint32_t position, pair, cos_bits, sin_bits;
    } cases[] = {
        {0, 0, 0x3f800000, 0x00000000},   {1, 0, 0x3f0a5140, 0x3f576aa4},    {1, 31, 0x3f800000, 0x37706b6c},
        {355, 0, 0xbf800000, 0xb7fcde82}, {8191, 7, 0x3f721d25, 0x3ea655ea},
    };
    float *table = table_of(&plain, 8192);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t bits[2];
        memcpy(bits, &table[2 * ((size_t)cases[i].position * 32 + cases[i].pair)], sizeof bits);
        assert_int_equal(bits[0], cases[i].cos_bits);
        assert_int_equal(bits[1], cases[i].sin_bits);
    }
    free(table);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        table = table_of(tables[i].config, 8192);
        uint64_t hash = XXH64(table, (size_t)8192 * tables[i].config->head_dim * sizeof *table, 0);
        assert_true(hash == tables[i].hash);
        free(table);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_libm),
        cmocka_unit_test(test_bits),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
