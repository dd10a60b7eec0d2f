/* SPDX-License-Identifier: MIT */
/* Every Vulkan function that can fail does, at each of its calls: no crash, no object left, nothing lost. What the run can
 * recover from does not show in its bytes; after anything else a message says what was wrong, and the same command gives the
 * same bytes. */
#include "support.h"
#include "vulkan_job.h"

#include "vulkan.h"

#include <stdio.h>
#include <string.h>

static struct rft_str wanted; /* the cpu's bytes */

/* Ways to run the job. */
struct scenario {
    const char *name;
    const char *set;
    bool is_discrete;   /* a device that is reached by copies */
    bool is_cold;       /* kernels were not tested before */
    uint32_t n_most;    /* calls of a function to try, the first, the last and others between them */
    bool is_each;       /* each of them with either kind of memory running out, not by turns */
};
static const struct scenario scenarios[] = {
    {"mapped", NULL, false, false, 40, true},
    {"imported", "device.memory=imported", false, false, 6, false},
    {"staged", NULL, true, false, 6, false},
    {"untested", NULL, false, true, 4, false},
};

static struct {
    uint32_t n_runs, n_not_met, n_recovered, n_errors;
} tally;

/* Runs the job as far as it goes. */
static enum rft_status run(const struct scenario *s, struct rft_interposer *vk)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    vk->keep = true;
    vk->is_discrete = s->is_discrete;
    if (s->is_cold)
        rft_vk_cache_clear();
    return rft_test_job_run(&job);
}

static void check_bytes(const struct rft_test_job *job, const char *what)
{
    struct rft_str bytes = {0};
    rft_test_job_bytes(job, &bytes);
    rft_test_same_bytes(&bytes, &wanted, what);
    rft_str_finish(&bytes);
}

static bool may_lose(enum rft_vk_call call)
{
    return call == RFT_VK_QueueSubmit || call == RFT_VK_WaitSemaphores || call == RFT_VK_GetSemaphoreCounterValue ||
           call == RFT_VK_GetQueryPoolResults || call == RFT_VK_CreateDevice;
}

/* What is promised after a failure of each kind. */
static bool must_recover(enum rft_vk_call call, VkResult result, const struct rft_vk_watch *watch)
{
    bool is_block = call == RFT_VK_AllocateMemory || call == RFT_VK_CreateBuffer || call == RFT_VK_BindBufferMemory;
    if (result == VK_ERROR_DEVICE_LOST)
        return call == RFT_VK_QueueSubmit || call == RFT_VK_WaitSemaphores || watch->has_begun;
    return is_block && watch->has_begun;
}

/* The message that a failed run leaves: an error, with the driver's word for it where a device said it. */
static void check_message(const char *what, enum rft_vk_call call, VkResult result)
{
    bool is_about_instance = call == RFT_VK_EnumerateInstanceVersion || call == RFT_VK_EnumerateInstanceExtensionProperties ||
                             call == RFT_VK_CreateInstance || call == RFT_VK_EnumeratePhysicalDevices;
    const char *text = rft_test_log_text();
    if (strstr(text, "error: ") == NULL || (!is_about_instance && strstr(text, vulkan_result_name(result)) == NULL))
        fail_msg("%s: the run failed without a word about it:\n%s", what, text);
}

/* Runs the job again, and nothing fails. */
static void check_second_run(const struct scenario *s, const char *what)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    struct rft_interposer *vk = rft_interposer_begin();
    struct scenario warm = *s;
    enum rft_status status;
    warm.is_cold = false;
    rft_test_log_capture();
    status = run(&warm, vk);
    rft_test_log_release();
    if (status != RFT_OK)
        fail_msg("%s, then again: %s\n%s", what, rft_status_text(status), rft_test_log_text());
    rft_interposer_end(what);
    check_bytes(&job, what);
}

