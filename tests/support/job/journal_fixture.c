/* SPDX-License-Identifier: MIT */
#include "journal_fixture.h"

#include "file.h"
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the order in which they are appended. */
#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }
const struct rft_sample rft_journal_samples[RFT_JOURNAL_ALL] = {
    {.question = 1, .sample = 0, .n_tokens = 3, .finish = RFT_FINISH_STOP, .text = TEXT("plain text")},
    {.question = 0, .sample = 1, .n_tokens = 100, .finish = RFT_FINISH_LENGTH, .text = TEXT("")},
    {.question = 0,
     .sample = 0,
     .n_tokens = 9,
     .finish = RFT_FINISH_STOP,
     .text = TEXT("a\nb\\x41\0\x7f \xc3\xa9\xe2\x82")},
    {.question = 2, .sample = 1, .n_tokens = 0, .finish = RFT_FINISH_NOT_FINITE, .text = TEXT("\xff\xfe \xed\xa0\x80")},
    {.question = 2, .sample = 0, .n_tokens = 4294967295, .finish = RFT_FINISH_STOP, .text = TEXT(" spaces  ")},
    {.question = 1, .sample = 1, .n_tokens = 1, .finish = RFT_FINISH_STOP, .text = TEXT("\n")},
};
char rft_journal_path[200];

#define QUESTION(literal)                                                                                              \
    {                                                                                                                  \
        .text = TEXT(literal), .id = TEXT(literal)                                                                     \
    }
const struct rft_question rft_journal_questions[RFT_JOURNAL_QUESTIONS] = {QUESTION("one?"), QUESTION("two?"),
                                                                          QUESTION("three?")};

/* The run that most tests are about, and another one. */
struct rft_fingerprint rft_journal_own, rft_journal_other;

enum rft_status rft_journal_open_as(const char *path, const struct rft_fingerprint *fingerprint, uint32_t n_samples,
                                    bool force, struct rft_journal **journal)
{
    const struct rft_journal_run run = {fingerprint, rft_journal_questions, RFT_JOURNAL_QUESTIONS, n_samples};
    return rft_journal_open(path, &run, force, journal);
}

static void make_fingerprint(struct rft_fingerprint *f, const char *lines)
{
    rft_fingerprint_finish(f);
    assert_int_equal(rft_str_append_z(&f->lines, lines), RFT_OK);
    rft_fingerprint_seal(f);
}

int rft_journal_set_up_all(void **state)
{
    (void)state;
    make_fingerprint(&rft_journal_own, "generate.seed=1\ngenerate.stop=\"a\\\\n\"\ndata.questions=#0123456789abcdef\n");
    make_fingerprint(&rft_journal_other,
                     "generate.seed=2\ngenerate.stop=\"a\\\\n\"\ndata.questions=#fedcba9876543210\n");
    return 0;
}

int rft_journal_tear_down_all(void **state)
{
    (void)state;
    rft_fingerprint_finish(&rft_journal_own);
    rft_fingerprint_finish(&rft_journal_other);
    return 0;
}

int rft_journal_set_up(void **state)
{
    (void)state;
    snprintf(rft_journal_path, sizeof rft_journal_path, "%s/out.json.journal", rft_test_tmp_dir());
    unlink(rft_journal_path);
    return 0;
}

struct rft_journal *rft_journal_opened(void)
{
    struct rft_journal *journal;
    assert_int_equal(rft_journal_open_as(rft_journal_path, &rft_journal_own, RFT_JOURNAL_SAMPLES, false, &journal),
                     RFT_OK);
    return journal;
}

void rft_journal_append_some(struct rft_journal *journal, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        assert_int_equal(rft_journal_append(journal, &rft_journal_samples[i]), RFT_OK);
}

void rft_journal_fill(size_t n)
{
    struct rft_journal *journal = rft_journal_opened();
    rft_journal_append_some(journal, 0, n);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    rft_journal_close(journal);
}

/* Every sample that the journal says it has is the one that was put in; returns how many. */
uint64_t rft_journal_check(struct rft_journal *journal)
{
    uint64_t n = 0;
    struct rft_str text = {0};
    for (size_t i = 0; i < RFT_JOURNAL_ALL; i++) {
        const struct rft_sample *in = &rft_journal_samples[i];
        struct rft_sample out;
        if (!rft_journal_has(journal, in->question, in->sample))
            continue;
        assert_int_equal(rft_journal_read(journal, in->question, in->sample, &text, &out), RFT_OK);
        assert_true(out.question == in->question && out.sample == in->sample);
        assert_int_equal(out.n_tokens, in->n_tokens);
        assert_int_equal(out.finish, in->finish);
        assert_true(rft_bytes_equal(out.text, in->text));
        assert_ptr_equal(out.text.data, text.data);
        n++;
    }
    rft_str_finish(&text);
    assert_int_equal(rft_journal_n_done(journal), n);
    return n;
}

struct rft_str rft_journal_content(void)
{
    struct rft_str text;
    assert_int_equal(rft_file_read(rft_journal_path, 1 << 20, &text), RFT_OK);
    return text;
}

void rft_journal_check_refused(const struct rft_fingerprint *fingerprint, bool force, enum rft_status status,
                               const char *message)
{
    struct rft_journal *journal;
    rft_test_log_capture();
    assert_int_equal(rft_journal_open_as(rft_journal_path, fingerprint, RFT_JOURNAL_SAMPLES, force, &journal), status);
    rft_test_log_release();
    assert_null(journal);
    if (strstr(rft_test_log_text(), message) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", rft_test_log_text(), message);
}
