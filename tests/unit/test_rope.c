/* SPDX-License-Identifier: MIT */
#include "checkpoint_builder.h"
#include "forward.h"
#include "frequencies.h"
#include "model.h"
#include "os.h"
#include "rope.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define N_POSITIONS 131072

/* A head, and by what it is rotated. */
struct rotation {
    uint32_t head_dim;
    struct rft_rope_scaling scaling;
};
static const struct rotation plain = {64, {.kind = RFT_ROPE_PLAIN, .theta = 100000.0}};
static const struct rotation llama3 = {128,
                                       {.kind = RFT_ROPE_LLAMA3,
                                        .theta = 500000.0,
                                        .factor = 32.0,
                                        .low_freq_factor = 1.0,
                                        .high_freq_factor = 4.0,
                                        .original_positions = 8192.0}};
static const struct rotation small = {8, {.kind = RFT_ROPE_PLAIN, .theta = 1.0}};
static const struct rotation largest = {256, {.kind = RFT_ROPE_PLAIN, .theta = 1e15}};

/* Llama 3's rule as its definition in wavelengths has it. */
static double frequency_of(const struct rotation *r, uint32_t i)
{
    const struct rft_rope_scaling *s = &r->scaling;
    double frequency = pow(s->theta, -2.0 * i / r->head_dim);
    if (s->kind == RFT_ROPE_PLAIN)
        return frequency;
    double wavelength = 2 * acos(-1.0) / frequency, old = s->original_positions;
    if (wavelength < old / s->high_freq_factor)
        return frequency;
    if (wavelength > old / s->low_freq_factor)
        return frequency / s->factor;
    double smooth = (old / wavelength - s->low_freq_factor) / (s->high_freq_factor - s->low_freq_factor);
    return (1 - smooth) * frequency / s->factor + smooth * frequency;
}

static struct rft_model_config config_of(const struct rotation *r)
{
    struct rft_model_config config = {.head_dim = r->head_dim};
    rft_test_rope(&config, &r->scaling);
    return config;
}

/* Frequencies divided by factors, if there are any. */
static float *table_with(const struct rotation *r, const float *factors, uint32_t n_positions)
{
    struct rft_model_config config = config_of(r);
    float *table = malloc((size_t)n_positions * r->head_dim * sizeof *table);
    assert_non_null(table);
    for (uint32_t i = 0; i < r->head_dim / 2 && factors != NULL; i++)
        config.frequencies[i] /= (double)factors[i];
    rft_rope_table(&config, RFT_ROPE_MAIN, false, n_positions, table);
    return table;
}

static float *table_of(const struct rotation *r, uint32_t n_positions)
{
    return table_with(r, NULL, n_positions);
}

static void test_against_libm(void **state)
{
    (void)state;
    static const struct rotation *const rotations[] = {&plain, &llama3, &small, &largest};
    for (size_t k = 0; k < sizeof rotations / sizeof rotations[0]; k++) {
        uint32_t n_pairs = rotations[k]->head_dim / 2;
        float *table = table_of(rotations[k], N_POSITIONS);
        for (uint32_t i = 0; i < n_pairs; i++) {
            double frequency = frequency_of(rotations[k], i);
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
        const struct rotation *rotation;
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
        table = table_of(tables[i].rotation, 8192);
        uint64_t hash = XXH64(table, (size_t)8192 * tables[i].rotation->head_dim * sizeof *table, 0);
        assert_true(hash == tables[i].hash);
        free(table);
    }
}

/* A factor of 2^k moves the angles of every 2^k-th position to where the plain table has them, bit by bit. */
static void test_factors_are_exact(void **state)
{
    (void)state;
    float factors[32];
    uint32_t n_pairs = plain.head_dim / 2;
    for (uint32_t i = 0; i < n_pairs; i++)
        factors[i] = (float)(1u << i % 4);
    float *slow = table_with(&plain, factors, 8192), *fast = table_of(&plain, 1024);
    for (uint32_t position = 0; position < 1024; position++)
        for (uint32_t i = 0; i < n_pairs; i++) {
            uint32_t same = position << i % 4;
            assert_memory_equal(&slow[2 * ((size_t)same * n_pairs + i)], &fast[2 * ((size_t)position * n_pairs + i)],
                                2 * sizeof *slow);
        }
    free(slow);
    free(fast);
}

/* The factors that a GGUF file has made of Llama 3's numbers, in f32, give the table of the numbers themselves: an
 * angle is off by the rounding of its factor. */
static void test_factors_of_llama3(void **state)
{
    (void)state;
    struct rotation unscaled = llama3;
    unscaled.scaling.kind = RFT_ROPE_PLAIN;
    float factors[64];
    uint32_t n_pairs = llama3.head_dim / 2, n_positions = 16384;
    for (uint32_t i = 0; i < n_pairs; i++)
        factors[i] = (float)(frequency_of(&unscaled, i) / frequency_of(&llama3, i));
    assert_true(factors[0] == 1.0f && factors[n_pairs - 1] == 32.0f);
    float *from_factors = table_with(&unscaled, factors, n_positions), *wanted = table_of(&llama3, n_positions);
    for (uint32_t position = 0; position < n_positions; position++)
        for (uint32_t i = 0; i < n_pairs; i++) {
            size_t at = 2 * ((size_t)position * n_pairs + i);
            double off = position * frequency_of(&llama3, i) * 0x1p-24 + 0x1p-24;
            assert_true(fabs((double)from_factors[at] - (double)wanted[at]) <= off);
            assert_true(fabs((double)from_factors[at + 1] - (double)wanted[at + 1]) <= off);
        }
    free(from_factors);
    free(wanted);
}

/* ---- rope_freqs.weight of a file ---- */

#define N_IDS 24u
static const char factors_name[] = "rope_freqs.weight";

static void logits_of(const char *path, float *logits)
{
    struct rft_checkpoint checkpoint;
    uint32_t ids[N_IDS];
    for (uint32_t i = 0; i < N_IDS; i++)
        ids[i] = 7 * i % 300;
    assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_OK);
    assert_int_equal(rft_test_forward(&checkpoint, "", ids, N_IDS, logits), RFT_OK);
    rft_checkpoint_close(&checkpoint);
}

