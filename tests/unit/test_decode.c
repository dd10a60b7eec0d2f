/* SPDX-License-Identifier: MIT */
/* The transformer as a list: which ops, in which order, on which buffers; prefill and step share their body. */
#include "support.h"

#include "buffers.h"
#include "checkpoint_builder.h"

#include <string.h>

static const struct rft_caps caps = {
    .block_bytes_max = UINT64_MAX, .align_bytes = 64, .weight_tile = 16, .n_scratch = 2
};
static const struct rft_sampling unfiltered = { 1.0f, 0, 65536, 0 }, filtered = { 1.0f, 5, 65536, 0 };

/* Buffers of a chunk, measured only: their addresses are offsets, moved apart. */
struct setting {
    struct rft_model_config config;
    struct rft_weights weights;
    struct rft_slice slices[64];
    struct rft_work work;
};

static enum rft_status set_up(struct setting *s)
{
    const struct rft_work_shape shape = { .config = &s->config,
                                          .caps = &caps,
                                          .n_rows = 4,
                                          .n_keys_max = 100,
                                          .n_table_entries = 20,
                                          .n_own_pages = 8,
                                          .n_eos = 1,
                                          .n_new_max = 30 };
    struct rft_pool pool;
    struct rft_slice cos_sin, pages;
    rft_pool_begin(&pool, "test", &caps);
    RFT_TRY(rft_weights_init(&s->weights, &s->config, caps.weight_tile, 100));
    RFT_TRY(rft_weights_take(&pool, &s->weights, s->slices, &cos_sin));
    RFT_TRY(rft_work_take(&pool, &shape, &s->work));
    RFT_TRY(rft_pages_take(&pool, &s->config, 6, &pages));
    s->work.decode.prompt_kv = rft_slice_range(pages);
    return RFT_OK;
}

static const char layer_ops[] = "rms_norm matmul rope_kv attention matmul rms_norm matmul silu_mul matmul ";

static void append_names(const struct rft_program *program, struct rft_str *text)
{
    for (size_t i = 0; i < program->n_nodes; i++)
        assert_int_equal(rft_str_printf(text, "%s ", rft_op_name(program->nodes[i].op)), RFT_OK);
}

static void check_names(const struct rft_program *program, const char *before, uint32_t n_layers, const char *what)
{
    struct rft_str names = { 0 }, wanted = { 0 };
    append_names(program, &names);
    assert_int_equal(rft_str_printf(&wanted, "%sembed ", before), RFT_OK);
    for (uint32_t i = 0; i < n_layers; i++)
        assert_int_equal(rft_str_append_z(&wanted, layer_ops), RFT_OK);
    assert_int_equal(rft_str_append_z(&wanted, "rms_norm "), RFT_OK);
    if (strcmp(names.data, wanted.data) != 0)
        fail_msg("%s: %s", what, names.data);
    rft_str_finish(&names);
    rft_str_finish(&wanted);
}

static void test_programs(void **state)
{
    (void)state;
    for (uint32_t n_layers = 1; n_layers <= 3; n_layers++) {
        struct setting s = { .config = rft_test_config() };
        struct rft_program prefill = { 0 }, step = { 0 }, filtered_step = { 0 }, logits = { 0 };
        s.config.n_layers = n_layers;
        assert_int_equal(set_up(&s), RFT_OK);
        assert_int_equal(rft_decode_prefill(&s.weights, &s.work.decode, &prefill), RFT_OK);
        assert_int_equal(rft_decode_step(&s.weights, &s.work.decode, &s.work.sampler, &unfiltered, &step), RFT_OK);
        assert_int_equal(rft_decode_step(&s.weights, &s.work.decode, &s.work.sampler, &filtered, &filtered_step),
                         RFT_OK);
        assert_int_equal(rft_decode_logits(&s.weights, &s.work.decode, s.work.sampler.logits, &logits), RFT_OK);
        check_names(&prefill, "", n_layers, "prefill");
        check_names(&step, "matmul sample advance ", n_layers, "step");
        check_names(&filtered_step, "matmul filter sample advance ", n_layers, "filtered step");
        assert_int_equal(logits.n_nodes, 1);
        assert_memory_equal(logits.nodes[0].args.bytes, step.nodes[0].args.bytes, logits.nodes[0].args_bytes);
        for (size_t i = 0; i < prefill.n_nodes; i++) {
            const struct rft_node *a = &prefill.nodes[i], *b = &step.nodes[i + 3];
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
    }
}

/* Each layer has its own weights and its own part of the pages, the parts touch and do not overlap. */
static void test_layers(void **state)
{
    struct setting s = { .config = rft_test_config() };
    struct rft_program program = { 0 };
    uint64_t prompt_kv, own_kv, page_bytes = rft_kv_page_bytes(&s.config);
    uint32_t layer = 0;
    (void)state;
    assert_int_equal(page_bytes, (uint64_t)s.config.n_kv_heads * 2 * 16 * s.config.head_dim * 2);
    assert_int_equal(set_up(&s), RFT_OK);
    assert_int_equal(rft_decode_prefill(&s.weights, &s.work.decode, &program), RFT_OK);
    prompt_kv = s.work.decode.prompt_kv.address;
    own_kv = s.work.decode.own_kv.address;
    for (size_t i = 0; i < program.n_nodes; i++) {
        struct rft_args_rope_kv rope;
        struct rft_args_attention attention;
        struct rft_args_matmul matmul;
        if (program.nodes[i].op != RFT_OP_rope_kv)
            continue;
        memcpy(&rope, program.nodes[i].args.bytes, sizeof rope);
        memcpy(&attention, program.nodes[i + 1].args.bytes, sizeof attention);
        memcpy(&matmul, program.nodes[i - 1].args.bytes, sizeof matmul);
        assert_int_equal(rope.prompt_kv, prompt_kv + layer * 6 * page_bytes);
        assert_int_equal(rope.own_kv, own_kv + layer * 8 * page_bytes);
        assert_int_equal(attention.prompt_kv, rope.prompt_kv);
        assert_int_equal(attention.own_kv, rope.own_kv);
        assert_int_equal(matmul.weight, rft_weights_layer(&s.weights, layer, RFT_LAYER_QKV)->matrix.range.address);
        layer++;
    }
    assert_int_equal(layer, s.config.n_layers);
    rft_program_finish(&program);
    rft_weights_finish(&s.weights);
}

static enum rft_status make_step(void *user)
{
    struct setting *s = user;
    struct rft_program program = { 0 };
    enum rft_status status = rft_decode_step(&s->weights, &s->work.decode, &s->work.sampler, &filtered, &program);
    rft_program_finish(&program);
    return status;
}

static void test_alloc_faults(void **state)
{
    struct setting s = { .config = rft_test_config() };
    (void)state;
    assert_int_equal(set_up(&s), RFT_OK);
    assert_true(rft_test_alloc_faults(make_step, &s) >= 2);
    rft_weights_finish(&s.weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_programs), cmocka_unit_test(test_layers),
                                        cmocka_unit_test(test_alloc_faults) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
