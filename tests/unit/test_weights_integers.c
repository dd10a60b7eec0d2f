/* SPDX-License-Identifier: MIT */
/* Which matrices are integers, and that what is packed so is what the checkpoint says, row by row. */
#include "support.h"

#include "checkpoint_builder.h"
#include "cpu_plain.h"
#include "formats_choice.h"
#include "memory_checkpoint.h"
#include "packed_row.h"
#include "weights.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct stored {
    const char *part; /* of tensors' names */
    enum rft_dtype dtype;
};

static struct rft_model_config config_of(uint32_t head_dim)
{
    struct rft_model_config c = rft_test_config();
    c.dim = 256;
    c.n_heads = 256 / head_dim;
    c.n_kv_heads = c.n_heads / 2;
    c.head_dim = head_dim;
    c.ffn_dim = 512;
    c.tied = false;
    rft_test_rope(&c, NULL);
    return c;
}

static void make(const struct rft_model_config *c, const struct stored *stored, struct rft_checkpoint *checkpoint)
{
    rft_test_memory_checkpoint(c, 5, checkpoint);
    for (; stored->part != NULL; stored++)
        rft_test_memory_quantise(checkpoint, stored->part, stored->dtype);
}

/* ---- which ---- */

static const struct {
    uint32_t head_dim;
    enum rft_compute compute;
    struct stored stored[5];
    struct rft_layer_formats wanted;
} choices[] = {
    {64,
     RFT_COMPUTE_AUTO,
     {{"_proj", RFT_DTYPE_Q8_0}},
     {RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8}},
    {64, RFT_COMPUTE_BF16, {{"_proj", RFT_DTYPE_Q8_0}}, {0, 0, 0, 0, 0, 0}},
    {64, RFT_COMPUTE_AUTO, {{NULL, RFT_DTYPE_F32}}, {0, 0, 0, 0, 0, 0}},
    {64,
     RFT_COMPUTE_INT8,
     {{NULL, RFT_DTYPE_F32}},
     {RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8}},
    {64,
     RFT_COMPUTE_AUTO,
     {{"q_proj", RFT_DTYPE_Q4_K}, {"v_proj", RFT_DTYPE_Q6_K}, {"down", RFT_DTYPE_Q2_K}},
     {RFT_FORMAT_K4_MIN, 0, RFT_FORMAT_K6, 0, 0, RFT_FORMAT_K4_HALVES}},
    {64, RFT_COMPUTE_AUTO, {{"gate", RFT_DTYPE_Q4_0}, {"up_", RFT_DTYPE_Q4_1}}, {0, 0, 0, 0, 0, 0}},
    {64,
     RFT_COMPUTE_INT8,
     {{"gate", RFT_DTYPE_Q4_0}, {"up_", RFT_DTYPE_Q4_1}, {"o_proj", RFT_DTYPE_Q5_0}},
     {RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q8, RFT_FORMAT_Q6, RFT_FORMAT_Q8, RFT_FORMAT_Q8}},
};

static void test_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const struct rft_model_config c = config_of(choices[i].head_dim);
        struct rft_checkpoint checkpoint;
        make(&c, choices[i].stored, &checkpoint);
        rft_formats_choose(&checkpoint, choices[i].compute);
        for (uint32_t layer = 0; layer < c.n_layers; layer++)
            if (memcmp(&checkpoint.formats.layers[layer], &choices[i].wanted, sizeof choices[i].wanted) != 0)
                fail_msg("choice %zu, layer %u", i, layer);
        rft_test_memory_checkpoint_finish(&checkpoint);
    }
}

/* q's rows do not end where a tile does: no matrix of its own for k. */
static void test_no_whole_tiles(void **state)
{
    static const struct stored stored[] = {
        {"q_proj", RFT_DTYPE_Q4_0}, {"k_proj", RFT_DTYPE_Q8_0}, {NULL, RFT_DTYPE_F32}};
    struct rft_model_config c = config_of(8);
    struct rft_checkpoint checkpoint;
    (void)state;
    c.n_heads = 3;
    c.n_kv_heads = 1;
    make(&c, stored, &checkpoint);
    rft_formats_choose(&checkpoint, RFT_COMPUTE_AUTO);
    assert_int_equal(checkpoint.formats.layers[0].q, RFT_FORMAT_BF16);
    rft_formats_choose(&checkpoint, RFT_COMPUTE_INT8);
    assert_int_equal(checkpoint.formats.layers[0].q, RFT_FORMAT_Q8);
    rft_test_memory_checkpoint_finish(&checkpoint);
}

