/* SPDX-License-Identifier: MIT */
/* Log-probabilities of drawn tokens against double precision, and that nothing but the model and the text before a
 * token shows in them: neither temperatures nor filters, neither the schedule nor what is computed beside it. */
#include "arith.h"
#include "checkpoint_builder.h"
#include "chunk.h"
#include "cpu_reference.h"
#include "forward.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 1e-5 /* of a log-probability, absolute; 2^-22 of it beyond 10 */
#define N_REQUESTS 24u
#define N_CHECKED 7u /* against the truth */
#define N_NEW 40u
#define N_PROMPT 21u
#define VOCAB_MAX 2123u

static double bound_of(double logprob)
{
    return ERROR_MAX + fabs(logprob) * 0x1p-22;
}

/* ln softmax(logits)[id] over the entries in mask. */
static double true_logprob(const float *logits, const uint32_t *mask, uint32_t vocab, uint32_t id)
{
    double max = -INFINITY, sum = 0;
    for (uint32_t v = 0; v < vocab; v++)
        if (mask[v / 32] >> v % 32 & 1u)
            max = fmax(max, (double)logits[v]);
    for (uint32_t v = 0; v < vocab; v++)
        if (mask[v / 32] >> v % 32 & 1u)
            sum += exp((double)logits[v] - max);
    return (double)logits[id] - max - log(sum);
}

/* What the kernels make of one row of logits when token `id` is drawn. */
static float kernels_logprob(const float *logits, const uint32_t *mask, uint32_t vocab, uint32_t id)
{
    static struct rft_score scores[128];
    struct rft_batch batch = {.n_rows = 1};
    struct rft_row row = {.state = RFT_ROW_RUNNING, .n_new_max = 2};
    const struct rft_candidate candidate = {1, id};
    float logprob = NAN;
    uint32_t token = UINT32_MAX;
    const struct rft_args_score score = {.batch = (uintptr_t)&batch,
                                         .rows = (uintptr_t)&row,
                                         .logits = (uintptr_t)logits,
                                         .mask = (uintptr_t)mask,
                                         .scores = (uintptr_t)scores,
                                         .vocab = vocab,
                                         .n_parts = rft_sample_n_parts(vocab)};
    const struct rft_args_advance advance = {.batch = score.batch,
                                             .rows = score.rows,
                                             .candidates = (uintptr_t)&candidate,
                                             .tokens = (uintptr_t)&token,
                                             .logits = score.logits,
                                             .scores = score.scores,
                                             .logprobs = (uintptr_t)&logprob,
                                             .n_parts = 1,
                                             .tokens_stride = 1,
                                             .vocab = vocab,
                                             .n_scores = score.n_parts};
    struct rft_node node = {.op = RFT_OP_score};
    assert_true(score.n_parts <= sizeof scores / sizeof *scores);
    memcpy(node.args.bytes, &score, sizeof score);
    cpu_reference_run(&node);
    node.op = RFT_OP_advance;
    memcpy(node.args.bytes, &advance, sizeof advance);
    cpu_reference_run(&node);
    assert_int_equal(token, id);
    return logprob;
}

/* Distributions from nearly even to nearly certain, of vocabularies of all sizes. */
static void test_kernels(void **state)
{
    static const uint32_t vocabs[] = {1, 63, 300, 2049, 49152, 151936, 262144};
    static const float spreads[] = {0.0f, 0.5f, 4.0f, 30.0f, 1000.0f, 0x1p40f};
    float *logits = malloc(262144 * sizeof *logits);
    uint32_t *mask = malloc(262144 / 8), random = 1;
    (void)state;
    assert_true(logits != NULL && mask != NULL);
    for (size_t i = 0; i < sizeof vocabs / sizeof *vocabs; i++) {
        double worst = 0;
        for (size_t j = 0; j < sizeof spreads / sizeof *spreads; j++) {
            memset(mask, 0xf7, 262144 / 8); /* but the fourth of every eight */
            for (uint32_t v = 0; v < vocabs[i]; v++) {
                random = random * 1664525u + 1013904223u;
                logits[v] = ((float)(random >> 8) * 0x1p-23f - 1.0f) * spreads[j] + 3.25f;
            }
            for (uint32_t k = 0; k < 5; k++) {
                const uint32_t id = k * (vocabs[i] / 5) / 8 * 8;
                const double truth = true_logprob(logits, mask, vocabs[i], id);
                const float got = kernels_logprob(logits, mask, vocabs[i], id);
                if (!(got <= 0.0f && fabs((double)got - truth) <= bound_of(truth)))
                    fail_msg("vocabulary of %u, spread %g: %.9g instead of %.9g", vocabs[i], (double)spreads[j],
                             (double)got, truth);
                worst = fabs(truth) < 100 ? fmax(worst, fabs((double)got - truth)) : worst;
            }
        }
        print_message("%6u entries: error %.1e at most, of log-probabilities above -100\n", vocabs[i], worst);
    }
    free(logits);
    free(mask);
}

