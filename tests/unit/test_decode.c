/* SPDX-License-Identifier: MIT */
/* The transformer as a list: which ops, in which order, on which buffers; prefill and step share their body. */
#include "support.h"

#include "checkpoint_builder.h"
#include "decode_setting.h"

#include <string.h>

static const struct rft_sampling unfiltered = {0, 65536, 0, false}, filtered = {5, 65536, 0, false};

/* Five dispatches a layer: a norm rides on its neighbours. */
static const char layer_ops[] = "qkv attention residual gate_up residual ";

static void append_names(const struct rft_program *program, struct rft_str *text)
{
    for (size_t i = 0; i < program->n_nodes; i++)
        assert_int_equal(rft_str_printf(text, "%s ", rft_op_name(program->nodes[i].op)), RFT_OK);
}

static void check_names(const struct rft_program *program, const char *before, uint32_t n_layers, const char *what)
{
    struct rft_str names = {0}, wanted = {0};
    append_names(program, &names);
    assert_int_equal(rft_str_printf(&wanted, "%sembed ", before), RFT_OK);
    for (uint32_t i = 0; i < n_layers; i++)
        assert_int_equal(rft_str_append_z(&wanted, layer_ops), RFT_OK);
    if (strcmp(names.data, wanted.data) != 0)
        fail_msg("%s: %s", what, names.data);
    rft_str_finish(&names);
    rft_str_finish(&wanted);
}

static void test_programs(void **state)
{
    (void)state;
    for (uint32_t n_layers = 1; n_layers <= 3; n_layers++) {
        struct rft_test_setting s = {.config = rft_test_config()}, f = s;
        struct rft_program prefill = {0}, step = {0}, filtered_step = {0}, logits = {0};
        s.config.n_layers = f.config.n_layers = n_layers;
        assert_int_equal(rft_test_setting_init(&s, &rft_test_setting_caps, &unfiltered), RFT_OK);
        assert_int_equal(rft_test_setting_init(&f, &rft_test_setting_caps, &filtered), RFT_OK);
        assert_int_equal(rft_decode_prefill(&s.weights, &s.work.decode, &prefill), RFT_OK);
        assert_int_equal(rft_decode_step(&s.weights, &s.work.decode, &s.work.sampler, &unfiltered, &step), RFT_OK);
        assert_int_equal(rft_decode_step(&f.weights, &f.work.decode, &f.work.sampler, &filtered, &filtered_step),
                         RFT_OK);
        assert_int_equal(rft_decode_logits(&f.weights, &f.work.decode, f.work.sampler.logits, &logits), RFT_OK);
        check_names(&prefill, "", n_layers, "prefill");
        check_names(&step, "draw advance ", n_layers, "step");
        check_names(&filtered_step, "project filter sample advance ", n_layers, "filtered step");
        assert_int_equal(prefill.n_nodes, 5 * n_layers + 1);
        assert_int_equal(step.n_nodes, 5 * n_layers + 3);
        assert_int_equal(filtered_step.n_nodes, 5 * n_layers + 5);
        assert_int_equal(logits.n_nodes, 1);
        assert_memory_equal(logits.nodes[0].args.bytes, filtered_step.nodes[0].args.bytes, logits.nodes[0].args_bytes);
        for (size_t i = 0; i < prefill.n_nodes; i++) {
            const struct rft_node *a = &prefill.nodes[i], *b = &step.nodes[i + 2];
            assert_int_equal(a->op, b->op);
            assert_memory_equal(a->args.bytes, b->args.bytes, a->args_bytes);
            assert_string_equal(a->label, b->label);
        }
        assert_string_equal(prefill.name, "prefill");
        assert_string_equal(step.name, "step");
        rft_program_finish(&prefill);
        rft_program_finish(&step);
        rft_program_finish(&filtered_step);
        rft_program_finish(&logits);
        rft_weights_finish(&s.weights);
        rft_weights_finish(&f.weights);
    }
}

