/* SPDX-License-Identifier: MIT */
/* The journal of verdicts: nothing is asked twice, whatever has become of the file and of the processes. */
#define _GNU_SOURCE /* posix_spawn's environ */
#include "support.h"

#include "file.h"
#include "judge_fixture.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *const completions[] = {"right", "wrong", "words", "undecided", "crash"};
static const char *const replies[] = {"right", "wrong: off by one (-0.25)", "right: a b  \xc3\xa9 (1000)",
                                      "undecided [the judge]", "undecided [ended]: exited with code 3"};
enum { N = sizeof completions / sizeof *completions };

static const char *journal_path(void)
{
    return rft_test_tmp_path("out.json.verdicts");
}

static struct rft_judge_options options_here(void)
{
    struct rft_judge_options options = rft_judge_fixture_options();
    options.journal_path = journal_path();
    return options;
}

/* Asks everything; what had to be asked, and what was known at the beginning. */
static struct rft_judge_counts ask_all(const struct rft_judge_options *options)
{
    struct rft_judge_counts counts;
    struct rft_judges *judges = rft_judge_fixture_opened(options);
    rft_judge_fixture_ask(judges, completions, N);
    for (size_t i = 0; i < N; i++)
        assert_string_equal(rft_judge_fixture_reply(judges, completions[i]), replies[i]);
    rft_judges_count(judges, &counts);
    rft_judges_close(judges, false);
    return counts;
}

static struct rft_str content(void)
{
    struct rft_str text;
    assert_int_equal(rft_file_read(journal_path(), 1 << 20, &text), RFT_OK);
    return text;
}

static void test_resume(void **state)
{
    (void)state;
    unlink(journal_path());
    struct rft_judge_options options = options_here();
    rft_test_log_capture();
    assert_int_equal(ask_all(&options).n_asked, N);
    struct rft_judge_counts counts = ask_all(&options);
    assert_int_equal(counts.n_known, N);
    assert_int_equal(counts.n_asked, 0);
    options.n_workers = 8; /* what verdicts do not depend on */
    options.batch = 1;
    options.n_queue = 5;
    assert_int_equal(ask_all(&options).n_asked, 0);
    options.asks_undecided_again = true;
    counts = ask_all(&options);
    assert_int_equal(counts.n_known, 3);
    assert_int_equal(counts.n_asked, 2);
    options.settings_hash = 1; /* what they depend on */
    assert_int_equal(ask_all(&options).n_asked, N);
    options.time_limit_s = 61;
    assert_int_equal(ask_all(&options).n_asked, N);
    /* Done: the file goes. */
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    rft_judges_close(judges, true);
    assert_false(rft_file_exists(journal_path()));
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("error"), 0);
}

/* A file among the arguments counts by its content. */
static void test_argument_file(void **state)
{
    struct rft_judge_options options = options_here();
    const char *const arguments[] = {rft_judge_fixture_tag(), "ready", rft_test_tmp_path("rules.txt")};
    (void)state;
    options.arguments = arguments;
    options.n_arguments = 3;
    rft_test_write_file(arguments[2], "one", 3);
    rft_test_log_capture();
    assert_int_equal(ask_all(&options).n_asked, N);
    assert_int_equal(ask_all(&options).n_asked, 0);
    rft_test_write_file(arguments[2], "two", 3);
    assert_int_equal(ask_all(&options).n_asked, N);
    rft_test_log_release();
    unlink(journal_path());
}

/* Cut at every byte, and one byte changed at every seventh place: what is whole counts, the rest is asked again. */
static void test_damage(void **state)
{
    struct rft_judge_options options = options_here();
    struct rft_judges *judges;
    (void)state;
    unlink(journal_path());
    rft_test_log_capture();
    ask_all(&options);
    struct rft_str whole = content();
    uint64_t n_known_before = 0;
    for (size_t n = 0; n <= whole.len; n += n + 40 < whole.len ? 37 : 1) {
        struct rft_judge_counts counts;
        rft_test_write_file(journal_path(), whole.data, n);
        judges = rft_judge_fixture_opened(&options);
        rft_judges_count(judges, &counts);
        rft_judges_close(judges, false);
        assert_true(counts.n_known >= n_known_before);
        n_known_before = counts.n_known;
    }
    assert_int_equal(n_known_before, N);
    for (size_t at = 120; at < whole.len; at += 97) { /* behind the header */
        whole.data[at] ^= 1;
        rft_test_write_file(journal_path(), whole.data, whole.len);
        whole.data[at] ^= 1;
        assert_in_range(ask_all(&options).n_asked, 1, 2);
        assert_int_equal(ask_all(&options).n_asked, 0);
    }
    /* The header: any one byte of it, with verdicts behind it or without, under these settings and others. */
    size_t header = 2 * strcspn(whole.data, "\n") + 2;
    for (size_t at = 0; at < header; at += 3) {
        for (int empty = 0; empty < 2; empty++) {
            struct rft_judge_counts counts;
            whole.data[at] ^= 1;
            rft_test_write_file(journal_path(), whole.data, empty ? header : whole.len);
            whole.data[at] ^= 1;
            judges = rft_judge_fixture_opened(&options);
            rft_judges_count(judges, &counts);
            assert_in_range(counts.n_known, empty ? 0 : N - 1, empty ? 0 : N);
            rft_judges_close(judges, false);
            options.settings_hash = 9;
            judges = rft_judge_fixture_opened(&options);
            rft_judges_close(judges, false);
            options.settings_hash = 0;
        }
    }
    rft_test_write_file(journal_path(), "rftgen-verdicts 99 something\n", 29);
    judges = rft_judge_fixture_opened(&options);
    rft_judges_close(judges, false);
    rft_test_write_file(journal_path(), "my novel\n", 9);
    assert_int_equal(rft_judges_open(&options, &judges), RFT_ERR_INPUT);
    assert_non_null(strstr(rft_test_log_text(), "is no journal of verdicts, and is left alone"));
    struct rft_str novel = content();
    assert_int_equal(novel.len, 9);
    rft_test_log_release();
    rft_str_finish(&novel);
    rft_str_finish(&whole);
    unlink(journal_path());
}

