/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "file.h"
#include "journal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_QUESTIONS 3
#define N_SAMPLES 2

/* In the order in which they are appended. */
#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }
static const struct rft_sample samples[] = {
    { .question = 1, .sample = 0, .n_tokens = 3, .finish = RFT_FINISH_STOP, .text = TEXT("plain text") },
    { .question = 0, .sample = 1, .n_tokens = 100, .finish = RFT_FINISH_LENGTH, .text = TEXT("") },
    { .question = 0,
      .sample = 0,
      .n_tokens = 9,
      .finish = RFT_FINISH_STOP,
      .text = TEXT("a\nb\\x41\0\x7f \xc3\xa9\xe2\x82") },
    { .question = 2,
      .sample = 1,
      .n_tokens = 0,
      .finish = RFT_FINISH_NOT_FINITE,
      .text = TEXT("\xff\xfe \xed\xa0\x80") },
    { .question = 2, .sample = 0, .n_tokens = 4294967295, .finish = RFT_FINISH_STOP, .text = TEXT(" spaces  ") },
    { .question = 1, .sample = 1, .n_tokens = 1, .finish = RFT_FINISH_STOP, .text = TEXT("\n") },
};
#define N_ALL (sizeof samples / sizeof *samples)

static char path[200];

/* The run that most tests are about, and another one. */
static struct rft_fingerprint own, other;

static void make_fingerprint(struct rft_fingerprint *f, const char *lines)
{
    rft_fingerprint_finish(f);
    assert_int_equal(rft_str_append_z(&f->lines, lines), RFT_OK);
    rft_fingerprint_seal(f);
}

static int make_fingerprints(void **state)
{
    (void)state;
    make_fingerprint(&own, "generate.seed=1\ngenerate.stop=\"a\\\\n\"\ndata.questions=#0123456789abcdef\n");
    make_fingerprint(&other, "generate.seed=2\ngenerate.stop=\"a\\\\n\"\ndata.questions=#fedcba9876543210\n");
    return 0;
}

static int finish_fingerprints(void **state)
{
    (void)state;
    rft_fingerprint_finish(&own);
    rft_fingerprint_finish(&other);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/out.json.journal", rft_test_tmp_dir());
    unlink(path);
    return 0;
}

static struct rft_journal *opened(void)
{
    struct rft_journal *journal;
    assert_int_equal(rft_journal_open(path, &own, N_QUESTIONS, N_SAMPLES, false, &journal), RFT_OK);
    return journal;
}

static void append(struct rft_journal *journal, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        assert_int_equal(rft_journal_append(journal, &samples[i]), RFT_OK);
}

static void fill(size_t n)
{
    struct rft_journal *journal = opened();
    append(journal, 0, n);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    rft_journal_close(journal);
}

