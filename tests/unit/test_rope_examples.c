/* SPDX-License-Identifier: MIT */
/* RoPE of configurations against what transformers 5.24 computes of them (data/rope.json: a part of its frequencies, in
 * f32, and its factor of cos and sin). */
#include "describe.h"
#include "frequencies.h"
#include "json.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fabs(b);
}

static void check(const json_t *example, const struct rft_model_config *c)
{
    const char *name = json_string_value(json_object_get(example, "name")), *key;
    const json_t *frequencies = json_object_get(example, "frequencies");
    json_t *value;
    const bool is_local = strcmp(json_string_value(json_object_get(example, "set")), "local") == 0;
    const bool is_long = strcmp(json_string_value(json_object_get(example, "span")), "long") == 0;
    const uint32_t table = (is_local ? 1u : 0u) * RFT_ROPE_SPANS + (is_long ? 1u : 0u);
    const double scale = c->rope_scale[table] != 0.0 ? c->rope_scale[table] : 1.0;
    assert_int_equal(c->n_rotated, json_integer_value(json_object_get(example, "n_rotated")));
    if (!is_near(scale, json_number_value(json_object_get(example, "scale"))))
        fail_msg("%s: scale %.9g", name, scale);
    assert_true(json_object_size(frequencies) >= 16);
    json_object_foreach((json_t *)(uintptr_t)frequencies, key, value)
    {
        const double got = c->frequencies[table * RFT_PAIRS_MAX + strtoul(key, NULL, 10)];
        if (!is_near(got, json_number_value(value)))
            fail_msg("%s: frequency %s is %.9g, not %.9g", name, key, got, json_number_value(value));
    }
    assert_true(c->has_long_rope == (strstr(name, "longrope") != NULL));
}

static void test_examples(void **state)
{
    json_t *examples = rft_test_json("tests/unit/data/rope.json"), *example;
    size_t i, n_refused = 0;
    (void)state;
    json_array_foreach(examples, i, example)
    {
        const json_t *config = json_object_get(example, "config"), *refused = json_object_get(example, "refused");
        if (refused != NULL) {
            char *text = json_dumps(config, 0);
            rft_test_refuse_config(text, NULL, json_string_value(refused));
            rft_free(text);
            n_refused++;
        } else {
            struct rft_model_config c = rft_test_describe_json(config);
            check(example, &c);
        }
    }
    assert_int_equal(i, 42);
    assert_int_equal(n_refused, 4);
    json_decref(examples);
}

/* YaRN's definition, for borders that the examples do not reach: below dimension 0, beyond the last, and equal. */
static void test_yarn_borders(void **state)
{
    static const struct rft_rope_scaling cases[] = {
        {RFT_ROPE_YARN, 1e4, 4.0, 64.0, 0, 0, 32.0, 1.0, false},
        {RFT_ROPE_YARN, 10.0, 4.0, 4096.0, 0, 0, 32.0, 1.0, false},
        {RFT_ROPE_YARN, 10.0, 4.0, 4096.0, 0, 0, 32.0, 1.0, true},
        {RFT_ROPE_YARN, 1e4, 4.0, 64.0, 0, 0, 32.0, 1.0, true},
        {RFT_ROPE_YARN, 1e4, 4.0, 4.0, 0, 0, 32.0, 1.0, false},
        {RFT_ROPE_YARN, 1e4, 0.5, 1024.0, 0, 0, 8.0, 8.0, true},
    };
    const double n = 32.0, turn = 2.0 * acos(-1.0);
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct rft_rope_scaling *s = &cases[k];
        double low = n * log(s->original_positions / (s->beta_fast * turn)) / (2.0 * log(s->theta)), got[16];
        double high = n * log(s->original_positions / (s->beta_slow * turn)) / (2.0 * log(s->theta));
        low = fmax(s->is_untruncated ? low : floor(low), 0.0);
        high = fmin(s->is_untruncated ? high : ceil(high), n - 1.0);
        high += low == high ? 0.001 : 0.0;
        rft_rope_frequencies(s, 32, got);
        for (uint32_t i = 0; i < 16; i++) {
            const double plain = pow(s->theta, -2.0 * i / n), ramp = fmin(fmax((i - low) / (high - low), 0.0), 1.0);
            if (!is_near(got[i], plain / s->factor * ramp + plain * (1.0 - ramp)))
                fail_msg("case %zu, pair %u: %.9g", k, i, got[i]);
        }
    }
}

