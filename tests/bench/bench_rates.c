/* SPDX-License-Identifier: MIT */
/* Tokens per second of prefill and decode, through the run's own functions: rft_group_prefill and rft_chunk_run. */
#include "bench.h"

#include "alloc.h"
#include "chunk.h"

#include <inttypes.h>
#include <stdio.h>

static struct rft_device_stats stats_since(const struct rft_device_stats *now, const struct rft_device_stats *before)
{
    return (struct rft_device_stats){.n_dispatches = now->n_dispatches - before->n_dispatches,
                                     .n_submissions = now->n_submissions - before->n_submissions,
                                     .n_barriers = now->n_barriers - before->n_barriers,
                                     .n_bytes_written = now->n_bytes_written - before->n_bytes_written,
                                     .n_bytes_read = now->n_bytes_read - before->n_bytes_read};
}

/* n questions with prompts of random tokens; their hidden states are made up. */
static enum rft_status init_group(struct bench *b, uint32_t n, struct rft_group *group)
{
    enum rft_status status = rft_group_init(group, n, b->config.dim);
    for (uint32_t q = 0; q < n && status == RFT_OK; q++) {
        struct rft_ids ids = {0};
        for (uint32_t i = 0; i < b->options.prompt && status == RFT_OK; i++)
            status = rft_ids_append(&ids, (uint32_t)((q * 7919ull + i * 104729ull) % b->config.vocab_size));
        if (status == RFT_OK)
            status = rft_group_add(group, q, &ids);
        if (status == RFT_OK)
            bench_fill_normed(b->config.dim, group->flights[q].h);
        rft_ids_finish(&ids);
    }
    return status;
}

static struct rft_sizes sizes_of(const struct bench *b, uint32_t n_questions)
{
    return (struct rft_sizes){.config = b->config,
                              .caps = b->engine.dev.caps,
                              .n_questions = n_questions,
                              .n_samples = b->options.samples,
                              .questions_in_flight = n_questions,
                              .n_prompt_max = b->options.prompt,
                              .n_new_max = b->options.n_new,
                              .n_eos = b->engine.rules.n_eos,
                              .is_filtered = rft_sampling_is_filtered(&b->options.sampling),
                              .is_scored = b->options.sampling.is_scored,
                              .budget_bytes = UINT64_MAX};
}

/* Prefill: one prompt, with taking its buffers and recording the program, as a run does for each group of questions. */
static enum rft_status prefill_once(struct bench *b, struct rft_group *group, const struct rft_plan *plan,
                                    struct bench_time *time, struct rft_device_stats *stats)
{
    struct rft_prefix prefix = {0};
    struct rft_device_stats before;
    uint64_t n_rows;
    rft_dev_stats(&b->engine.dev, &before);
    const struct bench_time start = bench_now();
    RFT_TRY(rft_group_prefill(group, &b->engine, plan, &prefix, &n_rows));
    *time = bench_since(start);
    rft_dev_stats(&b->engine.dev, stats);
    *stats = stats_since(stats, &before);
    if (group->flights[0].is_bad)
        printf("  THE PROMPT OVERFLOWED\n");
    rft_group_release(group);
    return RFT_OK;
}

enum rft_status bench_prefill(struct bench *b)
{
    const struct rft_sizes sizes = sizes_of(b, 1);
    const uint32_t n = b->options.prompt;
    struct bench_time best = {0}, time;
    struct rft_device_stats stats = {0};
    struct rft_group group = {0};
    struct rft_plan plan;
    enum rft_status status;
    if (!bench_has_time_for(b, b->row_seconds * n * 2, "prefill"))
        return RFT_OK;
    RFT_TRY(rft_plan_make(&sizes, &plan));
    status = init_group(b, 1, &group);
    for (uint32_t run = 0; run <= b->options.runs && status == RFT_OK;
         run++) { /* the first makes what is kept: pipelines */
        status = prefill_once(b, &group, &plan, &time, &stats);
        if (status == RFT_OK && (run <= 1 || time.wall < best.wall))
            best = time;
        if (best.wall * 2 > b->options.limit)
            break;
    }
    rft_group_finish(&group);
    RFT_TRY(status);
    const double flop = (double)(bench_step_flop(&b->config) - 2ull * b->config.vocab_size * b->config.dim) * n;
    const uint32_t n_passes = (n + plan.prefill.n_rows - 1) / plan.prefill.n_rows;
    printf("  prefill of %" PRIu32 " tokens, passes of up to %" PRIu32 " rows: %" PRIu32
           "; %.1f tokens/s, %.1f ms, %.1f GFLOP/s of products, %.2f cpu seconds a second\n",
           n, plan.prefill.n_rows, n_passes, n / best.wall, best.wall * 1e3, flop / best.wall * 1e-9,
           best.cpu / best.wall);
    if (stats.n_dispatches != 0)
        printf("    dispatches %" PRIu64 ", barriers %" PRIu64 ", submissions %" PRIu64 ", host bytes written %" PRIu64
               ", read %" PRIu64 "\n",
               stats.n_dispatches, stats.n_barriers, stats.n_submissions, stats.n_bytes_written, stats.n_bytes_read);
    return RFT_OK;
}