/* A sample that was drawn. */
struct sample {
    uint32_t n;
    uint32_t tokens[N_NEW];
    float logprobs[N_NEW];
    bool has_logprobs;
};

/* How samples are drawn, beside what shapes them. */
struct way {
    const char *device;
    struct rft_sampling sampling;
    uint32_t slots, own_pages, burst; /* 0 pages: as many as slots can need */
    uint64_t block_bytes;             /* at most; 0: the device's */
};

static struct {
    struct rft_checkpoint checkpoint;
    uint32_t mask[(VOCAB_MAX + 31) / 32];
    uint32_t prompt[N_PROMPT];
    struct sample samples[N_REQUESTS];
    uint32_t n_drawn; /* tokens, those of evicted samples each time */
} model;

/* Samples end at a token that is rare enough, so that slots move. */
static enum rft_status cut(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept)
{
    (void)user;
    *n_kept = 0;
    for (uint32_t i = n_before; i < n && *n_kept == 0; i++)
        *n_kept = tokens[i] % 29 == 5 ? i + 1 : 0;
    return RFT_OK;
}

static enum rft_status keep(void *user, const struct rft_drawn *drawn)
{
    struct sample *s = &model.samples[drawn->sample];
    (void)user;
    s->n = drawn->n_tokens;
    s->has_logprobs = drawn->logprobs != NULL;
    memcpy(s->tokens, drawn->tokens, s->n * sizeof *s->tokens);
    if (s->has_logprobs)
        memcpy(s->logprobs, drawn->logprobs, s->n * sizeof *s->logprobs);
    return RFT_OK;
}

static enum rft_status count(void *user, uint32_t n_tokens)
{
    (void)user;
    model.n_drawn += n_tokens;
    return RFT_OK;
}

static void draw_group(struct rft_engine *engine, const struct rft_plan *plan)
{
    static const float temperatures[] = {0.8f, 0.0f, 1.6f};
    const struct rft_chunk_sink sink = {NULL, cut, keep, count, NULL};
    struct rft_request requests[N_REQUESTS];
    struct rft_prefix prefix = {0};
    struct rft_group group;
    struct rft_ids ids = {0};
    uint64_t n_rows;
    for (uint32_t i = 0; i < N_REQUESTS; i++)
        requests[i] = (struct rft_request){.sample = i, .key = 7, .temperature = temperatures[i % 3]};
    for (uint32_t i = 0; i < N_PROMPT; i++)
        assert_int_equal(rft_ids_append(&ids, model.prompt[i]), RFT_OK);
    assert_int_equal(rft_group_init(&group, 1, model.checkpoint.config.dim), RFT_OK);
    assert_int_equal(rft_group_add(&group, 0, &ids), RFT_OK);
    assert_int_equal(rft_group_prefill(&group, engine, plan, &prefix, &n_rows), RFT_OK);
    assert_int_equal(rft_chunk_run(engine, plan, &group, requests, N_REQUESTS, &sink), RFT_OK);
    rft_group_finish(&group);
    rft_prefix_finish(&prefix);
}

/* Fills model.samples. */
static void draw(const struct way *way)
{
    const struct rft_device_options options = {.n_threads = 1};
    const struct rft_draw_rules rules = {.sampling = way->sampling, .mask = model.mask};
    struct rft_engine engine;
    struct rft_memory memory;
    struct rft_plan plan;
    assert_int_equal(rft_engine_open(&engine, "cpu", way->device, &options, &memory), RFT_OK);
    if (way->block_bytes != 0)
        engine.dev.caps.block_bytes_max = way->block_bytes;
    struct rft_sizes sizes = {.config = model.checkpoint.config,
                              .caps = engine.dev.caps,
                              .n_questions = 1,
                              .n_samples = N_REQUESTS,
                              .n_prompt_max = N_PROMPT,
                              .n_new_max = N_NEW,
                              .is_filtered = rft_sampling_is_filtered(&way->sampling),
                              .is_scored = way->sampling.is_scored,
                              .budget_bytes = UINT64_MAX};
    sizes.caps.slots_wanted = way->slots;
    sizes.caps.burst_steps = way->burst;
    assert_int_equal(rft_plan_make(&sizes, &plan), RFT_OK);
    assert_int_equal(plan.step.n_rows, way->slots);
    if (way->own_pages != 0)
        plan.step.n_own_pages = way->own_pages;
    assert_int_equal(rft_engine_load(&engine, &model.checkpoint, &rules, plan.step.n_keys_max, 0), RFT_OK);
    memset(model.samples, 0, sizeof model.samples);
    model.n_drawn = 0;
    draw_group(&engine, &plan);
    rft_engine_close(&engine);
}