/* Every sample that the journal says it has is the one that was put in; returns how many. */
static uint64_t check_samples(struct rft_journal *journal)
{
    uint64_t n = 0;
    struct rft_str text = { 0 };
    for (size_t i = 0; i < N_ALL; i++) {
        const struct rft_sample *in = &samples[i];
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

static struct rft_str content(void)
{
    struct rft_str text;
    assert_int_equal(rft_file_read(path, 1 << 20, &text), RFT_OK);
    return text;
}

static void check_refused(const struct rft_fingerprint *fingerprint, bool force, enum rft_status status, const char *message)
{
    struct rft_journal *journal;
    rft_test_log_capture();
    assert_int_equal(rft_journal_open(path, fingerprint, N_QUESTIONS, N_SAMPLES, force, &journal), status);
    rft_test_log_release();
    assert_null(journal);
    if (!strstr(rft_test_log_text(), message))
        fail_msg("\"%s\" lacks \"%s\"", rft_test_log_text(), message);
}

static void test_commit_and_resume(void **state)
{
    (void)state;
    struct rft_journal *journal = opened();
    append(journal, 0, 2);
    assert_false(rft_journal_has(journal, 1, 0));
    assert_int_equal(rft_journal_n_done(journal), 0);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_true(rft_journal_has(journal, 1, 0));
    assert_false(rft_journal_has(journal, 0, 0));
    assert_false(rft_journal_has(journal, N_QUESTIONS, 0));
    assert_false(rft_journal_has(journal, 0, N_SAMPLES));
    append(journal, 2, 3); /* never committed: gone */
    rft_journal_close(journal);

    journal = opened();
    assert_int_equal(check_samples(journal), 2);
    append(journal, 2, N_ALL);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(check_samples(journal), N_ALL);
    rft_journal_close(journal);

    journal = opened();
    assert_int_equal(check_samples(journal), N_ALL);
    assert_int_equal(rft_journal_remove(journal), RFT_OK);
    assert_false(rft_file_exists(path));
    rft_journal_close(NULL);
}

static void test_wrong_samples(void **state)
{
    (void)state;
    struct rft_journal *journal = opened();
    struct rft_sample sample = samples[0], out;
    struct rft_str text = { 0 };
    rft_test_log_capture();
    append(journal, 0, 1);
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    sample.question = N_QUESTIONS;
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    sample.question = 0;
    sample.sample = N_SAMPLES;
    assert_int_equal(rft_journal_append(journal, &sample), RFT_ERR_INPUT);
    assert_int_equal(rft_journal_read(journal, 0, 0, &text, &out), RFT_ERR_INPUT);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "there already"));
    assert_non_null(strstr(rft_test_log_text(), "beyond the run's"));
    assert_non_null(strstr(rft_test_log_text(), "holds no sample 0 of question 0"));
    assert_int_equal(check_samples(journal), 1);
    rft_str_finish(&text);
    rft_journal_close(journal);
}

static void test_other_runs(void **state)
{
    (void)state;
    struct rft_journal *journal;
    fill(3);
    check_refused(&other, false, RFT_ERR_INPUT, "another run: generate.seed was 1 and is 2; another data.questions; give another output path, or --force");
    /* One that fits is not thrown away. */
    assert_int_equal(rft_journal_open(path, &own, N_QUESTIONS, N_SAMPLES, true, &journal), RFT_OK);
    assert_int_equal(check_samples(journal), 3);
    rft_journal_close(journal);
    /* Fewer samples than before: those beyond are not counted, and are there again later. */
    assert_int_equal(rft_journal_open(path, &own, N_QUESTIONS, 1, false, &journal), RFT_OK);
    assert_int_equal(rft_journal_n_done(journal), 2);
    rft_journal_close(journal);
    journal = opened();
    assert_int_equal(check_samples(journal), 3);
    rft_journal_close(journal);

    assert_int_equal(rft_journal_open(path, &other, N_QUESTIONS, N_SAMPLES, true, &journal), RFT_OK);
    assert_int_equal(rft_journal_n_done(journal), 0);
    rft_journal_close(journal);
    check_refused(&own, false, RFT_ERR_INPUT, "generate.seed was 2 and is 1");
}

/* What is no journal stays, whatever is asked for; what may be one is replaced with --force; what a crash may leave of a header
 * is nothing. */
