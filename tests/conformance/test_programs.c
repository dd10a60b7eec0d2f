/* SPDX-License-Identifier: MIT */
/* Whole programs, kernel call by kernel call: on every device each call of a prefill and of some steps of random models
 * leaves what it leaves on the cpu's plain form. The first call that does not is named. */
#include "call_runner.h"
#include "checkpoint_builder.h"
#include "engine.h"
#include "formats_choice.h"
#include "memory_checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define N_PROMPT 37u
#define N_ROWS 5u
#define N_STEPS 4u
#define N_PROMPT_PAGES 3u
#define TRACE_MAX 512u

/* What one kernel call wrote. */
struct trace {
    uint32_t n;
    struct {
        char name[112];
        uint64_t hash;
    } calls[TRACE_MAX];
};

struct model {
    struct rft_engine engine;
    struct rft_pool pages_pool, prefill_pool, step_pool;
    struct rft_range *pages;
    struct rft_work prefill, step;
    struct rft_program prefill_program, step_program;
};

static enum rft_status hash_range(struct model *m, struct rft_range range, uint64_t *hash)
{
    struct rft_slice slice = {0};
    uint8_t *bytes = rft_alloc((size_t)range.bytes, 1);
    enum rft_status status;
    if (bytes == NULL)
        return RFT_ERR_HOST_MEMORY;
    assert_true(rft_pool_find(&m->pages_pool, range, &slice) || rft_pool_find(&m->prefill_pool, range, &slice) ||
                rft_pool_find(&m->step_pool, range, &slice));
    status = rft_dev_read(&m->engine.dev, slice, bytes);
    *hash = XXH64(bytes, (size_t)range.bytes, *hash);
    rft_free(bytes);
    return status;
}

static enum rft_status run_call(struct model *m, const struct rft_node *node, uint64_t *hash)
{
    struct rft_program program = {.name = "one call"};
    struct rft_exec *exec = NULL;
    enum rft_status status;
    RFT_TRY(rft_program_add(&program, node));
    status = rft_dev_exec_create(&m->engine.dev, &program, &exec);
    rft_program_finish(&program);
    if (status == RFT_OK)
        status = rft_dev_run(&m->engine.dev, exec, 1);
    rft_dev_exec_destroy(&m->engine.dev, exec);
    for (uint32_t i = 0; status == RFT_OK && i < node->n_writes; i++) {
        uint64_t address = node->writes[i].address;
        bool is_scratch = address == m->prefill.decode.scratch.address || address == m->step.decode.scratch.address;
        if (!is_scratch && node->writes[i].bytes != 0)
            status = hash_range(m, node->writes[i], hash);
    }
    return status;
}

static enum rft_status run_calls(struct model *m, const struct rft_program *program, uint32_t turn, struct trace *trace)
{
    for (size_t i = 0; i < program->n_nodes; i++) {
        const struct rft_node *node = &program->nodes[i];
        assert_true(trace->n < TRACE_MAX);
        snprintf(trace->calls[trace->n].name, sizeof trace->calls[0].name, "%s %" PRIu32 ", call %zu: %s, %s",
                 program->name, turn, i, rft_op_name(node->op), node->label);
        RFT_TRY(run_call(m, node, &trace->calls[trace->n].hash));
        trace->n++;
    }
    return RFT_OK;
}

/* Programs differ by whether tokens are filtered, and whether they are scored. */
static const struct rft_sampling samplings[] = {
    {.top_k = 40, .top_p_65536 = 60000, .min_p = 0.01f},
    {.top_p_65536 = 65536},
    {.top_k = 40, .top_p_65536 = 60000, .min_p = 0.01f, .is_scored = true},
    {.top_p_65536 = 65536, .is_scored = true},
};
#define N_SAMPLINGS (sizeof samplings / sizeof *samplings)

static enum rft_status take(struct model *m, const struct rft_sampling *sampling)
{
    struct rft_work_shape shape = {.n_scratch = m->engine.dev.caps.n_scratch,
                                   .n_rows = N_PROMPT,
                                   .n_keys_max = N_PROMPT,
                                   .n_table_entries = N_PROMPT_PAGES};
    RFT_TRY(rft_engine_take_pages(&m->engine, "prompts", N_PROMPT_PAGES, &m->pages_pool, &m->pages));
    RFT_TRY(rft_engine_take(&m->engine, "prefill", &shape, &m->prefill_pool, &m->prefill));
    shape.n_rows = N_ROWS;
    shape.n_keys_max = N_PROMPT + N_STEPS;
    shape.n_table_entries = N_PROMPT_PAGES + N_ROWS;
    shape.n_own_pages = N_ROWS;
    shape.n_new_max = N_STEPS;
    shape.n_eos = 1;
    shape.is_filtered = rft_sampling_is_filtered(sampling);
    shape.is_scored = sampling->is_scored;
    RFT_TRY(rft_engine_take(&m->engine, "step", &shape, &m->step_pool, &m->step));
    m->prefill.decode.prompt_kv = m->step.decode.prompt_kv = m->pages;
    return RFT_OK;
}

