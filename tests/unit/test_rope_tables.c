/* SPDX-License-Identifier: MIT */
/* RoPE's tables beyond a plain model's: scales, parts of a head, sets of layers, long spans, positions of queries. */
#include "rope.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define N_POSITIONS 600u
#define HEAD_DIM 16u
#define N_PAIRS (HEAD_DIM / 2)

/* Frequencies of its own in every table. */
static struct rft_model_config config_of(uint32_t n_rotated)
{
    struct rft_model_config c = {.head_dim = HEAD_DIM, .n_rotated = n_rotated};
    for (uint32_t table = 0; table < RFT_ROPE_TABLES; table++)
        for (uint32_t i = 0; i < n_rotated / 2; i++)
            c.frequencies[table * RFT_PAIRS_MAX + i] = 1.0 / (1.0 + table + 3.0 * i);
    return c;
}

/* A span of a table: cos and sin of position times frequency, times a scale and what queries have. */
static void check_span(const struct rft_model_config *c, uint32_t table, const float *cos_sin, double scale,
                       bool is_query)
{
    for (uint32_t position = 0; position < N_POSITIONS; position++) {
        const double beta = is_query ? c->query_beta : 0.0;
        const double factor = beta != 0.0 ? 1.0 + beta * log(1.0 + floor((double)position / c->query_period)) : 1.0;
        for (uint32_t i = 0; i < N_PAIRS; i++) {
            const bool is_rotated = i < c->n_rotated / 2;
            const double angle = is_rotated ? position * c->frequencies[table * RFT_PAIRS_MAX + i] : 0.0;
            const double wanted[] = {cos(angle) * (is_rotated ? scale : 1.0) * factor, sin(angle) * scale * factor};
            const float *pair = cos_sin + 2 * ((size_t)position * N_PAIRS + i);
            for (uint32_t k = 0; k < 2; k++)
                if (fabs((double)pair[k] - wanted[k]) > 6.1e-8 * scale * factor)
                    fail_msg("table %u, position %u, pair %u: %.9g, not %.9g", table, position, i, (double)pair[k],
                             wanted[k]);
        }
    }
}

static void test_scale_and_part(void **state)
{
    static float cos_sin[N_POSITIONS * HEAD_DIM];
    struct rft_model_config c = config_of(HEAD_DIM);
    (void)state;
    c.rope_scale[0] = 1.3;
    rft_rope_table(&c, RFT_ROPE_MAIN, false, N_POSITIONS, cos_sin);
    check_span(&c, 0, cos_sin, 1.3, false);
    c = config_of(6); /* pairs that are not rotated keep what they are, whatever the scale */
    c.rope_scale[0] = 1.3;
    rft_rope_table(&c, RFT_ROPE_MAIN, false, N_POSITIONS, cos_sin);
    check_span(&c, 0, cos_sin, 1.3, false);
    for (uint32_t i = 3; i < N_PAIRS; i++)
        assert_true(cos_sin[2 * (7 * N_PAIRS + i)] == 1.0f && cos_sin[2 * (7 * N_PAIRS + i) + 1] == 0.0f);
}

static void test_sets(void **state)
{
    static float cos_sin[N_POSITIONS * HEAD_DIM];
    struct rft_model_config c = config_of(HEAD_DIM);
    (void)state;
    c.rope_scale[RFT_ROPE_LOCAL * RFT_ROPE_SPANS] = 0.5;
    rft_rope_table(&c, RFT_ROPE_LOCAL, false, N_POSITIONS, cos_sin);
    check_span(&c, RFT_ROPE_LOCAL * RFT_ROPE_SPANS, cos_sin, 0.5, false);
    memset(c.frequencies, 0, sizeof c.frequencies); /* those of layers without RoPE are 0: nothing turns */
    rft_rope_table(&c, RFT_ROPE_NONE, false, N_POSITIONS, cos_sin);
    for (size_t i = 0; i < sizeof cos_sin / sizeof *cos_sin; i++)
        assert_true(cos_sin[i] == (i % 2 == 0 ? 1.0f : 0.0f));
}

/* The long span lies behind the short one; without it nothing is written there. */
static void test_spans(void **state)
{
    static float cos_sin[2 * N_POSITIONS * HEAD_DIM];
    const size_t n = sizeof cos_sin / sizeof *cos_sin / 2;
    struct rft_model_config c = config_of(HEAD_DIM);
    (void)state;
    c.rope_scale[RFT_ROPE_SHORT] = 1.25;
    c.rope_scale[RFT_ROPE_LONG] = 1.5;
    rft_rope_table(&c, RFT_ROPE_MAIN, false, N_POSITIONS, cos_sin);
    for (size_t i = n; i < 2 * n; i++)
        assert_true(cos_sin[i] == 0.0f);
    c.has_long_rope = true;
    rft_rope_table(&c, RFT_ROPE_MAIN, false, N_POSITIONS, cos_sin);
    check_span(&c, RFT_ROPE_SHORT, cos_sin, 1.25, false);
    check_span(&c, RFT_ROPE_LONG, cos_sin + n, 1.5, false);
}

/* Queries are larger the further they are, in steps of a period; keys are not. */
static void test_queries(void **state)
{
    static float q[N_POSITIONS * HEAD_DIM], k[N_POSITIONS * HEAD_DIM];
    struct rft_model_config c = config_of(6);
    (void)state;
    c.query_beta = 0.25;
    c.query_period = 100.0;
    rft_rope_table(&c, RFT_ROPE_MAIN, true, N_POSITIONS, q);
    rft_rope_table(&c, RFT_ROPE_MAIN, false, N_POSITIONS, k);
    check_span(&c, 0, q, 1.0, true);
    check_span(&c, 0, k, 1.0, false);
    assert_memory_equal(q, k, 100 * HEAD_DIM * sizeof *q);
    assert_true(q[100 * HEAD_DIM + HEAD_DIM - 2] == (float)(1.0 + 0.25 * log(2.0))); /* also what is not rotated */
    assert_true(q[199 * HEAD_DIM + HEAD_DIM - 2] == q[100 * HEAD_DIM + HEAD_DIM - 2]);
    assert_true(q[200 * HEAD_DIM + HEAD_DIM - 2] > q[100 * HEAD_DIM + HEAD_DIM - 2]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_and_part),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_queries),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
