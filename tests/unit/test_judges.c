/* SPDX-License-Identifier: MIT */
/* Whatever a judge does: every request has one verdict, it is the same whatever the number of workers and the batch,
 * and nothing is left. */
#include "support.h"

#include "judge_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *completion;
    const char *reply;
} cases[] = {
    {"right", "right"},
    {"wrong", "wrong: off by one (-0.25)"},
    {"words", "right: a b  \xc3\xa9 (1000)"},
    {"undecided", "undecided [the judge]"},
    {"crash", "undecided [ended]: exited with code 3"},
    {"right#2", "right"},
    {"end", "undecided [ended]: exited with code 0"},
    {"killed", "undecided [ended]: killed by signal 9"},
    {"garbage", "undecided [output]: a line that is no JSON object"},
    {"wrong#2", "wrong: off by one (-0.25)"},
    {"list", "undecided [output]: a line that is no JSON object"},
    {"no verdict", "undecided [output]: a verdict that is none of \"right\", \"wrong\", \"undecided\", true, false"},
    {"no id", "undecided [output]: an answer without an id"},
    {"bad score", "undecided [output]: a score that is no number"},
    {"infinite", "undecided [output]: a score that is no number"},
    {"not a number", "undecided [output]: a score that is no number"},
    {"quotes", "right: a b \xef\xbf\xbd \xef\xbf\xbd\xf0\x9f\x98\x80 \\ud800\""},
    {"group killed", "undecided [ended]: killed by signal 9"},
    {"group told", "undecided [ended]: killed by signal 15"},
    {"two verdicts", "undecided [output]: a line that is no JSON object"},
    {"unknown", "undecided [output]: an answer to what was not asked"},
    {"right#3", "right"},
    {"flood", "undecided [output]: a line of more than 1048576 bytes"},
    {"twice", "right"},
    {"close output", "undecided [ended]: closed its output"},
    {"close input", "right"},
    {"no newline", "undecided [ended]: exited with code 0"},
    {"daemon", "right"},
    {"memory", "undecided [memory limit]: memory limit"},
    {"family", "undecided [memory limit]: memory limit"},
    {"reserve", "right"},
    {"chatter", "right"},
    {"descriptors", "right"},
    {"endless", "right"},
    {"blank", "undecided [output]: lines without end"},
    {"hold#1", "right"},
    {"hold#2", "right"},
    {"hold#3", "right"},
    {"right#4", "right"},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static void push_cases(struct rft_judges *judges)
{
    const char *completions[N_CASES];
    for (size_t i = 0; i < N_CASES; i++)
        completions[i] = cases[i].completion;
    rft_judge_fixture_ask(judges, completions, N_CASES);
}

static void check_cases(struct rft_judges *judges)
{
    for (size_t i = 0; i < N_CASES; i++) {
        const char *reply = rft_judge_fixture_reply(judges, cases[i].completion);
        if (strcmp(reply, cases[i].reply) != 0)
            fail_msg("%s: \"%s\" and not \"%s\"", cases[i].completion, reply, cases[i].reply);
    }
}

static void test_misbehaviour(void **state)
{
    static const struct {
        uint32_t n_workers, batch;
        bool without_namespace;
    } settings[] = {{1, 4, false}, {8, 1, true}, {8, 4, false}};
    (void)state;
    int open_by_neglect = open("/dev/null", O_RDONLY); /* the judge must not see it */
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct rft_judge_options options = rft_judge_fixture_options();
        struct rft_judge_counts counts;
        options.n_workers = settings[i].n_workers;
        options.batch = settings[i].batch;
        options.without_namespace = settings[i].without_namespace;
        rft_test_log_capture();
        struct rft_judges *judges = rft_judge_fixture_opened(&options);
        push_cases(judges);
        rft_judges_count(judges, &counts);
        check_cases(judges);
        rft_judges_close(judges, true);
        rft_test_log_release();
        assert_int_equal(counts.n_asked, N_CASES);
        assert_int_equal(counts.n_decided, N_CASES);
        assert_int_equal(counts.n_verdicts[RFT_JUDGE_RIGHT], 16);
        assert_int_equal(counts.n_verdicts[RFT_JUDGE_WRONG], 2);
        assert_int_equal(counts.n_undecided[RFT_JUDGE_CAUSE_JUDGE], 1);
        assert_int_equal(counts.n_undecided[RFT_JUDGE_CAUSE_MEMORY], 2);
        assert_true(rft_test_log_count("a worker failed") <= 10);
        if (options.n_workers == 1) /* else others may have failed before it */
            assert_int_equal(rft_test_log_count("it said: it hurts"), 2);
        rft_judge_fixture_check_nothing_left();
    }
    close(open_by_neglect);
}

