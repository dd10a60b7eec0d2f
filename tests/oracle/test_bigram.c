/* SPDX-License-Identifier: MIT */
/* The sampler against arithmetic: after a token of class c, the bigram checkpoint (make_bigram.py) gives every next
 * token a probability that is known exactly, whatever came before. Fixed seeds, so a result is the same every time. */
#include "support.h"
#include "file.h"
#include "job.h"

#include "arith.h"
#include "chunk.h"
#include "prefix.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOCAB 260u
#define HOLE 259u
#define N_CLASSES_MAX 8u
#define N_DRAWS 20000u

static struct {
    json_t *json;
    uint32_t n_classes;
    uint32_t token_of_class[N_CLASSES_MAX]; /* one of its tokens */
    double logits[N_CLASSES_MAX][VOCAB];
} bigram;

static struct {
    struct rft_checkpoint checkpoint;
    struct rft_engine engine;
    struct rft_plan plan;
    uint32_t mask[(VOCAB + 31) / 32];
    uint32_t *tokens; /* [N_DRAWS]: what the sink was given */
} model;

static int load(void **state)
{
    json_error_t error;
    (void)state;
    rft_alloc_hook_json();
    bigram.json = json_load_file(rft_test_path("tests/oracle/data/bigram.json"), 0, &error);
    assert_non_null(bigram.json);
    bigram.n_classes = (uint32_t)json_array_size(json_object_get(bigram.json, "classes"));
    assert_true(bigram.n_classes <= N_CLASSES_MAX);
    for (uint32_t v = VOCAB; v-- > 0;)
        bigram.token_of_class[json_integer_value(json_array_get(json_object_get(bigram.json, "class_of_token"), v))] =
            v;
    for (uint32_t c = 0; c < bigram.n_classes; c++)
        for (uint32_t v = 0; v < VOCAB; v++)
            bigram.logits[c][v] =
                json_number_value(json_array_get(json_array_get(json_object_get(bigram.json, "class_logits"), c), v));
    assert_int_equal(rft_checkpoint_open(rft_test_path("tests/oracle/data/bigram"), &model.checkpoint), RFT_OK);
    for (uint32_t v = 0; v < VOCAB; v++)
        model.mask[v / 32] |= v == HOLE ? 0 : 1u << v % 32;
    model.tokens = calloc(N_DRAWS, sizeof *model.tokens);
    assert_non_null(model.tokens);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    json_decref(bigram.json);
    rft_checkpoint_close(&model.checkpoint);
    free(model.tokens);
    return 0;
}

/* How tokens are drawn. */
struct drawing {
    float temperature;
    struct rft_sampling sampling;
};

static void open_model(const char *device, struct rft_sampling sampling)
{
    const struct rft_device_options options = {.n_threads = 1};
    const struct rft_draw_rules rules = {.sampling = sampling, .mask = model.mask};
    struct rft_memory memory;
    assert_int_equal(rft_engine_open(&model.engine, "cpu", device, &options, &memory), RFT_OK);
    const struct rft_sizes sizes = {.config = model.checkpoint.config,
                                    .caps = model.engine.dev.caps,
                                    .n_questions = 1,
                                    .n_samples = N_DRAWS,
                                    .n_prompt_max = 1,
                                    .n_new_max = 1,
                                    .is_filtered = rft_sampling_is_filtered(&sampling),
                                    .budget_bytes = UINT64_MAX};
    assert_int_equal(rft_plan_make(&sizes, &model.plan), RFT_OK);
    assert_int_equal(rft_engine_load(&model.engine, &model.checkpoint, &rules, model.plan.step.n_keys_max, 0), RFT_OK);
}

static enum rft_status no_cut(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept)
{
    (void)user;
    (void)tokens;
    (void)n_before;
    (void)n;
    *n_kept = 0;
    return RFT_OK;
}

static enum rft_status keep_token(void *user, const struct rft_drawn *drawn)
{
    (void)user;
    assert_int_equal(drawn->finish, RFT_FINISH_LENGTH);
    assert_int_equal(drawn->n_tokens, 1);
    model.tokens[drawn->sample] = drawn->tokens[0];
    return RFT_OK;
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    (void)user;
    (void)n_tokens;
    return RFT_OK;
}

