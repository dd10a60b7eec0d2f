/* SPDX-License-Identifier: MIT */
/* Weights that only some architectures have, in the order in which kernels read them. */
#include "support.h"

#include "checkpoint_builder.h"
#include "memory_checkpoint.h"
#include "weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 9u
#define HEAD_DIM 16u

/* A head's rows as they are packed: whole or a quarter of it rotated; paired for the rotation of qkv, or as `heads`
 * wants them. */
static const uint32_t paired[16] = {0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15},
                      paired_quarter[16] = {0, 1, 2, 3, 4, 5, 10, 11, 6, 7, 12, 13, 8, 9, 14, 15},
                      plain[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                      plain_quarter[16] = {0, 1, 4, 5, 6, 7, 8, 9, 2, 3, 10, 11, 12, 13, 14, 15};

struct model {
    struct rft_model_config config;
    struct rft_checkpoint checkpoint;
    struct rft_weights weights;
};

static struct rft_model_config config_of(uint32_t parts, uint32_t n_rotated)
{
    struct rft_model_config c = rft_test_config();
    c.head_dim = HEAD_DIM;
    c.n_heads = 3;
    c.n_kv_heads = 1;
    c.ffn_dim = 40;
    c.parts = parts;
    rft_test_rope(&c, NULL);
    c.n_rotated = n_rotated;
    return c;
}

static void open_model(struct model *m, const struct rft_model_config *config)
{
    m->config = *config;
    rft_test_memory_checkpoint(config, SEED, &m->checkpoint);
    assert_int_equal(rft_weights_init(&m->weights, config, NULL, 50), RFT_OK);
}

static void close_model(struct model *m)
{
    rft_weights_finish(&m->weights);
    rft_test_memory_checkpoint_finish(&m->checkpoint);
}

/* The caller frees. */
static void *pack(const struct model *m, const struct rft_weight *w)
{
    const uint64_t n_units = rft_weight_n_units(w);
    uint64_t n_zeroed = 0;
    void *packed = malloc((size_t)w->bytes);
    assert_non_null(packed);
    assert_int_equal(n_units * rft_weight_unit_bytes(w), w->bytes);
    memset(packed, 0xee, (size_t)w->bytes);
    assert_int_equal(rft_weight_pack(w, &m->checkpoint, 0, n_units, packed, &n_zeroed), RFT_OK);
    return packed;
}

static const struct rft_weight *layer_weight(const struct model *m, enum rft_layer_weight which)
{
    return rft_weights_layer(&m->weights, 1, which);
}

/* Row `row` of packed bf16 words begins with this row of a tensor. */
static void check_row(const uint32_t *packed, const struct rft_weight *w, uint32_t row, const char *name,
                      uint32_t source)
{
    const uint32_t k = w->matrix.k;
    for (uint32_t column = 0; column < k; column += 2) {
        struct rft_round_counts counts = {0, 0};
        const uint32_t low = rft_bf16_round(rft_test_weight(name, SEED, source, column, k), &counts);
        const uint32_t high = rft_bf16_round(rft_test_weight(name, SEED, source, column + 1, k), &counts);
        if (packed[((size_t)(row / 16) * (RFT_PADDED(k) / 2) + column / 2) * 16 + row % 16] != (low | high << 16))
            fail_msg("%s: row %u is not packed at %u", name, source, row);
    }
}

static const char *name_of(const char *part)
{
    static char names[4][RFT_TENSOR_NAME_BYTES];
    static unsigned next;
    char *name = names[next++ % 4];
    snprintf(name, sizeof names[0], "model.layers.1.%s", part);
    return name;
}

/* Where row `row` of q, k and v, stacked, comes from. */
struct source {
    const char *name;
    uint32_t row, n_rows;
};

static struct source qkv_source(const struct rft_model_config *c, uint32_t row, const uint32_t order[16],
                                const char *suffix)
{
    const uint32_t q = c->n_heads * HEAD_DIM, kv = c->n_kv_heads * HEAD_DIM;
    const uint32_t in_order = row < q + kv ? row / HEAD_DIM * HEAD_DIM + order[row % HEAD_DIM] : row;
    char text[64];
    if (rft_model_has(c, RFT_PART_FUSED_QKV)) {
        snprintf(text, sizeof text, "self_attn.qkv_proj.%s", suffix);
        return (struct source){name_of(text), in_order, q + 2 * kv};
    }
    const uint32_t part = row < q ? 0 : row < q + kv ? 1 : 2;
    snprintf(text, sizeof text, "self_attn.%c_proj.%s", "qkv"[part], suffix);
    return (struct source){name_of(text), in_order - (part == 0 ? 0 : part == 1 ? q : q + kv), part == 0 ? q : kv};
}

/* q, k and v and their biases are packed alike: separate or fused, paired or not, partly rotated or wholly. */
static void test_qkv(void **state)
{
    static const struct {
        uint32_t parts, n_rotated;
        const uint32_t *order;
    } cases[] = {
        {0, 16, paired},
        {0, 4, paired_quarter},
        {RFT_PART_FUSED_QKV, 16, paired},
        {RFT_PART_FUSED_QKV, 4, paired_quarter},
        {RFT_PART_QK_NORM, 16, plain},
        {RFT_PART_QK_NORM, 4, plain_quarter},
        {RFT_PART_QK_NORM_WIDE, 16, plain},
        {RFT_PART_QK_NORM_WIDE | RFT_PART_FUSED_QKV, 4, plain_quarter},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rft_model_config c = config_of(cases[i].parts | RFT_PART_QKV_BIAS, cases[i].n_rotated);
        struct model m;
        open_model(&m, &c);
        const struct rft_weight *w = layer_weight(&m, RFT_LAYER_QKV), *bias = layer_weight(&m, RFT_LAYER_QKV_BIAS);
        uint32_t *packed = pack(&m, w);
        float *biases = pack(&m, bias);
        assert_int_equal(w->matrix.n, 5 * HEAD_DIM);
        assert_int_equal(bias->bytes, 5 * HEAD_DIM * 4);
        for (uint32_t row = 0; row < w->matrix.n; row++) {
            const struct source s = qkv_source(&c, row, cases[i].order, "weight"),
                                b = qkv_source(&c, row, cases[i].order, "bias");
            check_row(packed, w, row, s.name, s.row);
            if (biases[row] != rft_test_weight(b.name, SEED, 0, b.row, b.n_rows))
                fail_msg("case %zu: bias %u is not element %u of %s", i, row, b.row, b.name);
        }
        free(packed);
        free(biases);
        close_model(&m);
    }
}

/* Norms of q and k: a vector for all heads, the same for each or a part of a wide one, in the order of their rows. */
static void test_qk_norms(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        const bool is_wide = i % 2 != 0, is_quarter = i / 2 % 2 != 0, adds_one = i / 4 != 0;
        const uint32_t parts =
            (is_wide ? RFT_PART_QK_NORM_WIDE : RFT_PART_QK_NORM) | (adds_one ? (uint32_t)RFT_PART_NORM_PLUS_ONE : 0);
        const struct rft_model_config c = config_of(parts, is_quarter ? 4 : 16);
        struct model m;
        open_model(&m, &c);
        const struct rft_weight *w = layer_weight(&m, RFT_LAYER_QK_NORM);
        float *norms = pack(&m, w);
        assert_int_equal(w->matrix.k, 4 * HEAD_DIM);
        for (uint32_t row = 0; row < 4 * HEAD_DIM; row++) {
            const bool is_q = row < 3 * HEAD_DIM;
            const uint32_t head = is_q ? row / HEAD_DIM : 0,
                           in_head = (is_quarter ? plain_quarter : plain)[row % HEAD_DIM];
            const uint32_t n = !is_wide ? HEAD_DIM : is_q ? 3 * HEAD_DIM : HEAD_DIM;
            const float v = rft_test_weight(name_of(is_q ? "self_attn.q_norm.weight" : "self_attn.k_norm.weight"), SEED,
                                            0, is_wide ? head * HEAD_DIM + in_head : in_head, n);
            if (norms[row] != (adds_one ? v + 1.0f : v))
                fail_msg("case %u: norm %u is %g", i, row, (double)norms[row]);
        }
        free(norms);
        close_model(&m);
    }
}

