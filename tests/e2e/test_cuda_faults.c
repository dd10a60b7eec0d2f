/* SPDX-License-Identifier: MIT */
/* Every function of CUDA's driver fails, at each of its calls: no crash, no object left, nothing lost. What the run can
 * recover from does not show in its bytes; after anything else a message says what was wrong, and the same command
 * gives the same bytes. */
#include "cuda_job.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static struct rft_str wanted; /* the cpu's bytes */

/* Ways to run the job. */
struct scenario {
    const char *name;
    uint64_t total_bytes; /* of the device; 0 = as it is */
    bool is_foreign;      /* kernels come from the driver's compiler, so that they are tested before they are used */
    uint32_t n_most;      /* calls of a function to try, the first, the second, the last and others between them */
};
static const struct scenario scenarios[] = {
    {"as it is", 0, false, 8},
    {"tested kernels", 0, true, 3},
};

static struct rft_fault_tally tally;

static struct cuda_stub *begin(const struct scenario *s)
{
    struct cuda_stub *stub = rft_cuda_begin(true);
    if (s->total_bytes != 0)
        stub->devices[0].total_bytes = s->total_bytes;
    if (s->is_foreign)
        stub->binary_version = 999;
    return stub;
}

static bool is_of_context(CUresult result)
{
    return result == CUDA_ERROR_ILLEGAL_ADDRESS || result == CUDA_ERROR_LAUNCH_TIMEOUT;
}

/* Does the call need the context that the error is about? */
static bool may_lose(enum cuda_stub_call call)
{
    return call > CUDA_STUB_CtxSetCurrent && call != CUDA_STUB_MemGetAllocationGranularity;
}

/* Calls that end something: their failure is no reason to fail for the run. */
static bool is_end(enum cuda_stub_call call)
{
    return call == CUDA_STUB_CtxDestroy || call == CUDA_STUB_MemAddressFree || call == CUDA_STUB_MemRelease ||
           call == CUDA_STUB_MemUnmap || call == CUDA_STUB_MemFreeHost || call == CUDA_STUB_StreamDestroy ||
           call == CUDA_STUB_ModuleUnload || call == CUDA_STUB_GraphExecDestroy || call == CUDA_STUB_GraphDestroy;
}

/* Calls of a device's opening and of the first look at its memory. */
static bool is_of_open(enum cuda_stub_call call)
{
    return call == CUDA_STUB_StreamCreate || call == CUDA_STUB_MemAddressReserve || call == CUDA_STUB_MemGetInfo;
}

/* What is promised after what the stub was asked for. */
static bool must_recover(const struct cuda_stub *asked)
{
    const enum cuda_stub_call call = asked->fail_call;
    const bool is_block = call == CUDA_STUB_MemCreate || call == CUDA_STUB_MemMap || call == CUDA_STUB_MemSetAccess;
    if (asked->lose_at != 0) /* three in a row are too many */
        return asked->n_losses < 3 && !asked->is_lost_for_good;
    if (asked->n_fails > 1) /* a device that cannot be waited for is given up, and opened again */
        return call == CUDA_STUB_StreamSynchronize;
    if (is_of_context(asked->fail_result))
        return !is_of_open(call);
    return is_end(call) || call == CUDA_STUB_MemAddressReserve ||
           (is_block && asked->fail_result == CUDA_ERROR_OUT_OF_MEMORY);
}

/* How many chunks may leave memory behind until the device is closed: where a block's last use cannot be waited for, on
 * a lost device above all, and where the driver does not take it back. None elsewhere. */
static uint32_t n_most_kept(const struct cuda_stub *asked)
{
    const bool is_twice = asked->fail_call == CUDA_STUB_StreamSynchronize && asked->n_failed > 1;
    const bool is_kept =
        is_twice || asked->fail_call == CUDA_STUB_CtxSetCurrent || asked->fail_call == CUDA_STUB_MemUnmap;
    return asked->n_lost != 0 ? (uint32_t)asked->n_lost : asked->n_failed != 0 && is_kept ? 1 : 0;
}

