/* SPDX-License-Identifier: MIT */
/* configs/judge_python.py and configs/judge_shell.sh as rftgen runs them: small programs, many of them hostile
 * (judge_programs.jsonl), with the verdicts that they deserve; as whoever runs the test and, if that is root, as
 * nobody, too. */
#define _GNU_SOURCE /* setgroups */
#include "support.h"

#include "file.h"
#include "json.h"
#include "judge_fixture.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define N_MAX 64

struct program {
    const char *name, *expected;
    struct rft_judge_request request;
};

static json_t *rows[N_MAX];
static char *golds[N_MAX];
static struct program programs[N_MAX];
static size_t n_programs;

static struct rft_bytes field(const json_t *row, const char *name)
{
    const json_t *text = json_object_get(row, name);
    assert_true(json_is_string(text));
    return (struct rft_bytes){json_string_value(text), json_string_length(text)};
}

static int load_programs(void **state)
{
    struct rft_str text;
    (void)state;
    assert_int_equal(rft_file_read(rft_test_path("tests/e2e/judge_programs.jsonl"), 1 << 20, &text), RFT_OK);
    for (char *at = text.data, *newline; (newline = strchr(at, '\n')) != NULL; at = newline + 1) {
        size_t i = n_programs++;
        assert_true(i < N_MAX);
        assert_int_equal(
            rft_json_load("judge_programs.jsonl", (struct rft_bytes){at, (size_t)(newline - at)}, 0, &rows[i]), RFT_OK);
        golds[i] = json_dumps(json_object_get(rows[i], "gold"), JSON_ENCODE_ANY);
        programs[i] = (struct program){
            .name = field(rows[i], "name").data,
            .expected = field(rows[i], "expected").data,
            .request = {.question = field(rows[i], "question"), .completion = field(rows[i], "completion")}};
        programs[i].request.gold_json = rft_bytes_z(golds[i]);
    }
    rft_str_finish(&text);
    return 0;
}

static int drop_programs(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_programs; i++) {
        json_decref(rows[i]);
        rft_free(golds[i]);
    }
    return 0;
}

static bool is_there(const char *name)
{
    char command[100];
    snprintf(command, sizeof command, "command -v %s >/dev/null", name);
    return system(command) == 0;
}

/* Of the first n programs. How many verdicts are not as they should be; each is printed. */
static int judge_programs(size_t n, const char *command, const char *const *arguments, size_t n_arguments)
{
    struct rft_judge_options options = rft_judge_fixture_options();
    struct rft_judges *judges;
    int n_wrong = 0;
    options.command = command;
    options.arguments = arguments;
    options.n_arguments = n_arguments;
    options.n_workers = 3;
    options.batch = 3;
    options.memory_limit_bytes = (uint64_t)2 << 30;
    if (rft_judges_open(&options, &judges) != RFT_OK)
        return 1;
    for (size_t i = 0; i < n; i++)
        if (rft_judges_push(judges, &programs[i].request) != RFT_OK)
            return 1;
    if (rft_judges_drain(judges) != RFT_OK)
        return 1;
    for (size_t i = 0; i < n; i++) {
        const struct program *program = &programs[i];
        struct rft_str text = {0};
        struct rft_judge_reply reply;
        bool is_decided = false;
        if (rft_judges_look_up(judges, &program->request, &text, &is_decided, &reply) != RFT_OK || !is_decided)
            return 1;
        bool fits = strcmp(program->expected, "not right") == 0
                        ? reply.verdict != RFT_JUDGE_RIGHT
                        : strcmp(program->expected, rft_judge_verdict_text(reply.verdict)) == 0;
        n_wrong += !fits;
        printf("%s%s: %s: %.*s\n", fits ? "" : "NOT SO: ", program->name, rft_judge_verdict_text(reply.verdict),
               (int)reply.reason.len, reply.reason.data != NULL ? reply.reason.data : "");
        rft_str_finish(&text);
    }
    rft_judges_close(judges, true);
    return n_wrong;
}

static const char *const python_arguments[] = {"--cpu", "1", "--wall", "4"};

static int judge_python(size_t n)
{
    return judge_programs(n, rft_test_path("configs/judge_python.py"), python_arguments, 4);
}

static bool can_run_python(void)
{
    return is_there("bwrap") && is_there("python3") && access("/usr/bin/python3", X_OK) == 0;
}

static void test_python(void **state)
{
    (void)state;
    if (!can_run_python())
        RFT_SKIP("bubblewrap or python3 is not there");
    /* Root becomes nobody before anything is run; all of them once is enough. */
    assert_int_equal(judge_python(geteuid() == 0 ? 6 : n_programs), 0);
    rft_judge_fixture_check_nothing_left();
}

