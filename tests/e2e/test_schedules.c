/* SPDX-License-Identifier: MIT */
/* How the work is cut up never shows: bursts, slots, passes of a prefill, blocks, chunks, questions in flight. */
#include "support.h"
#include "file.h"
#include "job.h"
#include "wrap_backend.h"

#include <stdio.h>
#include <string.h>

#define SETS "device.threads=1", "generate.max_new_tokens=37"

static struct rft_str wanted;
static const struct rft_test_job base = {"base", {SETS}, false};

static int make_wanted(void **state)
{
    (void)state;
    rft_alloc_hook_json();
    rft_test_job_once(&base, &wanted);
    return 0;
}

static int drop_wanted(void **state)
{
    (void)state;
    rft_str_finish(&wanted);
    return 0;
}

static void expect_with(const struct rft_caps *caps, const struct rft_test_job *job, const char *what)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    wrap->caps = *caps;
    rft_test_job_expect(job, &wanted, what);
    rft_wrap_end();
}

static void test_device(void **state)
{
    static const struct {
        const char *what;
        struct rft_caps caps;
    } cases[] = {
        {"bursts of 1 step", {.burst_steps = 1}},
        {"bursts of 2 steps", {.burst_steps = 2}},
        {"bursts of 3 steps", {.burst_steps = 3}},
        {"bursts of 17 steps", {.burst_steps = 17}},
        {"bursts of 100 steps", {.burst_steps = 100}},
        {"1 slot", {.slots_wanted = 1}},
        {"3 slots", {.slots_wanted = 3}},
        {"prefill of 1 row", {.prefill_rows = 1}},
        {"prefill of 7 rows", {.prefill_rows = 7}},
        {"prefill of 1000 rows", {.prefill_rows = 1000}},
        {"blocks of 400,000 bytes", {.block_bytes_max = 400000}},
        {"blocks of 41,000 bytes", {.block_bytes_max = 41000}}, /* the larger matrices fill one; plans shrink */
        {"wide alignment", {.align_bytes = 4096}},
    };
    static const struct rft_test_job many = {
        "many", {SETS, "generate.questions_in_flight=auto", "generate.chunk=auto"}, false};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_with(&cases[i].caps, &base, cases[i].what);
        expect_with(&cases[i].caps, &many, cases[i].what);
    }
}

static void test_keys(void **state)
{
    static const char *const chunks[] = {"generate.chunk=1", "generate.chunk=2", "generate.chunk=3", "generate.chunk=5",
                                         "generate.chunk=auto"};
    static const char *const flights[] = {"generate.questions_in_flight=1", "generate.questions_in_flight=3",
                                          "generate.questions_in_flight=auto"};
    (void)state;
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
        for (size_t f = 0; f < sizeof flights / sizeof *flights; f++) {
            const struct rft_test_job job = {"keys", {SETS, chunks[c], flights[f]}, false};
            rft_test_job_expect(&job, &wanted, chunks[c]);
        }
    }
}

/* The summary's peak is what was allocated, to the byte. */
static void test_peak(void **state)
{
    struct rft_wrap *wrap = rft_wrap_begin();
    char set[300], wanted_peak[64];
    const struct rft_test_job job = {"peak", {SETS, "generate.questions_in_flight=auto", set}, false};
    struct rft_str bytes = {0}, summary;
    (void)state;
    snprintf(set, sizeof set, "output.summary=%s", rft_test_job_path(&job, ".summary"));
    rft_test_job_once(&job, &bytes);
    snprintf(wanted_peak, sizeof wanted_peak, "\"peak_bytes\": %llu,", (unsigned long long)wrap->peak_bytes);
    assert_int_equal(rft_file_read(rft_test_job_path(&job, ".summary"), UINT64_MAX, &summary), RFT_OK);
    if (strstr(summary.data, wanted_peak) == NULL)
        fail_msg("the summary does not have %s", wanted_peak);
    rft_str_finish(&summary);
    rft_str_finish(&bytes);
    rft_wrap_end();
}

/* How the device is reached is the backend's to know, and nothing of it shows; unchecked arithmetic is called so. */
static void test_device_keys(void **state)
{
    static const char *const unchecked[] = {"\"arithmetic\": \"unchecked\",", "\"arithmetic\": \"unchecked\", "};
    char set[300];
    const struct rft_test_job keys = {"keys", {SETS, "device.memory=staged", "device.dispatch_ms=7"}, false};
    const struct rft_test_job odd = {"odd", {SETS, "device.arithmetic=unchecked", set}, false};
    struct rft_wrap *wrap = rft_wrap_begin();
    struct rft_str text = {0}, summary;
    (void)state;
    rft_test_job_expect(&keys, &wanted, "device keys");
    assert_int_equal(wrap->options.access, RFT_ACCESS_STAGED);
    assert_int_equal(wrap->options.dispatch_us_max, 7000);
    assert_false(wrap->options.is_unchecked);
    snprintf(set, sizeof set, "output.summary=%s", rft_test_job_path(&odd, ".summary"));
    rft_test_log_capture();
    rft_test_job_once(&odd, &text);
    assert_non_null(strstr(rft_test_log_text(), "[device] arithmetic = unchecked"));
    rft_test_log_release();
    assert_true(wrap->options.is_unchecked);
    assert_int_equal(rft_file_read(rft_test_job_path(&odd, ".summary"), UINT64_MAX, &summary), RFT_OK);
    assert_non_null(strstr(summary.data, unchecked[0]));
    assert_non_null(strstr(text.data, unchecked[1])); /* the records' first line */
    rft_str_finish(&summary);
    rft_str_finish(&text);
    rft_wrap_end();
}

/* Seeds do change the text: otherwise the tests above compare nothing. */
static void test_seed_shows(void **state)
{
    static const struct rft_test_job job = {"seed", {SETS, "generate.seed=1"}, false};
    struct rft_str bytes = {0};
    (void)state;
    rft_test_job_once(&job, &bytes);
    assert_false(
        rft_bytes_equal((struct rft_bytes){bytes.data, bytes.len}, (struct rft_bytes){wanted.data, wanted.len}));
    rft_str_finish(&bytes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_device), cmocka_unit_test(test_keys),
                                       cmocka_unit_test(test_peak), cmocka_unit_test(test_device_keys),
                                       cmocka_unit_test(test_seed_shows)};
    return RFT_TEST_RUN(tests, make_wanted, drop_wanted);
}