/* The cause is said once. A context that cannot be made again is asked for as often as the core tries. */
static uint32_t n_error_lines(const struct cuda_stub *asked)
{
    const uint64_t n = asked->n_failed > asked->n_lost ? asked->n_failed : asked->n_lost;
    return asked->is_lost_for_good ? 3 : asked->lose_at != 0 || n == 0 ? (uint32_t)n : 1;
}

/* Functions whose failure is no reason to fail for the run, and no driver's word in a message. */
static const char *word_of(enum cuda_stub_call call, CUresult result)
{
    return call == CUDA_STUB_DeviceGetAttribute || call == CUDA_STUB_DeviceGetCount ? NULL
                                                                                    : rft_cuda_result_name(result);
}

static void run_again(void *user, const char *what)
{
    struct scenario s = *(const struct scenario *)user;
    const struct rft_test_job job = rft_cuda_job(NULL);
    enum rft_status status;
    s.is_foreign = false; /* which only takes longer */
    (void)begin(&s);
    rft_test_log_capture();
    status = rft_test_job_run(&job);
    rft_test_log_release();
    if (status != RFT_OK)
        fail_msg("%s, then again: %s\n%s", what, rft_status_text(status), rft_test_log_text());
    rft_cuda_end(what);
    rft_device_job_check(&job, &wanted, what);
}

/* Runs the job with orders in `stub`, which has begun, and judges what comes of it. */
static void run_with_fault(const struct scenario *s, struct cuda_stub *stub, const char *what)
{
    const struct rft_test_job job = rft_cuda_job(NULL);
    const uint64_t live = rft_alloc_n_live();
    struct scenario again = *s;
    enum rft_status status;
    struct cuda_stub asked;
    rft_test_job_clean(&job);
    stub->what = what;
    (void)rft_cuda_watch_begin();
    rft_test_log_capture();
    status = rft_test_job_run(&job);
    rft_test_log_release();
    asked = *stub;
    rft_watch_end(what, n_most_kept(&asked));
    rft_cuda_end(what);
    rft_fault_check_leaks(what, live);
    if (rft_test_log_count("error: ") > n_error_lines(&asked))
        fail_msg("%s: more than one error is told:\n%s", what, rft_test_log_text());
    rft_fault_judge(&(struct rft_fault){.job = &job,
                                        .wanted = &wanted,
                                        .what = what,
                                        .n_failed = asked.n_failed + asked.n_lost,
                                        .must_recover = must_recover(&asked),
                                        .word = asked.lose_at != 0 ? rft_cuda_result_name(asked.lose_result)
                                                                   : word_of(asked.fail_call, asked.fail_result),
                                        .run_again = run_again,
                                        .user = &again},
                    status, &tally);
}

static void fail_each(const struct scenario *s, enum cuda_stub_call call, CUresult result, uint64_t n_calls)
{
    uint64_t n = n_calls < s->n_most ? n_calls : s->n_most;
    for (uint64_t i = 0; i < n; i++) {
        struct cuda_stub *stub = begin(s);
        char what[160];
        stub->fail_call = call;
        stub->fail_result = result;
        stub->fail_at = rft_fault_place(i, n, n_calls);
        snprintf(what, sizeof what, "%s, %s number %llu: %s", s->name, cuda_stub_call_name(call),
                 (unsigned long long)stub->fail_at, rft_cuda_result_name(result));
        run_with_fault(s, stub, what);
    }
}

/* A run without faults; returns what it asked of the driver. */
static struct cuda_stub run_clean(const struct scenario *s)
{
    const struct rft_test_job job = rft_cuda_job(NULL);
    const struct cuda_stub *stub = begin(s);
    const struct rft_watch *watch = rft_cuda_watch_begin();
    rft_test_job_clean(&job);
    assert_int_equal(rft_test_job_run(&job), RFT_OK);
    rft_device_job_check(&job, &wanted, s->name);
    rft_watch_end(s->name, 0);
    rft_cuda_end(s->name);
    assert_int_equal(watch->n_chunks, 4);
    assert_true((watch->n_host != 0) == (s->total_bytes != 0));
    return *stub;
}