/* A base of 1 and a border of exactly one turn have no quotient; frequencies are numbers all the same. */
static void test_yarn_without_quotient(void **state)
{
    struct rft_rope_scaling s = {RFT_ROPE_YARN, 1.0, 4.0, 1024.0, 0, 0, 162.97466172610083, 162.97466172610083, false};
    double got[16];
    (void)state;
    for (uint32_t k = 0; k < 2; k++) {
        s.is_untruncated = k == 1;
        rft_rope_frequencies(&s, 32, got);
        for (uint32_t i = 0; i < 16; i++)
            assert_true(got[i] >= 0.25 && got[i] <= 1.0);
    }
}

/* Where LongRoPE's samples become long: the original context of the top wins, then the class's; never one inside. */
static void test_border_of_longrope(void **state)
{
#define PHI "{\"model_type\": \"phi3\", \"head_dim\": 8, \"hidden_size\": 64, \"num_attention_heads\": 8, "
#define FACTORS "\"short_factor\": [1, 1, 1, 1], \"long_factor\": [1, 2, 3, 4]"
    (void)state;
    struct rft_model_config c =
        rft_test_describe(PHI "\"max_position_embeddings\": 8192, \"rope_scaling\": "
                              "{\"type\": \"su\", \"original_max_position_embeddings\": 512, " FACTORS "}}");
    assert_true(c.has_long_rope && c.rope_original == 4096);
    c = rft_test_describe(PHI "\"original_max_position_embeddings\": 2048, \"rope_scaling\": "
                              "{\"type\": \"longrope\", \"original_max_position_embeddings\": 512, " FACTORS "}}");
    assert_true(c.has_long_rope && c.rope_original == 2048);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(c.frequencies[RFT_PAIRS_MAX + i] * (i + 1) == c.frequencies[i]);
    rft_test_refuse_config(PHI "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 1, 1]}}", NULL,
                           "short_factor must be a list of 4 numbers");
    rft_test_refuse_config(PHI "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 1, 1, 1]}}", NULL,
                           "long_factor must be a list of 4 numbers");
    rft_test_refuse_config(PHI "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 1, 0, 1]}}", NULL,
                           "short_factor: element 2 must be a number from 0.001");
    rft_test_refuse_config(PHI "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, [1], 1, 1]}}", NULL,
                           "short_factor: element 1 must be a number from 0.001");
    rft_test_refuse_config(PHI "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}}", NULL,
                           "\"default\" and \"longrope\" are");
}

/* Queries of Ministral 3: 1 + beta ln(1 + floor(position / period)). */
static void test_query_scale(void **state)
{
    (void)state;
    struct rft_model_config c = rft_test_describe("{\"model_type\": \"ministral3\"}");
    assert_true(c.query_beta == 0.1 && c.query_period == 16384.0);
    c = rft_test_describe(
        "{\"model_type\": \"ministral3\", \"rope_parameters\": {\"rope_type\": \"yarn\", "
        "\"factor\": 4.0, \"original_max_position_embeddings\": 512, \"llama_4_scaling_beta\": 0.5}}");
    assert_true(c.query_beta == 0.5 && c.query_period == 512.0);
    rft_test_refuse_config("{\"model_type\": \"mistral\", \"rope_parameters\": {\"llama_4_scaling_beta\": 0.5}}", NULL,
                           "llama_4_scaling_beta = 0.5 is not known");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_yarn_borders),
        cmocka_unit_test(test_yarn_without_quotient),
        cmocka_unit_test(test_border_of_longrope),
        cmocka_unit_test(test_query_scale),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
