/* SPDX-License-Identifier: MIT */
/* Weights in their packed layout, element by element against the checkpoint. */
#include "support.h"
#include "checkpoint_builder.h"

#include "file.h"
#include "weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 5u

static struct rft_checkpoint checkpoint;

static void open_checkpoint(struct rft_model_config config, const char *name)
{
    char dir[256];
    snprintf(dir, sizeof dir, "%s/%s", rft_test_tmp_dir(), name);
    if (!rft_file_exists(dir))
        rft_test_checkpoint_write(dir, &config, RFT_DTYPE_F32, SEED, 1);
    assert_int_equal(rft_checkpoint_open(dir, &checkpoint), RFT_OK);
}

/* Packs a whole weight, in steps of n_step units. The caller frees. */
static void *pack(const struct rft_weight *w, uint64_t n_step)
{
    uint64_t n_units = rft_weight_n_units(w), unit_bytes = rft_weight_unit_bytes(w), n_zeroed = 0;
    uint8_t *packed = malloc((size_t)(n_units * unit_bytes));
    assert_non_null(packed);
    assert_int_equal(n_units * unit_bytes, w->bytes);
    memset(packed, 0xee, (size_t)(n_units * unit_bytes));
    for (uint64_t unit = 0; unit < n_units; unit += n_step) {
        uint64_t n = n_units - unit < n_step ? n_units - unit : n_step;
        assert_int_equal(rft_weight_pack(w, &checkpoint, unit, n, packed + unit * unit_bytes, &n_zeroed), RFT_OK);
    }
    assert_int_equal(n_zeroed, 0);
    return packed;
}

/* op_args.h: [ceil(n / 16)][padded k / 2][16] words, the word holds elements 2i and 2i + 1 of one row. */
static uint16_t element(const uint32_t *packed, uint32_t k, uint32_t row, uint32_t column)
{
    uint32_t word = packed[((size_t)(row / 16) * (RFT_PADDED(k) / 2) + column / 2) * 16 + row % 16];
    return (uint16_t)(column % 2 == 0 ? word : word >> 16);
}

/* A row of the stacked tensors: of two halves a and b, a0 a1 b0 b1 a2 a3 b2 b3 .... half 0: in order. */
static uint32_t packed_row(uint32_t row, uint32_t half)
{
    uint32_t in_half, pair;
    if (half == 0)
        return row;
    in_half = row % half;
    pair = in_half / 2;
    return row / (2 * half) * 2 * half + 4 * pair + (row / half % 2 != 0 ? 2 : 0) + in_half % 2;
}

struct stack {
    const char *const *names;
    const uint32_t *n_rows;
    uint32_t n_parts;
    uint32_t n_paired, half; /* so many of its rows are paired, in halves of so many */
};

static void check_matrix(const struct rft_weight *w, struct stack stack, uint64_t n_step)
{
    uint32_t *packed = pack(w, n_step);
    uint32_t row = 0, k = w->matrix.k, n_padded = (w->matrix.n + 15) / 16 * 16;
    for (uint32_t part = 0; part < stack.n_parts; part++) {
        for (uint32_t r = 0; r < stack.n_rows[part]; r++, row++) {
            uint32_t at = packed_row(row, row < stack.n_paired ? stack.half : 0);
            for (uint32_t c = 0; c < RFT_PADDED(k); c++) {
                struct rft_round_counts counts = {0, 0};
                uint16_t wanted =
                    c < k ? rft_bf16_round(rft_test_weight(stack.names[part], SEED, r, c, k), &counts) : 0;
                if (element(packed, k, at, c) != wanted)
                    fail_msg("%s: [%u][%u]", stack.names[part], r, c);
            }
        }
    }
    assert_int_equal(row, w->matrix.n);
    for (; row < n_padded; row++)
        for (uint32_t c = 0; c < RFT_PADDED(k); c++)
            assert_int_equal(element(packed, k, row, c), 0);
    free(packed);
}

static void check_vector(const struct rft_weight *w, const char *name)
{
    float *packed = pack(w, 1);
    assert_true(w->is_vector);
    for (uint32_t i = 0; i < w->matrix.k; i++)
        assert_true(packed[i] == rft_test_weight(name, SEED, 0, i, w->matrix.k));
    free(packed);
}

