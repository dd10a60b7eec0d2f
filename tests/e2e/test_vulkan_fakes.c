/* SPDX-License-Identifier: MIT */
/* Devices that this machine does not have, made of a software device by lies: GPUs with memory of their own, memory
 * reports that are wrong, missing features, drivers that compute something else; and cache files that are not what they
 * were. */
#include "checkpoint_builder.h"
#include "file.h"
#include "support.h"
#include "vulkan_job.h"

#include "vulkan_context.h"
#include "vulkan_instance.h"
#include "vulkan_shaders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct rft_backend rft_backend_vulkan;

static struct rft_str wanted, large_wanted; /* the cpu's bytes */
static char large[160];                     /* a model with a megabyte of weights: "model.path=..." */

static struct rft_interposer *begin(void)
{
    struct rft_interposer *vk = rft_interposer_begin();
    vk->keep = true;
    return vk;
}

/* Runs the job with what `vk` says; the bytes must be right. */
static void expect_job(struct rft_interposer *vk, const char *set, const char *what)
{
    const struct rft_test_job job = rft_vk_job(set);
    const struct rft_watch *watch = rft_vk_watch_begin(vk);
    rft_test_job_expect(&job, &wanted, what);
    assert_int_equal(watch->n_chunks, 4);
    rft_watch_end(what, 0);
    rft_test_job_clean(&job);
}

/* Runs the job, which must fail with this status and these words. */
static void expect_refusal(const char *set, enum rft_status status, const char *words)
{
    const struct rft_test_job job = rft_vk_job(set);
    enum rft_status got;
    rft_test_job_clean(&job);
    rft_test_log_capture();
    got = rft_test_job_run(&job);
    rft_test_log_release();
    if (got != status || strstr(rft_test_log_text(), "error: ") == NULL || strstr(rft_test_log_text(), words) == NULL)
        fail_msg("\"%s\" was expected: %s: %s", words, rft_status_text(got), rft_test_log_text());
}

/* The software device as the driver is now said to be. */
static struct rft_device *open_device(void)
{
    const struct rft_device_options options = {0};
    struct rft_device *device;
    assert_int_equal(rft_backend_vulkan.open(0, &options, &device), RFT_OK);
    return device;
}

/* Nothing is kept and nothing is changed: the device as it is. */
static void test_plain_run(void **state)
{
    struct rft_interposer *vk = rft_interposer_begin();
    (void)state;
    expect_job(vk, NULL, "as it is");
    rft_interposer_end("as it is");
}

static struct rft_memory memory_with(uint64_t heap, uint64_t budget, uint64_t usage, bool is_discrete)
{
    struct rft_interposer *vk = begin();
    struct rft_device *device;
    struct rft_memory memory;
    vk->heap_bytes = heap;
    vk->has_budget = budget != 0;
    vk->budget_bytes = budget;
    vk->usage_bytes = usage;
    vk->is_discrete = is_discrete;
    device = open_device();
    assert_int_equal(rft_backend_vulkan.memory(device, &memory), RFT_OK);
    rft_backend_vulkan.close(device);
    rft_interposer_end("a memory report");
    return memory;
}

/* A budget beyond the heap and a usage beyond the budget were seen. */
static void test_memory_reports(void **state)
{
    const uint64_t heap = 64 << 20;
    struct rft_memory m;
    struct rft_interposer *vk;
    (void)state;
    for (int is_discrete = 0; is_discrete <= 1; is_discrete++) {
        m = memory_with(heap, heap / 2, heap / 8, is_discrete);
        assert_int_equal(m.total_bytes, heap);
        assert_int_equal(m.available_bytes, heap / 2 - heap / 8);
        assert_false(m.is_estimate);
        m = memory_with(heap, UINT64_MAX, 0, is_discrete);
        assert_int_equal(m.available_bytes, heap);
        m = memory_with(heap, UINT64_MAX, UINT64_MAX, is_discrete);
        assert_int_equal(m.available_bytes, 0);
        m = memory_with(heap, heap / 2, heap, is_discrete);
        assert_int_equal(m.available_bytes, 0);
        m = memory_with(heap, 0, 0, is_discrete);
        assert_true(m.is_estimate && m.available_bytes <= heap && m.available_bytes >= heap / 2);
        assert_true(is_discrete ? m.host_available_bytes > 0 : m.host_available_bytes == 0);
    }
    vk = begin();
    vk->has_budget = true;
    vk->budget_bytes = UINT64_MAX;
    expect_job(vk, NULL, "a budget beyond the heap");
    rft_interposer_end("a budget beyond the heap");
}

