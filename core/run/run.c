/* SPDX-License-Identifier: MIT */
#include "run.h"

#include "card.h"
#include "extend.h"
#include "generate.h"
#include "log.h"
#include "memory_limit.h"
#include "os.h"
#include "output.h"
#include "outputs.h"
#include "row_turns.h"
#include "setup.h"
#include "summary.h"
#include "unicode.h"

#include <inttypes.h>

/* Everything of a run that must be given back. */
struct run {
    struct rft_outputs outputs;
    struct rft_setup setup;
    struct rft_generated generated;
    struct rft_journal *journal;
    struct rft_judging judging;
    struct rft_needed needed;
};

/* Before a number of samples. */
static const char *at_most(const struct rft_config *config)
{
    return config->generate_stop_when_enough != 0 ? "at most " : "";
}

static uint64_t n_all(const struct run *run, const struct rft_config *config)
{
    return (uint64_t)run->setup.inputs.dataset.n * config->generate_samples;
}

static struct rft_generate_job job_of(struct run *run)
{
    return (struct rft_generate_job){&run->setup, run->journal, &run->judging, &run->needed};
}

static enum rft_status open_judging(const struct rft_config *config, struct run *run)
{
    const struct rft_judging_options options = {.verify = &run->setup.inputs.verify,
                                                .n_questions = run->setup.inputs.dataset.n,
                                                .n_samples = config->generate_samples,
                                                .verdicts_path = run->outputs.verdicts_path};
    return rft_judging_open(config, &options, &run->judging);
}

/* Opens the journal, and finds out what it leaves to do. */
static enum rft_status open_journal(const struct rft_config *config, struct run *run, bool force)
{
    const struct rft_inputs *inputs = &run->setup.inputs;
    const uint32_t n_samples = config->generate_samples, n_enough = config->generate_stop_when_enough;
    const struct rft_journal_run asked = {.fingerprint = &inputs->fingerprint,
                                          .questions = inputs->dataset.questions,
                                          .n_questions = inputs->dataset.n,
                                          .n_samples = n_samples};
    RFT_TRY(rft_journal_open(run->outputs.journal_path, &asked, force, &run->journal));
    const uint64_t n_done = rft_journal_n_done(run->journal);
    const bool is_complete = n_done == n_all(run, config), must_judge = n_enough != 0 && n_done != 0 && !is_complete;
    const struct rft_generate_job job = job_of(run);
    /* Beside a complete journal there may be outputs of this very run, which was stopped between its last two steps. */
    if (!must_judge)
        RFT_TRY(rft_outputs_settle(&run->outputs, force, is_complete));
    RFT_TRY(rft_extend(config, inputs, run->journal)); /* behind that: a run that is refused leaves no journal */
    RFT_TRY(open_judging(config, run));
    RFT_TRY(rft_needed_init(&run->needed, inputs->dataset.n, n_samples, n_enough, config->select_distinct));
    RFT_TRY(rft_generate_count(&job, &run->generated));
    return must_judge ? rft_outputs_settle(&run->outputs, force, run->needed.n_left == 0) : RFT_OK;
}

/* What an interrupted run leaves, and how to go on from it. */
static void log_interrupted(const struct rft_config *config, const struct run *run)
{
    uint64_t n_done = run->journal != NULL ? rft_journal_n_done(run->journal) : 0;
    if (run->journal == NULL)
        rft_log_warn("interrupted before the run began");
    else if (run->outputs.journal_path == NULL)
        rft_log_warn("interrupted: nothing is kept, as the dataset goes to no file; the same command begins afresh");
    else if (n_done == 0)
        rft_log_warn("interrupted before a sample was finished; the same command begins afresh");
    else if (!rft_journal_is_in_place(run->journal))
        rft_log_warn("interrupted: nothing is kept, as %s is gone; the same command begins afresh",
                     run->outputs.journal_path);
    else
        rft_log_warn("interrupted: %" PRIu64 " of %s%" PRIu64
                     " samples are kept in %s; the same command goes on from there",
                     n_done, at_most(config), n_all(run, config), run->outputs.journal_path);
}

static enum rft_status generate(const struct rft_config *config, struct run *run, bool quiet)
{
    const struct rft_generate_job job = job_of(run);
    uint64_t n_done = rft_journal_n_done(run->journal);
    if (n_done != 0)
        rft_log_info("going on: %" PRIu64 " of %s%" PRIu64 " samples were drawn before", n_done, at_most(config),
                     n_all(run, config));
    RFT_TRY(rft_setup_load(&run->setup));
    return rft_generate(&job, quiet, &run->generated);
}

/* Waits for the verdicts of all samples that may be needed: then it is known which are. */
static enum rft_status settle(struct run *run, const struct rft_samples *samples)
{
    const struct rft_generate_job job = job_of(run);
    RFT_TRY(rft_judging_settle(&run->judging, &run->setup.inputs.dataset, samples));
    return run->needed.n_enough != 0 ? rft_generate_count(&job, &run->generated) : RFT_OK;
}