static void check_layer(const struct rft_weights *weights, uint32_t layer, uint64_t n_step)
{
    static const char *const formats[] = {"input_layernorm",  "self_attn.q_proj", "self_attn.k_proj",
                                          "self_attn.v_proj", "self_attn.o_proj", "post_attention_layernorm",
                                          "mlp.gate_proj",    "mlp.up_proj",      "mlp.down_proj"};
    const struct rft_model_config *c = &weights->config;
    char names[9][64];
    for (int i = 0; i < 9; i++)
        snprintf(names[i], sizeof names[i], "model.layers.%u.%s.weight", layer, formats[i]);
    const char *const qkv[] = {names[1], names[2], names[3]}, *const o[] = {names[4]},
                      *const gate_up[] = {names[6], names[7]}, *const down[] = {names[8]};
    const uint32_t qkv_rows[] = {c->n_heads * c->head_dim, c->n_kv_heads * c->head_dim, c->n_kv_heads * c->head_dim},
                   ffn_rows[] = {c->ffn_dim, c->ffn_dim};
    check_vector(rft_weights_layer(weights, layer, RFT_LAYER_ATTN_NORM), names[0]);
    check_matrix(rft_weights_layer(weights, layer, RFT_LAYER_QKV),
                 (struct stack){qkv, qkv_rows, 3, qkv_rows[0] + qkv_rows[1], c->head_dim / 2}, n_step);
    check_matrix(rft_weights_layer(weights, layer, RFT_LAYER_O), (struct stack){o, &c->dim, 1, 0, 0}, n_step);
    check_vector(rft_weights_layer(weights, layer, RFT_LAYER_FFN_NORM), names[5]);
    check_matrix(rft_weights_layer(weights, layer, RFT_LAYER_GATE_UP),
                 (struct stack){gate_up, ffn_rows, 2, 2 * c->ffn_dim, c->ffn_dim}, n_step);
    check_matrix(rft_weights_layer(weights, layer, RFT_LAYER_DOWN), (struct stack){down, &c->dim, 1, 0, 0}, n_step);
}

static void check_all(const struct rft_model_config *c, const char *name, uint64_t n_step)
{
    static const char *const embedding[] = {"model.embed_tokens.weight"}, *const head[] = {"lm_head.weight"};
    struct rft_weights weights;
    open_checkpoint(*c, name);
    assert_int_equal(rft_weights_init(&weights, c, NULL, 77), RFT_OK);
    for (uint32_t i = 0; i < RFT_ROPE_PLACES; i++) /* one table: keys' of the main set, which queries have, too */
        assert_int_equal(weights.ropes[i].bytes, i == 0 ? 77 * c->head_dim * 4 : 0);
    check_matrix(rft_weights_embedding(&weights), (struct stack){embedding, &c->vocab_size, 1, 0, 0}, n_step);
    check_vector(rft_weights_final_norm(&weights), "model.norm.weight");
    if (c->tied)
        assert_ptr_equal(rft_weights_head(&weights), rft_weights_embedding(&weights));
    else
        check_matrix(rft_weights_head(&weights), (struct stack){head, &c->vocab_size, 1, 0, 0}, n_step);
    for (uint32_t layer = 0; layer < c->n_layers; layer++)
        check_layer(&weights, layer, n_step);
    rft_weights_finish(&weights);
    rft_checkpoint_close(&checkpoint);
}

static void test_layout(void **state)
{
    struct rft_model_config c = rft_test_config();
    (void)state;
    c.tied = true;
    check_all(&c, "tied", 1);
    check_all(&c, "tied", 1000);
    c.tied = false;
    check_all(&c, "untied", 3);
    /* shapes that are not whole tiles or blocks anywhere */
    c.dim = 100;
    c.head_dim = 24;
    c.n_heads = 3;
    c.n_kv_heads = 1;
    c.ffn_dim = 86;
    c.vocab_size = 301;
    c.n_layers = 1;
    rft_test_rope(&c, NULL);
    check_all(&c, "odd", 2);
    c.head_dim = 8;
    c.n_heads = 7;
    rft_test_rope(&c, NULL);
    c.ffn_dim = 2;
    check_all(&c, "odder", 1000);
}

/* The pairing, written out: what kernels rely on. */
static void test_pairs(void **state)
{
    static const uint32_t halves_of_4[] = {0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15};
    (void)state;
    for (uint32_t row = 0; row < 16; row++)
        assert_int_equal(packed_row(halves_of_4[row], 4), row);
    assert_int_equal(packed_row(0, 86), 0); /* gate 0, gate 1, up 0, up 1, gate 2 */
    assert_int_equal(packed_row(1, 86), 1);
    assert_int_equal(packed_row(86, 86), 2);
    assert_int_equal(packed_row(87, 86), 3);
    assert_int_equal(packed_row(2, 86), 4);
    assert_int_equal(packed_row(171, 86), 171);
}