/* Gate 0, gate 1, up 0, up 1, gate 2, ...: separate, fused, and their biases. */
static void test_gate_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        const struct rft_model_config c =
            config_of((i == 0 ? 0u : (uint32_t)RFT_PART_FUSED_GATE_UP) | RFT_PART_MLP_BIAS, 16);
        struct model m;
        open_model(&m, &c);
        const struct rft_weight *w = layer_weight(&m, RFT_LAYER_GATE_UP),
                                *bias = layer_weight(&m, RFT_LAYER_GATE_UP_BIAS),
                                *down_bias = layer_weight(&m, RFT_LAYER_DOWN_BIAS);
        uint32_t *packed = pack(&m, w);
        float *biases = pack(&m, bias), *down = pack(&m, down_bias);
        assert_int_equal(w->matrix.n, 80);
        assert_int_equal(bias->bytes, 80 * 4);
        for (uint32_t row = 0; row < 80; row++) {
            const bool is_up = row / 2 % 2 != 0;
            const uint32_t in_half = row / 4 * 2 + row % 2;
            check_row(packed, w, row,
                      i == 1  ? name_of("mlp.gate_up_proj.weight")
                      : is_up ? name_of("mlp.up_proj.weight")
                              : name_of("mlp.gate_proj.weight"),
                      i == 1 && is_up ? 40 + in_half : in_half);
            assert_true(biases[row] == rft_test_weight(name_of(is_up ? "mlp.up_proj.bias" : "mlp.gate_proj.bias"), SEED,
                                                       0, in_half, 40));
        }
        for (uint32_t row = 0; row < c.dim; row++)
            assert_true(down[row] == rft_test_weight(name_of("mlp.down_proj.bias"), SEED, 0, row, c.dim));
        free(packed);
        free(biases);
        free(down);
        close_model(&m);
    }
}

