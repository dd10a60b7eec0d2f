/* SPDX-License-Identifier: MIT */
/* The transformer of every kind of model: its ops, and the numbers that set a layer apart. */
#include "support.h"

#include "arith.h"
#include "checkpoint_builder.h"
#include "decode_setting.h"

#include <math.h>
#include <string.h>

static const struct rft_sampling unfiltered = {0, 65536, 0, false}, filtered = {5, 65536, 0, false};

static struct rft_program prefill_of(struct rft_test_setting *s)
{
    struct rft_program program = {0};
    assert_int_equal(rft_test_setting_init(s, &rft_test_setting_caps, &unfiltered), RFT_OK);
    assert_int_equal(rft_decode_prefill(&s->weights, &s->work.decode, &program), RFT_OK);
    return program;
}

static void finish(struct rft_test_setting *s, struct rft_program *program)
{
    rft_program_finish(program);
    rft_weights_finish(&s->weights);
}

/* The arguments of the i-th node of an op. */
static void get(const struct rft_program *program, enum rft_op op, uint32_t i, void *args, size_t n_bytes)
{
    for (size_t n = 0; n < program->n_nodes; n++) {
        const struct rft_node *node = &program->nodes[n];
        if (node->op != op || i-- != 0)
            continue;
        assert_int_equal(node->args_bytes, n_bytes);
        memcpy(args, node->args.bytes, n_bytes);
        return;
    }
    fail_msg("there is no such %s", rft_op_name(op));
}
#define GET(op, i, args) get(&program, RFT_OP_##op, i, &(args), sizeof(args))