/* A tied head is not stored twice, and an embedding is not what a layer's weights begin with. */
static void test_bytes(void **state)
{
    struct rft_model_config c = rft_test_config();
    struct rft_weights tied, untied;
    uint64_t tied_bytes = 0, untied_bytes = 0;
    (void)state;
    c.tied = true;
    assert_int_equal(rft_weights_init(&tied, &c, NULL, 10), RFT_OK);
    c.tied = false;
    assert_int_equal(rft_weights_init(&untied, &c, NULL, 10), RFT_OK);
    assert_int_equal(tied.n, untied.n);
    for (size_t i = 0; i < tied.n; i++) {
        tied_bytes += tied.weights[i].bytes;
        untied_bytes += untied.weights[i].bytes;
    }
    assert_int_equal(untied_bytes - tied_bytes, (uint64_t)(c.vocab_size + 15) / 16 * 16 * RFT_PADDED(c.dim) * 2);
    rft_weights_finish(&tied);
    rft_weights_finish(&untied);
}

/* Replaces one element of a tensor that is mapped read-only: by a copy of the tensor. */
static void test_bad_values(void **state)
{
    static const struct {
        uint32_t bits; /* f32 */
        bool is_bad, is_zeroed;
    } cases[] = {
        {0x7f800000u, true, false},  {0xff800000u, true, false}, {0x7fc00000u, true, false},
        {0x5d800000u, true, false},  {0xdd800000u, true, false}, {0x5d7fffffu, false, false},
        {0x267fffffu, false, true},  {0x80000001u, false, true}, {0x80000000u, false, false},
        {0x26800000u, false, false},
    };
    static const char *const names[] = {"model.layers.1.self_attn.k_proj.weight",
                                        "model.layers.1.input_layernorm.weight"};
    static const enum rft_layer_weight which[] = {RFT_LAYER_QKV, RFT_LAYER_ATTN_NORM};
    struct rft_model_config c = rft_test_config();
    struct rft_weights weights;
    (void)state;
    c.tied = true;
    open_checkpoint(c, "tied");
    assert_int_equal(rft_weights_init(&weights, &c, NULL, 10), RFT_OK);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        size_t n = i / 2, kind = i % 2;
        const struct rft_weight *w = rft_weights_layer(&weights, 1, which[kind]);
        struct rft_tensor *tensor = (struct rft_tensor *)(uintptr_t)rft_checkpoint_find(&checkpoint, names[kind]);
        const uint8_t *data = tensor->data;
        uint8_t *copy = malloc((size_t)tensor->bytes), *packed = malloc((size_t)w->bytes);
        uint64_t n_zeroed = 0;
        assert_true(copy != NULL && packed != NULL);
        memcpy(copy, data, (size_t)tensor->bytes);
        memcpy(copy + tensor->bytes - 8, &cases[n].bits, 4);
        tensor->data = copy;
        rft_test_log_capture();
        enum rft_status status = rft_weight_pack(w, &checkpoint, 0, rft_weight_n_units(w), packed, &n_zeroed);
        rft_test_log_release();
        tensor->data = data;
        assert_int_equal(status, cases[n].is_bad ? RFT_ERR_INPUT : RFT_OK);
        if (cases[n].is_bad)
            assert_non_null(strstr(rft_test_log_text(), names[kind]));
        else
            assert_int_equal(n_zeroed, cases[n].is_zeroed ? 1 : 0);
        free(copy);
        free(packed);
    }
    rft_weights_finish(&weights);
    rft_checkpoint_close(&checkpoint);
}

static enum rft_status init_and_pack(void *user)
{
    struct rft_weights weights;
    uint64_t n_zeroed = 0;
    uint32_t packed[16 * RFT_PADDED(32) / 2];
    enum rft_status status = rft_weights_init(&weights, user, NULL, 10);
    if (status == RFT_OK)
        status = rft_weight_pack(rft_weights_embedding(&weights), &checkpoint, 0, 1, packed, &n_zeroed);
    rft_weights_finish(&weights);
    return status;
}

static void test_alloc_faults(void **state)
{
    struct rft_model_config c = rft_test_config();
    (void)state;
    open_checkpoint(c, "tied");
    assert_int_equal(rft_test_alloc_faults(init_and_pack, &c), 2);
    rft_checkpoint_close(&checkpoint);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layout), cmocka_unit_test(test_pairs),
                                       cmocka_unit_test(test_bytes), cmocka_unit_test(test_bad_values),
                                       cmocka_unit_test(test_alloc_faults)};
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
