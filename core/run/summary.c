/* SPDX-License-Identifier: MIT */
#include "summary.h"

#include "log.h"
#include "os.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static double acceptance_rate(const struct rft_summary *s)
{
    return s->counts.n_samples ? (double)s->counts.n_accepted / (double)s->counts.n_samples : 0;
}

static enum rft_status append_u64(struct rft_str *out, const char *name, uint64_t value)
{
    return rft_str_printf(out, ",\n  \"%s\": %" PRIu64, name, value);
}

static enum rft_status append_real(struct rft_str *out, const char *name, double value)
{
    RFT_TRY(rft_str_printf(out, ",\n  \"%s\": ", name));
    return rft_str_append_double(out, value);
}

static enum rft_status append_text(struct rft_str *out, const char *name, const char *value)
{
    RFT_TRY(rft_str_printf(out, ",\n  \"%s\": ", name));
    return value != NULL ? rft_str_append_json(out, value, strlen(value)) : rft_str_append_z(out, "null");
}

/* {"word": count, ...}; each word of a reason or finish is plain ASCII. */
static enum rft_status append_counts(struct rft_str *out, const char *name, const uint64_t *counts, size_t n,
                                     const char *(*word)(size_t i))
{
    RFT_TRY(rft_str_printf(out, ",\n  \"%s\": {", name));
    for (size_t i = 0; i < n; i++)
        RFT_TRY(rft_str_printf(out, "%s\"%s\": %" PRIu64, i ? ", " : "", word(i), counts[i]));
    return rft_str_append_z(out, "}");
}

static const char *reason_word(size_t i)
{
    return rft_reason_text((enum rft_reason)i);
}

static const char *decision_word(size_t i)
{
    return rft_decision_text((enum rft_decision)i);
}

static const char *skip_word(size_t i)
{
    return rft_skip_text((enum rft_skip_reason)i);
}

static const char *left_out_word(size_t i)
{
    return rft_left_out_text((enum rft_left_out)i);
}

static const char *finish_word(size_t i)
{
    return rft_finish_text((enum rft_finish)i);
}

struct whole {
    const char *name;
    uint64_t value;
};

static enum rft_status append_wholes(struct rft_str *out, const struct whole *wholes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        RFT_TRY(append_u64(out, wholes[i].name, wholes[i].value));
    return RFT_OK;
}

static enum rft_status append_judged(struct rft_str *out, const struct rft_summary *s)
{
    const struct rft_output_counts *c = &s->counts;
    const struct whole wholes[] = {
        {"format", RFT_SUMMARY_FORMAT},      {"records_format", RFT_RECORDS_FORMAT},
        {"questions", c->n_questions},       {"questions_solved", c->n_questions_solved},
        {"samples", c->n_samples},           {"samples_not_drawn", c->n_not_drawn},
        {"samples_accepted", c->n_accepted}, {"rows", c->n_rows},
        {"sample_tokens", c->n_tokens},
    };
    size_t n_finishes = sizeof c->n_by_finish / sizeof *c->n_by_finish;
    RFT_TRY(append_wholes(out, wholes, sizeof wholes / sizeof *wholes));
    RFT_TRY(append_real(out, "acceptance_rate", acceptance_rate(s)));
    RFT_TRY(append_counts(out, "verdicts", c->n_by_decision, RFT_DECISIONS, decision_word));
    RFT_TRY(append_counts(out, "reasons", c->n_by_reason, RFT_REASON_COUNT, reason_word));
    RFT_TRY(append_counts(out, "accepted_left_out", c->n_left_out, RFT_LEFT_OUT_COUNT, left_out_word));
    RFT_TRY(append_counts(out, "questions_skipped", c->n_skipped, RFT_SKIP_REASONS, skip_word));
    return append_counts(out, "finishes", c->n_by_finish, n_finishes, finish_word);
}

static enum rft_status append_hash(struct rft_str *out, const char *name, uint64_t hash)
{
    return rft_str_printf(out, ",\n  \"%s\": \"%016" PRIx64 "\"", name, hash);
}

/* What the samples were drawn from, known by its contents. */
static enum rft_status append_origin(struct rft_str *out, const struct rft_summary_from *from)
{
    RFT_TRY(append_text(out, "model", from->model_hash));
    RFT_TRY(append_hash(out, "data", from->questions_hash));
    RFT_TRY(append_text(out, "prompt", from->prompt_id));
    return append_text(out, "fingerprint", from->fingerprint);
}

static enum rft_status append_configuration(struct rft_str *out, const struct rft_config *config)
{
    RFT_TRY(rft_str_append_z(out, ",\n  \"configuration\": "));
    return config != NULL ? rft_config_put_json(config, out) : rft_str_append_z(out, "null");
}

