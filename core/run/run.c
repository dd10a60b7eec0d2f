/* SPDX-License-Identifier: MIT */
#include "run.h"

#include "alloc.h"
#include "arith.h"
#include "generate.h"
#include "log.h"
#include "os.h"
#include "output.h"
#include "setup.h"
#include "summary.h"
#include "unicode.h"

#include <inttypes.h>

#ifndef RFT_VERSION
#define RFT_VERSION "unknown"
#endif

/* Everything of a run that must be given back. */
struct run {
    struct rft_setup setup;
    struct rft_generation generation;
    struct rft_journal *journal;
};

static enum rft_status refuse_existing(const struct rft_config *config)
{
    const char *const paths[] = {config->output_path, config->output_records, config->output_summary};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (paths[i][0] == '\0' || !rft_file_exists(paths[i]))
            continue;
        rft_log_error("%s exists already; give --force to replace it (samples kept in a journal stay), or another path in [output]",
                      paths[i]);
        return RFT_ERR_CONFIG;
    }
    return RFT_OK;
}

/* A place that cannot be written to is found before the samples are drawn. */
static enum rft_status check_places(const struct rft_config *config)
{
    const char *const paths[] = {config->output_path, config->output_records, config->output_summary};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (paths[i][0] != '\0')
            RFT_TRY(rft_out_check(paths[i]));
    return RFT_OK;
}

static enum rft_status open_journal(const struct rft_config *config, const char *path, struct run *run, bool force)
{
    const struct rft_inputs *inputs = &run->setup.inputs;
    uint64_t n_all = (uint64_t)inputs->dataset.n * config->generate_samples;
    RFT_TRY(rft_journal_open(path, inputs->fingerprint, inputs->dataset.n, config->generate_samples, force, &run->journal));
    /* Beside a complete journal the output is this run's own, which was stopped between its last two steps. */
    return force || rft_journal_n_done(run->journal) == n_all ? RFT_OK : refuse_existing(config);
}

static enum rft_status generate(const struct rft_config *config, struct run *run, bool quiet)
{
    struct rft_generation *g = &run->generation;
    uint64_t n_done = rft_journal_n_done(run->journal);
    uint64_t n_all = (uint64_t)run->setup.inputs.dataset.n * config->generate_samples;
    enum rft_status status;
    if (n_done != 0)
        rft_log_info("going on: %" PRIu64 " of %" PRIu64 " samples were drawn before", n_done, n_all);
    RFT_TRY(rft_setup_load(&run->setup));
    *g = (struct rft_generation){.config = config,
                                 .inputs = &run->setup.inputs,
                                 .journal = run->journal,
                                 .engine = &run->setup.engine,
                                 .shape = run->setup.shape,
                                 .plan = run->setup.plan,
                                 .progress = {.is_quiet = quiet}};
    status = rft_generate(g);
    n_done = rft_journal_n_done(run->journal);
    if (status == RFT_ERR_INTERRUPTED && n_done == 0)
        rft_log_warn("interrupted before a sample was finished; the same command begins afresh");
    else if (status == RFT_ERR_INTERRUPTED)
        rft_log_warn("interrupted: %" PRIu64 " of %" PRIu64 " samples are kept in %s.journal; the same command goes on from there",
                     n_done, n_all, config->output_path);
    return status;
}

static enum rft_status write_output(const struct rft_config *config, struct run *run, uint64_t n_resumed)
{
    const struct rft_dev *dev = &run->setup.engine.dev;
    const struct rft_generation *g = &run->generation;
    uint32_t arithmetic_version = config->device_arithmetic ? 0 : RFT_ARITHMETIC_VERSION; /* 0: nobody checked it */
    struct rft_output_options options = {.path = config->output_path,
                                         .format = config->output_format,
                                         .records_path = config->output_records,
                                         .keep = config->select_keep,
                                         .n_samples = config->generate_samples,
                                         .seed = config->generate_seed,
                                         .arithmetic_version = arithmetic_version,
                                         .verify = rft_config_verify(config)};
    struct rft_summary summary = {.tokens = g->n_tokens,
                                  .prompt_tokens = g->n_prompt_tokens,
                                  .n_resumed = n_resumed,
                                  .seed = config->generate_seed,
                                  .seconds = g->seconds,
                                  .tokens_per_second = g->seconds > 0 ? (double)g->n_tokens / g->seconds : 0,
                                  .peak_bytes = dev->peak_bytes,
                                  .budget_bytes = run->setup.plan.budget_bytes,
                                  .host_bytes = dev->host_bytes,
                                  .peak_rss_bytes = rft_os_peak_rss_bytes(),
                                  .mapped_bytes = run->setup.inputs.mapped_bytes,
                                  .arithmetic_version = arithmetic_version,
                                  .backend = dev->backend != NULL ? dev->backend->name : NULL,
                                  .device = dev->backend != NULL ? dev->info.name : NULL,
                                  .rftgen_version = RFT_VERSION,
                                  .unicode_pcre2 = rft_unicode_pcre2(),
                                  .unicode_utf8proc = rft_unicode_utf8proc()};
    RFT_TRY(rft_output_write(&options, &run->setup.inputs.dataset, run->journal, &summary.counts));
    if (config->output_summary[0] != '\0')
        RFT_TRY(rft_summary_write(config->output_summary, &summary));
    rft_summary_log(config, &summary);
    return RFT_OK;
}

static enum rft_status run_all(const struct rft_config *config, const char *journal_path, struct run *run, bool force, bool quiet)
{
    uint64_t n_all, n_resumed;
    enum rft_status status;
    if (!force && !rft_file_exists(journal_path))
        RFT_TRY(refuse_existing(config));
    RFT_TRY(check_places(config));
    RFT_TRY(rft_setup_open(config, &run->setup));
    RFT_TRY(open_journal(config, journal_path, run, force));
    n_all = (uint64_t)run->setup.inputs.dataset.n * config->generate_samples;
    n_resumed = rft_journal_n_done(run->journal);
    if (n_resumed < n_all)
        RFT_TRY(generate(config, run, quiet));
    RFT_TRY(write_output(config, run, n_resumed));
    status = rft_journal_remove(run->journal);
    run->journal = NULL;
    return status;
}

enum rft_status rft_run(const struct rft_config *config, bool force, bool quiet)
{
    struct run run = {0};
    struct rft_str journal_path = {0};
    enum rft_status status = rft_str_printf(&journal_path, "%s.journal", config->output_path);
    if (status == RFT_OK)
        status = run_all(config, journal_path.data, &run, force, quiet);
    if (status != RFT_OK && run.journal != NULL && rft_journal_n_done(run.journal) == 0)
        (void)rft_journal_remove(run.journal); /* nothing to go on from, and nothing to refuse a corrected run for */
    else
        rft_journal_close(run.journal);
    rft_setup_close(&run.setup);
    rft_str_finish(&journal_path);
    return status;
}