static void check_scenario(const struct scenario *s)
{
    const double start_s = rft_os_seconds();
    const struct cuda_stub clean = run_clean(s), plain = run_clean(&scenarios[0]);
    memset(&tally, 0, sizeof tally);
    for (int i = 0; i < CUDA_STUB_CALL_COUNT; i++) {
        enum cuda_stub_call call = (enum cuda_stub_call)i;
        if (s->is_foreign && clean.n_calls[i] == plain.n_calls[i]) /* the tests do not make it */
            continue;
        fail_each(s, call, CUDA_ERROR_OUT_OF_MEMORY, clean.n_calls[i]);
        fail_each(s, call, CUDA_ERROR_INVALID_VALUE, clean.n_calls[i]);
        if (may_lose(call))
            fail_each(s, call, CUDA_ERROR_ILLEGAL_ADDRESS, clean.n_calls[i]);
    }
    rft_fault_report(s->name, &tally, rft_os_seconds() - start_s);
}

static void test_as_it_is(void **state)
{
    (void)state;
    check_scenario(&scenarios[0]);
}

static void test_tested_kernels(void **state)
{
    (void)state;
    check_scenario(&scenarios[1]);
}

/* The largest device that cannot hold all weights. */
static uint64_t small_device(void)
{
    const struct rft_test_job job = rft_cuda_job(NULL);
    for (uint64_t bytes = 8 << 20; bytes > 0; bytes -= 1 << 16) {
        struct cuda_stub *stub = rft_cuda_begin(true);
        const struct rft_watch *watch = rft_cuda_watch_begin();
        enum rft_status status;
        stub->devices[0].total_bytes = bytes;
        rft_test_job_clean(&job);
        rft_test_log_capture();
        status = rft_test_job_run(&job);
        rft_test_log_release();
        rft_watch_end("a small device", 0);
        rft_cuda_end("a small device");
        if (status != RFT_OK)
            fail_msg("%llu bytes of a device: %s", (unsigned long long)bytes, rft_test_log_text());
        if (watch->n_host != 0)
            return bytes;
    }
    fail_msg("weights never go to the host");
    return 0;
}

static void test_weights_on_the_host(void **state)
{
    const struct scenario s = {"weights on the host", small_device(), false, 5};
    (void)state;
    check_scenario(&s);
}

/* The device is lost while a kernel runs, anywhere: it is opened again, and what was drawn is drawn again; at the third
 * loss in a row, or where no context is to be had again, the run ends. */
static void test_lost_at_kernels(void **state)
{
    static const CUresult results[] = {CUDA_ERROR_ILLEGAL_ADDRESS, CUDA_ERROR_LAUNCH_TIMEOUT,
                                       CUDA_ERROR_ECC_UNCORRECTABLE};
    const struct scenario *s = &scenarios[0];
    const struct cuda_stub clean = run_clean(s);
    const double start_s = rft_os_seconds();
    const uint64_t n = 36;
    (void)state;
    memset(&tally, 0, sizeof tally);
    for (uint64_t i = 0; i < n; i++) {
        struct cuda_stub *stub = begin(s);
        char what[160];
        stub->lose_at = rft_fault_place(i, n, clean.n_kernels);
        stub->lose_result = results[i % 3];
        stub->n_losses = i % 6 == 3 ? 3 : i % 6 == 4 ? 2 : 1;
        stub->is_lost_for_good = i % 6 == 5;
        snprintf(what, sizeof what, "kernel %llu of %llu and %llu more: %s%s", (unsigned long long)stub->lose_at,
                 (unsigned long long)clean.n_kernels, (unsigned long long)stub->n_losses - 1,
                 rft_cuda_result_name(stub->lose_result), stub->is_lost_for_good ? ", for good" : "");
        run_with_fault(s, stub, what);
    }
    rft_fault_report("lost at kernels", &tally, rft_os_seconds() - start_s);
    assert_int_equal(tally.n_recovered, 24);
    assert_int_equal(tally.n_errors, 12);
}