/* Draws n next tokens after a prompt that is one token: number i at temperature i mod n_temperatures. */
static void draw_sweep(uint32_t token, uint64_t key, const float *temperatures, uint32_t n_temperatures, uint32_t n)
{
    const struct rft_chunk_sink sink = {NULL, no_cut, keep_token, go_on, NULL};
    struct rft_request *requests = rft_alloc(n, sizeof *requests);
    struct rft_prefix prefix = {0};
    struct rft_group group;
    struct rft_ids ids = {0};
    uint64_t n_rows;
    assert_non_null(requests);
    for (uint32_t i = 0; i < n; i++)
        requests[i] = (struct rft_request){.sample = i, .key = key, .temperature = temperatures[i % n_temperatures]};
    assert_int_equal(rft_group_init(&group, 1, model.checkpoint.config.dim), RFT_OK);
    assert_int_equal(rft_ids_append(&ids, token), RFT_OK);
    assert_int_equal(rft_group_add(&group, 0, &ids), RFT_OK);
    assert_int_equal(rft_group_prefill(&group, &model.engine, &model.plan, &prefix, &n_rows), RFT_OK);
    assert_int_equal(rft_chunk_run(&model.engine, &model.plan, &group, requests, n, &sink), RFT_OK);
    rft_group_finish(&group);
    rft_prefix_finish(&prefix);
    rft_free(requests);
}

static void draw(uint32_t token, uint64_t key, float temperature, uint32_t n)
{
    draw_sweep(token, key, &temperature, 1, n);
}

/* Probabilities with the filters in their order: temperature, top-k, top-p, min-p. What is dropped has 0. */
static void expected_of(uint32_t c, const struct drawing *d, double p[VOCAB])
{
    uint32_t order[VOCAB], n = 0, n_kept;
    double sum = 0, cumulated = 0, temperature = d->temperature;
    const struct rft_sampling *s = &d->sampling;
    for (uint32_t v = 0; v < VOCAB; v++)
        if (v != HOLE)
            order[n++] = v;
    for (uint32_t i = 1; i < n; i++) /* by logit descending, then id ascending */
        for (uint32_t j = i; j > 0 && bigram.logits[c][order[j]] > bigram.logits[c][order[j - 1]]; j--) {
            uint32_t swap = order[j];
            order[j] = order[j - 1];
            order[j - 1] = swap;
        }
    n_kept = s->top_k == 0 || s->top_k > n ? n : s->top_k;
    while (n_kept < n && bigram.logits[c][order[n_kept]] == bigram.logits[c][order[n_kept - 1]])
        n_kept++; /* ties with the k-th stay */
    memset(p, 0, VOCAB * sizeof *p);
    for (uint32_t i = 0; i < n_kept; i++)
        sum += p[order[i]] = exp((bigram.logits[c][order[i]] - bigram.logits[c][order[0]]) / temperature);
    for (uint32_t i = 0; i < n_kept; i++) {
        if (cumulated >= sum * s->top_p_65536 / 65536 || p[order[i]] < (double)s->min_p)
            p[order[i]] = 0;
        else
            cumulated += p[order[i]];
    }
    for (uint32_t v = 0; v < VOCAB; v++)
        p[v] /= cumulated;
}

/* Pearson's statistic; tokens that are too rare for it are one bin. */
static void check_counts(const char *what, uint32_t n, const double p[VOCAB])
{
    uint32_t counts[VOCAB] = {0}, n_bins = 0, n_rare = 0;
    double chi2 = 0, rare_p = 0, limit;
    for (uint32_t i = 0; i < n; i++) {
        assert_true(model.tokens[i] < VOCAB);
        counts[model.tokens[i]]++;
    }
    for (uint32_t v = 0; v < VOCAB; v++) {
        if (p[v] == 0 && counts[v] != 0)
            fail_msg("%s: token %u was drawn %u times and cannot be", what, v, counts[v]);
        if (p[v] * n < 5) {
            rare_p += p[v];
            n_rare += counts[v];
            continue;
        }
        if (counts[v] == 0)
            fail_msg("%s: token %u was never drawn; %.0f times were expected", what, v, p[v] * n);
        chi2 += (counts[v] - p[v] * n) * (counts[v] - p[v] * n) / (p[v] * n);
        n_bins++;
    }
    if (rare_p * n >= 5) {
        chi2 += (n_rare - rare_p * n) * (n_rare - rare_p * n) / (rare_p * n);
        n_bins++;
    } else if (n_rare > 25) {
        fail_msg("%s: %u rare tokens, %.1f were expected", what, n_rare, rare_p * n);
    }
    assert_true(n_bins >= 1);
    limit = n_bins - 1 + 4 * sqrt(2.0 * (n_bins - 1)) + 1e-9; /* four standard deviations above the mean */
    print_message("%-44s chi-square %7.2f, %3u bins, limit %7.2f\n", what, chi2, n_bins, limit);
    if (chi2 > limit)
        fail_msg("%s: chi-square %.2f of %u bins is beyond %.2f", what, chi2, n_bins, limit);
}