/* Against a forward pass of prompt and sample; returns the greatest error. */
static double check_sample(const struct sample *s)
{
    const uint32_t vocab = model.checkpoint.config.vocab_size, n = N_PROMPT + s->n;
    float *logits = malloc((size_t)n * vocab * sizeof *logits);
    uint32_t ids[N_PROMPT + N_NEW];
    const struct rft_test_sequence sequence = {.ids = ids, .n_prompt = N_PROMPT, .n = n};
    double worst = 0;
    assert_non_null(logits);
    memcpy(ids, model.prompt, sizeof model.prompt);
    memcpy(ids + N_PROMPT, s->tokens, s->n * sizeof *ids);
    assert_int_equal(rft_test_decode(&model.checkpoint, "", &sequence, logits), RFT_OK);
    for (uint32_t i = 0; i < s->n; i++) {
        const float *row = logits + (size_t)(N_PROMPT - 1 + i) * vocab;
        const double truth = true_logprob(row, model.mask, vocab, s->tokens[i]);
        assert_true(s->logprobs[i] <= 0.0f);
        worst = fmax(worst, fabs((double)s->logprobs[i] - truth));
        assert_true(fabs((double)s->logprobs[i] - truth) <= bound_of(truth));
    }
    free(logits);
    return worst;
}

/* The same tokens as `wanted`; where both are scored, the same bits. */
static void check_same(const struct sample wanted[N_REQUESTS], const struct way *way)
{
    for (uint32_t i = 0; i < N_REQUESTS; i++) {
        const struct sample *s = &model.samples[i], *w = &wanted[i];
        assert_int_equal(s->n, w->n);
        assert_memory_equal(s->tokens, w->tokens, w->n * sizeof *w->tokens);
        assert_true(s->has_logprobs == way->sampling.is_scored);
        if (s->has_logprobs && w->has_logprobs)
            assert_memory_equal(s->logprobs, w->logprobs, w->n * sizeof *w->logprobs);
    }
}

/* The first way is the one that others are compared with, and that is compared with the truth. */
static void check_ways(const char *name, const struct way *ways, uint32_t n_ways, struct sample wanted[N_REQUESTS])
{
    uint32_t n_tokens = 0;
    double worst = 0;
    draw(&ways[0]);
    memcpy(wanted, model.samples, sizeof model.samples);
    for (uint32_t i = 0; i < N_REQUESTS; i++) {
        assert_true(wanted[i].has_logprobs && wanted[i].n > 0);
        worst = i < N_CHECKED ? fmax(worst, check_sample(&wanted[i])) : worst;
        n_tokens += wanted[i].n;
    }
    for (uint32_t way = 1; way < n_ways; way++) {
        draw(&ways[way]);
        check_same(wanted, &ways[way]);
        assert_true(ways[way].own_pages == 0 || model.n_drawn > n_tokens); /* some were evicted */
    }
    print_message("%s: %u tokens, error %.1e at most\n", name, n_tokens, worst);
}

static void check_model(const char *name, const struct rft_model_config *config)
{
    const struct rft_sampling bare = {.top_p_65536 = 65536}, scored = {.top_p_65536 = 65536, .is_scored = true},
                              filtered = {30, 60000, 0.01f, false}, both = {30, 60000, 0.01f, true};
    const uint64_t block_bytes = (uint64_t)config->vocab_size * config->dim * 4 / 3; /* the head in two parts */
    const struct way of_all[] = {{"", scored, 24, 0, 100, 0},        {"", scored, 5, 0, 3, 0},
                                 {"plain", scored, 7, 5, 4, 0},      {"vector", scored, 8, 6, 7, 0},
                                 {"", scored, 3, 0, 5, block_bytes}, {"", bare, 24, 0, 100, 0},
                                 {"", bare, 4, 0, 2, block_bytes}};
    const struct way of_some[] = {{"", both, 24, 0, 100, 0}, {"plain", both, 6, 4, 3, 0}, {"", filtered, 9, 0, 8, 0}};
    static struct sample all[N_REQUESTS], some[N_REQUESTS];
    char dir[256];
    snprintf(dir, sizeof dir, "%s/%s", rft_test_tmp_dir(), name);
    rft_test_checkpoint_write(dir, config, RFT_DTYPE_BF16, config->dim, 1);
    assert_int_equal(rft_checkpoint_open(dir, &model.checkpoint), RFT_OK);
    for (uint32_t v = 0; v < config->vocab_size; v++)
        model.mask[v / 32] |= (uint32_t)(v % 37 != 3) << v % 32;
    for (uint32_t i = 0; i < N_PROMPT; i++)
        model.prompt[i] = (i * 7919 + 13) % config->vocab_size;
    check_ways(name, of_all, sizeof of_all / sizeof *of_all, all);
    check_ways(name, of_some, sizeof of_some / sizeof *of_some, some);
    for (uint32_t i = 1; i < N_REQUESTS; i += 3) /* greedy: no filter drops what they draw, and none shows */
        assert_memory_equal(&all[i], &some[i], sizeof all[i]);
    memset(model.mask, 0, sizeof model.mask);
    rft_checkpoint_close(&model.checkpoint);
}

static void test_samples(void **state)
{
    struct rft_model_config c = rft_test_config();
    (void)state;
    check_model("small", &c);
    c.vocab_size = 2123;
    c.dim = 100;
    c.logit_cap = 3.0;
    c.tied = false;
    check_model("wide", &c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kernels), cmocka_unit_test(test_samples)};
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
