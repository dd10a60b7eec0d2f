/* SPDX-License-Identifier: MIT */
/* Journals that were torn, damaged or overwritten, and files that are none. */
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

/* What is no journal stays, whatever is asked for; what may be one is replaced with --force; what a crash may leave of
 * a header is nothing. */
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
        {"a letter\nto a friend\n", 22, STAYS, "is no journal of rftgen"},
        {"\n", 1, STAYS, "is no journal of rftgen"},
        {"rftgen", 6, GONE, ""},
        {"rftgen-journal 3 0123", 21, GONE, ""},
        {"", 0, GONE, ""},
        {"\0\0\0\0\0\0\0", 7, GONE, ""},
        {"rftgen-jo\0\0\0", 12, GONE, ""},
        {"\0\0a letter", 10, STAYS, "is no journal of rftgen"},
        {"rftgen-journal 1 abc 0123456789abcdef\n", 38, FORCED, "an older rftgen"},
        {"rftgen-journal 9 abc 0123456789abcdef\n", 38, FORCED, "is damaged"},
        {"rftgen-journal 2 abc 0123456789abcdef\n", 38, FORCED, "an older rftgen"},
        {"rftgen-journal 3 abc 0123456789abcdef\n", 38, FORCED, "is damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_journal *journal;
        for (int force = 0; force < 2; force++) {
            rft_test_write_file(rft_journal_path, cases[i].text, cases[i].n);
            if (cases[i].fate > (force ? FORCED : GONE)) {
                rft_journal_check_refused(&rft_journal_own, force, RFT_ERR_INPUT, cases[i].message);
                struct rft_str after = rft_journal_content();
                assert_int_equal(after.len, cases[i].n);
                assert_memory_equal(after.data, cases[i].text, cases[i].n);
                rft_str_finish(&after);
                continue;
            }
            assert_int_equal(
                rft_journal_open_as(rft_journal_path, &rft_journal_own, RFT_JOURNAL_SAMPLES, force, &journal), RFT_OK);
            assert_int_equal(rft_journal_n_done(journal), 0);
            rft_journal_close(journal);
            rft_journal_close(rft_journal_opened());
        }
    }
    unlink(rft_journal_path);
    assert_int_equal(symlink("elsewhere", rft_journal_path), 0);
    rft_journal_check_refused(&rft_journal_own, true, RFT_ERR_INPUT, "is a symbolic link");
    unlink(rft_journal_path);
    assert_int_equal(mkfifo(rft_journal_path, 0600), 0);
    rft_journal_check_refused(&rft_journal_own, true, RFT_ERR_INPUT, "not a regular file");
    unlink(rft_journal_path);
    snprintf(rft_journal_path, sizeof rft_journal_path, "/dev/null");
    rft_journal_check_refused(&rft_journal_own, true, RFT_ERR_INPUT, "/dev/null: not a regular file");
    snprintf(rft_journal_path, sizeof rft_journal_path, "%s", rft_test_tmp_dir());
    rft_journal_check_refused(&rft_journal_own, true, RFT_ERR_INPUT, "not a regular file");
}

/* Whatever happens to the header, or stands before and behind the samples: each of them proves whose it is. */
static void test_lost_header(void **state)
{
    (void)state;
    rft_journal_fill(RFT_JOURNAL_ALL);
    struct rft_str whole = rft_journal_content(), text = {0};
    const char *first = strchr(strchr(whole.data, '\n') + 1, '\n') + 1;
    const char *const befores[] = {"", "\n", "garbage", "garbage\nand\nmore\n", "rftgen-journal 1 x y\n"};
    for (size_t i = 0; i < sizeof befores / sizeof *befores; i++) {
        rft_str_clear(&text);
        assert_int_equal(rft_str_append_z(&text, befores[i]), RFT_OK);
        if (strcmp(befores[i], "garbage") == 0)
            assert_int_equal(rft_str_append_z(&text, "\n"), RFT_OK);
        assert_int_equal(rft_str_append_z(&text, first), RFT_OK);
        assert_int_equal(rft_str_append(&text, "\0\0\0\0", 4), RFT_OK);
        rft_test_write_file(rft_journal_path, text.data, text.len);
        for (int again = 0; again < 2; again++) {
            rft_test_log_capture();
            struct rft_journal *journal = rft_journal_opened();
            rft_test_log_release();
            assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
            rft_journal_close(journal);
        }
        rft_journal_check_refused(&rft_journal_other, false, RFT_ERR_INPUT, "");
    }
    rft_str_finish(&whole);
    rft_str_finish(&text);
}