static enum rft_status write_prompt(struct model *m, uint32_t vocab)
{
    static const uint32_t table[N_PROMPT_PAGES] = {2, 0, 1};
    const struct rft_batch batch = {.n_rows = N_PROMPT};
    struct rft_row rows[N_PROMPT];
    for (uint32_t i = 0; i < N_PROMPT; i++)
        rows[i] = (struct rft_row){
            .token = (i * 7919 + 13) % vocab, .position = i, .n_prompt = N_PROMPT, .state = RFT_ROW_RUNNING};
    RFT_TRY(rft_dev_write(&m->engine.dev, m->prefill.batch, &batch));
    RFT_TRY(rft_dev_write(&m->engine.dev, m->prefill.rows, rows));
    return rft_dev_write(&m->engine.dev, m->prefill.tables, table);
}

/* Samples of the prompt: each begins with the hidden state of its last token; row 3 is idle. */
static enum rft_status write_samples(struct model *m, const struct rft_model_config *config)
{
    static const uint32_t tables[N_PROMPT_PAGES + N_ROWS] = {2, 0, 1, 4, 3, 2, 1, 0};
    static const uint32_t no_token = UINT32_MAX;
    static uint8_t h[4096];
    static uint32_t mask[64];
    const struct rft_batch batch = {.n_rows = N_ROWS};
    struct rft_dev *dev = &m->engine.dev;
    uint64_t h_bytes = rft_h_bytes(config->dim);
    struct rft_row rows[N_ROWS];
    assert_true(h_bytes <= sizeof h && config->vocab_size <= sizeof mask * 8);
    memset(mask, 0xdf, sizeof mask);
    for (uint32_t i = 0; i < N_ROWS; i++) {
        rows[i] = (struct rft_row){.position = N_PROMPT - 1,
                                   .n_prompt = N_PROMPT,
                                   .own_table = N_PROMPT_PAGES + i,
                                   .state = i == 3 ? RFT_ROW_STOP : RFT_ROW_RUNNING,
                                   .n_new_max = N_STEPS - i % 2,
                                   .sample_index = i,
                                   .key0 = 1,
                                   .key1 = 2};
        rft_row_set_temperature(&rows[i], i == 1 ? 0.0f : 0.6f + 0.3f * (float)i);
    }
    RFT_TRY(rft_dev_read(dev, rft_slice_part(m->prefill.h, (N_PROMPT - 1) * h_bytes, h_bytes), h));
    for (uint32_t i = 0; i < N_ROWS; i++)
        RFT_TRY(rft_dev_write(dev, rft_slice_part(m->step.h, i * h_bytes, h_bytes), h));
    RFT_TRY(rft_dev_write(dev, m->step.batch, &batch));
    RFT_TRY(rft_dev_write(dev, m->step.rows, rows));
    RFT_TRY(rft_dev_write(dev, m->step.tables, tables));
    RFT_TRY(rft_dev_write(dev, m->step.eos, &no_token));
    return rft_dev_write(dev, m->step.mask, mask);
}

static enum rft_status run(struct model *m, const struct rft_checkpoint *checkpoint,
                           const struct rft_test_device *device, const struct rft_sampling *sampling,
                           struct trace *trace)
{
    const struct rft_device_options options = {.n_threads = 2, .is_unchecked = true};
    const struct rft_draw_rules none = {0};
    RFT_TRY(rft_dev_open_at(device->backend, device->index, &device->info, &options, &m->engine.dev));
    RFT_TRY(rft_engine_load(&m->engine, checkpoint, &none, N_PROMPT + N_STEPS, 0));
    RFT_TRY(take(m, sampling));
    RFT_TRY(rft_decode_prefill(&m->engine.weights, &m->prefill.decode, &m->prefill_program));
    RFT_TRY(rft_decode_step(&m->engine.weights, &m->step.decode, &m->step.sampler, sampling, &m->step_program));
    RFT_TRY(write_prompt(m, checkpoint->config.vocab_size));
    RFT_TRY(run_calls(m, &m->prefill_program, 0, trace));
    RFT_TRY(write_samples(m, &checkpoint->config));
    for (uint32_t step = 0; step < N_STEPS; step++)
        RFT_TRY(run_calls(m, &m->step_program, step, trace));
    return RFT_OK;
}

