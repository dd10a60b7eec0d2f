/* SPDX-License-Identifier: MIT */
#include "judge_rows.h"

#include "card.h"
#include "completions.h"
#include "judging.h"
#include "log.h"
#include "os.h"
#include "outputs.h"
#include "question_choice.h"
#include "row_turns.h"
#include "scan.h"
#include "summary.h"
#include "unicode.h"

#include <string.h>

struct job {
    struct rft_outputs outputs;
    struct rft_completions completions;
    struct rft_judging judging;
    struct rft_prompt_text text;
    struct rft_row_turns turns;
    double start;
};

/* What a model thinks before its answer is not judged. Whether this model thinks is not known: its text shows it. */
static struct rft_verify_options verify_options(const struct rft_config *config)
{
    struct rft_verify_options options = rft_config_verify(config);
    bool is_auto = strcmp(config->verify_after, "auto") == 0;
    options.after = is_auto ? "</think>" : config->verify_after;
    options.opening = is_auto ? "<think>" : NULL;
    options.is_after_needed = !is_auto;
    return options;
}

/* Whether the prompt was a chat's: of prompt.format = auto the rows of a run say what it was. */
static bool is_chat(const struct rft_config *config, const struct rft_completions *completions)
{
    if (config->prompt_format != RFT_PROMPT_AUTO)
        return config->prompt_format == RFT_PROMPT_CHAT;
    for (size_t i = 0; i < completions->n; i++) {
        const struct rft_bytes prompt = completions->items[i].origin.prompt;
        if (prompt.data != NULL)
            return rft_scan_begins(prompt.data, prompt.data + prompt.len, "\"chat:");
    }
    return false;
}

static bool prints_table(const struct rft_outputs *outputs)
{
    for (size_t i = 0; i < RFT_OUTPUT_COUNT; i++)
        if (outputs->files[i].target.kind == RFT_TARGET_STREAM)
            return false;
    return true;
}

static enum rft_status write_all(const struct rft_config *config, struct job *job)
{
    struct rft_output_options options = rft_outputs_options(config, &job->outputs);
    struct rft_summary summary = {.from = {.config = config},
                                  .rftgen_version = RFT_VERSION,
                                  .unicode_pcre2 = rft_unicode_pcre2(),
                                  .unicode_utf8proc = rft_unicode_utf8proc()};
    options.samples = rft_completions_as_samples(&job->completions);
    options.logprobs = job->completions.logprobs;
    options.judge = rft_judging_for_output(&job->judging);
    options.prompt = rft_row_turns_for_output(&job->turns);
    RFT_TRY(rft_outputs_check_unchanged(&job->outputs));
    RFT_TRY(rft_output_write(&options, &job->completions.dataset, &summary.counts));
    RFT_TRY(rft_card_write(&job->outputs, &summary));
    summary.seconds = rft_os_seconds() - job->start;
    RFT_TRY(rft_summary_write(&job->outputs.files[RFT_OUTPUT_SUMMARY], &summary));
    rft_summary_log(config, &job->outputs, &summary);
    if (!prints_table(&job->outputs))
        return RFT_OK;
    rft_summary_print_verdicts(&summary.counts);
    return rft_os_flush_stdout();
}

static enum rft_status judge_all(const struct rft_config *config, bool force, struct job *job)
{
    const struct rft_verify_options verify = verify_options(config);
    struct rft_judging_options judging = {.verify = &verify};
    struct rft_samples samples;
    job->start = rft_os_seconds();
    RFT_TRY(rft_judging_check(config));
    RFT_TRY(rft_outputs_open(config, &job->outputs));
    RFT_TRY(rft_outputs_claim(&job->outputs));
    RFT_TRY(rft_outputs_settle(&job->outputs, force, true)); /* there is no journal that could be incomplete */
    RFT_TRY(rft_completions_read(config, config->data_questions, &job->completions));
    RFT_TRY(rft_row_turns_init_alone(config, is_chat(config, &job->completions), &job->text, &job->turns));
    judging.verdicts_path = job->outputs.verdicts_path;
    RFT_TRY(rft_judging_open(config, &judging, &job->judging));
    samples = rft_completions_as_samples(&job->completions);
    RFT_TRY(rft_judging_settle(&job->judging, &job->completions.dataset, &samples));
    return write_all(config, job);
}

enum rft_status rft_judge_rows(const struct rft_config *config, bool force)
{
    struct job job = {0};
    enum rft_status status = judge_all(config, force, &job);
    if (status == RFT_ERR_INTERRUPTED)
        rft_log_warn("interrupted: no output was written%s",
                     job.judging.judges != NULL && job.outputs.verdicts_path != NULL
                         ? "; the verdicts so far are kept, and the same command goes on from there"
                         : "");
    rft_judging_close(&job.judging, status == RFT_OK);
    rft_completions_finish(&job.completions);
    rft_row_turns_finish(&job.turns);
    rft_prompt_text_close(&job.text);
    rft_outputs_close(&job.outputs, status == RFT_OK);
    return status;
}