/* A process that dies leaves some prefix of the file: the whole lines count, and going on gives the same file. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    rft_journal_fill(RFT_JOURNAL_ALL);
    struct rft_str whole = rft_journal_content();
    for (size_t n = 0; n <= whole.len; n++) {
        uint64_t n_lines = 0;
        for (size_t i = 0; i < n; i++)
            n_lines += whole.data[i] == '\n';
        bool torn = n_lines && whole.data[n - 1] != '\n';
        rft_test_write_file(rft_journal_path, whole.data, n);
        rft_test_log_capture();
        struct rft_journal *journal = rft_journal_opened();
        rft_test_log_release();
        assert_int_equal(!!strstr(rft_test_log_text(), "a torn end of"), torn);
        uint64_t n_done = rft_journal_check(journal);
        assert_int_equal(n_done, n_lines > 2 ? n_lines - 2 : 0);
        rft_journal_append_some(journal, n_done, RFT_JOURNAL_ALL);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
        rft_journal_close(journal);
        struct rft_str again = rft_journal_content();
        assert_int_equal(again.len, whole.len);
        assert_memory_equal(again.data, whole.data, whole.len);
        rft_str_finish(&again);
    }
    rft_str_finish(&whole);
}

/* A damaged byte costs the lines of samples that it touches, never a wrong sample, never the others; in the header it
 * costs nothing, and the header is whole again. */
static void test_flip_anywhere(void **state)
{
    (void)state;
    rft_journal_fill(RFT_JOURNAL_ALL);
    struct rft_str whole = rft_journal_content();
    size_t header = (size_t)(strchr(strchr(whole.data, '\n') + 1, '\n') - whole.data) + 1;
    static const unsigned char flips[] = {1, 2, 4, 8, 16, 32, 64, 0x80, 0xff, '\n' ^ ' '};
    for (size_t i = 0; i < whole.len * sizeof flips; i++) {
        size_t at = i / sizeof flips;
        char before = whole.data[at];
        whole.data[at] = (char)(before ^ flips[i % sizeof flips]);
        rft_test_write_file(rft_journal_path, whole.data, whole.len);
        whole.data[at] = before;
        rft_test_log_capture();
        struct rft_journal *journal = rft_journal_opened();
        rft_test_log_release();
        uint64_t n_done = rft_journal_check(journal);
        if (at + 1 ==
            header) /* the newline between header and samples: the first one is in a line with the header now */
            assert_true(n_done >= RFT_JOURNAL_ALL - 1);
        else if (at < header)
            assert_int_equal(n_done, RFT_JOURNAL_ALL);
        else
            assert_true(n_done == RFT_JOURNAL_ALL - 1 || (before == '\n' && n_done == RFT_JOURNAL_ALL - 2));
        if (at < header && n_done == RFT_JOURNAL_ALL) {
            struct rft_str mended = rft_journal_content();
            assert_int_equal(mended.len, whole.len);
            assert_memory_equal(mended.data, whole.data, whole.len);
            rft_str_finish(&mended);
        } else if (n_done < RFT_JOURNAL_ALL) {
            assert_non_null(strstr(rft_test_log_text(), "made again"));
        }
        if (i % sizeof flips) { /* going on is the same for all, and every commit is synced to the disk */
            rft_journal_close(journal);
            continue;
        }
        for (size_t s = 0; s < RFT_JOURNAL_ALL; s++)
            if (!rft_journal_has(journal, rft_journal_samples[s].question, rft_journal_samples[s].sample))
                rft_journal_append_some(journal, s, s + 1);
        assert_int_equal(rft_journal_commit(journal), RFT_OK);
        rft_journal_close(journal);
        rft_test_log_capture();
        journal = rft_journal_opened();
        rft_test_log_release();
        assert_int_equal(rft_journal_check(journal), RFT_JOURNAL_ALL);
        rft_journal_close(journal);
    }
    rft_str_finish(&whole);
}

/* A line given twice counts once. */
static void test_same_line_twice(void **state)
{
    (void)state;
    rft_journal_fill(2);
    struct rft_str text = rft_journal_content();
    const char *second = strchr(strchr(text.data, '\n') + 1, '\n') + 1; /* behind the header */
    struct rft_str twice = {0};
    assert_int_equal(rft_str_append(&twice, text.data, text.len), RFT_OK);
    assert_int_equal(rft_str_append_z(&twice, second), RFT_OK);
    rft_test_write_file(rft_journal_path, twice.data, twice.len);
    struct rft_journal *journal = rft_journal_opened();
    assert_int_equal(rft_journal_check(journal), 2);
    rft_journal_close(journal);
    rft_str_finish(&text);
    rft_str_finish(&twice);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_foreign_files, rft_journal_set_up),
        cmocka_unit_test_setup(test_lost_header, rft_journal_set_up),
        cmocka_unit_test_setup(test_cut_anywhere, rft_journal_set_up),
        cmocka_unit_test_setup(test_flip_anywhere, rft_journal_set_up),
        cmocka_unit_test_setup(test_same_line_twice, rft_journal_set_up),
    };
    return RFT_TEST_RUN(tests, rft_journal_set_up_all, rft_journal_tear_down_all);
}