static void test_foreign_files(void **state)
{
    (void)state;
    enum { GONE, FORCED, STAYS };
    static const struct {
        const char *text;
        size_t n;
        int fate;
        const char *message;
    } cases[] = {
        { "a letter\nto a friend\n", 22, STAYS, "is no journal of rftgen" },
        { "\n", 1, STAYS, "is no journal of rftgen" },
        { "rftgen", 6, GONE, "" },
        { "rftgen-journal 2 0123", 21, GONE, "" },
        { "", 0, GONE, "" },
        { "\0\0\0\0\0\0\0", 7, GONE, "" },
        { "rftgen-jo\0\0\0", 12, GONE, "" },
        { "\0\0a letter", 10, STAYS, "is no journal of rftgen" },
        { "rftgen-journal 1 abc 0123456789abcdef\n", 38, FORCED, "an older rftgen (journal format 1)" },
        { "rftgen-journal 9 abc 0123456789abcdef\n", 38, FORCED, "is damaged" },
        { "rftgen-journal 2 abc 0123456789abcdef\n", 38, FORCED, "is damaged" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_journal *journal;
        for (int force = 0; force < 2; force++) {
            rft_test_write_file(path, cases[i].text, cases[i].n);
            if (cases[i].fate > (force ? FORCED : GONE)) {
                check_refused(&own, force, RFT_ERR_INPUT, cases[i].message);
                struct rft_str after = content();
                assert_int_equal(after.len, cases[i].n);
                assert_memory_equal(after.data, cases[i].text, cases[i].n);
                rft_str_finish(&after);
                continue;
            }
            assert_int_equal(rft_journal_open(path, &own, N_QUESTIONS, N_SAMPLES, force, &journal), RFT_OK);
            assert_int_equal(rft_journal_n_done(journal), 0);
            rft_journal_close(journal);
            rft_journal_close(opened());
        }
    }
    unlink(path);
    assert_int_equal(symlink("elsewhere", path), 0);
    check_refused(&own, true, RFT_ERR_INPUT, "is a symbolic link");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(&own, true, RFT_ERR_INPUT, "not a regular file");
    unlink(path);
    snprintf(path, sizeof path, "/dev/null");
    check_refused(&own, true, RFT_ERR_INPUT, "/dev/null: not a regular file");
    snprintf(path, sizeof path, "%s", rft_test_tmp_dir());
    check_refused(&own, true, RFT_ERR_INPUT, "not a regular file");
}

/* The file was moved away or replaced while the run has it open: the run says so, and what stands there now is not removed. */
static void test_displaced(void **state)
{
    (void)state;
    for (int replaced = 0; replaced < 2; replaced++) {
        struct rft_journal *journal = opened();
        append(journal, 0, 1);
        assert_int_equal(unlink(path), 0);
        if (replaced)
            rft_test_write_file(path, "mine", 4);
        rft_test_log_capture();
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        append(journal, 1, N_ALL);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        assert_int_equal(check_samples(journal), N_ALL);
        assert_int_equal(rft_journal_remove(journal), RFT_OK);
        rft_test_log_release();
        const char *said = strstr(rft_test_log_text(), "was moved, removed or replaced");
        assert_non_null(said);
        assert_null(strstr(said + 1, "was moved"));
        assert_int_equal(rft_file_exists(path), replaced);
    }
    struct rft_str text = content();
    assert_int_equal(text.len, 4);
    rft_str_finish(&text);
}

/* A journal without a name: everything else is as ever, and nothing is left. */
static void test_anonymous(void **state)
{
    (void)state;
    struct rft_journal *journal;
    assert_int_equal(rft_journal_open(NULL, &own, N_QUESTIONS, N_SAMPLES, false, &journal), RFT_OK);
    append(journal, 0, N_ALL);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(check_samples(journal), N_ALL);
    assert_int_equal(rft_journal_remove(journal), RFT_OK);
}

/* Whatever happens to the header, or stands before and behind the samples: each of them proves whose it is. */
static void test_lost_header(void **state)
{
    (void)state;
    fill(N_ALL);
    struct rft_str whole = content(), text = { 0 };
    const char *first = strchr(strchr(whole.data, '\n') + 1, '\n') + 1;
    const char *const befores[] = { "", "\n", "garbage", "garbage\nand\nmore\n", "rftgen-journal 1 x y\n" };
    for (size_t i = 0; i < sizeof befores / sizeof *befores; i++) {
        rft_str_clear(&text);
        assert_int_equal(rft_str_append_z(&text, befores[i]), RFT_OK);
        if (strcmp(befores[i], "garbage") == 0)
            assert_int_equal(rft_str_append_z(&text, "\n"), RFT_OK);
        assert_int_equal(rft_str_append_z(&text, first), RFT_OK);
        assert_int_equal(rft_str_append(&text, "\0\0\0\0", 4), RFT_OK);
        rft_test_write_file(path, text.data, text.len);
        for (int again = 0; again < 2; again++) {
            rft_test_log_capture();
            struct rft_journal *journal = opened();
            rft_test_log_release();
            assert_int_equal(check_samples(journal), N_ALL);
            rft_journal_close(journal);
        }
        check_refused(&other, false, RFT_ERR_INPUT, "");
    }
    rft_str_finish(&whole);
    rft_str_finish(&text);
}

static void test_lock(void **state)
{
    (void)state;
    struct rft_journal *journal = opened();
    check_refused(&own, false, RFT_ERR_IO, "another rftgen is writing it");
    check_refused(&own, true, RFT_ERR_IO, "another rftgen is writing it");
    append(journal, 0, 1);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    rft_journal_close(journal);
    journal = opened();
    assert_int_equal(check_samples(journal), 1);
    rft_journal_close(journal);
}

/* A process that dies leaves some prefix of the file: the whole lines count, and going on gives the same file. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    fill(N_ALL);
    struct rft_str whole = content();
    for (size_t n = 0; n <= whole.len; n++) {
        uint64_t n_lines = 0;
        for (size_t i = 0; i < n; i++)
            n_lines += whole.data[i] == '\n';
        bool torn = n_lines && whole.data[n - 1] != '\n';
        rft_test_write_file(path, whole.data, n);
        rft_test_log_capture();
        struct rft_journal *journal = opened();
        rft_test_log_release();
        assert_int_equal(!!strstr(rft_test_log_text(), "a torn end of"), torn);
        uint64_t n_done = check_samples(journal);
        assert_int_equal(n_done, n_lines > 2 ? n_lines - 2 : 0);
        append(journal, n_done, N_ALL);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        assert_int_equal(check_samples(journal), N_ALL);
        rft_journal_close(journal);
        struct rft_str again = content();
        assert_int_equal(again.len, whole.len);
        assert_memory_equal(again.data, whole.data, whole.len);
        rft_str_finish(&again);
    }
    rft_str_finish(&whole);
}

/* A damaged byte costs the lines of samples that it touches, never a wrong sample, never the others; in the header it costs
 * nothing, and the header is whole again. */
static void test_flip_anywhere(void **state)
{
    (void)state;
    fill(N_ALL);
    struct rft_str whole = content();
    size_t header = (size_t)(strchr(strchr(whole.data, '\n') + 1, '\n') - whole.data) + 1;
    static const unsigned char flips[] = { 1, 2, 4, 8, 16, 32, 64, 0x80, 0xff, '\n' ^ ' ' };
    for (size_t i = 0; i < whole.len * sizeof flips; i++) {
        size_t at = i / sizeof flips;
        char before = whole.data[at];
        whole.data[at] = (char)(before ^ flips[i % sizeof flips]);
        rft_test_write_file(path, whole.data, whole.len);
        whole.data[at] = before;
        rft_test_log_capture();
        struct rft_journal *journal = opened();
        rft_test_log_release();
        uint64_t n_done = check_samples(journal);
        if (at + 1 == header) /* the newline between header and samples: the first one is in a line with the header now */
            assert_true(n_done >= N_ALL - 1);
        else if (at < header)
            assert_int_equal(n_done, N_ALL);
        else
            assert_true(n_done == N_ALL - 1 || (before == '\n' && n_done == N_ALL - 2));
        if (at < header && n_done == N_ALL) {
            struct rft_str mended = content();
            assert_int_equal(mended.len, whole.len);
            assert_memory_equal(mended.data, whole.data, whole.len);
            rft_str_finish(&mended);
        } else if (n_done < N_ALL) {
            assert_non_null(strstr(rft_test_log_text(), "made again"));
        }
        if (i % sizeof flips) { /* going on is the same for all, and every commit is synced to the disk */
            rft_journal_close(journal);
            continue;
        }
        for (size_t s = 0; s < N_ALL; s++)
            if (!rft_journal_has(journal, samples[s].question, samples[s].sample))
                append(journal, s, s + 1);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        rft_journal_close(journal);
        rft_test_log_capture();
        journal = opened();
        rft_test_log_release();
        assert_int_equal(check_samples(journal), N_ALL);
        rft_journal_close(journal);
    }
    rft_str_finish(&whole);
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
    fill(N_ALL);
    struct rft_str whole = content();
    fill(0);
    unlink(path);
    fill(2);
    struct rft_str before = content();
    signal(SIGXFSZ, SIG_IGN);
    for (size_t limit = before.len; limit < whole.len; limit++) {
        rft_test_write_file(path, before.data, before.len);
        struct rft_journal *journal = opened();
        append(journal, 2, N_ALL);
        rft_test_log_capture();
        set_file_limit(limit);
        enum rft_status status = rft_journal_commit(journal);
        set_file_limit(RLIM_INFINITY);
        rft_test_log_release();
        assert_int_equal(status, RFT_ERR_IO);
        assert_non_null(strstr(rft_test_log_text(), path));
        assert_non_null(strstr(rft_test_log_text(), "the 2 samples in it are kept"));
        assert_int_equal(check_samples(journal), 2);
        struct rft_str after = content();
        assert_int_equal(after.len, before.len);
        rft_str_finish(&after);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        assert_int_equal(check_samples(journal), N_ALL);
        rft_journal_close(journal);
    }
    unlink(path);
    set_file_limit(10);
    check_refused(&own, false, RFT_ERR_IO, "cannot write: File too large; no sample is kept yet");
    set_file_limit(RLIM_INFINITY);
    assert_false(rft_file_exists(path)); /* nothing is kept: no empty file either */
    fill(1);
    rft_str_finish(&whole);
    rft_str_finish(&before);
}

static void test_changed_while_open(void **state)
{
    (void)state;
    fill(1);
    struct rft_journal *journal = opened();
    struct rft_str text = { 0 };
    struct rft_sample out;
    static const char short_text[] = "short";
    rft_test_write_file(path, short_text, sizeof short_text - 1);
    rft_test_log_capture();
    assert_int_equal(rft_journal_read(journal, 1, 0, &text, &out), RFT_ERR_INPUT);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "was changed while this run had it open"));
    assert_null(out.text.data);
    rft_str_finish(&text);
    rft_journal_close(journal);
}