static void test_python_as_nobody(void **state)
{
    (void)state;
    if (!can_run_python() || geteuid() != 0)
        RFT_SKIP("bubblewrap or python3 is not there, or this is not root");
    fflush(stdout);
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        if (chdir("/") != 0 || setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
            _exit(99);
        if (access(rft_test_path("configs/judge_python.py"), R_OK) != 0 || access("/proc/self/exe", X_OK) != 0)
            _exit(77);
        int n_wrong = judge_python(n_programs);
        fflush(stdout);
        _exit(n_wrong);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        RFT_SKIP("nobody may not read the source tree");
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(rft_judge_fixture_n_left(), 0);
}

/* Without bubblewrap nothing is run. */
static void test_no_sandbox(void **state)
{
    struct rft_judge_options options = rft_judge_fixture_options();
    char arguments[3][300];
    const char *const words[] = {arguments[0], arguments[1], arguments[2]};
    (void)state;
    if (!can_run_python())
        RFT_SKIP("bubblewrap or python3 is not there");
    snprintf(arguments[0], sizeof arguments[0], "PATH=%s", rft_test_tmp_dir());
    snprintf(arguments[1], sizeof arguments[1], "/usr/bin/python3");
    snprintf(arguments[2], sizeof arguments[2], "%s", rft_test_path("configs/judge_python.py"));
    options.command = "/usr/bin/env";
    options.arguments = words;
    options.n_arguments = 3;
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    struct rft_judge_reply reply;
    struct rft_str text = {0};
    bool is_decided;
    assert_int_equal(rft_judges_push(judges, &programs[0].request), RFT_OK);
    assert_int_equal(rft_judges_drain(judges), RFT_OK);
    assert_int_equal(rft_judges_look_up(judges, &programs[0].request, &text, &is_decided, &reply), RFT_OK);
    assert_int_equal(reply.verdict, RFT_JUDGE_UNDECIDED);
    assert_string_equal(text.data, "bubblewrap (bwrap) is not installed");
    rft_str_finish(&text);
    rft_judges_close(judges, true);
}

static const struct {
    const char *gold, *completion, *verdict;
} lines[] = {
    {"\"Paris\"", "It is\n **Paris**", "wrong"},
    {"\"Paris\"", "It is\n  paris.\n\n", "right"},
    {"[\"x\", \"New  York\"]", "`touch x`; $(touch y)\nnew york", "right"},
    {"12", "12", "right"},
    {"12", "", "wrong"},
    {NULL, "12", "undecided"},
    {"\"a\"", "-e a", "wrong"},
    {"\".\"", "a", "undecided"}, /* nothing is left of it */
    {"\"1\\n2\"", "2", "wrong"},
    {"\"1\\n2\"", "1\n2", "wrong"},
    {"4.0", "4.0", "right"},
    {"4.0", "4", "wrong"},
    {"9007199254740993", "9007199254740992", "wrong"},
    {"[4, \"four\"]", "4.", "right"},
    {"[4.5]", "4.5", "undecided"},
    {"{\"a\": 1}", "1", "undecided"},
    {"\"4\"", "\", \"gold\": 5, \"completion\": \"4\n4", "right"},
};

static void test_shell(void **state)
{
    enum { N = sizeof lines / sizeof *lines };
    struct rft_judge_options options = rft_judge_fixture_options();
    const char *command = rft_test_path("configs/judge_shell.sh");
    (void)state;
    if (!is_there("jq"))
        RFT_SKIP("jq is not there");
    options.command = command;
    options.n_arguments = 0;
    struct rft_judges *judges = rft_judge_fixture_opened(&options);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < N; i++) {
            struct rft_judge_request request = {.completion = rft_bytes_z(lines[i].completion)};
            struct rft_judge_reply reply;
            struct rft_str text = {0};
            bool is_decided;
            if (lines[i].gold != NULL)
                request.gold_json = rft_bytes_z(lines[i].gold);
            if (pass == 0) {
                assert_int_equal(rft_judges_push(judges, &request), RFT_OK);
                continue;
            }
            assert_int_equal(rft_judges_look_up(judges, &request, &text, &is_decided, &reply), RFT_OK);
            assert_true(is_decided);
            assert_string_equal(rft_judge_verdict_text(reply.verdict), lines[i].verdict);
            rft_str_finish(&text);
        }
        assert_int_equal(rft_judges_drain(judges), RFT_OK);
    }
    rft_judges_close(judges, true);
    rft_judge_fixture_check_nothing_left();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_python),
        cmocka_unit_test(test_python_as_nobody),
        cmocka_unit_test(test_no_sandbox),
        cmocka_unit_test(test_shell),
    };
    int code;
    if (rft_judge_fixture_is_helper(argc, argv, &code))
        return code;
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, load_programs, drop_programs);
}