/* Runs the job with orders in `vk`, which has begun, and judges what comes of it. */
static enum rft_status run_with_fault(const struct scenario *s, struct rft_interposer *vk)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    const uint64_t live = rft_alloc_n_live();
    struct rft_vk_watch *watch;
    enum rft_status status;
    char what[160];
    snprintf(what, sizeof what, "%s, %s number %llu: %s", s->name, rft_vk_call_name(vk->fail_call),
             (unsigned long long)vk->fail_at, vulkan_result_name(vk->fail_result));
    rft_test_job_clean(&job);
    watch = rft_vk_watch_begin(vk);
    rft_test_log_capture();
    status = run(s, vk);
    rft_test_log_release();
    rft_vk_watch_end();
    rft_interposer_end(what);
    if (rft_alloc_n_live() != live)
        fail_msg("%s: %lld allocations leaked", what, (long long)(rft_alloc_n_live() - live));
    tally.n_runs++;
    tally.n_not_met += vk->n_failed == 0; /* programs are recorded again where the clock says so: not every run has as many calls */
    if (vk->n_failed == 0 && status != RFT_OK)
        fail_msg("%s: nothing failed, and yet: %s\n%s", what, rft_status_text(status), rft_test_log_text());
    if (status == RFT_OK) {
        tally.n_recovered++;
        check_bytes(&job, what);
    } else {
        tally.n_errors++;
        if (vk->n_fails <= 1 && must_recover(vk->fail_call, vk->fail_result, watch))
            fail_msg("%s: the run did not recover: %s\n%s", what, rft_status_text(status), rft_test_log_text());
        check_message(what, vk->fail_call, vk->fail_result);
        assert_false(rft_file_exists(rft_test_job_path(&job, "")));
        check_second_run(s, what);
    }
    rft_test_job_clean(&job);
    return status;
}

static void fail_each(const struct scenario *s, enum rft_vk_call call, VkResult result, uint64_t n_calls)
{
    uint64_t n = n_calls < s->n_most ? n_calls : s->n_most;
    for (uint64_t i = 0; i < n; i++) {
        bool is_others_turn = result != VK_ERROR_DEVICE_LOST && (result == VK_ERROR_OUT_OF_HOST_MEMORY) != (i % 2 == 0);
        struct rft_interposer *vk;
        if (is_others_turn && !s->is_each)
            continue;
        vk = rft_interposer_begin();
        vk->fail_call = call;
        vk->fail_result = result;
        vk->fail_at = i == 1 ? 2 : 1 + (n > 1 ? i * (n_calls - 1) / (n - 1) : 0);
        (void)run_with_fault(s, vk);
    }
}

/* A run without faults; returns what it asked of the driver. */
static struct rft_interposer run_clean(const struct scenario *s)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    struct rft_interposer *vk = rft_interposer_begin();
    const struct rft_vk_watch *watch = rft_vk_watch_begin(vk);
    rft_test_job_clean(&job);
    assert_int_equal(run(s, vk), RFT_OK);
    check_bytes(&job, s->name);
    rft_vk_watch_end();
    rft_interposer_end(s->name);
    assert_int_equal(watch->n_chunks, 4);
    return *vk;
}

static void check_scenario(const struct scenario *s)
{
    const double start_s = rft_os_seconds();
    struct rft_interposer clean = run_clean(s); /* warms whatever is warm */
    clean = run_clean(s);
    memset(&tally, 0, sizeof tally);
    for (int i = 0; i < RFT_VK_CALL_COUNT; i++) {
        enum rft_vk_call call = (enum rft_vk_call)i;
        fail_each(s, call, VK_ERROR_OUT_OF_DEVICE_MEMORY, clean.n_calls[i]);
        fail_each(s, call, VK_ERROR_OUT_OF_HOST_MEMORY, clean.n_calls[i]);
        if (may_lose(call))
            fail_each(s, call, VK_ERROR_DEVICE_LOST, clean.n_calls[i]);
    }
    print_message("%s: %u faults, %u of them not met, recovered from %u, %u errors, %.1f s\n", s->name, tally.n_runs, tally.n_not_met,
                  tally.n_recovered - tally.n_not_met, tally.n_errors, rft_os_seconds() - start_s);
    assert_true(tally.n_not_met * 20 <= tally.n_runs);
}

static void test_mapped(void **state)
{
    (void)state;
    check_scenario(&scenarios[0]);
}

static void test_imported(void **state)
{
    (void)state;
    check_scenario(&scenarios[1]);
}

static void test_staged(void **state)
{
    (void)state;
    check_scenario(&scenarios[2]);
}

static void test_untested(void **state)
{
    (void)state;
    check_scenario(&scenarios[3]);
}

static uint32_t count(const char *text, const char *part)
{
    uint32_t n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

/* Submissions before the second chunk begins. */
static uint64_t submits_of_first_chunk(const struct scenario *s)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    struct rft_interposer *vk = rft_interposer_begin();
    struct rft_vk_watch *watch = rft_vk_watch_begin(vk);
    uint64_t n;
    rft_test_job_clean(&job);
    assert_int_equal(run(s, vk), RFT_OK);
    n = watch->n_submits_first;
    rft_vk_watch_end();
    rft_interposer_end("a run without faults");
    assert_true(n > 0);
    return n;
}