static const struct drawing drawings[] = {
    {1.0f, {0, 65536, 0, false}},    {0.7f, {0, 65536, 0, false}},   {2.5f, {0, 65536, 0, false}},
    {1.0f, {1, 65536, 0, false}},    {1.0f, {10, 65536, 0, false}},  {1.0f, {0, 32768, 0, false}},
    {0.7f, {0, 58982, 0, false}},    {1.0f, {0, 1, 0, false}},       {1.0f, {0, 65536, 0.25f, false}},
    {1.5f, {0, 65536, 0.5f, false}}, {1.0f, {100, 58982, 0, false}}, {1.3f, {100, 52429, 0.3f, false}},
    {1.0f, {7, 65536, 0.9f, false}},
};

static void test_distributions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; i++) {
        const struct drawing *d = &drawings[i];
        const struct rft_sampling *s = &d->sampling;
        open_model("", *s);
        for (uint32_t c = 0; c < bigram.n_classes; c++) {
            double p[VOCAB];
            char what[96];
            snprintf(what, sizeof what, "%s T=%.1f top_k=%u top_p=%.4f min_p=%.2f",
                     json_string_value(json_array_get(json_object_get(bigram.json, "classes"), c)),
                     (double)d->temperature, s->top_k, s->top_p_65536 / 65536.0, (double)s->min_p);
            expected_of(c, d, p);
            draw(bigram.token_of_class[c], 1000 * i + c, d->temperature, N_DRAWS);
            check_counts(what, N_DRAWS, p);
        }
        rft_engine_close(&model.engine);
    }
}

/* The statistic notices a sampler that is a little wrong: counts of T = 1 against probabilities of T = 1.15, say. */
static void test_statistic_notices(void **state)
{
    uint32_t noise = 5;
    double p[VOCAB], q[VOCAB], chi2 = 0;
    struct drawing d = drawings[0];
    (void)state;
    assert_string_equal(json_string_value(json_array_get(json_object_get(bigram.json, "classes"), noise)), "noise");
    expected_of(noise, &d, p);
    d.temperature = 1.15f;
    expected_of(noise, &d, q);
    for (uint32_t v = 0; v < VOCAB; v++)
        chi2 += q[v] * N_DRAWS < 5 ? 0 : N_DRAWS * (p[v] - q[v]) * (p[v] - q[v]) / q[v];
    assert_true(chi2 > 2 * 4 * sqrt(2.0 * 220)); /* what it adds to the mean: twice the limit's distance */
}

static void test_greedy(void **state)
{
    (void)state;
    open_model("", (struct rft_sampling){.top_p_65536 = 65536});
    for (uint32_t c = 0; c < bigram.n_classes; c++) {
        uint32_t best = 0;
        for (uint32_t v = 1; v < VOCAB; v++)
            if (v != HOLE && bigram.logits[c][v] > bigram.logits[c][best])
                best = v;
        draw(bigram.token_of_class[c], c, 0, 100);
        for (uint32_t i = 0; i < 100; i++)
            assert_int_equal(model.tokens[i], best);
    }
    rft_engine_close(&model.engine);
}

/* The plain form draws the same tokens as the fastest. */
static void test_plain_draws_the_same(void **state)
{
    static uint32_t fastest[2000];
    (void)state;
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; i++) {
        open_model("", drawings[i].sampling);
        draw('~', i, drawings[i].temperature, 2000);
        memcpy(fastest, model.tokens, sizeof fastest);
        rft_engine_close(&model.engine);
        open_model("plain", drawings[i].sampling);
        draw('~', i, drawings[i].temperature, 2000);
        assert_memory_equal(model.tokens, fastest, sizeof fastest);
        rft_engine_close(&model.engine);
    }
}

/* Rows of other temperatures beside it do not change a draw, filtered or not, in no form. */
static void test_sweep_draws_the_same(void **state)
{
    static const float temperatures[] = {0.7f, 0.0f, 2.5f};
    static const struct rft_sampling of[] = {{0, 65536, 0, false}, {20, 58982, 0.01f, false}};
    static uint32_t alone[3][300];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        open_model(i % 2 == 0 ? "" : "plain", of[i / 2]);
        for (uint32_t t = 0; t < 3; t++) {
            draw('~', i, temperatures[t], 300);
            memcpy(alone[t], model.tokens, sizeof alone[t]);
        }
        draw_sweep('~', i, temperatures, 3, 300);
        for (uint32_t n = 0; n < 300; n++)
            assert_int_equal(model.tokens[n], alone[n % 3][n]);
        assert_memory_not_equal(alone[0], alone[2], sizeof alone[0]);
        rft_engine_close(&model.engine);
    }
}

