/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "file.h"
#include "journal_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_commit_and_resume(void **state)
{
    (void)state;
    struct rft_journal *journal = rft_journal_opened();
    rft_journal_append_some(journal, 0, 2);
    assert_false(rft_journal_has(journal, 1, 0));
    assert_int_equal(rft_journal_n_done(journal), 0);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_true(rft_journal_has(journal, 1, 0));
    assert_false(rft_journal_has(journal, 0, 0));
    assert_false(rft_journal_has(journal, RFT_JOURNAL_QUESTIONS, 0));
    assert_false(rft_journal_has(journal, 0, RFT_JOURNAL_SAMPLES));
    rft_journal_append_some(journal, 2, 3); /* never committed: gone */
    rft_journal_close(journal);

    journal = rft_journal_opened();
    assert_int_equal(rft_journal_check(journal), 2);
    rft_journal_append_some(journal, 2, RFT_JOURNAL_ALL);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
    rft_journal_close(journal);

    journal = rft_journal_opened();
    assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
    assert_int_equal(rft_journal_remove(journal), RFT_OK);
    assert_false(rft_file_exists(rft_journal_path));
    rft_journal_close(NULL);
}

static void test_wrong_samples(void **state)
{
    (void)state;
    struct rft_journal *journal = rft_journal_opened();
    struct rft_sample sample = rft_journal_samples[0], out;
    struct rft_str text = {0};
    rft_test_log_capture();
    rft_journal_append_some(journal, 0, 1);
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    sample.question = RFT_JOURNAL_QUESTIONS;
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    sample.question = 0;
    sample.sample = RFT_JOURNAL_SAMPLES;
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    assert_int_equal(rft_journal_read(journal, 0, 0, &text, &out), RFT_ERR_INPUT);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "there already"));
    assert_non_null(strstr(rft_test_log_text(), "beyond the run's"));
    assert_non_null(strstr(rft_test_log_text(), "holds no sample 0 of question 0"));
    assert_int_equal(rft_journal_check(journal), 1);
    rft_str_finish(&text);
    rft_journal_close(journal);
}

static void test_other_runs(void **state)
{
    (void)state;
    struct rft_journal *journal;
    rft_journal_fill(3);
    rft_journal_check_refused(&rft_journal_other, false, RFT_ERR_INPUT,
                              "another run: generate.seed was 1 and is 2; another data.questions; give another output "
                              "path, or --force");
    /* One that fits is not thrown away. */
    assert_int_equal(rft_journal_open_as(rft_journal_path, &rft_journal_own, RFT_JOURNAL_SAMPLES, true, &journal),
                     RFT_OK);
    assert_int_equal(rft_journal_check(journal), 3);
    rft_journal_close(journal);
    /* Fewer samples than before: those beyond are not counted, and are there again later. */
    assert_int_equal(rft_journal_open_as(rft_journal_path, &rft_journal_own, 1, false, &journal), RFT_OK);
    assert_int_equal(rft_journal_n_done(journal), 2);
    rft_journal_close(journal);
    journal = rft_journal_opened();
    assert_int_equal(rft_journal_check(journal), 3);
    rft_journal_close(journal);

    assert_int_equal(rft_journal_open_as(rft_journal_path, &rft_journal_other, RFT_JOURNAL_SAMPLES, true, &journal),
                     RFT_OK);
    assert_int_equal(rft_journal_n_done(journal), 0);
    rft_journal_close(journal);
    rft_journal_check_refused(&rft_journal_own, false, RFT_ERR_INPUT, "generate.seed was 2 and is 1");
}

/* A run grows: other questions before, between and behind those that are there, in another order, and more samples. */
static void test_grown(void **state)
{
    (void)state;
    const struct rft_question more[] = {rft_journal_questions[2],
                                        {.text = {"new?", 4}, .id = {"new?", 4}},
                                        rft_journal_questions[0],
                                        {.text = {"one?", 4}, .id = {"one?", 4}, .repeat = 1},
                                        {.text = {"one!", 4}, .id = {"one?", 4}}};
    const struct rft_journal_run run = {&rft_journal_own, more, sizeof more / sizeof *more, RFT_JOURNAL_SAMPLES + 1};
    const struct rft_journal_run none = {&rft_journal_own, &more[3], 2, RFT_JOURNAL_SAMPLES};
    struct rft_journal *journal;
    struct rft_str text = {0};
    struct rft_sample out, added = {.question = 3, .sample = 2, .text = {"x", 1}};
    rft_journal_fill(RFT_JOURNAL_ALL);
    rft_test_log_capture();
    assert_int_equal(rft_journal_open(rft_journal_path, &none, false, &journal), RFT_ERR_INPUT);
    assert_int_equal(rft_journal_open(rft_journal_path, &run, false, &journal), RFT_OK);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("another run: its 6 samples are of other questions"), 1);
    assert_int_equal(rft_test_log_count("2 samples in it are not asked for now"), 1);
    assert_int_equal(rft_journal_n_done(journal), 4);
    for (uint32_t i = 0; i < RFT_JOURNAL_ALL; i++) {
        const struct rft_sample *in = &rft_journal_samples[i];
        const uint64_t place = in->question == 0 ? 2 : 0;
        if (in->question == 1)
            continue;
        assert_int_equal(rft_journal_read(journal, place, in->sample, &text, &out), RFT_OK);
        assert_true(out.question == place && rft_bytes_equal(out.text, in->text));
    }
    assert_int_equal(rft_journal_append(journal, &added), RFT_OK);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    rft_journal_close(journal);
    journal = rft_journal_opened();
    assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
    rft_journal_close(journal);
    rft_str_finish(&text);
}