/* Scores ask for logits, with filters or without; what a step draws with stays in its order. */
static void test_scored_steps(void **state)
{
    static const struct {
        struct rft_sampling sampling;
        const char *ops;
    } steps[] = {{{0, 65536, 0, true}, "project sample score advance "},
                 {{5, 65536, 0, true}, "project filter sample score advance "}};
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct rft_test_setting s = {.config = rft_test_config()};
        struct rft_program step = {0};
        struct rft_args_advance advance;
        const size_t n_before = i + 3; /* advance */
        assert_int_equal(rft_test_setting_init(&s, &rft_test_setting_caps, &steps[i].sampling), RFT_OK);
        assert_int_equal(rft_decode_step(&s.weights, &s.work.decode, &s.work.sampler, &steps[i].sampling, &step),
                         RFT_OK);
        check_names(&step, steps[i].ops, s.config.n_layers, "scored step");
        memcpy(&advance, step.nodes[n_before].args.bytes, sizeof advance);
        assert_int_equal(advance.logits, rft_slice_range(s.work.logits).address);
        assert_int_equal(advance.logprobs, rft_slice_range(s.work.logprobs).address);
        assert_true(step.nodes[n_before].barrier); /* behind the scores */
        rft_program_finish(&step);
        rft_weights_finish(&s.weights);
    }
}

static uint64_t weight_of(const struct rft_test_setting *s, uint32_t layer, enum rft_layer_weight which)
{
    return rft_weights_layer(&s->weights, layer, which)->matrix.parts[0].address;
}

/* Each layer has its own weights and its own pages, each residual the norm that comes next. */
static void test_layers(void **state)
{
    struct rft_test_setting s = {.config = rft_test_config()};
    struct rft_program program = {0};
    struct rft_args_embed embed;
    (void)state;
    assert_int_equal(rft_kv_page_bytes(&s.config), (uint64_t)s.config.n_kv_heads * 2 * 16 * s.config.head_dim * 2);
    assert_int_equal(rft_test_setting_init(&s, &rft_test_setting_caps, &unfiltered), RFT_OK);
    assert_int_equal(rft_decode_prefill(&s.weights, &s.work.decode, &program), RFT_OK);
    memcpy(&embed, program.nodes[0].args.bytes, sizeof embed);
    assert_int_equal(embed.norm, weight_of(&s, 0, RFT_LAYER_ATTN_NORM));
    for (uint32_t layer = 0; layer < s.config.n_layers; layer++) {
        const struct rft_node *nodes = &program.nodes[1 + 5 * layer];
        bool is_last = layer + 1 == s.config.n_layers;
        struct rft_args_qkv qkv;
        struct rft_args_attention attention;
        struct rft_args_residual o, down;
        struct rft_args_gate_up gate_up;
        memcpy(&qkv, nodes[0].args.bytes, sizeof qkv);
        memcpy(&attention, nodes[1].args.bytes, sizeof attention);
        memcpy(&o, nodes[2].args.bytes, sizeof o);
        memcpy(&gate_up, nodes[3].args.bytes, sizeof gate_up);
        memcpy(&down, nodes[4].args.bytes, sizeof down);
        assert_int_equal(qkv.prompt_kv, s.prompt_kv[layer].address);
        assert_int_equal(qkv.own_kv, s.own_kv[layer].address);
        assert_int_equal(attention.prompt_kv, qkv.prompt_kv);
        assert_int_equal(attention.own_kv, qkv.own_kv);
        assert_int_equal(attention.y, o.y);
        assert_int_equal(gate_up.y, down.y);
        assert_int_equal(qkv.weight, weight_of(&s, layer, RFT_LAYER_QKV));
        assert_int_equal(o.weight, weight_of(&s, layer, RFT_LAYER_O));
        assert_int_equal(gate_up.weight, weight_of(&s, layer, RFT_LAYER_GATE_UP));
        assert_int_equal(down.weight, weight_of(&s, layer, RFT_LAYER_DOWN));
        assert_int_equal(o.norm, weight_of(&s, layer, RFT_LAYER_FFN_NORM));
        assert_int_equal(down.norm, is_last ? rft_weights_final_norm(&s.weights)->matrix.parts[0].address
                                            : weight_of(&s, layer + 1, RFT_LAYER_ATTN_NORM));
        assert_int_equal(o.k, s.config.n_heads * s.config.head_dim);
        assert_int_equal(down.k, s.config.ffn_dim);
    }
    rft_program_finish(&program);
    rft_weights_finish(&s.weights);
}