/* Counts of a finished job's records. */
struct totals {
    uint32_t n, n_accepted, n_length;
    uint64_t n_tokens;
    uint32_t n_by_gold[10];
};

static void read_totals(const struct rft_test_job *job, struct totals *t)
{
    struct rft_str text;
    *t = (struct totals){0};
    assert_int_equal(rft_file_read(rft_test_job_path(job, ".records"), UINT64_MAX, &text), RFT_OK);
    for (char *line = strtok(text.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_error_t error;
        json_t *record = json_loads(line, 0, &error);
        assert_non_null(record);
        if (json_object_get(record, "sample") != NULL) {
            t->n++;
            t->n_accepted += json_is_true(json_object_get(record, "accepted")) ? 1 : 0;
            t->n_length += strcmp(json_string_value(json_object_get(record, "finish")), "length") == 0 ? 1 : 0;
            t->n_tokens += (uint64_t)json_integer_value(json_object_get(record, "tokens"));
            t->n_by_gold[atoi(json_string_value(json_object_get(record, "gold")))]++;
        }
        json_decref(record);
    }
    rft_str_finish(&text);
}

static double member(json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void check_rate(const char *what, double got, double mean, double sd)
{
    print_message("%-24s %9.1f, expected %9.1f, %5.2f standard deviations\n", what, got, mean,
                  sd > 0 ? (got - mean) / sd : 0.0);
    if (fabs(got - mean) > 4 * sd + 1e-6)
        fail_msg("%s: %.1f is too far from %.1f", what, got, mean);
}

static void check_job(json_t *expected, bool accept_cut_off)
{
    char model_path[512], questions[512], template_path[512], temperature[64], max_new[64];
    const struct rft_test_job job = {"bigram",
                                     {model_path, questions, template_path, temperature, max_new, "data.limit=all",
                                      "generate.samples=250", "generate.stop=", "generate.chunk=auto",
                                      "generate.questions_in_flight=auto", "generate.seed=3",
                                      accept_cut_off ? "verify.cut_off=accept" : "verify.cut_off=reject"},
                                     false};
    json_t *by_gold = json_object_get(expected, "p_accept_by_gold");
    double mean = 0, variance = 0, p_length = member(expected, "p_length"), factor;
    struct totals t;
    snprintf(model_path, sizeof model_path, "model.path=%s", rft_test_path("tests/oracle/data/bigram"));
    snprintf(questions, sizeof questions, "data.questions=%s",
             rft_test_path("tests/oracle/data/bigram/questions.json"));
    snprintf(template_path, sizeof template_path, "prompt.template=%s",
             rft_test_path("tests/oracle/data/bigram/prompt.txt"));
    snprintf(temperature, sizeof temperature, "generate.temperature=%.1f", member(expected, "temperature"));
    snprintf(max_new, sizeof max_new, "generate.max_new_tokens=%.0f", member(expected, "max_new_tokens"));
    rft_test_job_clean(&job);
    assert_int_equal(rft_test_job_run(&job), RFT_OK);
    read_totals(&job, &t);
    assert_true(t.n >= 10000);
    /* accepting cut-offs raises every gold's rate alike: an answer that is complete does not depend on what follows */
    factor = accept_cut_off ? member(expected, "p_accept_cut_off") / member(expected, "p_accept") : 1;
    for (size_t d = 0; d < 10; d++) {
        double p = factor * json_number_value(json_array_get(by_gold, d));
        mean += t.n_by_gold[d] * p;
        variance += t.n_by_gold[d] * p * (1 - p);
    }
    print_message("T = %.1f, %.0f new tokens, %u samples\n", member(expected, "temperature"),
                  member(expected, "max_new_tokens"), t.n);
    check_rate("accepted", t.n_accepted, mean, sqrt(variance));
    check_rate("cut off", t.n_length, t.n * p_length, sqrt(t.n * p_length * (1 - p_length)));
    /* a sample has 1 to max_new_tokens tokens, most of them 4: a standard deviation of 2.5 is more than it has */
    check_rate("tokens", (double)t.n_tokens, t.n * member(expected, "mean_tokens"), 2.5 * sqrt(t.n));
}

static void test_acceptance(void **state)
{
    json_t *all = json_object_get(bigram.json, "expected");
    (void)state;
    assert_int_equal(json_array_size(all), 4);
    for (size_t i = 0; i < json_array_size(all); i++)
        for (int accept = 0; accept < 2; accept++)
            check_job(json_array_get(all, i), accept != 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_statistic_notices),
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_plain_draws_the_same),
        cmocka_unit_test(test_sweep_draws_the_same),
        cmocka_unit_test(test_acceptance),
    };
    return RFT_TEST_RUN(tests, load, unload);
}