/* What an adapter changes is no longer what the file's blocks say. */
static void test_adapted(void **state)
{
    static const struct stored stored[] = {{"_proj", RFT_DTYPE_Q4_0}, {NULL, RFT_DTYPE_F32}};
    const struct rft_model_config c = config_of(64);
    struct rft_checkpoint checkpoint;
    (void)state;
    make(&c, stored, &checkpoint);
    for (size_t i = 0; i < checkpoint.n_tensors; i++)
        checkpoint.tensors[i].n_deltas = strstr(checkpoint.tensors[i].name, "o_proj") != NULL;
    rft_formats_choose(&checkpoint, RFT_COMPUTE_AUTO);
    assert_int_equal(checkpoint.formats.layers[1].o, RFT_FORMAT_BF16);
    assert_int_equal(checkpoint.formats.layers[1].down, RFT_FORMAT_Q4);
    rft_formats_choose(&checkpoint, RFT_COMPUTE_INT8);
    assert_int_equal(checkpoint.formats.layers[1].o, RFT_FORMAT_Q8);
    for (size_t i = 0; i < checkpoint.n_tensors; i++)
        checkpoint.tensors[i].n_deltas = 0;
    rft_test_memory_checkpoint_finish(&checkpoint);
}

/* ---- what is packed ---- */

static uint32_t *packed(const struct rft_weight *w, const struct rft_checkpoint *checkpoint)
{
    uint64_t n_zeroed = 0;
    uint32_t *words = malloc((size_t)w->bytes);
    assert_non_null(words);
    assert_int_equal(rft_weight_n_units(w) * rft_weight_unit_bytes(w), w->bytes);
    assert_int_equal(rft_weight_pack(w, checkpoint, 0, rft_weight_n_units(w), words, &n_zeroed), RFT_OK);
    return words;
}

/* Every element of integers is the one that bf16 was rounded from. */
static void compare(const struct rft_weight *w, const struct rft_weight *in_bf16,
                    const struct rft_checkpoint *checkpoint)
{
    const struct rft_matrix *m = &w->matrix;
    uint32_t *integers = packed(w, checkpoint), *wanted = packed(in_bf16, checkpoint);
    for (uint32_t row = 0; row < m->n; row++) {
        const uint32_t at = w->first + row;
        const uint32_t *tile = integers + (size_t)(row / RFT_TILE) * RFT_FORMAT_TILE_WORDS(m->format, m->k);
        const uint32_t *bf16 = wanted + (size_t)(at / RFT_TILE) * RFT_TILE * (RFT_PADDED(m->k) / 2) + at % RFT_TILE;
        for (uint32_t i = 0; i < m->k; i++) {
            struct rft_round_counts counts = {0, 0};
            const uint32_t word = bf16[(size_t)(i / 2) * RFT_TILE];
            const uint32_t element = i % 2 == 0 ? word & 0xffffu : word >> 16;
            if (rft_bf16_round(cpu_integer_element(tile, m->format, row % RFT_TILE, i), &counts) != element)
                fail_msg("layer %u, rows from %u, format %x: row %u, column %u", w->layer, w->first, m->format, row, i);
        }
    }
    free(integers);
    free(wanted);
}

static void check_packed(const struct stored *stored)
{
    const struct rft_model_config c = config_of(64);
    struct rft_checkpoint checkpoint;
    struct rft_weights integers, in_bf16;
    uint32_t n_compared = 0;
    make(&c, stored, &checkpoint);
    rft_formats_choose(&checkpoint, RFT_COMPUTE_AUTO);
    assert_int_equal(rft_weights_init(&integers, &c, &checkpoint.formats, 10), RFT_OK);
    assert_int_equal(rft_weights_init(&in_bf16, &c, NULL, 10), RFT_OK);
    for (size_t i = 0; i < integers.n; i++) {
        const struct rft_weight *w = &integers.weights[i], *other = &in_bf16.weights[i];
        if (w->bytes == 0 || w->is_vector || w->matrix.format == RFT_FORMAT_BF16)
            continue;
        compare(w, other->bytes != 0 ? other : rft_weights_layer(&in_bf16, w->layer, RFT_LAYER_QKV), &checkpoint);
        n_compared++;
    }
    assert_true(n_compared >= 10);
    rft_weights_finish(&integers);
    rft_weights_finish(&in_bf16);
    rft_test_memory_checkpoint_finish(&checkpoint);
}