/* A line given twice counts once. */
static void test_same_line_twice(void **state)
{
    (void)state;
    fill(2);
    struct rft_str text = content();
    const char *second = strchr(strchr(text.data, '\n') + 1, '\n') + 1; /* behind the header */
    struct rft_str twice = { 0 };
    assert_int_equal(rft_str_append(&twice, text.data, text.len), RFT_OK);
    assert_int_equal(rft_str_append_z(&twice, second), RFT_OK);
    rft_test_write_file(path, twice.data, twice.len);
    struct rft_journal *journal = opened();
    assert_int_equal(check_samples(journal), 2);
    rft_journal_close(journal);
    rft_str_finish(&text);
    rft_str_finish(&twice);
}

/* An append that fails leaves nothing of its line in the queue. */
static void test_append_again(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text);
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        struct rft_sample sample = { .question = 2, .sample = 0, .text = { text, sizeof text } }, out;
        struct rft_str back = { 0 };
        unlink(path);
        struct rft_journal *journal = opened();
        append(journal, 0, 2);
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
        journal = opened();
        assert_int_equal(rft_journal_n_done(journal), 3);
        rft_journal_close(journal);
    }
}

static enum rft_status run_once(void *user)
{
    (void)user;
    struct rft_journal *journal = NULL;
    struct rft_str text = { 0 };
    struct rft_sample out;
    unlink(path);
    enum rft_status status = rft_journal_open(path, &own, N_QUESTIONS, N_SAMPLES, false, &journal);
    for (size_t i = 0; i < N_ALL && status == RFT_OK; i++)
        status = rft_journal_append(journal, &samples[i]);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_commit_and_resume, set_up),
        cmocka_unit_test_setup(test_wrong_samples, set_up),
        cmocka_unit_test_setup(test_other_runs, set_up),
        cmocka_unit_test_setup(test_foreign_files, set_up),
        cmocka_unit_test_setup(test_anonymous, set_up),
        cmocka_unit_test_setup(test_displaced, set_up),
        cmocka_unit_test_setup(test_lost_header, set_up),
        cmocka_unit_test_setup(test_lock, set_up),
        cmocka_unit_test_setup(test_cut_anywhere, set_up),
        cmocka_unit_test_setup(test_flip_anywhere, set_up),
        cmocka_unit_test_setup(test_disk_full, set_up),
        cmocka_unit_test_setup(test_changed_while_open, set_up),
        cmocka_unit_test_setup(test_same_line_twice, set_up),
        cmocka_unit_test_setup(test_append_again, set_up),
        cmocka_unit_test_setup(test_alloc_faults, set_up),
    };
    return cmocka_run_group_tests(tests, make_fingerprints, finish_fingerprints);
}