static void test_access_modes(void **state)
{
    static const char *const sets[] = {"device.memory=mapped", "device.memory=imported", "device.memory=staged"};
    uint64_t n_submits[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct rft_interposer *vk = begin();
        expect_job(vk, sets[i], sets[i]);
        n_submits[i] = vk->n_calls[RFT_VK_QueueSubmit];
        assert_true((vk->n_calls[RFT_VK_GetMemoryHostPointerPropertiesEXT] != 0) == (i == 1));
        rft_interposer_end(sets[i]);
    }
    assert_int_equal(n_submits[0], n_submits[1]);
    assert_true(n_submits[2] > n_submits[0]); /* the copies */
}

/* A GPU with memory that the host cannot see, and the kernels that are for GPUs. */
static void test_discrete(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rft_interposer *vk = begin();
        vk->is_discrete = true;
        vk->has_no_timestamps = i == 1;
        expect_job(vk, i == 0 ? NULL : "device.memory=mapped", "a discrete GPU");
        assert_true(vk->peak_bytes[0] > 300000);
        assert_true((vk->n_calls[RFT_VK_GetQueryPoolResults] != 0) == (i == 0));
        rft_interposer_end("a discrete GPU");
    }
}

/* The smaller the GPU, the more weights are on the host; the text stays. */
static void test_small_heap(void **state)
{
    const struct rft_test_job job = rft_vk_job(large);
    enum rft_status status = RFT_OK;
    uint32_t n_with_host = 0;
    (void)state;
    rft_test_log_capture();
    for (uint64_t heap = 20 << 16; heap >= 14 << 16 && status == RFT_OK;
         heap -= 1 << 16) { /* room for the self-test, at least */
        struct rft_interposer *vk = begin();
        const struct rft_watch *watch = rft_vk_watch_begin(vk);
        vk->is_discrete = true;
        vk->heap_bytes = heap;
        rft_test_job_clean(&job);
        status = rft_test_job_run(&job);
        assert_true(vk->peak_bytes[0] <= heap);
        n_with_host += status == RFT_OK && watch->n_host != 0;
        if (status == RFT_OK) {
            struct rft_str bytes = {0};
            rft_test_job_bytes(&job, &bytes);
            rft_test_same_bytes(&bytes, &large_wanted, "weights on the host");
            rft_str_finish(&bytes);
        }
        rft_watch_end("a small heap", 0);
        rft_interposer_end("a small heap");
    }
    rft_test_log_release();
    print_message("%u runs with weights on the host\n", n_with_host);
    if (status != RFT_OK || n_with_host < 2)
        fail_msg("%s\n%s", rft_status_text(status), rft_test_log_text());
}

/* Long dispatches are cut into pieces that give the same bits. */
static void test_watchdog(void **state)
{
    struct rft_test_job job = rft_vk_job(large);
    uint64_t n_dispatches[2], n_submits[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rft_interposer *vk = begin();
        job.sets[8] = i == 0 ? NULL : "device.dispatch_ms=1";
        rft_test_job_expect(&job, &large_wanted, "short dispatches");
        n_dispatches[i] = vk->n_dispatches;
        n_submits[i] = vk->n_calls[RFT_VK_QueueSubmit];
        rft_interposer_end("short dispatches");
    }
    print_message("%llu dispatches recorded, or %llu shorter ones; %llu and %llu submissions\n",
                  (unsigned long long)n_dispatches[0], (unsigned long long)n_dispatches[1],
                  (unsigned long long)n_submits[0], (unsigned long long)n_submits[1]);
    assert_true(n_dispatches[1] > n_dispatches[0] && n_submits[1] >= n_submits[0]);
    rft_test_job_clean(&job);
}

