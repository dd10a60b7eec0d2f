/* SPDX-License-Identifier: MIT */
/* A replay of which every allocation fails once, and whose device is lost: no leak, no sample that is taken for the
 * same without having been compared. */
#include "support.h"
#include "job.h"
#include "replay.h"
#include "wrap_backend.h"

#include <stdio.h>
#include <string.h>

static const struct rft_test_job job = {
    "replayed",
    {"data.limit=2", "generate.samples=2", "generate.max_new_tokens=6", "device.threads=1", "output.logprobs=tokens"},
    false};

static enum rft_status replay(void *user)
{
    const char *const set = user;
    char records[280];
    const char *sets[8] = {records};
    size_t n = 1;
    struct rft_config config;
    snprintf(records, sizeof records, "data.questions=%s", rft_test_job_path(&job, ".records"));
    for (size_t i = 1; job.sets[i] != NULL; i++) /* all but the limit, which is no key of a replay */
        sets[n++] = job.sets[i];
    sets[n++] = set;
    RFT_TRY(rft_config_load(rft_test_path("tests/e2e/tiny.ini"), sets, n, RFT_USE_TO_DRAW, &config));
    enum rft_status status = rft_replay(&config, NULL, NULL, true);
    rft_config_finish(&config);
    return status;
}

static char same[] = "generate.seed=0", other[] = "generate.seed=1", three_hot[] = "generate.top_k=3";

static int draw_records(void **state)
{
    (void)state;
    rft_alloc_hook_json();
    struct rft_str bytes = {0};
    rft_test_job_once(&job, &bytes);
    rft_str_finish(&bytes);
    return 0;
}

static int drop_records(void **state)
{
    (void)state;
    rft_test_job_clean(&job);
    return 0;
}

/* What is printed, and with which status. */
static void expect(char *set, enum rft_status wanted, const char *text)
{
    struct rft_str printed = {0};
    const enum rft_status status = rft_test_stdout_of(replay, set, &printed);
    if (status != wanted || printed.len == 0 || strstr(printed.data, text) == NULL)
        fail_msg("%s: %s: %s", set, rft_status_text(status), printed.len != 0 ? printed.data : "");
    rft_str_finish(&printed);
}

static void test_verdicts(void **state)
{
    (void)state;
    expect(same, RFT_OK, "4 of 4 samples are the same\n");
    expect(other, RFT_ERR_DIFFERENT, "generate.seed was 0 and is 1\n0 of 4 samples are the same\n");
    expect(three_hot, RFT_ERR_DIFFERENT, "0 of 4 samples are the same\n");
}

static void test_device_lost(void **state)
{
    (void)state;
    for (uint64_t at = 1; at < 6; at++) {
        struct rft_wrap *wrap = rft_wrap_begin();
        wrap->fail_call = RFT_WRAP_RUN;
        wrap->fail_status = RFT_ERR_DEVICE_LOST;
        wrap->fail_at = at;
        wrap->n_fails = 1;
        rft_test_log_capture();
        expect(same, RFT_OK, "4 of 4 samples are the same\n");
        rft_test_log_release();
        rft_wrap_end();
    }
}

/* A device that fails for good: what was compared until then counts, the rest does not. */
static void test_device_failed(void **state)
{
    (void)state;
    struct rft_wrap *wrap = rft_wrap_begin();
    wrap->fail_call = RFT_WRAP_RUN;
    wrap->fail_status = RFT_ERR_DEVICE;
    wrap->fail_at = 2;
    wrap->n_fails = 1;
    rft_test_log_capture();
    expect(same, RFT_ERR_DEVICE, " samples are the same; ");
    rft_test_log_release();
    rft_wrap_end();
}

static enum rft_status fail_allocations(void *user)
{
    assert_true(rft_test_alloc_faults(replay, user) > 100);
    return RFT_OK;
}

static void test_allocations(void **state)
{
    (void)state;
    struct rft_str printed = {0};
    assert_int_equal(rft_test_stdout_of(fail_allocations, same, &printed), RFT_OK);
    rft_str_finish(&printed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_device_lost),
        cmocka_unit_test(test_device_failed),
        cmocka_unit_test(test_allocations),
    };
    return RFT_TEST_RUN(tests, draw_records, drop_records);
}
