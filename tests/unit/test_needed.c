/* SPDX-License-Identifier: MIT */
/* Which samples are needed, against the definition, whatever is drawn and judged in which order. */
#include "support.h"

#include "needed.h"

#include <string.h>

#define N_QUESTIONS 4u
#define N_SAMPLES 6u

/* A letter is the text of a sample that is accepted; '.' is not accepted. */
static const char *const texts[N_QUESTIONS] = {".a.ab.", "aab..c", "......", "abcdef"};

struct run {
    struct rft_needed needed;
    bool drawn[N_QUESTIONS][N_SAMPLES], judged[N_QUESTIONS][N_SAMPLES];
};

/* The end by its definition. */
static uint32_t end_of(const struct run *run, uint32_t q)
{
    bool seen[256] = {false};
    uint32_t n = 0;
    for (uint32_t s = 0; s < N_SAMPLES; s++) {
        const unsigned char text = (unsigned char)texts[q][s];
        if (!run->judged[q][s] || text == '.' || (run->needed.distinct != RFT_DISTINCT_NO && seen[text]))
            continue;
        seen[text] = true;
        if (++n == run->needed.n_enough)
            return s + 1;
    }
    return N_SAMPLES;
}

static void check(const struct run *run)
{
    uint64_t n_left = 0, n_questions_left = 0;
    for (uint32_t q = 0; q < N_QUESTIONS; q++) {
        const uint32_t end = end_of(run, q);
        bool is_final = true;
        uint32_t n = 0;
        assert_int_equal(rft_needed_end(&run->needed, q), end);
        for (uint32_t s = 0; s < end; s++) {
            n += !run->drawn[q][s];
            is_final = is_final && (run->judged[q][s] || run->needed.n_enough == 0);
            if (run->needed.n_enough != 0)
                assert_int_equal(rft_needed_is_judged(&run->needed, q, s), run->judged[q][s]);
        }
        assert_int_equal(rft_needed_n_left(&run->needed, q), n);
        assert_int_equal(rft_needed_is_final(&run->needed, q), is_final);
        n_left += n;
        n_questions_left += n != 0;
    }
    assert_int_equal(run->needed.n_left, n_left);
    assert_int_equal(run->needed.n_questions_left, n_questions_left);
}

static enum rft_status draw(struct run *run, uint32_t q, uint32_t s)
{
    RFT_TRY(rft_needed_note_drawn(&run->needed, q, s));
    run->drawn[q][s] = true;
    return RFT_OK;
}

static enum rft_status judge(struct run *run, uint32_t q, uint32_t s)
{
    const struct rft_sample sample = {.question = q, .sample = s, .text = {texts[q] + s, 1}};
    RFT_TRY(rft_needed_note_verdict(&run->needed, &sample, texts[q][s] != '.'));
    run->judged[q][s] = true;
    return RFT_OK;
}

static enum rft_status open_run(struct run *run, uint32_t n_enough, enum rft_distinct distinct)
{
    *run = (struct run){0};
    return rft_needed_init(&run->needed, N_QUESTIONS, N_SAMPLES, n_enough, distinct);
}

/* Draws and judges in an order that `seed` picks until all is known; a verdict may come long after its sample. */
static void run_in_order(uint32_t n_enough, enum rft_distinct distinct, uint32_t seed)
{
    const uint32_t n_all = N_QUESTIONS * N_SAMPLES;
    struct run run;
    assert_int_equal(open_run(&run, n_enough, distinct), RFT_OK);
    for (uint32_t n_steps = 0; n_steps < 2 * n_all;) {
        seed = seed * 1664525 + 1013904223;
        const uint32_t q = (seed >> 8) % n_all / N_SAMPLES, s = (seed >> 8) % N_SAMPLES;
        if (run.judged[q][s])
            continue;
        assert_int_equal(run.drawn[q][s] ? judge(&run, q, s) : draw(&run, q, s), RFT_OK);
        if (n_enough != 0 && run.judged[q][s]) { /* again does nothing */
            assert_int_equal(judge(&run, q, s), RFT_OK);
            assert_int_equal(draw(&run, q, s), RFT_OK);
        }
        check(&run);
        n_steps++;
    }
    assert_int_equal(run.needed.n_left, 0);
    rft_needed_finish(&run.needed);
}

static void test_orders(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 100; seed++)
        for (uint32_t n_enough = 0; n_enough <= 7; n_enough++) {
            run_in_order(n_enough, RFT_DISTINCT_NO, seed);
            run_in_order(n_enough, RFT_DISTINCT_TEXT, seed);
        }
}

static uint32_t n_of(void *user, uint64_t question)
{
    (void)user;
    (void)question;
    return N_SAMPLES;
}

static enum rft_status read_any(void *user, uint64_t question, uint32_t i, struct rft_str *text, struct rft_sample *out)
{
    struct run *run = user;
    (void)text;
    *out = (struct rft_sample){.question = question, .sample = i, .text = {texts[question] + i, 1}};
    return run->drawn[question][i] ? RFT_OK : RFT_ERR_INPUT;
}

/* What is behind the end is not there, whether it was drawn or not. */
static void test_samples(void **state)
{
    (void)state;
    struct run run;
    struct rft_sample sample;
    struct rft_str text = {0};
    assert_int_equal(open_run(&run, 1, RFT_DISTINCT_NO), RFT_OK);
    for (uint32_t s = 0; s < 4; s++)
        assert_int_equal(draw(&run, 0, s), RFT_OK);
    for (uint32_t s = 0; s < 4; s++)
        assert_int_equal(judge(&run, 0, s), RFT_OK);
    struct rft_needed_samples source = {&run.needed, {&run, N_SAMPLES, n_of, read_any}};
    struct rft_samples samples = rft_needed_as_samples(&source);
    assert_int_equal(samples.n_of(samples.user, 0), N_SAMPLES);
    for (uint32_t s = 0; s < N_SAMPLES; s++) {
        assert_int_equal(samples.read(samples.user, 0, s, &text, &sample), RFT_OK);
        assert_int_equal(sample.sample, s);
        assert_int_equal(sample.is_not_drawn, s > 1);
    }
    assert_int_equal(samples.read(samples.user, 1, 0, &text, &sample), RFT_ERR_INPUT);
    rft_needed_finish(&run.needed);
}

static enum rft_status note_some(void *user)
{
    struct run run;
    (void)user;
    enum rft_status status = open_run(&run, 2, RFT_DISTINCT_TEXT);
    for (uint32_t s = 0; s < N_SAMPLES && status == RFT_OK; s++) {
        status = draw(&run, 1, s);
        if (status == RFT_OK)
            status = judge(&run, 1, s);
    }
    rft_needed_finish(&run.needed);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(note_some, NULL) > 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
