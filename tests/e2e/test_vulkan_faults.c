/* SPDX-License-Identifier: MIT */
/* Every Vulkan function that can fail does, at each of its calls: no crash, no object left, nothing lost. What the run
 * can recover from does not show in its bytes; after anything else a message says what was wrong, and the same command
 * gives the same bytes. */
#include "support.h"
#include "file.h"
#include "vulkan_job.h"

#include "vulkan_context.h"
#include "vulkan_instance.h"

#include <stdio.h>
#include <string.h>

static struct rft_str wanted; /* the cpu's bytes */

/* Ways to run the job. */
struct scenario {
    const char *name;
    const char *set;
    bool is_discrete; /* a device that is reached by copies */
    bool is_cold;     /* kernels were not tested before */
    uint32_t n_most;  /* calls of a function to try, the first, the last and others between them */
    bool is_each;     /* each of them with either kind of memory running out, not by turns */
};
static const struct scenario scenarios[] = {
    {"mapped", NULL, false, false, 12, true},
    {"imported", "device.memory=imported", false, false, 6, false},
    {"staged", NULL, true, false, 6, false},
    {"untested", NULL, false, true, 4, false},
};

static struct rft_fault_tally tally;

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

static bool may_lose(enum rft_vk_call call)
{
    return call == RFT_VK_QueueSubmit || call == RFT_VK_WaitSemaphores || call == RFT_VK_GetSemaphoreCounterValue ||
           call == RFT_VK_GetQueryPoolResults || call == RFT_VK_CreateDevice;
}

/* What is promised after a failure of each kind. */
static bool must_recover(enum rft_vk_call call, VkResult result, const struct rft_watch *watch)
{
    bool is_block = call == RFT_VK_AllocateMemory || call == RFT_VK_CreateBuffer || call == RFT_VK_BindBufferMemory;
    if (result == VK_ERROR_DEVICE_LOST)
        return call == RFT_VK_QueueSubmit || call == RFT_VK_WaitSemaphores || watch->has_begun;
    return is_block && watch->has_begun;
}

/* The driver's word that a message must have: where a device said it. */
static const char *word_of(enum rft_vk_call call, VkResult result)
{
    const bool is_about_instance = call == RFT_VK_EnumerateInstanceVersion ||
                                   call == RFT_VK_EnumerateInstanceExtensionProperties ||
                                   call == RFT_VK_CreateInstance || call == RFT_VK_EnumeratePhysicalDevices;
    return is_about_instance ? NULL : vulkan_result_name(result);
}

static void run_again(void *user, const char *what)
{
    const struct scenario *s = user;
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
    rft_device_job_check(&job, &wanted, what);
}

/* Runs the job with orders in `vk`, which has begun, and judges what comes of it. */
static void run_with_fault(const struct scenario *s, struct rft_interposer *vk)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    const uint64_t live = rft_alloc_n_live();
    struct scenario again = *s;
    struct rft_watch *watch;
    enum rft_status status;
    char what[160];
    snprintf(what, sizeof what, "%s, %s number %llu: %s", s->name, rft_vk_call_name(vk->fail_call),
             (unsigned long long)vk->fail_at, vulkan_result_name(vk->fail_result));
    rft_test_job_clean(&job);
    watch = rft_vk_watch_begin(vk);
    rft_test_log_capture();
    status = run(s, vk);
    rft_test_log_release();
    rft_watch_end(what, 0);
    rft_interposer_end(what);
    rft_fault_check_leaks(what, live);
    rft_fault_judge(
        &(struct rft_fault){.job = &job,
                            .wanted = &wanted,
                            .what = what,
                            .n_failed = vk->n_failed,
                            .must_recover = vk->n_fails <= 1 && must_recover(vk->fail_call, vk->fail_result, watch),
                            .word = word_of(vk->fail_call, vk->fail_result),
                            .run_again = run_again,
                            .user = &again},
        status, &tally);
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
        vk->fail_at = rft_fault_place(i, n, n_calls);
        run_with_fault(s, vk);
    }
}