/* Lost twice in a row: opened again twice. A third time: the run gives up and keeps what it has. */
static void test_lost_again_and_again(void **state)
{
    const struct scenario *s = &scenarios[0];
    const struct rft_test_job job = rft_vk_job(s->set);
    const uint64_t n_first = submits_of_first_chunk(s);
    (void)state;
    for (uint64_t n_fails = 2; n_fails <= 3; n_fails++) {
        struct rft_interposer *vk = rft_interposer_begin();
        struct rft_vk_watch *watch = rft_vk_watch_begin(vk);
        enum rft_status status;
        vk->fail_call = RFT_VK_QueueSubmit;
        vk->fail_result = VK_ERROR_DEVICE_LOST;
        vk->fail_at = n_first + 1;
        vk->n_fails = n_fails;
        rft_test_job_clean(&job);
        rft_test_log_capture();
        status = run(s, vk);
        rft_test_log_release();
        assert_int_equal(count(rft_test_log_text(), ": the device was lost; opening it again\n"), 2);
        assert_int_equal(vk->n_calls[RFT_VK_CreateDevice], 3);
        assert_int_equal(vk->n_failed, n_fails);
        rft_vk_watch_end();
        rft_interposer_end("lost again and again");
        assert_int_equal(status, n_fails == 2 ? RFT_OK : RFT_ERR_DEVICE_LOST);
        assert_true(watch->n_chunks >= 1);
        assert_true(rft_file_exists(rft_test_job_path(&job, ".journal")) == (n_fails == 3));
        if (n_fails == 3) {
            assert_false(rft_file_exists(rft_test_job_path(&job, "")));
            check_message("lost for good", RFT_VK_QueueSubmit, VK_ERROR_DEVICE_LOST);
            check_second_run(s, "lost for good, and then gone on");
        }
        check_bytes(&job, "lost again and again");
    }
    rft_test_job_clean(&job);
}

/* A software device takes what time it needs; a GPU that finishes nothing for long is lost. */
static void test_timeouts(void **state)
{
    (void)state;
    for (int is_discrete = 0; is_discrete <= 1; is_discrete++) {
        const struct scenario *s = &scenarios[is_discrete ? 2 : 0];
        const struct rft_test_job job = rft_vk_job(s->set);
        const uint64_t n_timeouts = is_discrete ? 100 : 200; /* 60 are as many as there may be in a row */
        struct rft_interposer *vk = rft_interposer_begin();
        vk->timeout_at = 3;
        vk->n_timeouts = n_timeouts;
        rft_test_job_clean(&job);
        rft_test_log_capture();
        assert_int_equal(run(s, vk), RFT_OK);
        rft_test_log_release();
        assert_true(vk->n_calls[RFT_VK_WaitSemaphores] > n_timeouts);
        assert_int_equal(count(rft_test_log_text(), ": no progress for "), is_discrete);
        rft_interposer_end("waits that run out");
        check_bytes(&job, "waits that run out");
        for (int i = 0; i < 3; i++) { /* and the question whether there is progress fails */
            static const VkResult results[] = {VK_ERROR_DEVICE_LOST, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_DEVICE_MEMORY};
            vk = rft_interposer_begin();
            vk->timeout_at = 3;
            vk->n_timeouts = 3;
            vk->fail_call = RFT_VK_GetSemaphoreCounterValue;
            vk->fail_at = 2;
            vk->fail_result = results[i];
            (void)run_with_fault(s, vk);
        }
    }
}

static int make_wanted(void **state)
{
    (void)state;
    rft_alloc_hook_json();
    rft_vk_job_wanted(NULL, &wanted);
    return 0;
}

static int drop_all(void **state)
{
    (void)state;
    rft_interposer_drop_kept();
    rft_str_finish(&wanted);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapped),   cmocka_unit_test(test_imported),             cmocka_unit_test(test_staged),
        cmocka_unit_test(test_untested), cmocka_unit_test(test_lost_again_and_again), cmocka_unit_test(test_timeouts),
    };
    return rft_vk_job_init() ? cmocka_run_group_tests(tests, make_wanted, drop_all) : 77;
}