static void test_missing(void **state)
{
    struct rft_device_info infos[32];
    struct rft_interposer *vk = begin();
    uint32_t n;
    (void)state;
    vk->has_no_address = true;
    expect_refusal(NULL, RFT_ERR_UNSUPPORTED, " lacks bufferDeviceAddress;");
    vk->has_no_timeline = true;
    expect_refusal(NULL, RFT_ERR_UNSUPPORTED, " lacks bufferDeviceAddress, timelineSemaphore;");
    assert_int_equal(rft_backend_vulkan.enumerate(infos, 32, &n), RFT_OK);
    assert_true(n >= 1);
    assert_string_equal(infos[n - 1].missing, "bufferDeviceAddress, timelineSemaphore");
    vk->has_no_address = false;
    expect_refusal(NULL, RFT_ERR_UNSUPPORTED, " lacks timelineSemaphore;");
    vk->has_no_devices = true;
    expect_refusal(NULL, RFT_ERR_CONFIG, ": there is no device: no Vulkan driver is installed");
    assert_int_equal(rft_backend_vulkan.enumerate(infos, 32, &n), RFT_OK);
    assert_int_equal(n, 0);
    assert_non_null(strstr(rft_backend_vulkan.why_none(), "driver"));
    vk->fail_call = RFT_VK_CreateInstance;
    vk->fail_result = VK_ERROR_INCOMPATIBLE_DRIVER;
    vk->n_fails = UINT64_MAX;
    vk->fail_at = 1;
    expect_refusal(NULL, RFT_ERR_CONFIG, ": there is no device: no Vulkan driver is installed");
    vk->fail_result = VK_ERROR_INITIALIZATION_FAILED;
    expect_refusal(NULL, RFT_ERR_CONFIG, ": there is no device: the Vulkan loader makes no instance");
    rft_interposer_end("missing");
}

/* Bytes of an earlier cache file that reach the driver when the device is opened. */
static uint64_t cache_bytes_on_open(void)
{
    struct rft_interposer *vk = begin();
    uint64_t n;
    rft_backend_vulkan.close(open_device());
    n = vk->n_cache_bytes;
    rft_interposer_end("a cache file");
    return n;
}

static void read_file(const char *path, struct rft_str *text)
{
    assert_non_null(path);
    assert_int_equal(rft_file_read(path, UINT64_MAX, text), RFT_OK);
}

/* A cache file with any byte changed, cut anywhere, or with something behind it is not shown to the driver, and
 * replaced. */
static void test_cache_files(void **state)
{
    char path[512];
    struct rft_str file, now, tests;
    uint64_t n_bytes;
    struct rft_interposer *vk;
    (void)state;
    rft_vk_cache_clear();
    assert_int_equal(cache_bytes_on_open(), 0);
    vk = begin();
    expect_job(vk, NULL, "without cache files");
    rft_interposer_end("without cache files");
    n_bytes = cache_bytes_on_open();
    snprintf(path, sizeof path, "%s", rft_vk_cache_path("pipelines"));
    read_file(path, &file);
    read_file(rft_vk_cache_path("tests"), &tests);
    assert_true(n_bytes > 0 && n_bytes < file.len);
    for (size_t at = 0; at < file.len; at += at < 256 ? 1 : 997) {
        file.data[at] ^= 0x10;
        rft_test_write_file(path, file.data, file.len);
        file.data[at] ^= 0x10;
        if (cache_bytes_on_open() != 0)
            fail_msg("the driver was given a cache file with byte %zu changed", at);
        if (at % 8 == 0) {
            rft_test_write_file(path, file.data, at);
            assert_int_equal(cache_bytes_on_open(), 0);
        }
    }
    assert_int_equal(rft_str_append_z(&file, "x"), RFT_OK);
    rft_test_write_file(path, file.data, file.len);
    file.len--;
    rft_test_write_file(rft_vk_cache_path("tests"), tests.data, tests.len - 1);
    vk = begin();
    expect_job(vk, NULL, "with damaged cache files");
    assert_int_equal(vk->n_cache_bytes, 0);
    assert_true(vk->n_calls[RFT_VK_QueueSubmit] > 20); /* kernels were tested again */
    rft_interposer_end("with damaged cache files");
    read_file(rft_vk_cache_path("pipelines"), &now);
    assert_true(cache_bytes_on_open() != 0);
    rft_str_finish(&now);
    read_file(rft_vk_cache_path("tests"), &now);
    rft_test_same_bytes(&now, &tests, "tested kernels");
    rft_str_finish(&now);
    rft_str_finish(&file);
    rft_str_finish(&tests);
}

/* A driver that computes a little else in the kernels of one op. */
struct saboteur {
    const char *op;
    uint32_t n_changed;
};

static bool is_of_op(const char *op, const uint32_t *code, size_t n_words)
{
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        const struct vulkan_shader *s = &vulkan_shaders[i];
        size_t n = s->n_bytes / 4,
               n_same = n / 2; /* the backend may have declared a rounding mode near the beginning */
        if (strncmp(s->name, op, strlen(op)) == 0 && n_words >= n && n_words < n + 64 &&
            memcmp(&code[n_words - n_same], &s->code[n - n_same], n_same * 4) == 0)
            return true;
    }
    return false;
}