static uint64_t write_factors(const char *path, const struct rft_model_config *config, const float factors[4])
{
    struct rft_test_gguf_extra extra = {.tensor = factors_name, .values = factors, .n_values = 4};
    struct rft_checkpoint checkpoint;
    uint64_t hash;
    rft_test_gguf_write_extra(path, config, RFT_DTYPE_F32, 1, &extra);
    assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_OK);
    assert_null(rft_checkpoint_find(&checkpoint, factors_name)); /* it is in the frequencies */
    assert_int_equal(rft_checkpoint_hash(&checkpoint, &hash), RFT_OK);
    rft_checkpoint_close(&checkpoint);
    return hash;
}

/* A directory with Llama 3's numbers and a file with the factors (powers of two here) are one model, bit by bit; the
 * file without them is another, and has another fingerprint. */
static void test_factors_of_a_file(void **state)
{
    (void)state;
    static const struct rft_rope_scaling scaling = {.kind = RFT_ROPE_LLAMA3,
                                                    .theta = 10000.0,
                                                    .factor = 8.0,
                                                    .low_freq_factor = 1.0,
                                                    .high_freq_factor = 2.0,
                                                    .original_positions = 128.0}; /* 20, 2, 0.2 and 0.02 turns */
    struct rft_model_config config = rft_test_config();
    static float by_numbers[N_IDS * 300], by_factors[N_IDS * 300], by_others[N_IDS * 300];
    char *dir = rft_path_join(rft_test_tmp_dir(), "scaled"), *path = rft_path_join(rft_test_tmp_dir(), "scaled.gguf");
    rft_test_checkpoint_write_scaled(dir, &config, &scaling, RFT_DTYPE_F32, 1, 1);
    logits_of(dir, by_numbers);
    uint64_t hash = write_factors(path, &config, (const float[]){1, 1, 8, 8});
    logits_of(path, by_factors);
    assert_memory_equal(by_factors, by_numbers, sizeof by_factors);
    assert_true(write_factors(path, &config, (const float[]){1, 1, 1, 8}) != hash);
    logits_of(path, by_others);
    assert_memory_not_equal(by_others, by_numbers, sizeof by_others);
    rft_free(dir);
    rft_free(path);
}

static void test_wrong_factors(void **state)
{
    (void)state;
    static const struct {
        float factors[4];
        const char *says;
    } cases[] = {
        {{1, 0, 1, 1}, "rope_freqs.weight: element 1 is 0, not between 1 and 1000000"},
        {{0.5f, 1, 1, 1}, "element 0 is 0.5,"},
        {{1, 1, 1, NAN}, "element 3 is "},
        {{1, 1, -2, 1}, "element 2 is -2,"},
        {{1, 1, 1, INFINITY}, "element 3 is inf,"},
    };
    struct rft_model_config config = rft_test_config();
    char *path = rft_path_join(rft_test_tmp_dir(), "wrong.gguf");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_test_gguf_extra extra = {.tensor = factors_name, .values = cases[i].factors, .n_values = 4};
        struct rft_checkpoint checkpoint;
        rft_test_gguf_write_extra(path, &config, RFT_DTYPE_BF16, 1, &extra);
        rft_test_log_capture();
        assert_int_equal(rft_checkpoint_open(path, &checkpoint), RFT_ERR_INPUT);
        assert_non_null(strstr(rft_test_log_text(), cases[i].says));
        assert_non_null(strstr(rft_test_log_text(), "wrong.gguf"));
        rft_test_log_release();
    }
    rft_free(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_libm),      cmocka_unit_test(test_bits),
        cmocka_unit_test(test_factors_are_exact), cmocka_unit_test(test_factors_of_llama3),
        cmocka_unit_test(test_factors_of_a_file), cmocka_unit_test(test_wrong_factors),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