/* A decode of some sequences: what lies between the ends of the first and the last burst, so that no beginning is
 * counted. */
struct decode {
    struct bench *b;
    uint32_t n_rows;
    uint32_t n_bursts;
    struct bench_time begin, start, time;
    struct rft_device_stats before, stats;
    uint64_t n_tokens, n_bad;
    uint64_t available; /* bytes that the device has left, in the first burst */
};

static enum rft_status cut(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept)
{
    (void)user;
    (void)tokens;
    (void)n_before;
    (void)n;
    *n_kept = 0;
    return RFT_OK;
}

static enum rft_status ended(void *user, const struct rft_drawn *drawn)
{
    struct decode *d = user;
    d->n_bad += drawn->finish != RFT_FINISH_LENGTH;
    return RFT_OK;
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    struct decode *d = user;
    struct rft_device_stats now;
    struct rft_memory memory;
    if (d->n_bursts == 0 && rft_dev_memory(&d->b->engine.dev, &memory) == RFT_OK)
        d->available = memory.available_bytes;
    rft_dev_stats(&d->b->engine.dev, &now);
    if (d->n_bursts++ == 0 && n_tokens < (uint64_t)d->n_rows * d->b->options.n_new) {
        d->start = bench_now();
        d->before = now;
        return RFT_OK;
    }
    d->n_tokens += n_tokens;
    d->stats = stats_since(&now, &d->before);
    d->time = bench_since(d->start);
    return bench_since(d->begin).wall < d->b->options.limit ? RFT_OK : RFT_ERR_INTERRUPTED;
}

static enum rft_status decode_once(struct decode *d, const struct rft_group *group)
{
    struct bench *b = d->b;
    const struct bench_options *o = &b->options;
    const struct rft_chunk_sink sink = {d, cut, ended, go_on, NULL};
    struct rft_sizes sizes = sizes_of(b, group->n);
    struct rft_plan plan;
    struct rft_request *requests;
    enum rft_status status;
    sizes.caps.slots_wanted = d->n_rows;
    RFT_TRY(rft_plan_make(&sizes, &plan));
    if (plan.step.n_rows != d->n_rows) {
        printf("  %9" PRIu32 " sequences do not fit into this device's blocks\n", d->n_rows);
        return RFT_ERR_UNSUPPORTED;
    }
    requests = rft_alloc(d->n_rows, sizeof *requests);
    if (requests == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint32_t i = 0; i < d->n_rows; i++)
        requests[i] = (struct rft_request){
            .flight = i / o->samples, .sample = i % o->samples, .key = i / o->samples, .temperature = o->temperature};
    d->begin = d->start = bench_now();
    rft_dev_stats(&b->engine.dev, &d->before);
    status = rft_chunk_run(&b->engine, &plan, group, requests, d->n_rows, &sink);
    rft_free(requests);
    return status == RFT_ERR_INTERRUPTED && d->n_tokens != 0 ? RFT_OK : status; /* by go_on */
}

static void print_decode(const struct decode *d)
{
    const struct bench *b = d->b;
    const double n_tokens = (double)d->n_tokens, n_steps = n_tokens / d->n_rows;
    const double gb = (double)bench_step_bytes(b) * n_steps / d->time.wall * 1e-9;
    printf("  %9" PRIu32 " %9.1f %9.2f %6.2f %9.1f %8.2f", d->n_rows, n_tokens / d->time.wall,
           d->time.wall / n_steps * 1e3, d->time.cpu / d->time.wall, d->time.cpu / n_tokens * 1e3, gb);
    if (b->stream_gb > 0)
        printf(" %6.0f%%", gb / b->stream_gb * 100);
    else
        printf(" %7s", "-");
    if (d->stats.n_dispatches != 0)
        printf(" %10.1f %8.1f %11.3f %9.0f %8.0f", (double)d->stats.n_dispatches / n_steps,
               (double)d->stats.n_barriers / n_steps, (double)d->stats.n_submissions / n_steps,
               (double)d->stats.n_bytes_written / n_tokens, (double)d->stats.n_bytes_read / n_tokens);
    printf("%s%s\n", d->n_bursts == 1 ? "  one burst: its beginning is counted" : "",
           d->n_bad != 0 ? "  SEQUENCES ENDED EARLY" : "");
    fflush(stdout);
}