static enum rft_status append_drawn(struct rft_str *out, const struct rft_summary *s)
{
    const struct whole wholes[] = {
        {"samples_resumed", s->n_resumed},       {"run_tokens", s->tokens},
        {"run_prompt_tokens", s->prompt_tokens}, {"peak_bytes", s->peak_bytes},
        {"budget_bytes", s->budget_bytes},       {"heap_bytes", s->heap_bytes},
        {"prefix_bytes", s->prefix_bytes},       {"peak_rss_bytes", s->peak_rss_bytes},
        {"mapped_bytes", s->mapped_bytes},
    };
    RFT_TRY(append_wholes(out, wholes, sizeof wholes / sizeof *wholes));
    RFT_TRY(rft_str_append_z(out, ",\n  \"seed\": "));
    RFT_TRY(rft_wholes_print(&s->seeds, out));
    if (s->host_bytes)
        RFT_TRY(append_u64(out, "host_bytes", s->host_bytes));
    if (s->arithmetic_version)
        RFT_TRY(append_u64(out, "arithmetic", s->arithmetic_version));
    else
        RFT_TRY(append_text(out, "arithmetic", "unchecked"));
    RFT_TRY(append_origin(out, &s->from));
    RFT_TRY(append_real(out, "tokens_per_second", s->tokens_per_second));
    RFT_TRY(append_text(out, "backend", s->backend));
    return append_text(out, "device", s->device);
}

static enum rft_status append_all(struct rft_str *out, const struct rft_summary *s)
{
    RFT_TRY(rft_str_append_z(out, "{\n  \"rftgen\": \"summary\""));
    RFT_TRY(append_judged(out, s));
    if (s->has_drawn)
        RFT_TRY(append_drawn(out, s));
    RFT_TRY(append_configuration(out, s->from.config));
    RFT_TRY(append_real(out, "seconds", s->seconds));
    RFT_TRY(append_text(out, "version", s->rftgen_version));
    RFT_TRY(append_text(out, "unicode_pcre2", s->unicode_pcre2));
    RFT_TRY(append_text(out, "unicode_utf8proc", s->unicode_utf8proc));
    return rft_str_append_z(out, "\n}\n");
}

enum rft_status rft_summary_write(struct rft_out_file *out, const struct rft_summary *summary)
{
    struct rft_str text = {0};
    enum rft_status status = append_all(&text, summary);
    if (status == RFT_OK)
        status = rft_out_write_all(out, (struct rft_bytes){text.data, text.len});
    rft_str_finish(&text);
    return status;
}

void rft_summary_print_verdicts(const struct rft_output_counts *c)
{
    printf("%-10s %-14s %10s %7s\n", "verdict", "reason", "samples", "share");
    for (int i = 0; i < RFT_REASON_COUNT; i++)
        if (c->n_by_reason[i] != 0)
            printf("%-10s %-14s %10" PRIu64 " %6.2f%%\n", rft_decision_text(rft_reason_decision((enum rft_reason)i)),
                   rft_reason_text((enum rft_reason)i), c->n_by_reason[i],
                   100 * (double)c->n_by_reason[i] / (double)c->n_samples);
    printf("%-25s %10" PRIu64 "\n%-25s %10" PRIu64 " of %" PRIu64 "\n", "samples", c->n_samples, "questions solved",
           c->n_questions_solved, c->n_questions);
}

/* "reasons: 254 accepted, 490 wrong, 12 no_answer": what there is of them. */
static void log_counts(const char *what, const uint64_t *counts, size_t n, const char *(*word)(size_t i))
{
    char text[256] = "";
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        if (counts[i] != 0 && at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%" PRIu64 " %s", at != 0 ? ", " : "", counts[i],
                                   word(i));
    if (at != 0)
        rft_log_info("%s: %s", what, text);
}

/* Which key to look at when most samples failed for one reason. */
static const char *advice_for(enum rft_reason reason)
{
    static const char *const advices[RFT_REASON_COUNT] = {
        [RFT_REASON_WRONG] =
            "look at some completions in output.records, at the prompt (rftgen prompt), at data.answer_field, "
            "and try another generate.temperature or model",
        [RFT_REASON_NO_ANSWER] =
            "does the prompt ask for the form that verify.kind (and verify.require_mark) look for?",
        [RFT_REASON_NOT_A_NUMBER] = "verify.units = ignore passes over units and markup in tags",
        [RFT_REASON_CUT_OFF] = "they did not end by themselves: raise generate.max_new_tokens, or see whether the "
                               "model's end token is the one that its prompt uses (generate.end_tokens names more)",
        [RFT_REASON_NOT_FINITE] = "is the checkpoint at model.path whole?",
        [RFT_REASON_TOO_COMPLEX] =
            "their answers, or verify.pattern, are beyond the bounds of what is compared; look at "
            "some in output.records",
        [RFT_REASON_UNDECIDED] = "what verify.command said, or why it failed, stands in the records' detail",
    };
    return advices[reason];
}