/* Of each token, or of all together: the same bits come back. */
static void test_logprobs(void **state)
{
    (void)state;
    const float logprobs[] = {-0.0f, -1e-40f, -3.25f};
    const struct rft_sample samples[] = {
        {.question = 0, .n_tokens = 3, .has_logprob = true, .logprob = -0.1, .logprobs = logprobs, .n_logprobs = 3},
        {.question = 1, .n_tokens = 3, .has_logprob = true, .logprob = -5e-324},
        {.question = 2, .n_tokens = 0, .text = {"x", 1}}};
    struct rft_journal *journal = rft_journal_opened();
    struct rft_str text = {0};
    struct rft_sample out;
    for (int i = 0; i < 3; i++)
        assert_int_equal(rft_journal_append(journal, &samples[i]), RFT_OK);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(rft_journal_read(journal, i, 0, &text, &out), RFT_OK);
        assert_true(out.has_logprob == samples[i].has_logprob && out.n_logprobs == samples[i].n_logprobs);
        assert_memory_equal(&out.logprob, &samples[i].logprob, sizeof out.logprob);
        assert_true((out.logprobs == NULL) == (out.n_logprobs == 0));
        if (out.n_logprobs != 0)
            assert_memory_equal(out.logprobs, logprobs, sizeof logprobs);
    }
    rft_str_finish(&text);
    rft_journal_close(journal);
}

/* The file was moved away or replaced while the run has it open: the run says so, and what stands there now is not
 * removed. */
static void test_displaced(void **state)
{
    (void)state;
    for (int replaced = 0; replaced < 2; replaced++) {
        struct rft_journal *journal = rft_journal_opened();
        rft_journal_append_some(journal, 0, 1);
        assert_true(rft_journal_is_in_place(journal));
        assert_int_equal(unlink(rft_journal_path), 0);
        assert_false(rft_journal_is_in_place(journal));
        if (replaced)
            rft_test_write_file(rft_journal_path, "mine", 4);
        rft_test_log_capture();
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        rft_journal_append_some(journal, 1, RFT_JOURNAL_ALL);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
        assert_int_equal(rft_journal_remove(journal), RFT_OK);
        rft_test_log_release();
        const char *said = strstr(rft_test_log_text(), "was moved, removed or replaced");
        assert_non_null(said);
        assert_null(strstr(said + 1, "was moved"));
        assert_int_equal(rft_file_exists(rft_journal_path), replaced);
    }
    struct rft_str text = rft_journal_content();
    assert_int_equal(text.len, 4);
    rft_str_finish(&text);
}

/* A journal without a name: everything else is as ever, and nothing is left. */
static void test_anonymous(void **state)
{
    (void)state;
    struct rft_journal *journal;
    assert_int_equal(rft_journal_open_as(NULL, &rft_journal_own, RFT_JOURNAL_SAMPLES, false, &journal), RFT_OK);
    rft_journal_append_some(journal, 0, RFT_JOURNAL_ALL);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
    assert_int_equal(rft_journal_remove(journal), RFT_OK);
}