static void check_norm(const struct model *m, const struct rft_weight *w, const char *name, float add, float scale)
{
    float *packed = pack(m, w);
    assert_true(w->is_vector && w->bytes == (uint64_t)m->config.dim * 4);
    for (uint32_t i = 0; i < m->config.dim; i++) {
        const float v = name != NULL ? rft_test_weight(name, SEED, 0, i, m->config.dim) : 1.0f;
        if (packed[i] != (name != NULL ? (v + add) * scale : 1.0f))
            fail_msg("%s: element %u is %g", name != NULL ? name : "no norm", i, (double)packed[i]);
    }
    free(packed);
}

/* Which norms there are, under which names; 1 is added to all of them or to none, and the final one has the logits'
 * scale. Where there is no norm in front, ones. */
static void test_norms(void **state)
{
    static const struct {
        uint32_t parts;
        double logit_scale;
        const char *attn, *post_attn, *ffn, *post_ffn;
    } cases[] = {
        {0, 0, "input_layernorm", NULL, "post_attention_layernorm", NULL},
        {0, 0.125, "input_layernorm", NULL, "post_attention_layernorm", NULL},
        {RFT_PART_NORM_PLUS_ONE, 0, "input_layernorm", NULL, "post_attention_layernorm", NULL},
        {RFT_PART_NORM_PLUS_ONE | RFT_PART_POST_NORMS, 3.0, "input_layernorm", "post_attention_layernorm",
         "pre_feedforward_layernorm", "post_feedforward_layernorm"},
        {RFT_PART_NO_PRE_NORMS | RFT_PART_POST_NORMS, 0, NULL, "post_attention_layernorm", NULL,
         "post_feedforward_layernorm"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_model_config c = config_of(cases[i].parts, 16);
        const float add = (cases[i].parts & RFT_PART_NORM_PLUS_ONE) != 0 ? 1.0f : 0.0f;
        const struct {
            enum rft_layer_weight which;
            const char *name;
            bool is_wanted;
        } norms[] = {{RFT_LAYER_ATTN_NORM, cases[i].attn, true},
                     {RFT_LAYER_FFN_NORM, cases[i].ffn, true},
                     {RFT_LAYER_POST_ATTN_NORM, cases[i].post_attn, cases[i].post_attn != NULL},
                     {RFT_LAYER_POST_FFN_NORM, cases[i].post_ffn, cases[i].post_ffn != NULL}};
        struct model m;
        c.logit_scale = cases[i].logit_scale;
        open_model(&m, &c);
        check_norm(&m, rft_weights_final_norm(&m.weights), "model.norm.weight", add,
                   c.logit_scale != 0.0 ? (float)c.logit_scale : 1.0f);
        for (size_t k = 0; k < sizeof norms / sizeof *norms; k++) {
            char text[64];
            snprintf(text, sizeof text, "%s.weight", norms[k].name != NULL ? norms[k].name : "");
            if (norms[k].is_wanted)
                check_norm(&m, layer_weight(&m, norms[k].which), norms[k].name != NULL ? name_of(text) : NULL, add,
                           1.0f);
            else
                assert_int_equal(layer_weight(&m, norms[k].which)->bytes, 0);
        }
        close_model(&m);
    }
}

/* Biases end with a whole tile, zeros behind the last; without them there are no bytes. */
static void test_bias_bytes(void **state)
{
    struct rft_model_config c = config_of(RFT_PART_O_BIAS | RFT_PART_MLP_BIAS, 16);
    struct model m;
    (void)state;
    c.dim = 38;
    c.ffn_dim = 22;
    open_model(&m, &c);
    float *o = pack(&m, layer_weight(&m, RFT_LAYER_O_BIAS));
    assert_int_equal(layer_weight(&m, RFT_LAYER_O_BIAS)->bytes, 48 * 4);
    assert_int_equal(layer_weight(&m, RFT_LAYER_GATE_UP_BIAS)->bytes, 48 * 4);
    assert_int_equal(layer_weight(&m, RFT_LAYER_QKV_BIAS)->bytes, 0);
    assert_int_equal(layer_weight(&m, RFT_LAYER_QK_NORM)->bytes, 0);
    for (uint32_t i = 0; i < 48; i++)
        assert_true(o[i] == (i < 38 ? rft_test_weight(name_of("self_attn.o_proj.bias"), SEED, 0, i, 38) : 0.0f));
    free(o);
    close_model(&m);
    c = config_of(0, 16);
    open_model(&m, &c);
    for (uint32_t i = 0; i < 4; i++) {
        static const enum rft_layer_weight biases[] = {RFT_LAYER_QKV_BIAS, RFT_LAYER_O_BIAS, RFT_LAYER_GATE_UP_BIAS,
                                                       RFT_LAYER_DOWN_BIAS};
        assert_int_equal(layer_weight(&m, biases[i])->bytes, 0);
        assert_int_equal(rft_weight_n_units(layer_weight(&m, biases[i])), 0);
    }
    close_model(&m);
}

/* A bad value is told by the tensor that it is in, not by the first of those that are stacked. */
static void test_bad_values(void **state)
{
    static const struct {
        uint32_t parts;
        const char *name;
        enum rft_layer_weight which;
    } cases[] = {
        {RFT_PART_QKV_BIAS, "self_attn.q_proj.bias", RFT_LAYER_QKV_BIAS},
        {RFT_PART_QKV_BIAS, "self_attn.k_proj.bias", RFT_LAYER_QKV_BIAS},
        {RFT_PART_QKV_BIAS, "self_attn.v_proj.bias", RFT_LAYER_QKV_BIAS},
        {RFT_PART_QKV_BIAS | RFT_PART_FUSED_QKV, "self_attn.qkv_proj.bias", RFT_LAYER_QKV_BIAS},
        {RFT_PART_QK_NORM, "self_attn.k_norm.weight", RFT_LAYER_QK_NORM},
        {RFT_PART_QK_NORM_WIDE, "self_attn.k_norm.weight", RFT_LAYER_QK_NORM},
        {RFT_PART_MLP_BIAS, "mlp.up_proj.bias", RFT_LAYER_GATE_UP_BIAS},
        {0, "self_attn.v_proj.weight", RFT_LAYER_QKV},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rft_model_config c = config_of(cases[i].parts, 16);
        uint64_t n_zeroed = 0;
        struct model m;
        open_model(&m, &c);
        const struct rft_weight *w = layer_weight(&m, cases[i].which);
        const char *name = name_of(cases[i].name);
        void *packed = malloc((size_t)w->bytes);
        rft_test_memory_values(&m.checkpoint, name)[0] = 0x1p61f;
        rft_test_log_capture();
        assert_int_equal(rft_weight_pack(w, &m.checkpoint, 0, rft_weight_n_units(w), packed, &n_zeroed), RFT_ERR_INPUT);
        if (strstr(rft_test_log_text(), name) == NULL)
            fail_msg("%s: %s", name, rft_test_log_text());
        rft_test_log_release();
        free(packed);
        close_model(&m);
    }
}

/* A table for each set that layers use; queries have one of their own if their position counts, LongRoPE two spans. */
static void test_rotations(void **state)
{
    struct rft_model_config c = config_of(0, 16);
    const uint64_t bytes = 50u * HEAD_DIM * 4;
    struct rft_weights weights;
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        const bool has_query = i % 2 != 0, is_long = i / 2 != 0;
        c.query_beta = has_query ? 0.1 : 0.0;
        c.has_long_rope = is_long;
        c.rope_set[0] = RFT_ROPE_NONE;
        c.rope_set[1] = i == 3 ? RFT_ROPE_LOCAL : RFT_ROPE_MAIN;
        assert_int_equal(rft_weights_init(&weights, &c, NULL, 50), RFT_OK);
        for (uint32_t place = 0; place < RFT_ROPE_PLACES; place++) {
            const bool is_used = place / 2 == c.rope_set[0] || place / 2 == c.rope_set[1];
            assert_int_equal(weights.ropes[place].bytes,
                             is_used && (place % 2 == 0 || has_query) ? bytes * (is_long ? 2 : 1) : 0);
            weights.ropes[place].range = (struct rft_range){1000 + place, 1};
            assert_true(weights.ropes[place].bytes == 0 ||
                        (weights.ropes[place].set == (enum rft_rope_set)(place / 2) &&
                         weights.ropes[place].is_query == (place % 2 != 0)));
        }
        for (uint32_t layer = 0; layer < 2; layer++) {
            const struct rft_rotation r = rft_weights_rotation(&weights, layer);
            assert_int_equal(r.k.address, 1000 + 2 * c.rope_set[layer]);
            assert_int_equal(r.q.address, 1000 + 2 * c.rope_set[layer] + (has_query ? 1 : 0));
        }
        rft_weights_finish(&weights);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qkv),       cmocka_unit_test(test_qk_norms),   cmocka_unit_test(test_gate_up),
        cmocka_unit_test(test_norms),     cmocka_unit_test(test_bias_bytes), cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_rotations),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
