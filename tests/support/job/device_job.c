/* SPDX-License-Identifier: MIT */
#include "device_job.h"

#include "file.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define CHUNK_BLOCKS_MAX 64u

/* Short, but with a page of tokens that all prompts begin with. */
static const char template[] = "Once upon a time {question}\n";

struct rft_test_job rft_device_job(const char *backend, const char *device, const char *set)
{
    static char template_set[192];
    if (template_set[0] == '\0') {
        char path[128];
        snprintf(path, sizeof path, "%s/template", rft_test_tmp_dir());
        rft_test_write_file(path, template, sizeof template - 1);
        snprintf(template_set, sizeof template_set, "prompt.template=%s", path);
    }
    return (struct rft_test_job){"device",
                                 {"data.limit=2", "generate.samples=3", "generate.max_new_tokens=10",
                                  "generate.questions_in_flight=1", template_set, backend, device, set},
                                 false};
}

void rft_device_job_wanted(const char *set, struct rft_str *bytes)
{
    const struct rft_test_job job = rft_device_job("device.backend=cpu", "device.device=plain", set);
    rft_test_job_once(&job, bytes);
    rft_test_job_clean(&job);
}

void rft_device_job_check(const struct rft_test_job *job, const struct rft_str *wanted, const char *what)
{
    struct rft_str bytes = {0};
    rft_test_job_bytes(job, &bytes);
    rft_test_same_bytes(&bytes, wanted, what);
    rft_str_finish(&bytes);
}

static struct rft_watched watched;
static struct rft_watch watch;
static const void *chunk_blocks[CHUNK_BLOCKS_MAX]; /* of the chunk that is being made */
static uint32_t n_chunk_blocks;
static uint64_t first_places[CHUNK_BLOCKS_MAX],
    places[CHUNK_BLOCKS_MAX]; /* of the first chunk's blocks, and of this one's */
static uint32_t n_first_places, n_places;
static uint64_t n_before; /* what the driver had given out before the chunk's first block */

static void watch_chunk_block(const struct rft_block *block, uint64_t n_held)
{
    if (n_chunk_blocks == CHUNK_BLOCKS_MAX || n_places == CHUNK_BLOCKS_MAX)
        return;
    if (n_chunk_blocks == 0) {
        n_before = n_held;
        n_places = 0;
    }
    chunk_blocks[n_chunk_blocks++] = block->handle;
    places[n_places++] = block->address;
}

static enum rft_status watch_create(struct rft_device *device, uint64_t bytes, enum rft_place place, const char *label,
                                    struct rft_block *block)
{
    const bool is_chunk = strcmp(label, "chunk") == 0;
    const uint64_t n_held = watched.n_held();
    enum rft_status status;
    watch.has_begun |= strncmp(label, "weights", 7) != 0;
    if (is_chunk && watch.n_chunks == 1 && watch.n_submits_first == 0)
        watch.n_submits_first = watched.n_submits();
    status = watched.backend->block_create(device, bytes, place, label, block);
    watch.n_host += status == RFT_OK && place == RFT_PLACE_HOST;
    if (status == RFT_OK && is_chunk)
        watch_chunk_block(block, n_held);
    return status;
}

static void end_chunk(void)
{
    watch.n_chunks++;
    watch.n_kept_back += watched.n_held() != n_before;
    if (watch.n_chunks == 1) {
        memcpy(first_places, places, sizeof places);
        n_first_places = n_places;
    }
    watch.n_moved += n_places == n_first_places && memcmp(first_places, places, n_places * sizeof *places) != 0;
}

static void watch_destroy(struct rft_device *device, struct rft_block *block)
{
    const void *handle = block == NULL ? NULL : block->handle;
    watched.backend->block_destroy(device, block);
    for (uint32_t i = 0; handle != NULL && i < n_chunk_blocks; i++) {
        if (chunk_blocks[i] != handle)
            continue;
        chunk_blocks[i] = chunk_blocks[--n_chunk_blocks];
        if (n_chunk_blocks == 0)
            end_chunk();
        return;
    }
}

struct rft_watch *rft_watch_begin(const struct rft_watched *what)
{
    static struct rft_backend backend;
    static const struct rft_backend *const backends[] = {&backend};
    watched = *what;
    backend = *watched.backend;
    backend.block_create = watch_create;
    backend.block_destroy = watch_destroy;
    memset(&watch, 0, sizeof watch);
    n_chunk_blocks = n_places = 0;
    rft_dev_override_backends(backends, 1);
    return &watch;
}

void rft_watch_end(const char *what, uint32_t n_kept_most)
{
    rft_dev_override_backends(NULL, 0);
    if (n_chunk_blocks != 0 || watch.n_kept_back > n_kept_most)
        fail_msg("%s: %u blocks of a chunk were not given back, and %u chunks left memory behind", what, n_chunk_blocks,
                 watch.n_kept_back);
}

void rft_fault_check_message(const char *what, const char *word)
{
    const char *text = rft_test_log_text();
    if (strstr(text, "error: ") == NULL || (word != NULL && strstr(text, word) == NULL))
        fail_msg("%s: the run failed without a word about it:\n%s", what, text);
}

void rft_fault_check_leaks(const char *what, uint64_t n_live)
{
    if (rft_alloc_n_live() != n_live)
        fail_msg("%s: %lld allocations leaked", what, (long long)(rft_alloc_n_live() - n_live));
}

void rft_fault_judge(const struct rft_fault *fault, enum rft_status status, struct rft_fault_tally *tally)
{
    tally->n_runs++;
    tally->n_not_met +=
        fault->n_failed == 0; /* programs are recorded again where the clock says so: not every run has as many calls */
    if (fault->n_failed == 0 && status != RFT_OK)
        fail_msg("%s: nothing failed, and yet: %s\n%s", fault->what, rft_status_text(status), rft_test_log_text());
    if (status == RFT_OK) {
        tally->n_recovered += fault->n_failed != 0;
        rft_device_job_check(fault->job, fault->wanted, fault->what);
    } else {
        tally->n_errors++;
        if (fault->must_recover)
            fail_msg("%s: the run did not recover: %s\n%s", fault->what, rft_status_text(status), rft_test_log_text());
        rft_fault_check_message(fault->what, fault->word);
        assert_false(rft_file_exists(rft_test_job_path(fault->job, "")));
        fault->run_again(fault->user, fault->what);
    }
    rft_test_job_clean(fault->job);
}

uint64_t rft_fault_place(uint64_t i, uint64_t n, uint64_t n_calls)
{
    return i == 1 ? 2 : 1 + (n > 1 ? i * (n_calls - 1) / (n - 1) : 0);
}

void rft_fault_report(const char *name, const struct rft_fault_tally *tally, double seconds)
{
    print_message("%s: %u faults, %u of them not met, recovered from %u, %u errors, %.1f s\n", name, tally->n_runs,
                  tally->n_not_met, tally->n_recovered, tally->n_errors, seconds);
    assert_true(tally->n_not_met * 10 <= tally->n_runs); /* a slow machine makes fewer calls of some kinds */
}