/* 1 / sqrt(head_dim), correctly rounded. */
static void test_attention_scale(void **state)
{
    static const struct {
        uint32_t head_dim, bits;
    } scales[] = {{16, 0x3e800000u}, {32, 0x3e3504f3u},  {64, 0x3e000000u},  {80, 0x3de4f92eu},
                  {96, 0x3dd105ecu}, {128, 0x3db504f3u}, {256, 0x3d800000u}, {8, 0x3eb504f3u}};
    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        struct rft_test_setting s = {.config = rft_test_config()};
        struct rft_program program = {0};
        struct rft_args_attention args;
        s.config.head_dim = scales[i].head_dim;
        rft_test_rope(&s.config, NULL);
        assert_int_equal(rft_test_setting_init(&s, &rft_test_setting_caps, &unfiltered), RFT_OK);
        assert_int_equal(rft_decode_prefill(&s.weights, &s.work.decode, &program), RFT_OK);
        assert_int_equal(program.nodes[2].op, RFT_OP_attention);
        memcpy(&args, program.nodes[2].args.bytes, sizeof args);
        if (args.scale_bits != scales[i].bits)
            fail_msg("head_dim %u: %08x, expected %08x", scales[i].head_dim, args.scale_bits, scales[i].bits);
        rft_program_finish(&program);
        rft_weights_finish(&s.weights);
    }
}

/* Where a block cannot hold the embedding, embed and draw are a node for each of its parts, and nothing else
 * changes. */
static void test_parts(void **state)
{
    struct rft_test_setting s = {.config = rft_test_config()};
    struct rft_caps small = rft_test_setting_caps;
    struct rft_program step = {0};
    struct rft_str names = {0}, wanted = {0};
    (void)state;
    s.config.n_layers = 1;
    s.config.vocab_size = 3000;
    small.block_bytes_max = 160000; /* of 188 tiles 78 fit */
    assert_int_equal(rft_test_setting_init(&s, &small, &unfiltered), RFT_OK);
    assert_int_equal(rft_weights_embedding(&s.weights)->matrix.n_parts, 3);
    assert_int_equal(rft_decode_step(&s.weights, &s.work.decode, &s.work.sampler, &unfiltered, &step), RFT_OK);
    append_names(&step, &names);
    assert_int_equal(rft_str_printf(&wanted, "draw draw draw advance embed embed embed %s", layer_ops), RFT_OK);
    assert_string_equal(names.data, wanted.data);
    rft_str_finish(&names);
    rft_str_finish(&wanted);
    rft_program_finish(&step);
    rft_weights_finish(&s.weights);
}

static enum rft_status make_step(void *user)
{
    struct rft_test_setting *s = user;
    struct rft_program program = {0};
    enum rft_status status = rft_decode_step(&s->weights, &s->work.decode, &s->work.sampler, &filtered, &program);
    rft_program_finish(&program);
    return status;
}

static void test_alloc_faults(void **state)
{
    struct rft_test_setting s = {.config = rft_test_config()};
    (void)state;
    s.config.n_layers = 3;
    assert_int_equal(rft_test_setting_init(&s, &rft_test_setting_caps, &filtered), RFT_OK);
    assert_true(rft_test_alloc_faults(make_step, &s) >= 2);
    rft_weights_finish(&s.weights);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_programs), cmocka_unit_test(test_scored_steps),
                                       cmocka_unit_test(test_layers),   cmocka_unit_test(test_attention_scale),
                                       cmocka_unit_test(test_parts),    cmocka_unit_test(test_alloc_faults)};
    return RFT_TEST_RUN(tests, NULL, NULL);
}