/* A run that gave nothing, or cut off more than a tenth, says so and why. */
static void log_troubles(const struct rft_config *config, const struct rft_output_counts *c, bool has_drawn)
{
    uint64_t n_cut = c->n_by_finish[RFT_FINISH_LENGTH];
    enum rft_reason most = RFT_REASON_WRONG;
    for (int i = RFT_REASON_WRONG; i < RFT_REASON_COUNT; i++)
        if (c->n_by_reason[i] > c->n_by_reason[most])
            most = (enum rft_reason)i;
    if (c->n_samples != 0 && c->n_accepted == 0)
        rft_log_warn("no sample was accepted: %" PRIu64 " of %" PRIu64 " are %s; %s", c->n_by_reason[most],
                     c->n_samples, rft_reason_text(most), advice_for(most));
    if (has_drawn && n_cut > c->n_samples / 10 && !(c->n_accepted == 0 && most == RFT_REASON_CUT_OFF))
        rft_log_warn("%" PRIu64 " of %" PRIu64 " samples were cut off at generate.max_new_tokens = %" PRIu32 "; %s",
                     n_cut, c->n_samples, rft_config_max_new_tokens(config), advice_for(RFT_REASON_CUT_OFF));
}

/* What was written where. */
static void log_outputs(const struct rft_config *config, const struct rft_outputs *outputs,
                        const struct rft_output_counts *c)
{
    uint64_t n_unsolved = c->n_questions - c->n_questions_solved;
    bool has_unsolved = rft_outputs_has(outputs, RFT_OUTPUT_UNSOLVED);
    if (rft_outputs_has(outputs, RFT_OUTPUT_ROWS))
        rft_log_info("%" PRIu64 " rows written to %s", c->n_rows, config->output_path);
    if (c->n_unpaired != 0)
        rft_log_info("%" PRIu64 " solved questions have no wrong sample to make a pair with", c->n_unpaired);
    if (rft_outputs_has(outputs, RFT_OUTPUT_RECORDS))
        rft_log_info("%" PRIu64 " samples with reasons written to %s", c->n_samples, config->output_records);
    if (n_unsolved != 0)
        rft_log_info("%" PRIu64 " questions were solved by no sample, and their gold answers may be wrong; %s%s",
                     n_unsolved, has_unsolved ? "they are in " : "output.unsolved lists them",
                     has_unsolved ? config->output_unsolved : "");
    if (rft_outputs_has(outputs, RFT_OUTPUT_SUMMARY))
        rft_log_info("summary written to %s", config->output_summary);
    if (rft_outputs_has(outputs, RFT_OUTPUT_CARD))
        rft_log_info("dataset card written to %s", config->output_card);
}

void rft_summary_log(const struct rft_config *config, const struct rft_outputs *outputs, const struct rft_summary *s)
{
    const struct rft_output_counts *c = &s->counts;
    rft_log_info("%" PRIu64 " of %" PRIu64 " samples accepted (%.1f%%), %" PRIu64 " of %" PRIu64 " questions solved",
                 c->n_accepted, c->n_samples, 100 * acceptance_rate(s), c->n_questions_solved, c->n_questions);
    if (c->n_questions_short != 0)
        rft_log_warn("%" PRIu64
                     " questions have samples that were not drawn, and that verify and select would need now: a "
                     "run with generate.extend draws them, and may write other rows",
                     c->n_questions_short);
    else if (c->n_not_drawn != 0)
        rft_log_info("%" PRIu64 " more were not needed: enough accepted ones stand before them", c->n_not_drawn);
    log_counts("reasons", c->n_by_reason, RFT_REASON_COUNT, reason_word);
    log_counts("accepted samples that are no rows", c->n_left_out, RFT_LEFT_OUT_COUNT, left_out_word);
    if (c->n_skipped[RFT_SKIP_BAD_ROW] + c->n_skipped[RFT_SKIP_TOO_LONG] != 0)
        rft_log_info("%" PRIu64 " bad rows and %" PRIu64 " questions that are too long were left out",
                     c->n_skipped[RFT_SKIP_BAD_ROW], c->n_skipped[RFT_SKIP_TOO_LONG]);
    if (c->n_by_decision[RFT_UNDECIDED] != 0)
        rft_log_warn("%" PRIu64 " of %" PRIu64 " samples are undecided and make no rows; rftgen verify can judge the "
                     "records again",
                     c->n_by_decision[RFT_UNDECIDED], c->n_samples);
    if (s->tokens)
        rft_log_info("%" PRIu64 " tokens in %s, %.1f tokens/s on %s", s->tokens, rft_time_text(s->seconds).text,
                     s->tokens_per_second, s->device != NULL ? s->device : "an unknown device");
    if (s->peak_bytes)
        rft_log_info("peak memory %s of a budget of %s", rft_size_text(s->peak_bytes).text,
                     rft_size_text(s->budget_bytes).text);
    if (s->host_bytes)
        rft_log_info("weights on the host %s, read over the bus in every step", rft_size_text(s->host_bytes).text);
    log_outputs(config, outputs, c);
    log_troubles(config, c, s->has_drawn);
}
