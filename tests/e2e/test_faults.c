/* SPDX-License-Identifier: MIT */
/* Every call of the backend and every allocation fails once, and memory runs short while the job runs: no crash, no
 * leak, nothing lost. What the run can recover from must not show in its bytes; after anything else a message says what
 * was wrong, and the same command gives the same bytes. */
#include "support.h"
#include "file.h"
#include "command.h"
#include "job.h"
#include "wrap_backend.h"

#include <stdio.h>
#include <string.h>

static struct rft_str wanted; /* bytes of the job when nothing fails */

/* Small, but with all there is: several questions in flight, chunks, passes of a prefill, bursts, stop strings. */
#define FAULT_JOB                                                                                                      \
    {                                                                                                                  \
        "faults",                                                                                                      \
            {"data.limit=2", "generate.samples=3", "generate.max_new_tokens=10", "generate.questions_in_flight=2",     \
             "device.threads=1"},                                                                                      \
            false                                                                                                      \
    }
static const struct rft_test_job job = FAULT_JOB;

static int make_wanted(void **state)
{
    (void)state;
    rft_alloc_hook_json();
    rft_test_job_once(&job, &wanted);
    return 0;
}

static int drop_wanted(void **state)
{
    (void)state;
    rft_str_finish(&wanted);
    return 0;
}

/* What is promised after a failure of each kind. */
static bool must_recover(enum rft_wrap_call call, enum rft_status failure, const struct rft_wrap *wrap)
{
    bool is_generating = wrap->n_calls[RFT_WRAP_EXEC_CREATE] > 0;
    if (failure == RFT_ERR_DEVICE_LOST)
        return wrap->n_calls[RFT_WRAP_BLOCK_CREATE] > 0; /* from the first of the weights on */
    return failure == RFT_ERR_DEVICE_MEMORY && call == RFT_WRAP_BLOCK_CREATE && is_generating;
}

/* Runs the job with one call failing, or n_fails in a row; false if it made fewer calls. */
static bool run_with_fault(enum rft_wrap_call call, enum rft_status failure, uint64_t at, uint64_t n_fails)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    uint64_t live = rft_alloc_n_live(), n_failed;
    char what[80];
    enum rft_status status;
    snprintf(what, sizeof what, "%s number %llu: %s", rft_wrap_call_name(call), (unsigned long long)at,
             rft_status_text(failure));
    wrap->fail_call = call;
    wrap->fail_status = failure;
    wrap->fail_at = at;
    wrap->n_fails = n_fails;
    rft_test_job_clean(&job);
    rft_test_log_capture();
    status = rft_test_job_run(&job);
    rft_test_log_release();
    n_failed = wrap->n_failed;
    if (rft_alloc_n_live() != live)
        fail_msg("%s: %lld allocations leaked", what, (long long)(rft_alloc_n_live() - live));
    if (status != RFT_OK && n_failed != 0 && must_recover(call, failure, wrap))
        fail_msg("%s: the run did not recover: %s\n%s", what, rft_status_text(status), rft_test_log_text());
    rft_wrap_end();
    if (status != RFT_OK) {
        struct rft_str bytes = {0};
        assert_int_equal(status, failure);
        assert_false(rft_file_exists(rft_test_job_path(&job, "")));
        assert_int_equal(rft_test_job_run(&job), RFT_OK); /* the same command, and nothing fails */
        rft_test_job_bytes(&job, &bytes);
        rft_test_same_bytes(&bytes, &wanted, what);
        rft_str_finish(&bytes);
    } else {
        struct rft_str bytes = {0};
        rft_test_job_bytes(&job, &bytes);
        rft_test_same_bytes(&bytes, &wanted, what);
        rft_str_finish(&bytes);
    }
    rft_test_job_clean(&job);
    return n_failed != 0;
}