static void make_trace(const struct rft_checkpoint *checkpoint, const struct rft_test_device *device,
                       const struct rft_sampling *sampling, struct trace *trace)
{
    static struct model m;
    enum rft_status status;
    memset(&m, 0, sizeof m);
    memset(trace, 0, sizeof *trace);
    status = run(&m, checkpoint, device, sampling, trace);
    rft_program_finish(&m.prefill_program);
    rft_program_finish(&m.step_program);
    rft_engine_give(&m.step_pool, &m.step);
    rft_engine_give(&m.prefill_pool, &m.prefill);
    rft_engine_give_pages(&m.pages_pool, &m.pages);
    rft_engine_close(&m.engine);
    if (status != RFT_OK)
        fail_msg("%s: %s", device->name, rft_status_text(status));
}

/* The cpu's plain form. */
static struct rft_test_device plain_device(void)
{
    static struct rft_device_info infos[8];
    struct rft_test_device plain = {.backend = rft_test_cpu(), .name = "cpu:plain"};
    uint32_t n;
    assert_int_equal(plain.backend->enumerate(infos, 8, &n), RFT_OK);
    plain.index = n - 1;
    plain.info = infos[n - 1];
    assert_string_equal(plain.info.name, "plain");
    return plain;
}

/* The calls of all layers: five each, one more for each of q, k and v that is a matrix of its own, and one where
 * attention cannot quantise what it writes. */
static uint32_t n_layer_calls(const struct rft_checkpoint *checkpoint)
{
    const struct rft_model_config *c = &checkpoint->config;
    uint32_t n = 0;
    for (uint32_t layer = 0; layer < c->n_layers; layer++) {
        const struct rft_layer_formats *f = &checkpoint->formats.layers[layer];
        n += 5u + (f->q != f->k ? 1 : 0) + (f->k != f->v ? 1 : 0);
        n += f->o != RFT_FORMAT_BF16 && c->n_heads / c->n_kv_heads * c->head_dim % RFT_QUANT_BLOCK != 0 ? 1 : 0;
    }
    return n;
}

/* On all devices; returns on how many a call wrote something else. */
static uint32_t check_sampling(const char *name, const struct rft_checkpoint *checkpoint,
                               const struct rft_sampling *sampling)
{
    static struct rft_test_device devices[RFT_TEST_DEVICES_MAX];
    static struct trace wanted, got;
    const struct rft_test_device plain = plain_device();
    uint32_t n = rft_test_devices(devices), n_failed = 0;
    make_trace(checkpoint, &plain, sampling, &wanted);
    const uint32_t n_filter = rft_sampling_is_filtered(sampling) ? 1 : 0,
                   n_logits = rft_sampling_has_logits(sampling) ? 1 : 0;
    assert_int_equal(wanted.n, 1 + N_STEPS * (3 + n_logits + n_filter + (sampling->is_scored ? 1 : 0)) +
                                   (1 + N_STEPS) * n_layer_calls(checkpoint));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t call = 0;
        if (devices[i].has_own_integers_only && !rft_formats_have_integers(&checkpoint->formats))
            continue;
        make_trace(checkpoint, &devices[i], sampling, &got);
        assert_int_equal(got.n, wanted.n);
        while (call < wanted.n && got.calls[call].hash == wanted.calls[call].hash)
            call++;
        if (call < wanted.n) {
            print_error("%s, %s: %s wrote something else\n", devices[i].name, name, wanted.calls[call].name);
            n_failed++;
        }
    }
    return n_failed;
}

static uint32_t check_model(const char *name, const struct rft_model_config *config)
{
    struct rft_checkpoint checkpoint;
    uint32_t n_failed = 0;
    char dir[256];
    snprintf(dir, sizeof dir, "%s/%s", rft_test_tmp_dir(), name);
    rft_test_checkpoint_write(dir, config, RFT_DTYPE_BF16, config->dim, 1);
    assert_int_equal(rft_checkpoint_open(dir, &checkpoint), RFT_OK);
    for (size_t i = 0; i < N_SAMPLINGS; i++)
        n_failed += check_sampling(name, &checkpoint, &samplings[i]);
    rft_checkpoint_close(&checkpoint);
    return n_failed;
}