static enum rft_status decode_rows(struct bench *b, uint32_t n_rows)
{
    const uint32_t n_questions = bench_n_questions(b, n_rows);
    struct decode best = {0};
    struct rft_group group = {0};
    enum rft_status status = init_group(b, n_questions, &group);
    if (status == RFT_OK)
        status = rft_group_open_pages(&group, &b->engine);
    for (uint32_t layer = 0; layer < b->config.n_layers && status == RFT_OK; layer++) {
        struct rft_slice pages;
        if (rft_pool_find(&group.pool, group.pages[layer], &pages))
            status = bench_fill(&b->engine.dev, pages);
    }
    for (uint32_t run = 0; run < b->options.runs && status == RFT_OK; run++) {
        struct decode d = {.b = b, .n_rows = n_rows};
        status = decode_once(&d, &group);
        if (status == RFT_OK && (run == 0 || d.time.wall / (double)d.n_tokens < best.time.wall / (double)best.n_tokens))
            best = d;
        if (bench_since(d.begin).wall * 2 > b->options.limit)
            break;
    }
    const uint64_t prompt_bytes = rft_pool_bytes(&group.pool);
    rft_group_finish(&group);
    RFT_TRY(status);
    print_decode(&best);
    if (b->n_memory < BENCH_LIST_MAX)
        b->memory[b->n_memory++] =
            (struct bench_memory){n_rows, best.available, rft_pool_bytes(&b->engine.pool) + prompt_bytes};
    if (b->row_seconds <= 0 || best.time.wall / (double)best.n_tokens < b->row_seconds)
        b->row_seconds = best.time.wall / (double)best.n_tokens;
    return RFT_OK;
}

enum rft_status bench_decode(struct bench *b)
{
    uint32_t rows[BENCH_LIST_MAX];
    const uint32_t n = bench_list(b->options.sequences, rows);
    const bool has_stats = b->engine.dev.backend->stats != NULL;
    printf("  decode, prompt of %" PRIu32 " tokens, %" PRIu32 " new\n", b->options.prompt, b->options.n_new);
    if (has_stats) /* what a step may take: docs/architecture.md */
        printf("  %65s %3u + 4 = %-4u %5s %7s1/%u\n", "at most", 6 * b->config.n_layers, 6 * b->config.n_layers + 4, "",
               "", b->engine.dev.caps.burst_steps);
    printf("  %9s %9s %9s %6s %9s %8s %7s", "sequences", "tokens/s", "ms/step", "cpu/s", "cpu ms/t", "GB/s", "stream");
    printf(has_stats ? " %10s %8s %11s %9s %8s\n" : "\n", "disp/step", "barriers", "submissions", "written/t",
           "read/t");
    for (uint32_t i = 0; i < n; i++)
        if (rows[i] != 0 &&
            bench_has_time_for(b, b->row_seconds * rows[i] * 2 * b->engine.dev.caps.burst_steps, "decode"))
            RFT_TRY(decode_rows(b, rows[i]));
    return RFT_OK;
}

enum rft_status bench_print_memory(struct bench *b)
{
    struct rft_memory now;
    if (b->n_memory == 0)
        return RFT_OK;
    RFT_TRY(rft_dev_memory(&b->engine.dev, &now));
    printf("  device memory: %.1f MB are kept or reserved while it is open; beside them, in a decode\n",
           (double)(now.total_bytes - now.available_bytes) * 1e-6);
    printf("  %9s %12s %26s %7s\n", "sequences", "taken MB", "weights, prompts, 64 MB", "ratio");
    for (uint32_t i = 0; i < b->n_memory; i++) {
        const struct bench_memory *m = &b->memory[i];
        const double taken = (double)now.available_bytes - (double)m->available, needed = (double)m->needed + 64e6;
        printf("  %9" PRIu32 " %12.1f %26.1f %7.3f\n", m->n_rows, taken * 1e-6, needed * 1e-6, taken / needed);
    }
    b->n_memory = 0;
    return RFT_OK;
}