static void test_ops(void **state)
{
    static const struct {
        uint32_t parts;
        const char *ops;
    } kinds[] = {
        {0, "qkv attention residual gate_up residual "},
        {RFT_PART_QKV_BIAS | RFT_PART_O_BIAS | RFT_PART_MLP_BIAS, "qkv attention residual gate_up residual "},
        {RFT_PART_FUSED_QKV | RFT_PART_FUSED_GATE_UP, "qkv attention residual gate_up residual "},
        {RFT_PART_NORM_PLUS_ONE, "qkv attention residual gate_up residual "},
        {RFT_PART_QK_NORM, "project heads attention residual gate_up residual "},
        {RFT_PART_POST_NORMS, "qkv attention residual post_norm gate_up residual post_norm "},
        {RFT_PART_POST_NORMS | RFT_PART_QK_NORM,
         "project heads attention residual post_norm gate_up residual post_norm "},
        {RFT_PART_POST_NORMS | RFT_PART_NO_PRE_NORMS | RFT_PART_QK_NORM_WIDE,
         "project heads attention residual post_norm gate_up residual post_norm "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct rft_test_setting s = {.config = rft_test_config()};
        struct rft_str names = {0}, wanted = {0};
        s.config.parts = kinds[i].parts;
        struct rft_program program = prefill_of(&s);
        for (size_t n = 0; n < program.n_nodes; n++)
            assert_int_equal(rft_str_printf(&names, "%s ", rft_op_name(program.nodes[n].op)), RFT_OK);
        assert_int_equal(rft_str_printf(&wanted, "embed %s%s", kinds[i].ops, kinds[i].ops), RFT_OK);
        assert_string_equal(names.data, wanted.data);
        rft_str_finish(&names);
        rft_str_finish(&wanted);
        finish(&s, &program);
    }
}

static uint64_t address_of(const struct rft_test_setting *s, uint32_t layer, enum rft_layer_weight which)
{
    return rft_weights_layer(&s->weights, layer, which)->matrix.parts[0].address;
}

/* Every norm goes with the op in front of it, or behind it, and what a norm reads is what the sums were written to. */
static void test_norms_of_gemma(void **state)
{
    struct rft_test_setting s = {.config = rft_test_config()};
    (void)state;
    s.config.parts = RFT_PART_POST_NORMS | RFT_PART_QK_NORM;
    struct rft_program program = prefill_of(&s);
    for (uint32_t layer = 0; layer < 2; layer++) {
        struct rft_args_project qkv;
        struct rft_args_heads heads;
        struct rft_args_residual o, down;
        struct rft_args_post_norm attn, ffn;
        GET(project, layer, qkv);
        GET(heads, layer, heads);
        GET(residual, 2 * layer, o);
        GET(residual, 2 * layer + 1, down);
        GET(post_norm, 2 * layer, attn);
        GET(post_norm, 2 * layer + 1, ffn);
        assert_int_equal(qkv.weight, address_of(&s, layer, RFT_LAYER_QKV));
        assert_int_equal(qkv.y, heads.y);
        assert_int_equal(heads.norm, address_of(&s, layer, RFT_LAYER_QK_NORM));
        assert_true(heads.q_span == 1 && heads.k_span == 1);
        assert_true(o.flags == RFT_RESIDUAL_ALONE && down.flags == RFT_RESIDUAL_ALONE);
        assert_int_equal(o.norm, address_of(&s, layer, RFT_LAYER_POST_ATTN_NORM));
        assert_int_equal(attn.weight, o.norm);
        assert_int_equal(attn.norm, address_of(&s, layer, RFT_LAYER_FFN_NORM));
        assert_int_equal(down.norm, address_of(&s, layer, RFT_LAYER_POST_FFN_NORM));
        assert_int_equal(ffn.weight, down.norm);
        assert_int_equal(ffn.norm, layer == 1 ? rft_weights_final_norm(&s.weights)->matrix.parts[0].address
                                              : address_of(&s, 1, RFT_LAYER_ATTN_NORM));
        assert_true(attn.y == o.x && ffn.y == down.x && attn.x == ffn.x && attn.x != attn.y);
    }
    finish(&s, &program);
}

/* Without norms in front, what is multiplied is the stream itself, and only the head sees a norm. */
static void test_no_pre_norms(void **state)
{
    struct rft_test_setting s = {.config = rft_test_config()};
    struct rft_program logits = {0};
    struct rft_args_project qkv;
    struct rft_args_heads heads;
    struct rft_args_gate_up gate_up;
    (void)state;
    s.config.parts = RFT_PART_POST_NORMS | RFT_PART_NO_PRE_NORMS | RFT_PART_QK_NORM_WIDE;
    struct rft_program program = prefill_of(&s);
    GET(project, 1, qkv);
    GET(heads, 1, heads);
    GET(gate_up, 1, gate_up);
    assert_true(qkv.eps_bits == RFT_BITS_NO_NORM && qkv.inverse_dim_bits == 0);
    assert_true(gate_up.eps_bits == RFT_BITS_NO_NORM && gate_up.inverse_dim_bits == 0);
    assert_true(heads.q_span == s.config.n_heads && heads.k_span == s.config.n_kv_heads);
    assert_int_equal(heads.eps_bits, RFT_BITS(1e-5f));
    finish(&s, &program);
    assert_int_equal(rft_test_setting_init(&s, &rft_test_setting_caps, &filtered), RFT_OK);
    assert_int_equal(rft_decode_logits(&s.weights, &s.work.decode, s.work.sampler.logits, &logits), RFT_OK);
    memcpy(&qkv, logits.nodes[0].args.bytes, sizeof qkv);
    assert_true(qkv.eps_bits == RFT_BITS(1e-5f) && qkv.inverse_dim_bits == RFT_BITS(1.0f / 32.0f));
    finish(&s, &logits);
}

static void test_biases(void **state)
{
    struct rft_test_setting s = {.config = rft_test_config()};
    (void)state;
    s.config.parts = RFT_PART_QKV_BIAS | RFT_PART_O_BIAS | RFT_PART_MLP_BIAS;
    struct rft_program program = prefill_of(&s);
    for (uint32_t layer = 0; layer < 2; layer++) {
        struct rft_args_qkv qkv;
        struct rft_args_residual o, down;
        struct rft_args_gate_up gate_up;
        GET(qkv, layer, qkv);
        GET(residual, 2 * layer, o);
        GET(residual, 2 * layer + 1, down);
        GET(gate_up, layer, gate_up);
        assert_true(qkv.bias != 0 && qkv.bias == address_of(&s, layer, RFT_LAYER_QKV_BIAS));
        assert_true(o.bias != 0 && o.bias == address_of(&s, layer, RFT_LAYER_O_BIAS));
        assert_true(gate_up.bias != 0 && gate_up.bias == address_of(&s, layer, RFT_LAYER_GATE_UP_BIAS));
        assert_true(down.bias != 0 && down.bias == address_of(&s, layer, RFT_LAYER_DOWN_BIAS));
    }
    finish(&s, &program);
}

/* Layer by layer: windows, tables of rotation. For all: scale, caps, activation. */
static void test_layers(void **state)
{
    static const uint8_t sets[4] = {RFT_ROPE_LOCAL, RFT_ROPE_MAIN, RFT_ROPE_NONE, RFT_ROPE_MAIN};
    struct rft_test_setting s = {.config = rft_test_config()};
    uint64_t tables[RFT_ROPE_SETS] = {0};
    (void)state;
    s.config.n_layers = 4;
    s.config.window = 37;
    s.config.attention_scale = 0.3;
    s.config.score_cap = 50.0;
    s.config.act = RFT_ACT_GELU_TANH;
    memcpy(s.config.rope_set, sets, sizeof sets);
    s.config.is_windowed[0] = s.config.is_windowed[2] = 1;
    struct rft_program program = prefill_of(&s);
    for (uint32_t layer = 0; layer < 4; layer++) {
        struct rft_args_qkv qkv;
        struct rft_args_attention attention;
        struct rft_args_gate_up gate_up;
        GET(qkv, layer, qkv);
        GET(attention, layer, attention);
        GET(gate_up, layer, gate_up);
        assert_int_equal(attention.window, layer % 2 == 0 ? 37 : RFT_NO_WINDOW);
        assert_int_equal(attention.scale_bits, RFT_BITS(0.3f));
        assert_int_equal(attention.cap_bits, RFT_BITS(50.0f));
        assert_int_equal(attention.inverse_cap_bits, RFT_BITS((float)(1.0 / 50.0)));
        assert_int_equal(gate_up.act, RFT_ACT_GELU_TANH);
        assert_int_equal(qkv.q_cos_sin, qkv.k_cos_sin);
        assert_true(tables[sets[layer]] == 0 || tables[sets[layer]] == qkv.k_cos_sin);
        tables[sets[layer]] = qkv.k_cos_sin;
    }
    assert_true(tables[0] != tables[1] && tables[1] != tables[2] && tables[0] != tables[2]);
    finish(&s, &program);
    s.config.query_beta = 0.1;
    program = prefill_of(&s);
    struct rft_args_qkv qkv;
    GET(qkv, 0, qkv);
    assert_true(qkv.q_cos_sin != qkv.k_cos_sin);
    finish(&s, &program);
}

/* Scaled residuals: the stream is kept without the scale, so that embeddings and the norms' eps are as much larger;
 * what a norm behind a matmul or of heads sees is not. */
static void test_residual_scale(void **state)
{
    static const struct {
        double residual, embedding;
        float scale, eps;
    } cases[] = {{0, 0, 1.0f, 1e-5f},
                 {0.25, 0, 4.0f, 1.6e-4f},
                 {0, 12.0, 12.0f, 1e-5f},
                 {0.22, 12.0, (float)(12.0 / 0.22), (float)((double)1e-5f / (0.22 * 0.22))}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_test_setting s = {.config = rft_test_config()};
        struct rft_args_embed embed;
        struct rft_args_project project;
        struct rft_args_heads heads;
        struct rft_args_gate_up gate_up;
        struct rft_args_post_norm post_norm;
        s.config.residual_scale = cases[i].residual;
        s.config.embedding_scale = cases[i].embedding;
        s.config.parts = RFT_PART_POST_NORMS | RFT_PART_QK_NORM;
        struct rft_program program = prefill_of(&s);
        GET(embed, 0, embed);
        GET(project, 0, project);
        GET(heads, 0, heads);
        GET(gate_up, 1, gate_up);
        GET(post_norm, 1, post_norm);
        assert_int_equal(embed.scale_bits, RFT_BITS(cases[i].scale));
        assert_true(fabsf(RFT_FROM_BITS(project.eps_bits) - cases[i].eps) <= 1e-7f * cases[i].eps);
        assert_int_equal(gate_up.eps_bits, project.eps_bits);
        assert_true(heads.eps_bits == RFT_BITS(1e-5f) && post_norm.eps_bits == RFT_BITS(1e-5f));
        finish(&s, &program);
    }
}

/* The cap of logits is with whoever makes them: drawing, projecting for filters, and projecting to be read. */
static void test_logit_cap(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct rft_test_setting s = {.config = rft_test_config()};
        struct rft_program program = {0};
        struct rft_args_project project;
        struct rft_args_draw draw;
        s.config.logit_cap = 30.0;
        assert_int_equal(rft_test_setting_init(&s, &rft_test_setting_caps, i == 1 ? &filtered : &unfiltered), RFT_OK);
        assert_int_equal(
            rft_decode_step(&s.weights, &s.work.decode, &s.work.sampler, i == 1 ? &filtered : &unfiltered, &program),
            RFT_OK);
        if (i == 1) {
            GET(project, 0, project);
            assert_true(project.cap_bits == RFT_BITS(30.0f) &&
                        project.inverse_cap_bits == RFT_BITS((float)(1.0 / 30.0)));
        } else {
            GET(draw, 0, draw);
            assert_true(draw.cap_bits == RFT_BITS(30.0f) && draw.inverse_cap_bits == RFT_BITS((float)(1.0 / 30.0)));
        }
        rft_program_finish(&program);
        if (i == 1) {
            assert_int_equal(rft_decode_logits(&s.weights, &s.work.decode, s.work.sampler.logits, &program), RFT_OK);
            GET(project, 0, project);
            assert_int_equal(project.cap_bits, RFT_BITS(30.0f));
        }
        finish(&s, &program);
    }
    struct rft_test_setting s = {.config = rft_test_config()}; /* it is not with q, k and v */
    struct rft_args_project project;
    s.config.logit_cap = s.config.score_cap = 30.0;
    s.config.parts = RFT_PART_QK_NORM;
    struct rft_program program = prefill_of(&s);
    GET(project, 0, project);
    assert_true(project.cap_bits == 0 && project.inverse_cap_bits == 0);
    finish(&s, &program);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ops),       cmocka_unit_test(test_norms_of_gemma), cmocka_unit_test(test_no_pre_norms),
        cmocka_unit_test(test_biases),    cmocka_unit_test(test_layers),         cmocka_unit_test(test_residual_scale),
        cmocka_unit_test(test_logit_cap),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