static void test_backend_calls(void **state)
{
    static const struct {
        enum rft_wrap_call call;
        enum rft_status failure;
    } cases[] = {
        {RFT_WRAP_ENUMERATE, RFT_ERR_DEVICE},
        {RFT_WRAP_OPEN, RFT_ERR_DEVICE},
        {RFT_WRAP_OPEN, RFT_ERR_HOST_MEMORY},
        {RFT_WRAP_MEMORY, RFT_ERR_DEVICE},
        {RFT_WRAP_BLOCK_CREATE, RFT_ERR_DEVICE_MEMORY},
        {RFT_WRAP_BLOCK_CREATE, RFT_ERR_DEVICE_LOST},
        {RFT_WRAP_EXEC_CREATE, RFT_ERR_DEVICE},
        {RFT_WRAP_EXEC_CREATE, RFT_ERR_DEVICE_LOST},
        {RFT_WRAP_WRITE, RFT_ERR_DEVICE_LOST},
        {RFT_WRAP_READ, RFT_ERR_DEVICE_LOST},
        {RFT_WRAP_RUN, RFT_ERR_DEVICE_LOST},
        {RFT_WRAP_RUN, RFT_ERR_DEVICE},
        {RFT_WRAP_WAIT, RFT_ERR_DEVICE_LOST},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t n = 0;
        while (run_with_fault(cases[i].call, cases[i].failure, n + 1, 1))
            n++;
        print_message("%s, %s: %llu calls failed\n", rft_wrap_call_name(cases[i].call),
                      rft_status_text(cases[i].failure), (unsigned long long)n);
        assert_true(n >= 1);
    }
}

/* The device is lost, and again while it comes back: weights, buffers, programs. */
static void test_lost_twice(void **state)
{
    static const enum rft_wrap_call calls[] = {RFT_WRAP_WRITE, RFT_WRAP_BLOCK_CREATE, RFT_WRAP_EXEC_CREATE,
                                               RFT_WRAP_RUN};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (uint64_t n = 1; run_with_fault(calls[i], RFT_ERR_DEVICE_LOST, n, 2); n++)
            ;
}

/* The device is lost again and again: opened again twice for the same chunk, then the run gives up, keeping what it
 * has. */
static void test_lost_for_good(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_str bytes = {0};
    (void)state;
    wrap->fail_call = RFT_WRAP_RUN;
    wrap->fail_status = RFT_ERR_DEVICE_LOST;
    wrap->fail_at = 3;
    wrap->n_fails = UINT64_MAX;
    rft_test_job_clean(&job);
    rft_test_log_capture();
    assert_int_equal(rft_test_job_run(&job), RFT_ERR_DEVICE_LOST);
    assert_int_equal(wrap->n_calls[RFT_WRAP_OPEN], 3);
    assert_int_equal(rft_test_log_count(": the device was lost; opening it again\n"), 2);
    rft_test_log_release();
    rft_wrap_end();
    assert_false(rft_file_exists(rft_test_job_path(&job, "")));
    assert_int_equal(rft_test_job_run(&job), RFT_OK);
    rft_test_job_bytes(&job, &bytes);
    rft_test_same_bytes(&bytes, &wanted, "after a device that was lost for good");
    rft_str_finish(&bytes);
}

/* Memory that others take away while the job runs. */
static void test_shrinking_memory(void **state)
{
    static const struct rft_test_job small = {"small", {"data.limit=6", "generate.chunk=1", "device.threads=1"}, false};
    static const struct rft_test_job wide = {
        "wide",
        {"data.limit=6", "generate.questions_in_flight=auto", "generate.chunk=auto", "device.threads=1"},
        false};
    struct rft_str bytes = {0}, small_bytes = {0};
    struct rft_wrap *wrap = rft_wrap_begin();
    uint64_t floor_bytes, peak;
    (void)state;
    rft_test_job_once(&small, &small_bytes);
    floor_bytes = wrap->peak_bytes;
    rft_wrap_end();
    wrap = rft_wrap_begin();
    rft_test_job_once(&wide, &bytes);
    peak = wrap->peak_bytes;
    rft_wrap_end();
    rft_test_same_bytes(&bytes, &small_bytes, "a large and a small plan");
    for (uint64_t step = 1; step <= 8; step++) {
        char what[64];
        wrap = rft_wrap_begin();
        wrap->limit_bytes = peak;
        wrap->limit_drop_bytes = step * (peak - floor_bytes) / 16;
        wrap->limit_floor_bytes = floor_bytes;
        snprintf(what, sizeof what, "memory shrinking by %llu bytes a block",
                 (unsigned long long)wrap->limit_drop_bytes);
        rft_test_log_capture();
        rft_test_job_expect(&wide, &bytes, what);
        assert_true(rft_test_log_count("warning: test: no memory") >= 1); /* otherwise nothing was tried */
        rft_test_log_release();
        rft_wrap_end();
    }
    rft_str_finish(&bytes);
    rft_str_finish(&small_bytes);
}