/* Failures that the backend first answers by trying again. */
static void test_failing_on(void **state)
{
    static const struct {
        enum cuda_stub_call call;
        uint64_t n_fails;
        CUresult result;
    } cases[] = {
        {CUDA_STUB_StreamSynchronize, 2,
         CUDA_ERROR_INVALID_VALUE}, /* the second one when the first is to be got over */
        {CUDA_STUB_StreamSynchronize, 2, CUDA_ERROR_OUT_OF_MEMORY},
        {CUDA_STUB_MemAddressReserve, 100, CUDA_ERROR_OUT_OF_MEMORY}, /* of ever fewer addresses */
    };
    const struct scenario *s = &scenarios[0];
    const struct cuda_stub clean = run_clean(s);
    const double start_s = rft_os_seconds();
    (void)state;
    memset(&tally, 0, sizeof tally);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const uint64_t n_calls = clean.n_calls[cases[k].call], n = n_calls < 8 ? n_calls : 8;
        for (uint64_t i = 0; i < n; i++) {
            struct cuda_stub *stub = begin(s);
            char what[160];
            stub->fail_call = cases[k].call;
            stub->fail_at = rft_fault_place(i, n, n_calls);
            stub->n_fails = cases[k].n_fails;
            stub->fail_result = cases[k].result;
            snprintf(what, sizeof what, "%s number %llu and %llu more: %s", cuda_stub_call_name(cases[k].call),
                     (unsigned long long)stub->fail_at, (unsigned long long)stub->n_fails - 1,
                     rft_cuda_result_name(cases[k].result));
            run_with_fault(s, stub, what);
        }
    }
    rft_fault_report("failing on", &tally, rft_os_seconds() - start_s);
    assert_int_equal(tally.n_recovered, 16);
    assert_int_equal(tally.n_errors, 1);
}

static struct cuda_stub *stub_of_others;

/* Another process takes what was free when the plan was made, until the first block was refused. */
static void take_memory(void *user, enum cuda_stub_call call)
{
    uint64_t *n_refused = user;
    struct cuda_stub *stub = stub_of_others;
    if (call != CUDA_STUB_MemCreate || stub->n_calls[CUDA_STUB_MemCreate] < 3) /* weights and prompts have theirs */
        return;
    stub->others_bytes = *n_refused < 2 ? stub->devices[0].total_bytes - stub->live_bytes : 0;
    ++*n_refused;
}

static void test_memory_taken_by_others(void **state)
{
    const struct rft_test_job job = rft_cuda_job(NULL);
    struct cuda_stub *stub = rft_cuda_begin(true);
    uint64_t n_refused = 0;
    enum rft_status status;
    (void)state;
    stub_of_others = stub;
    stub->on_call = take_memory;
    stub->user = &n_refused;
    rft_test_job_clean(&job);
    rft_test_log_capture();
    status = rft_test_job_run(&job);
    rft_test_log_release();
    if (status != RFT_OK)
        fail_msg("%s", rft_test_log_text());
    assert_non_null(strstr(rft_test_log_text(), "CUDA_ERROR_OUT_OF_MEMORY"));
    assert_true(n_refused > 2);
    rft_cuda_end("memory taken by others");
    rft_device_job_check(&job, &wanted, "memory taken by others");
}

static int make_wanted(void **state)
{
    (void)state;
    rft_alloc_hook_json();
    rft_device_job_wanted(NULL, &wanted);
    return 0;
}

static int drop_all(void **state)
{
    (void)state;
    rft_str_finish(&wanted);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_it_is),
        cmocka_unit_test(test_tested_kernels),
        cmocka_unit_test(test_weights_on_the_host),
        cmocka_unit_test(test_lost_at_kernels),
        cmocka_unit_test(test_failing_on),
        cmocka_unit_test(test_memory_taken_by_others),
    };
    return rft_cuda_job_init() ? RFT_TEST_RUN(tests, make_wanted, drop_all) : 77;
}