static void test_calls(void **state)
{
    struct rft_model_config c = rft_test_config();
    uint32_t n_failed;
    (void)state;
    n_failed = check_model("small", &c);
    c.dim = 100;
    c.n_heads = 6;
    c.n_kv_heads = 1;
    c.head_dim = 40;
    c.ffn_dim = 86;
    c.vocab_size = 515;
    c.tied = false;
    n_failed += check_model("odd", &c);
    c.dim = 576;
    c.n_heads = 9;
    c.n_kv_heads = 3;
    c.head_dim = 64;
    c.ffn_dim = 400;
    c.n_layers = 3;
    c.tied = true;
    n_failed += check_model("smol", &c);
    assert_int_equal(n_failed, 0);
}

/* Models of which every matrix is stored in another way; tensors by a part of their names. */
static const struct stored {
    const char *part;
    enum rft_dtype dtype;
} stored[2][8] = {
    {{"q_proj", RFT_DTYPE_Q4_K},
     {"k_proj", RFT_DTYPE_Q5_K},
     {"v_proj", RFT_DTYPE_Q6_K},
     {"o_proj", RFT_DTYPE_Q5_0},
     {"gate_proj", RFT_DTYPE_Q4_1},
     {"up_proj", RFT_DTYPE_Q4_1},
     {"down_proj", RFT_DTYPE_Q8_0},
     {"embed_tokens", RFT_DTYPE_Q6_K}},
    {{"q_proj", RFT_DTYPE_Q3_K},
     {"k_proj", RFT_DTYPE_Q3_K},
     {"o_proj", RFT_DTYPE_Q2_K},
     {"gate_proj", RFT_DTYPE_Q4_0},
     {"up_proj", RFT_DTYPE_Q4_0},
     {"down_proj", RFT_DTYPE_Q5_1},
     {"embed_tokens", RFT_DTYPE_Q8_0},
     {"lm_head", RFT_DTYPE_IQ4_XS}},
};

static void test_calls_of_integers(void **state)
{
    struct rft_model_config c = rft_test_config();
    uint32_t n_failed = 0;
    (void)state;
    c.dim = 256;
    c.n_heads = 4;
    c.ffn_dim = 512;
    for (uint32_t i = 0; i < 3; i++) {
        struct rft_checkpoint checkpoint;
        c.tied = i == 0;
        c.n_kv_heads = i < 2 ? 2 : 4; /* at last: heads of no whole blocks */
        c.head_dim = i < 2 ? 64 : 40;
        rft_test_rope(&c, NULL);
        rft_test_memory_checkpoint(&c, 3 + i, &checkpoint);
        for (size_t k = 0; i < 2 && k < sizeof stored[i] / sizeof stored[i][0]; k++)
            rft_test_memory_quantise(&checkpoint, stored[i][k].part, stored[i][k].dtype);
        rft_formats_choose(&checkpoint, i == 0 ? RFT_COMPUTE_AUTO : RFT_COMPUTE_INT8); /* int8: v is F32 */
        for (size_t s = 0; s < 2; s++)
            n_failed += check_sampling(i == 0 ? "integers" : "int8", &checkpoint, &samplings[s]);
        rft_test_memory_checkpoint_finish(&checkpoint);
    }
    assert_int_equal(n_failed, 0);
}

/* Traces tell models apart, so they would tell a wrong call. */
static void test_traces_differ(void **state)
{
    static struct trace traces[2][N_SAMPLINGS];
    const struct rft_test_device plain = plain_device();
    struct rft_model_config c = rft_test_config();
    struct rft_checkpoint checkpoint;
    char dir[256];
    (void)state;
    for (uint32_t seed = 1; seed <= 2; seed++) {
        snprintf(dir, sizeof dir, "%s/seed%u", rft_test_tmp_dir(), seed);
        rft_test_checkpoint_write(dir, &c, RFT_DTYPE_BF16, seed, 1);
        assert_int_equal(rft_checkpoint_open(dir, &checkpoint), RFT_OK);
        for (size_t i = 0; i < N_SAMPLINGS; i++)
            make_trace(&checkpoint, &plain, &samplings[i], &traces[seed - 1][i]);
        rft_checkpoint_close(&checkpoint);
    }
    for (size_t s = 0; s < N_SAMPLINGS; s++) {
        const struct trace *a = &traces[0][s], *b = &traces[1][s];
        for (uint32_t i = 0; i < a->n; i++)
            if (strstr(a->calls[i].name, "advance") == NULL && strstr(a->calls[i].name, "sample") == NULL)
                assert_true(a->calls[i].hash != b->calls[i].hash);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls), cmocka_unit_test(test_calls_of_integers),
                                       cmocka_unit_test(test_traces_differ)};
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