static void test_no_memory_at_all(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    (void)state;
    wrap->limit_bytes = 350000; /* for the weights, and hardly more */
    rft_test_job_clean(&job);
    rft_test_log_capture();
    assert_int_equal(rft_test_job_run(&job), RFT_ERR_DEVICE_MEMORY);
    assert_int_equal(rft_test_log_count("error: "), 1);
    assert_int_equal(rft_test_log_count("error: the device has no memory for the smallest plan"), 1);
    rft_test_log_release();
    rft_wrap_end();
}

/* Runs the job on a device that says it has so many bytes, and a host that has many more. */
static enum rft_status run_on_small_device(uint64_t bytes, uint64_t host_bytes, uint64_t *host_peak)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    enum rft_status status;
    wrap->available_bytes = bytes;
    wrap->limit_bytes = bytes;
    wrap->host_available_bytes = host_bytes;
    rft_test_job_clean(&job);
    status = rft_test_job_run(&job);
    *host_peak = wrap->peak_host_bytes;
    assert_true(wrap->peak_bytes <= bytes);
    rft_wrap_end();
    return status;
}

static enum rft_status plan_job(void *user)
{
    const char *set = user;
    struct rft_config config;
    enum rft_status status;
    RFT_TRY(rft_config_load(rft_test_path("tests/e2e/tiny.ini"), &set, 1, RFT_USE_TO_DRAW, &config));
    status = rft_command_plan(NULL, &config);
    rft_config_finish(&config);
    return status;
}

/* `rftgen plan` says what would lie on the host. */
static void test_plan_says_host(void **state)
{
    static char set[] = "memory.budget=200000";
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_str text = {0};
    (void)state;
    wrap->host_available_bytes = 1 << 30;
    assert_int_equal(rft_test_stdout_of(plan_job, set, &text), RFT_OK);
    rft_wrap_end();
    assert_non_null(strstr(text.data, ", 3 of 3 layers, read over the bus"));
    rft_str_finish(&text);
}

static uint64_t peak_of_job(void)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_str bytes = {0};
    uint64_t peak;
    rft_test_job_once(&job, &bytes);
    peak = wrap->peak_bytes;
    rft_wrap_end();
    rft_str_finish(&bytes);
    return peak;
}

/* Weights that the device cannot hold lie on the host, more of them the smaller it is; the text stays. */
static void test_weights_on_host(void **state)
{
    uint64_t host_peak = 0, before = 0, bytes = peak_of_job(), n_with_host = 0;
    enum rft_status status = RFT_OK;
    (void)state;
    rft_test_log_capture();
    for (; status == RFT_OK; bytes -= 4096) {
        struct rft_str text = {0};
        status = run_on_small_device(bytes, 1 << 30, &host_peak);
        if (status != RFT_OK)
            break;
        rft_test_job_bytes(&job, &text);
        rft_test_same_bytes(&text, &wanted, "weights on the host");
        rft_str_finish(&text);
        assert_true(host_peak >= before);
        before = host_peak;
        n_with_host += host_peak != 0;
    }
    assert_int_equal(status, RFT_ERR_BUDGET);
    assert_true(n_with_host > 3);
    assert_int_equal(run_on_small_device(bytes + 4096, before - 1, &host_peak), RFT_ERR_BUDGET);
    assert_int_equal(rft_test_log_count(", and the host has "), 1);
    rft_test_log_release();
    rft_test_job_clean(&job);
}