static void test_lock(void **state)
{
    (void)state;
    struct rft_journal *journal = rft_journal_opened();
    rft_journal_check_refused(&rft_journal_own, false, RFT_ERR_IO, "another rftgen is writing it");
    rft_journal_check_refused(&rft_journal_own, true, RFT_ERR_IO, "another rftgen is writing it");
    rft_journal_append_some(journal, 0, 1);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    rft_journal_close(journal);
    journal = rft_journal_opened();
    assert_int_equal(rft_journal_check(journal), 1);
    rft_journal_close(journal);
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk is full at every byte of a commit: what was there stays, and the same samples can be committed later. */
static void test_disk_full(void **state)
{
    (void)state;
    rft_journal_fill(RFT_JOURNAL_ALL);
    struct rft_str whole = rft_journal_content();
    rft_journal_fill(0);
    unlink(rft_journal_path);
    rft_journal_fill(2);
    struct rft_str before = rft_journal_content();
    signal(SIGXFSZ, SIG_IGN);
    for (size_t limit = before.len; limit < whole.len; limit++) {
        rft_test_write_file(rft_journal_path, before.data, before.len);
        struct rft_journal *journal = rft_journal_opened();
        rft_journal_append_some(journal, 2, RFT_JOURNAL_ALL);
        rft_test_log_capture();
        set_file_limit(limit);
        enum rft_status status = rft_journal_commit(journal);
        set_file_limit(RLIM_INFINITY);
        rft_test_log_release();
        assert_int_equal(status, RFT_ERR_IO);
        assert_non_null(strstr(rft_test_log_text(), rft_journal_path));
        assert_non_null(strstr(rft_test_log_text(), "the 2 samples in it are kept"));
        assert_int_equal(rft_journal_check(journal), 2);
        struct rft_str after = rft_journal_content();
        assert_int_equal(after.len, before.len);
        rft_str_finish(&after);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
        rft_journal_close(journal);
    }
    unlink(rft_journal_path);
    set_file_limit(10);
    rft_journal_check_refused(&rft_journal_own, false, RFT_ERR_IO,
                              "cannot write: File too large; no sample is kept yet");
    set_file_limit(RLIM_INFINITY);
    assert_false(rft_file_exists(rft_journal_path)); /* nothing is kept: no empty file either */
    rft_journal_fill(1);
    rft_str_finish(&whole);
    rft_str_finish(&before);
}

static void test_changed_while_open(void **state)
{
    (void)state;
    rft_journal_fill(1);
    struct rft_journal *journal = rft_journal_opened();
    struct rft_str text = {0};
    struct rft_sample out;
    static const char short_text[] = "short";
    rft_test_write_file(rft_journal_path, short_text, sizeof short_text - 1);
    rft_test_log_capture();
    assert_int_equal(rft_journal_read(journal, 1, 0, &text, &out), RFT_ERR_INPUT);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "was changed while this run had it open"));
    assert_null(out.text.data);
    rft_str_finish(&text);
    rft_journal_close(journal);
}

/* An append that fails leaves nothing of its line in the queue. */
static void test_append_again(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text);
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        struct rft_sample sample = {.question = 2, .sample = 0, .text = {text, sizeof text}}, out;
        struct rft_str back = {0};
        unlink(rft_journal_path);
        struct rft_journal *journal = rft_journal_opened();
        rft_journal_append_some(journal, 0, 2);
        rft_test_log_capture();
        rft_alloc_fail_at(n, 0);
        failed = rft_journal_append(journal, &sample) != RFT_OK;
        rft_alloc_fail_at(0, 0);
        rft_test_log_release();
        if (failed)
            assert_int_equal(rft_journal_append(journal, &sample), RFT_OK);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        assert_int_equal(rft_journal_read(journal, 2, 0, &back, &out), RFT_OK);
        assert_true(rft_bytes_equal(out.text, sample.text));
        assert_true(n > 1 || failed);
        rft_str_finish(&back);
        rft_journal_close(journal);
        journal = rft_journal_opened();
        assert_int_equal(rft_journal_n_done(journal), 3);
        rft_journal_close(journal);
    }
}

static enum rft_status run_once(void *user)
{
    (void)user;
    struct rft_journal *journal = NULL;
    struct rft_str text = {0};
    struct rft_sample out;
    unlink(rft_journal_path);
    enum rft_status status =
        rft_journal_open_as(rft_journal_path, &rft_journal_own, RFT_JOURNAL_SAMPLES, false, &journal);
    for (size_t i = 0; i < RFT_JOURNAL_ALL && status == RFT_OK; i++)
        status = rft_journal_append(journal, &rft_journal_samples[i]);
    if (status == RFT_OK)
        status = rft_journal_commit(journal);
    if (status == RFT_OK)
        status = rft_journal_read(journal, 1, 0, &text, &out);
    rft_str_finish(&text);
    rft_journal_close(journal);
    return status;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    assert_true(rft_test_alloc_faults(run_once, NULL) >= 8);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_commit_and_resume, rft_journal_set_up),
        cmocka_unit_test_setup(test_wrong_samples, rft_journal_set_up),
        cmocka_unit_test_setup(test_other_runs, rft_journal_set_up),
        cmocka_unit_test_setup(test_grown, rft_journal_set_up),
        cmocka_unit_test_setup(test_logprobs, rft_journal_set_up),
        cmocka_unit_test_setup(test_anonymous, rft_journal_set_up),
        cmocka_unit_test_setup(test_displaced, rft_journal_set_up),
        cmocka_unit_test_setup(test_lock, rft_journal_set_up),
        cmocka_unit_test_setup(test_disk_full, rft_journal_set_up),
        cmocka_unit_test_setup(test_changed_while_open, rft_journal_set_up),
        cmocka_unit_test_setup(test_append_again, rft_journal_set_up),
        cmocka_unit_test_setup(test_alloc_faults, rft_journal_set_up),
    };
    return RFT_TEST_RUN(tests, rft_journal_set_up_all, rft_journal_tear_down_all);
}