/* A run without faults; returns what it asked of the driver. */
static struct rft_interposer run_clean(const struct scenario *s)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    struct rft_interposer *vk = rft_interposer_begin();
    const struct rft_watch *watch = rft_vk_watch_begin(vk);
    rft_test_job_clean(&job);
    assert_int_equal(run(s, vk), RFT_OK);
    rft_device_job_check(&job, &wanted, s->name);
    rft_watch_end(s->name, 0);
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
    rft_fault_report(s->name, &tally, rft_os_seconds() - start_s);
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

/* Submissions before the second chunk begins. */
static uint64_t submits_of_first_chunk(const struct scenario *s)
{
    const struct rft_test_job job = rft_vk_job(s->set);
    struct rft_interposer *vk = rft_interposer_begin();
    struct rft_watch *watch = rft_vk_watch_begin(vk);
    uint64_t n;
    rft_test_job_clean(&job);
    assert_int_equal(run(s, vk), RFT_OK);
    n = watch->n_submits_first;
    rft_watch_end("a run without faults", 0);
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
        struct rft_watch *watch = rft_vk_watch_begin(vk);
        enum rft_status status;
        vk->fail_call = RFT_VK_QueueSubmit;
        vk->fail_result = VK_ERROR_DEVICE_LOST;
        vk->fail_at = n_first + 1;
        vk->n_fails = n_fails;
        rft_test_job_clean(&job);
        rft_test_log_capture();
        status = run(s, vk);
        rft_test_log_release();
        assert_int_equal(rft_test_log_count(": the device was lost; opening it again\n"), 2);
        assert_int_equal(vk->n_calls[RFT_VK_CreateDevice], 3);
        assert_int_equal(vk->n_failed, n_fails);
        rft_watch_end("lost again and again", 0);
        rft_interposer_end("lost again and again");
        assert_int_equal(status, n_fails == 2 ? RFT_OK : RFT_ERR_DEVICE_LOST);
        assert_true(watch->n_chunks >= 1);
        assert_true(rft_file_exists(rft_test_job_path(&job, ".journal")) == (n_fails == 3));
        if (n_fails == 3) {
            assert_false(rft_file_exists(rft_test_job_path(&job, "")));
            struct scenario again = *s;
            rft_fault_check_message("lost for good", vulkan_result_name(VK_ERROR_DEVICE_LOST));
            run_again(&again, "lost for good, and then gone on");
        }
        rft_device_job_check(&job, &wanted, "lost again and again");
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
        /* 60 are as many as there may be in a row: enough for one such row, even if the driver ends something
         * meanwhile, and too few for two. */
        const uint64_t n_timeouts = is_discrete ? 119 : 200;
        struct rft_interposer *vk = rft_interposer_begin();
        vk->timeout_at = 3;
        vk->n_timeouts = n_timeouts;
        rft_test_job_clean(&job);
        rft_test_log_capture();
        assert_int_equal(run(s, vk), RFT_OK);
        rft_test_log_release();
        assert_true(vk->n_calls[RFT_VK_WaitSemaphores] > n_timeouts);
        assert_int_equal(rft_test_log_count(": no progress for "), is_discrete);
        rft_interposer_end("waits that run out");
        rft_device_job_check(&job, &wanted, "waits that run out");
        for (int i = 0; i < 3; i++) { /* and the question whether there is progress fails */
            static const VkResult results[] = {VK_ERROR_DEVICE_LOST, VK_ERROR_OUT_OF_HOST_MEMORY,
                                               VK_ERROR_OUT_OF_DEVICE_MEMORY};
            vk = rft_interposer_begin();
            vk->timeout_at = 3;
            vk->n_timeouts = 3;
            vk->fail_call = RFT_VK_GetSemaphoreCounterValue;
            vk->fail_at = 2;
            vk->fail_result = results[i];
            run_with_fault(s, vk);
        }
    }
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
    rft_interposer_drop_kept();
    rft_str_finish(&wanted);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapped),
        cmocka_unit_test(test_imported),
        cmocka_unit_test(test_staged),
        cmocka_unit_test(test_untested),
        cmocka_unit_test(test_lost_again_and_again),
        cmocka_unit_test(test_timeouts),
    };
    return rft_vk_job_init() ? RFT_TEST_RUN(tests, make_wanted, drop_all) : 77;
}
