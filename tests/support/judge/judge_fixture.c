/* SPDX-License-Identifier: MIT */
#include "judge_fixture.h"

#include "judge_helper.h"
#include "support.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAG_NAME "RFT_TEST_JUDGE_TAG"

const char *rft_judge_fixture_tag(void)
{
    static char tag[64];
    const char *given = getenv(TAG_NAME);
    if (tag[0] == '\0') {
        snprintf(tag, sizeof tag, "%s", given != NULL ? given : "");
        if (given == NULL)
            snprintf(tag, sizeof tag, "misjudge-of-%ld", (long)getpid());
    }
    return tag;
}

struct rft_judge_options rft_judge_fixture_options(void)
{
    static const char *arguments[2];
    arguments[0] = rft_judge_fixture_tag();
    arguments[1] = "ready";
    return (struct rft_judge_options){.command = RFT_MISJUDGE,
                                      .arguments = arguments,
                                      .n_arguments = 2,
                                      .n_workers = 2,
                                      .batch = 4,
                                      .time_limit_s = 60,
                                      .start_limit_s = 60,
                                      .memory_limit_bytes = (uint64_t)100 << 20,
                                      .queue_bytes = 1 << 20,
                                      .n_queue = 1000};
}

struct rft_judge_request rft_judge_fixture_request(const char *completion)
{
    return (struct rft_judge_request){.question = rft_bytes_z("What is 1 + 1?"),
                                      .gold_json = rft_bytes_z("[\"2\",\n 2]"),
                                      .completion = rft_bytes_z(completion)};
}

struct rft_judges *rft_judge_fixture_opened(const struct rft_judge_options *options)
{
    struct rft_judges *judges;
    assert_int_equal(rft_judges_open(options, &judges), RFT_OK);
    return judges;
}

void rft_judge_fixture_ask(struct rft_judges *judges, const char *const *completions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rft_judge_request request = rft_judge_fixture_request(completions[i]);
        assert_int_equal(rft_judges_push(judges, &request), RFT_OK);
    }
    assert_int_equal(rft_judges_drain(judges), RFT_OK);
}

const char *rft_judge_fixture_reply(struct rft_judges *judges, const char *completion)
{
    static char shown[1000];
    struct rft_judge_request request = rft_judge_fixture_request(completion);
    struct rft_judge_reply reply;
    struct rft_str text = {0};
    bool is_decided;
    assert_int_equal(rft_judges_look_up(judges, &request, &text, &is_decided, &reply), RFT_OK);
    if (!is_decided) {
        rft_str_finish(&text);
        return "not decided";
    }
    int n = snprintf(shown, sizeof shown, "%s", rft_judge_verdict_text(reply.verdict));
    if (reply.verdict == RFT_JUDGE_UNDECIDED)
        n += snprintf(shown + n, sizeof shown - (size_t)n, " [%s]", rft_judge_cause_text(reply.cause));
    if (reply.reason.len != 0)
        n += snprintf(shown + n, sizeof shown - (size_t)n, ": %.*s", (int)reply.reason.len, reply.reason.data);
    if (reply.has_score)
        snprintf(shown + n, sizeof shown - (size_t)n, " (%g)", reply.score);
    rft_str_finish(&text);
    return shown;
}

/* Whether a process has the tag among its arguments, ourselves not counted: our tag is in the environment only. */
static bool has_tag(const char *pid)
{
    char path[300], arguments[4096];
    const char *tag = rft_judge_fixture_tag();
    snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return false;
    size_t n = fread(arguments, 1, sizeof arguments - 1, f);
    fclose(f);
    arguments[n] = '\0';
    for (const char *at = arguments; at < arguments + n; at += strlen(at) + 1)
        if (strcmp(at, tag) == 0)
            return true;
    return false;
}

static unsigned count_left(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc");
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += isdigit((unsigned char)entry->d_name[0]) && has_tag(entry->d_name);
    closedir(dir);
    return n;
}

unsigned rft_judge_fixture_n_left(void)
{
    unsigned n = count_left();
    for (int i = 0; i < 100 && n != 0; i++) {
        poll(NULL, 0, 10);
        n = count_left();
    }
    return n;
}

void rft_judge_fixture_check_nothing_left(void)
{
    assert_int_equal(count_left(), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

bool rft_judge_fixture_is_helper(int argc, char **argv, int *code)
{
    if (argc < 2 || strcmp(argv[1], RFT_JUDGE_WORD) != 0)
        return false;
    *code = rft_judge_helper(argc, argv);
    return true;
}