static void test_packed(void **state)
{
    static const struct stored models[2][10] = {
        {{"q_proj", RFT_DTYPE_Q4_K},
         {"k_proj", RFT_DTYPE_Q5_K},
         {"v_proj", RFT_DTYPE_Q6_K},
         {"o_proj", RFT_DTYPE_Q5_0},
         {"gate_proj", RFT_DTYPE_Q4_1},
         {"up_proj", RFT_DTYPE_Q4_1},
         {"down_proj", RFT_DTYPE_Q8_0},
         {"embed", RFT_DTYPE_Q6_K},
         {"lm_head", RFT_DTYPE_Q4_0}},
        {{"q_proj", RFT_DTYPE_Q3_K},
         {"k_proj", RFT_DTYPE_Q3_K},
         {"v_proj", RFT_DTYPE_Q2_K},
         {"o_proj", RFT_DTYPE_Q2_K},
         {"gate_proj", RFT_DTYPE_Q5_1},
         {"up_proj", RFT_DTYPE_Q5_1},
         {"down_proj", RFT_DTYPE_IQ4_NL},
         {"embed", RFT_DTYPE_Q8_0}},
    };
    (void)state;
    check_packed(models[0]);
    check_packed(models[1]);
}

/* model.compute = bf16 gives the bytes that quantised files gave before their integers were multiplied. */
static void test_bf16_is_what_it_was(void **state)
{
    static const struct stored stored[] = {{"q_proj", RFT_DTYPE_Q8_0},    {"k_proj", RFT_DTYPE_Q4_0},
                                           {"v_proj", RFT_DTYPE_Q4_1},    {"o_proj", RFT_DTYPE_Q4_0},
                                           {"gate_proj", RFT_DTYPE_Q4_1}, {"up_proj", RFT_DTYPE_Q8_0},
                                           {"embed", RFT_DTYPE_Q8_0},     {NULL, RFT_DTYPE_F32}};
    const struct rft_model_config c = config_of(64);
    struct rft_checkpoint checkpoint;
    struct rft_weights weights;
    uint64_t hash = 0;
    (void)state;
    make(&c, stored, &checkpoint);
    rft_formats_choose(&checkpoint, RFT_COMPUTE_BF16);
    assert_int_equal(rft_weights_init(&weights, &c, &checkpoint.formats, 10), RFT_OK);
    for (size_t i = 0; i < weights.n; i++) {
        const struct rft_weight *w = &weights.weights[i];
        if (w->bytes == 0 || w->is_vector)
            continue;
        uint32_t *words = packed(w, &checkpoint);
        hash = XXH64(words, (size_t)w->bytes, hash);
        free(words);
    }
    assert_int_equal(hash, UINT64_C(0xaf3a30e8066041));
    rft_weights_finish(&weights);
    rft_test_memory_checkpoint_finish(&checkpoint);
}

/* What bf16 can hold and integers of 8 bits under an f16 cannot is not called damage; what nothing can hold is. */
static void test_too_large(void **state)
{
    static const struct {
        enum rft_compute compute;
        float value;
        const char *message; /* NULL: it is packed */
    } cases[] = {
        {RFT_COMPUTE_BF16, 1e7f, NULL},
        {RFT_COMPUTE_BF16, 0x1p60f, "at least 2^60 in magnitude; the checkpoint is damaged"},
        {RFT_COMPUTE_INT8, 8.3e6f, NULL},
        {RFT_COMPUTE_INT8, 1e7f, "o_proj.weight holds a value that is not finite, or above 8.3 million in magnitude"},
        {RFT_COMPUTE_INT8, -0x1p60f, "integers of 8 bits do not reach (model.compute = int8; bf16 does)"},
    };
    const struct rft_model_config c = config_of(64);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_checkpoint checkpoint;
        struct rft_weights weights;
        uint64_t n_zeroed = 0;
        rft_test_memory_checkpoint(&c, 5, &checkpoint);
        rft_test_memory_values(&checkpoint, "model.layers.0.self_attn.o_proj.weight")[300] = cases[i].value;
        rft_formats_choose(&checkpoint, cases[i].compute);
        assert_int_equal(rft_weights_init(&weights, &c, &checkpoint.formats, 10), RFT_OK);
        const struct rft_weight *w = rft_weights_layer(&weights, 0, RFT_LAYER_O);
        void *packed_bytes = malloc((size_t)w->bytes);
        assert_non_null(packed_bytes);
        rft_test_log_capture();
        assert_int_equal(rft_weight_pack(w, &checkpoint, 0, rft_weight_n_units(w), packed_bytes, &n_zeroed),
                         cases[i].message == NULL ? RFT_OK : RFT_ERR_INPUT);
        if (cases[i].message != NULL)
            assert_int_equal(rft_test_log_count(cases[i].message), 1);
        rft_test_log_release();
        free(packed_bytes);
        rft_weights_finish(&weights);
        rft_test_memory_checkpoint_finish(&checkpoint);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices), cmocka_unit_test(test_no_whole_tiles),      cmocka_unit_test(test_adapted),
        cmocka_unit_test(test_packed),  cmocka_unit_test(test_bf16_is_what_it_was), cmocka_unit_test(test_too_large),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