/* A bit of one constant: the largest below 1 that looks like a float of a polynomial. Floats are bit patterns in the
 * kernels. */
static void change_constant(void *user, uint32_t *code, size_t n_words)
{
    struct saboteur *saboteur = user;
    uint32_t *best = NULL;
    if (!is_of_op(saboteur->op, code, n_words))
        return;
    for (size_t at = 5; at < n_words && code[at] >> 16 != 0; at += code[at] >> 16) {
        bool is_constant = code[at] == (4u << 16 | 43); /* OpConstant of one word */
        if (is_constant && code[at + 3] < 0x3f800000 && code[at + 3] > 0x3a000000 && (code[at + 3] & 0xff) != 0 &&
            (best == NULL || code[at + 3] > *best))
            best = &code[at + 3];
    }
    assert_non_null(best);
    *best ^= 0x10000;
    saboteur->n_changed++;
}

static void check_records_say_unchecked(const char *summary_path, const struct rft_test_job *job)
{
    struct rft_str text;
    read_file(rft_test_job_path(job, ".records"), &text);
    assert_non_null(strstr(text.data, "\"arithmetic\": \"unchecked\""));
    rft_str_finish(&text);
    read_file(summary_path, &text);
    assert_non_null(strstr(text.data, "\"arithmetic\": \"unchecked\""));
    rft_str_finish(&text);
}

static void check_saboteur(const char *op)
{
    struct saboteur saboteur = {.op = op};
    struct rft_test_job job = rft_vk_job("device.arithmetic=unchecked");
    struct rft_interposer *vk = begin();
    char words[64], path[256], summary[288];
    rft_vk_cache_clear();
    vk->on_module = change_constant;
    vk->user = &saboteur;
    snprintf(words, sizeof words, ": kernel %s", op);
    expect_refusal(NULL, RFT_ERR_UNSUPPORTED, words);
    assert_int_equal(saboteur.n_changed, 1);
    assert_non_null(strstr(rft_test_log_text(), " does not give the bits of the arithmetic contract: "));
    assert_non_null(strstr(rft_test_log_text(), "or [device] arithmetic = unchecked"));
    snprintf(path, sizeof path, "%s/summary", rft_test_tmp_dir());
    snprintf(summary, sizeof summary, "output.summary=%s", path);
    job.sets[8] = summary;
    rft_test_job_clean(&job);
    rft_test_log_capture();
    assert_int_equal(rft_test_job_run(&job), RFT_OK);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), ": [device] arithmetic = unchecked: the kernel is used all the same"));
    check_records_say_unchecked(path, &job);
    unlink(path);
    expect_refusal(NULL, RFT_ERR_UNSUPPORTED, words); /* what was unchecked is not taken for tested */
    rft_interposer_end(op);
    rft_test_job_clean(&job);
}

static void test_saboteurs(void **state)
{
    static const char *const ops[] = {"gate_up", "attention", "draw"};
    (void)state;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        check_saboteur(ops[i]);
    rft_vk_cache_clear();
}

static int make_wanted(void **state)
{
    (void)state;
    struct rft_model_config config = rft_test_config();
    char dir[128];
    rft_alloc_hook_json();
    config.n_layers = 4;
    config.dim = 128;
    config.n_heads = 8;
    config.n_kv_heads = 2;
    config.head_dim = 16;
    config.ffn_dim = 256;
    snprintf(dir, sizeof dir, "%s/large", rft_test_tmp_dir());
    snprintf(large, sizeof large, "model.path=%s", dir);
    rft_test_checkpoint_write(dir, &config, RFT_DTYPE_BF16, 1, 1);
    rft_test_tokenizer_write(dir);
    rft_device_job_wanted(NULL, &wanted);
    rft_device_job_wanted(large, &large_wanted);
    return 0;
}

static int drop_all(void **state)
{
    (void)state;
    rft_interposer_drop_kept();
    rft_str_finish(&wanted);
    rft_str_finish(&large_wanted);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_run), cmocka_unit_test(test_memory_reports), cmocka_unit_test(test_access_modes),
        cmocka_unit_test(test_discrete),  cmocka_unit_test(test_small_heap),     cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_missing),   cmocka_unit_test(test_cache_files),    cmocka_unit_test(test_saboteurs),
    };
    const char *rules = getenv("RFT_TEST_BREAK_RULES");
    if (rules != NULL)
        return rft_vk_break_rules(rules);
    return rft_vk_job_init() ? RFT_TEST_RUN(tests, make_wanted, drop_all) : 77;
}