/* ---- a process that is killed ---- */

#define KILLED_WORD "--judge-until-killed"
enum { N_MANY = 60 };

static void name_of(char *completion, int i)
{
    sprintf(completion, i % 5 == 4 ? "daemon#%d" : i % 2 == 0 ? "right#%d" : "wrong#%d", i);
}

/* What the killed process does. Half of the requests hang in the end. */
static int judge_until_killed(const char *path, bool hangs)
{
    struct rft_judge_options options = rft_judge_fixture_options();
    struct rft_judges *judges;
    char completion[32];
    options.journal_path = path;
    options.n_workers = 4;
    options.without_namespace = getenv("RFT_TEST_PLAIN") != NULL;
    if (rft_judges_open(&options, &judges) != RFT_OK)
        return 1;
    for (int i = 0; i < N_MANY; i++) {
        name_of(completion, i);
        struct rft_judge_request request = rft_judge_fixture_request(completion);
        if (rft_judges_push(judges, &request) != RFT_OK)
            return 1;
    }
    for (int i = 0; i < 4 && hangs; i++) {
        sprintf(completion, "stubborn#%d", i);
        struct rft_judge_request request = rft_judge_fixture_request(completion);
        if (rft_judges_push(judges, &request) != RFT_OK)
            return 1;
    }
    enum rft_status status = rft_judges_drain(judges);
    rft_judges_close(judges, false);
    return status != RFT_OK;
}

static pid_t start_victim(char *word)
{
    char path[300], name[] = "victim";
    snprintf(path, sizeof path, "%s", journal_path());
    char *const argv[] = {name, word, path, NULL};
    pid_t pid;
    setenv("RFT_TEST_JUDGE_TAG", rft_judge_fixture_tag(), 1);
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
    return pid;
}

/* Killed at several moments: nothing stays behind, and the next one goes on. */
static void test_killed(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        unlink(journal_path());
        if (plain)
            setenv("RFT_TEST_PLAIN", "1", 1);
        else
            unsetenv("RFT_TEST_PLAIN");
        int ms = 5;
        for (int i = 0; i < 5; i++, ms *= 2) {
            pid_t pid = start_victim((char[]){KILLED_WORD});
            int status;
            usleep((useconds_t)ms * 1000);
            kill(pid, SIGKILL);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_int_equal(rft_judge_fixture_n_left(), 0);
        }
    }
    unsetenv("RFT_TEST_PLAIN");
    rft_test_log_capture();
    struct rft_judge_options options = options_here();
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    char completion[32];
    for (int i = 0; i < N_MANY; i++) {
        name_of(completion, i);
        struct rft_judge_request request = rft_judge_fixture_request(completion);
        assert_int_equal(rft_judges_push(judges, &request), RFT_OK);
    }
    assert_int_equal(rft_judges_drain(judges), RFT_OK);
    for (int i = 0; i < N_MANY; i++) {
        name_of(completion, i);
        assert_string_equal(rft_judge_fixture_reply(judges, completion),
                            completion[0] == 'w' ? "wrong: off by one (-0.25)" : "right");
    }
    rft_judges_close(judges, true);
    rft_test_log_release();
    rft_judge_fixture_check_nothing_left();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_argument_file),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_killed),
    };
    int code;
    if (rft_judge_fixture_is_helper(argc, argv, &code))
        return code;
    rft_alloc_hook_json();
    if (argc == 3 && strcmp(argv[1], KILLED_WORD) == 0)
        return judge_until_killed(argv[2], true);
    return RFT_TEST_RUN(tests, NULL, NULL);
}