/* Time limits: only requests that never end, so that a slow machine changes nothing. */
static void test_time_limit(void **state)
{
    static const char *const completions[] = {"hang", "hang#2", "stubborn"};
    (void)state;
    struct rft_judge_options options = rft_judge_fixture_options();
    options.time_limit_s = 0.2;
    options.n_workers = 3;
    rft_test_log_capture();
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    rft_judge_fixture_ask(judges, completions, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(rft_judge_fixture_reply(judges, completions[i]), "undecided [time limit]: time limit");
    rft_judges_close(judges, true);
    rft_test_log_release();
    rft_judge_fixture_check_nothing_left();
}

/* What fails once is tried once more, in a fresh process. */
static void test_second_try(void **state)
{
    char completion[300];
    const char *completions[] = {completion, "right"};
    struct rft_judge_counts counts;
    (void)state;
    snprintf(completion, sizeof completion, "flaky %s", rft_test_tmp_path("flaky"));
    struct rft_judge_options options = rft_judge_fixture_options();
    rft_test_log_capture();
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    rft_judge_fixture_ask(judges, completions, 2);
    assert_string_equal(rft_judge_fixture_reply(judges, completion), "right");
    rft_judges_count(judges, &counts);
    assert_int_equal(counts.n_failed, 1);
    rft_judges_close(judges, true);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("exited with code 3"), 1);
    rft_judge_fixture_check_nothing_left();
}

/* A judge that kills its parent: the namespace's first process cannot be killed from within; without one the judge goes
 * with its parent. */
static void test_parent_killed(void **state)
{
    static const char *const completions[] = {"parent", "right"};
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct rft_judge_options options = rft_judge_fixture_options();
        struct rft_judge_counts counts;
        options.without_namespace = plain;
        rft_test_log_capture();
        struct rft_judges *judges = rft_judge_fixture_opened(&options);
        rft_judge_fixture_ask(judges, completions, 2);
        rft_judges_count(judges, &counts);
        const char *reply = rft_judge_fixture_reply(judges, "parent"); /* it may answer before it follows its parent */
        if (strcmp(reply, "right") != 0 && !counts.has_namespace)
            assert_string_equal(reply, "undecided [ended]: its parent process was killed");
        else
            assert_string_equal(reply, "right");
        assert_string_equal(rft_judge_fixture_reply(judges, "right"), "right");
        rft_judges_close(judges, true);
        rft_test_log_release();
        assert_int_equal(rft_judge_fixture_n_left(), 0); /* a process that is killed takes its time */
    }
}

/* Equal requests are asked once; a queue that is full takes nothing and does not wait. */
static void test_queue(void **state)
{
    struct rft_judge_options options = rft_judge_fixture_options();
    struct rft_judge_request hang = rft_judge_fixture_request("hang"), right = rft_judge_fixture_request("right");
    struct rft_judge_request more = rft_judge_fixture_request("right#2");
    struct rft_judge_counts counts;
    bool is_taken;
    (void)state;
    options.n_queue = 2;
    options.n_workers = 1;
    options.batch = 1;
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    assert_int_equal(rft_judges_offer(judges, &hang, &is_taken), RFT_OK);
    assert_true(is_taken);
    assert_int_equal(rft_judges_offer(judges, &right, &is_taken), RFT_OK);
    assert_true(is_taken);
    assert_int_equal(rft_judges_offer(judges, &right, &is_taken), RFT_OK);
    assert_true(is_taken);
    assert_int_equal(rft_judges_offer(judges, &more, &is_taken), RFT_OK);
    assert_false(is_taken);
    rft_judges_count(judges, &counts);
    assert_int_equal(counts.n_asked, 2);
    assert_string_equal(rft_judge_fixture_reply(judges, "hang"), "not decided");
    /* A signal ends the waits, and closing ends what hangs. */
    rft_os_set_interrupted(true);
    assert_int_equal(rft_judges_push(judges, &more), RFT_ERR_INTERRUPTED);
    assert_int_equal(rft_judges_drain(judges), RFT_ERR_INTERRUPTED);
    rft_os_set_interrupted(false);
    rft_judges_close(judges, false);
    rft_judge_fixture_check_nothing_left();
}