static enum rft_status write_output(const struct rft_config *config, struct run *run, const struct rft_row_turns *turns,
                                    uint64_t n_resumed)
{
    const struct rft_dev *dev = &run->setup.engine.dev;
    const struct rft_generated *g = &run->generated;
    const struct rft_provenance *provenance = &run->setup.inputs.provenance;
    struct rft_needed_samples needed = {&run->needed, rft_journal_as_samples(run->journal)};
    const struct rft_samples samples = rft_needed_as_samples(&needed);
    struct rft_output_options options = rft_outputs_options(config, &run->outputs);
    const struct rft_inputs *inputs = &run->setup.inputs;
    struct rft_summary summary = {.from = {.config = &inputs->drawn,
                                           .model_hash = provenance->model,
                                           .questions_hash = inputs->dataset.content_hash,
                                           .prompt_id = turns->prompt_id,
                                           .fingerprint = inputs->fingerprint.text},
                                  .has_drawn = true,
                                  .tokens = g->drawn.n_tokens,
                                  .prompt_tokens = g->drawn.n_prompt_tokens,
                                  .n_resumed = n_resumed,
                                  .seeds = config->generate_seed,
                                  .seconds = g->seconds,
                                  .tokens_per_second = g->seconds > 0 ? (double)g->drawn.n_tokens / g->seconds : 0,
                                  .peak_bytes = dev->peak_bytes,
                                  .budget_bytes = run->setup.plan.budget_bytes,
                                  .heap_bytes = rft_plan_heap_bytes(&run->setup.plan),
                                  .prefix_bytes = run->setup.plan.prefix_bytes,
                                  .host_bytes = dev->host_bytes,
                                  .peak_rss_bytes = rft_os_peak_rss_bytes(),
                                  .mapped_bytes = inputs->mapped_bytes,
                                  .arithmetic_version = provenance->arithmetic_version,
                                  .backend = dev->backend != NULL ? dev->backend->name : NULL,
                                  .device = dev->backend != NULL ? dev->info.name : NULL,
                                  .rftgen_version = RFT_VERSION,
                                  .unicode_pcre2 = rft_unicode_pcre2(),
                                  .unicode_utf8proc = rft_unicode_utf8proc()};
    options.samples = samples;
    options.provenance = provenance;
    options.logprobs = provenance->logprobs;
    options.judge = rft_judging_for_output(&run->judging);
    options.prompt = rft_row_turns_for_output(turns);
    RFT_TRY(settle(run, &samples));
    RFT_TRY(rft_outputs_check_unchanged(&run->outputs));
    RFT_TRY(rft_output_write(&options, &inputs->dataset, &summary.counts));
    RFT_TRY(rft_card_write(&run->outputs, &summary));
    RFT_TRY(rft_summary_write(&run->outputs.files[RFT_OUTPUT_SUMMARY], &summary));
    rft_summary_log(config, &run->outputs, &summary);
    return RFT_OK;
}

/* The samples are drawn: they are not lost if the outputs cannot be written. */
static enum rft_status end(const struct rft_config *config, struct run *run, uint64_t n_resumed)
{
    struct rft_row_turns turns;
    enum rft_status status = rft_row_turns_init(&run->setup.inputs.prompt, config->output_examples, &turns);
    if (status == RFT_OK)
        status = write_output(config, run, &turns, n_resumed);
    rft_row_turns_finish(&turns);
    if (status == RFT_OK) {
        rft_judging_close(&run->judging, true); /* judges may take a second to end: before the run counts as done */
        status = rft_journal_remove(run->journal);
        run->journal = NULL;
    } else if (run->outputs.journal_path != NULL && status != RFT_ERR_INTERRUPTED &&
               rft_journal_is_in_place(run->journal)) {
        rft_log_warn("all samples are kept in %s; the same command writes the outputs", run->outputs.journal_path);
    }
    return status;
}

static enum rft_status run_all(const struct rft_config *config, struct run *run, bool force, bool quiet)
{
    uint64_t n_resumed;
    RFT_TRY(rft_judging_check(config));
    RFT_TRY(rft_outputs_open(config, &run->outputs));
    RFT_TRY(rft_outputs_claim(&run->outputs));
    RFT_TRY(rft_setup_open(config, &run->setup));
    RFT_TRY(open_journal(config, run, force));
    n_resumed = rft_journal_n_done(run->journal);
    if (run->needed.n_left != 0)
        RFT_TRY(generate(config, run, quiet));
    return end(config, run, n_resumed);
}

enum rft_status rft_run(const struct rft_config *config, bool force, bool quiet)
{
    struct run run = {0};
    enum rft_status status = run_all(config, &run, force, quiet);
    if (status == RFT_ERR_INTERRUPTED)
        log_interrupted(config, &run);
    if (status != RFT_OK && run.journal != NULL && rft_journal_n_done(run.journal) == 0)
        (void)rft_journal_remove(run.journal); /* nothing to go on from, and nothing to refuse a corrected run for */
    else
        rft_journal_close(run.journal);
    rft_judging_close(&run.judging, false);
    rft_needed_finish(&run.needed);
    rft_setup_close(&run.setup);
    rft_outputs_close(&run.outputs, status == RFT_OK);
    return status;
}