/* A device that promised more than it has: a layer's weights move to the host, if there is one. */
static void test_less_than_promised(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    (void)state;
    wrap->limit_bytes = 310000; /* the weights are 317,376 bytes */
    rft_test_job_clean(&job);
    rft_test_log_capture();
    assert_int_equal(rft_test_job_run(&job), RFT_ERR_DEVICE_MEMORY);
    assert_int_equal(rft_test_log_count(": no memory for the weights of 309.9 KiB; "), 1);
    rft_test_log_capture();
    wrap->host_available_bytes = 1000; /* not enough for a layer */
    assert_int_equal(rft_test_job_run(&job), RFT_ERR_DEVICE_MEMORY);
    assert_int_equal(rft_test_log_count(": no memory for the weights of 309.9 KiB; "), 1);
    rft_test_log_capture();
    wrap->host_available_bytes = 1 << 30;
    rft_test_job_expect(&job, &wanted, "a layer on the host");
    assert_int_equal(rft_test_log_count(": no memory for the weights; 1 of 3 layers' stay on the host\n"), 1);
    assert_true(wrap->peak_host_bytes != 0);
    rft_test_log_release();
    rft_wrap_end();
    rft_test_job_clean(&job);
}

static enum rft_status run_job(void *user)
{
    enum rft_status status;
    (void)user;
    rft_test_job_clean(&job);
    status = rft_test_job_run(&job);
    if (status == RFT_OK && rft_file_exists(rft_test_job_path(&job, ".journal")))
        fail_msg("the journal was left after a run that succeeded");
    return status;
}

/* Every n-th allocation fails; then the same command again must give the same bytes. */
static void test_allocations(void **state)
{
    uint64_t n = 0, n_survived = 0;
    (void)state;
    for (;;) {
        uint64_t live = rft_alloc_n_live(), before = rft_alloc_count(), asked;
        struct rft_str bytes = {0};
        enum rft_status status;
        rft_test_log_capture();
        rft_alloc_fail_at(n + 1, 0);
        status = run_job(NULL);
        rft_alloc_fail_at(0, 0);
        rft_test_log_release();
        asked = rft_alloc_count() - before;
        if (rft_alloc_n_live() != live)
            fail_msg("allocation %llu: %lld leaked", (unsigned long long)n + 1, (long long)(rft_alloc_n_live() - live));
        if (asked <= n)
            break;
        n++;
        if (status == RFT_OK) {
            n_survived++;
        } else {
            if (status != RFT_ERR_HOST_MEMORY)
                fail_msg("allocation %llu: %s\n%s", (unsigned long long)n, rft_status_text(status),
                         rft_test_log_text());
            assert_non_null(strstr(rft_test_log_text(), "error: out of host memory: "));
        }
        if (n % 16 != 0 && status != RFT_OK && !rft_file_exists(rft_test_job_path(&job, ".journal")))
            continue; /* nothing had begun: the next run is one from scratch */
        if (status != RFT_OK)
            assert_int_equal(rft_test_job_run(&job), RFT_OK);
        rft_test_job_bytes(&job, &bytes);
        rft_test_same_bytes(&bytes, &wanted, "after an allocation that failed");
        rft_str_finish(&bytes);
    }
    print_message("%llu allocations failed, %llu of them without harm\n", (unsigned long long)n,
                  (unsigned long long)n_survived);
    assert_true(n > 300);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backend_calls),    cmocka_unit_test(test_lost_twice),
        cmocka_unit_test(test_lost_for_good),    cmocka_unit_test(test_shrinking_memory),
        cmocka_unit_test(test_no_memory_at_all), cmocka_unit_test(test_weights_on_host),
        cmocka_unit_test(test_plan_says_host),   cmocka_unit_test(test_less_than_promised),
        cmocka_unit_test(test_allocations),
    };
    return RFT_TEST_RUN(tests, make_wanted, drop_wanted);
}