/* A queue of one request keeps all workers busy: each waits for the other to come. */
static void test_small_queue(void **state)
{
    struct rft_judge_options options = rft_judge_fixture_options();
    struct rft_judge_request hangs[2] = {rft_judge_fixture_request("hang"), rft_judge_fixture_request("hang#2")};
    bool is_taken;
    (void)state;
    options.n_queue = 1;
    options.batch = 1;
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rft_judges_offer(judges, &hangs[i], &is_taken), RFT_OK);
        assert_true(is_taken);
    }
    rft_judges_close(judges, false);
    rft_judge_fixture_check_nothing_left();
}

/* Requests larger than a pipe and than the queue. */
static void test_large(void **state)
{
    enum { N = 3 << 20 };
    struct rft_judge_options options = rft_judge_fixture_options();
    const char *completions[] = {NULL, "right", NULL};
    (void)state;
    char *large = malloc(N + 1);
    assert_non_null(large);
    memset(large, 'x', N);
    large[N] = '\0';
    memcpy(large, "right#", 6);
    completions[0] = large;
    completions[2] = large + 6; /* an unknown word: wrong */
    options.n_workers = 1;
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    rft_judge_fixture_ask(judges, completions, 3);
    assert_string_equal(rft_judge_fixture_reply(judges, large), "right");
    assert_string_equal(rft_judge_fixture_reply(judges, large + 6), "wrong: off by one (-0.25)");
    rft_judges_close(judges, true);
    free(large);
}

static const struct {
    const char *command;
    const char *message;
} refused[] = {
    {"", "verify.command: is empty"},
    {"no-such-judge-anywhere", "no program no-such-judge-anywhere in PATH"},
    {"/no/such/judge", "verify.command: /no/such/judge: No such file"},
    {"/tmp", "is not a regular file"},
    {"plain", "may not be executed"},
    {"odd", "cannot be started: Exec format error; if it is a script, begin it with #!"},
    {"lost", "cannot be started: No such file or directory; is the interpreter there"},
};

static void test_refused(void **state)
{
    (void)state;
    rft_test_write_file(rft_test_tmp_path("plain"), "#!/bin/sh\n", 10);
    rft_test_write_file(rft_test_tmp_path("odd"), "odd", 3);
    rft_test_write_file(rft_test_tmp_path("lost"), "#!/no/such/shell\n", 17);
    assert_int_equal(chmod(rft_test_tmp_path("odd"), 0755), 0);
    assert_int_equal(chmod(rft_test_tmp_path("lost"), 0755), 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct rft_judge_options options = rft_judge_fixture_options();
        struct rft_judges *judges;
        options.command = i < 4 ? refused[i].command : rft_test_tmp_path(refused[i].command);
        options.journal_path = rft_test_tmp_path("refused.verdicts");
        rft_test_log_capture();
        assert_int_equal(rft_judges_open(&options, &judges), RFT_ERR_CONFIG);
        rft_test_log_release();
        assert_null(judges);
        assert_int_equal(access(options.journal_path, F_OK), -1);
        if (strstr(rft_test_log_text(), refused[i].message) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", rft_test_log_text(), refused[i].message);
        assert_int_equal(rft_test_log_count("error: "), 1);
    }
    rft_judge_fixture_check_nothing_left();
}

static enum rft_status judge_once(void *user)
{
    static const char *const completions[] = {"right", "wrong", "crash"};
    struct rft_judge_options options = rft_judge_fixture_options();
    struct rft_judges *judges;
    (void)user;
    options.n_workers = 1;
    enum rft_status status = rft_judges_open(&options, &judges);
    for (size_t i = 0; i < 3 && status == RFT_OK; i++) {
        struct rft_judge_request request = rft_judge_fixture_request(completions[i]);
        status = rft_judges_push(judges, &request);
    }
    if (status == RFT_OK)
        status = rft_judges_drain(judges);
    rft_judges_close(judges, true);
    return status;
}

/* What descriptors are open, as a sum of bits. */
static uint64_t open_descriptors(void)
{
    uint64_t open_ones = 0;
    for (int fd = 0; fd < 64; fd++)
        open_ones |= (uint64_t)(fcntl(fd, F_GETFD) >= 0) << fd;
    return open_ones;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    uint64_t before = open_descriptors();
    assert_true(rft_test_alloc_faults(judge_once, NULL) >= 20);
    assert_true(open_descriptors() == before);
    rft_judge_fixture_check_nothing_left();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misbehaviour),  cmocka_unit_test(test_time_limit),   cmocka_unit_test(test_second_try),
        cmocka_unit_test(test_queue),         cmocka_unit_test(test_large),        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_parent_killed), cmocka_unit_test(test_alloc_faults), cmocka_unit_test(test_small_queue),
    };
    int code;
    if (rft_judge_fixture_is_helper(argc, argv, &code))
        return code;
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
