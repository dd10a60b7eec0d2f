/* SPDX-License-Identifier: MIT */
#include "card.h"

#include <inttypes.h>
#include <string.h>

/* ---- the head ---- */

/* The hub's classes of size. */
static const struct {
    uint64_t below;
    const char *text;
} sizes[] = {
    {1000, "n<1K"},         {10000, "1K<n<10K"},       {100000, "10K<n<100K"},    {1000000, "100K<n<1M"},
    {10000000, "1M<n<10M"}, {100000000, "10M<n<100M"}, {1000000000, "100M<n<1B"}, {UINT64_MAX, "1B<n<10B"},
};

static const char *size_text(uint64_t n)
{
    size_t i = 0;
    while (n >= sizes[i].below && sizes[i].below != UINT64_MAX)
        i++;
    return sizes[i].text;
}

/* What the hub may load, and under which name. */
static const struct {
    enum rft_output_role role;
    const char *name, *what;
} parts[] = {
    {RFT_OUTPUT_ROWS, "default", "the rows"},
    {RFT_OUTPUT_RECORDS, "records", "every sample, accepted or not, with its verdict and the reason"},
    {RFT_OUTPUT_UNSOLVED, "unsolved",
     "the questions that no sample solved: their gold answers may be wrong, so look at them"},
};

/* The name of an output that stands beside the card; else NULL. */
static const char *name_of(const struct rft_outputs *outputs, enum rft_output_role role)
{
    const struct rft_target *card = &outputs->files[RFT_OUTPUT_CARD].target, *target = &outputs->files[role].target;
    bool is_beside = target->kind == RFT_TARGET_FILE && rft_file_id_is_same(&target->dir_id, &card->dir_id);
    return is_beside ? target->name : NULL;
}

static enum rft_status put_head(struct rft_str *out, const struct rft_outputs *outputs, const struct rft_summary *s)
{
    bool is_pairs = s->from.config->output_format == RFT_FORMAT_PAIRS;
    RFT_TRY(rft_str_append_z(out, "---\nconfigs:\n"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *name = name_of(outputs, parts[i].role);
        if (name == NULL)
            continue;
        RFT_TRY(rft_str_printf(out, "- config_name: %s\n  data_files: ", parts[i].name));
        RFT_TRY(rft_str_append_json(out, name, strlen(name))); /* which is YAML, too */
        RFT_TRY(rft_str_append_z(out, "\n"));
    }
    return rft_str_printf(out,
                          "tags:\n- rftgen\n- synthetic\n- rejection-sampling\n%stask_categories:\n- text-generation\n"
                          "size_categories:\n- %s\n---\n",
                          is_pairs ? "- dpo\n" : "", size_text(s->counts.n_rows));
}

/* ---- the text ---- */

/* A file's name in Markdown: as code, or, where it holds what code and shells take for their own, as a JSON text. */
static enum rft_status put_name(struct rft_str *out, const char *before, const char *name, const char *behind)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+";
    RFT_TRY(rft_str_append_z(out, before));
    if (name[strspn(name, plain)] == '\0')
        RFT_TRY(rft_str_printf(out, "`%s`", name));
    else
        RFT_TRY(rft_str_append_json(out, name, strlen(name)));
    return rft_str_append_z(out, behind);
}

static enum rft_status put_files(struct rft_str *out, const struct rft_outputs *outputs, const struct rft_summary *s)
{
    RFT_TRY(rft_str_printf(out,
                           "\n# Rejection-sampled rows\n\nCompletions that a language model drew and a rule accepted, "
                           "written by rftgen %s.\n\n",
                           s->rftgen_version));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *name = name_of(outputs, parts[i].role);
        if (name == NULL)
            continue;
        RFT_TRY(put_name(out, "- ", name, ": "));
        RFT_TRY(rft_str_printf(out, "%s\n", parts[i].what));
    }
    return RFT_OK;
}

static enum rft_status put_count(struct rft_str *out, const char *name, uint64_t n)
{
    return rft_str_printf(out, "| %s | %" PRIu64 " |\n", name, n);
}

static enum rft_status put_counts(struct rft_str *out, const struct rft_output_counts *c)
{
    RFT_TRY(rft_str_append_z(out, "\n## Counts\n\n| of | number |\n|---|---:|\n"));
    RFT_TRY(put_count(out, "rows", c->n_rows));
    RFT_TRY(put_count(out, "questions", c->n_questions));
    RFT_TRY(put_count(out, "questions with an accepted sample", c->n_questions_solved));
    for (int i = 0; i < RFT_SKIP_REASONS; i++)
        if (c->n_skipped[i] != 0)
            RFT_TRY(rft_str_printf(out, "| rows of the questions' file left out: %s | %" PRIu64 " |\n",
                                   rft_skip_text((enum rft_skip_reason)i), c->n_skipped[i]));
    RFT_TRY(put_count(out, "samples", c->n_samples));
    for (int i = 0; i < RFT_REASON_COUNT; i++)
        if (c->n_by_reason[i] != 0)
            RFT_TRY(rft_str_printf(out, "| samples: %s | %" PRIu64 " |\n", rft_reason_text((enum rft_reason)i),
                                   c->n_by_reason[i]));
    for (int i = 0; i < RFT_LEFT_OUT_COUNT; i++)
        if (c->n_left_out[i] != 0)
            RFT_TRY(rft_str_printf(out, "| accepted samples that are no rows: %s | %" PRIu64 " |\n",
                                   rft_left_out_text((enum rft_left_out)i), c->n_left_out[i]));
    if (c->n_not_drawn != 0)
        RFT_TRY(put_count(out, "samples that were not needed and not drawn", c->n_not_drawn));
    return c->n_tokens != 0 ? put_count(out, "tokens of all samples", c->n_tokens) : RFT_OK;
}

static enum rft_status put_origin(struct rft_str *out, const struct rft_summary *s)
{
    const struct rft_summary_from *from = &s->from;
    RFT_TRY(rft_str_append_z(out, "\n## Where it comes from\n\n"));
    if (!s->has_drawn)
        return rft_str_append_z(out, "The samples were there, and were judged; their records say what drew them.\n");
    RFT_TRY(rft_str_printf(out,
                           "| what | known by |\n|---|---|\n| model, with what was merged into it | `%s` |\n| "
                           "questions and gold answers | `%016" PRIx64 "` |\n| prompt | `%s` |\n",
                           from->model_hash, from->questions_hash, from->prompt_id));
    if (s->arithmetic_version == 0)
        return rft_str_append_z(out, "| arithmetic | unchecked: another device may draw other text |\n");
    return rft_str_printf(out,
                          "| arithmetic | version %" PRIu32 ": the same bits on every device |\n\nThe numbers are "
                          "hashes (XXH64) of contents.\n",
                          s->arithmetic_version);
}

/* The configuration, of which only names of files are told, and what is to be done with it. */
static enum rft_status put_configuration(struct rft_str *out, const struct rft_config *config)
{
    struct rft_str sets = {0};
    RFT_TRY(rft_str_append_z(out, "\n## Configuration\n\nAs `rft.ini`; paths are names of files beside it.\n\n"
                                  "```ini\n"));
    enum rft_status status = rft_config_put_ini(config, out, &sets);
    if (status == RFT_OK)
        status = rft_str_append_z(out, "```\n");
    if (status == RFT_OK && sets.len != 0)
        status = rft_str_printf(out,
                                "\nThese values are too long for a line of a file; each is given with "
                                "`--set`.\n\n```\n%s```\n",
                                sets.data);
    rft_str_finish(&sets);
    return status;
}

static enum rft_status put_commands(struct rft_str *out, const struct rft_outputs *outputs, const struct rft_summary *s)
{
    const char *records = name_of(outputs, RFT_OUTPUT_RECORDS);
    RFT_TRY(rft_str_append_z(out, "\n## Made again, and audited\n\n"));
    if (!s->has_drawn)
        return rft_str_append_z(out, "`rftgen verify -c rft.ini` judges the samples again: the same bytes.\n");
    RFT_TRY(rft_str_append_z(out, s->arithmetic_version != 0
                                      ? "`rftgen -c rft.ini` draws everything again: the same bytes, whatever the "
                                        "device.\n"
                                      : "`rftgen -c rft.ini` draws everything again: the same bytes on the same "
                                        "device.\n"));
    if (records == NULL)
        return RFT_OK;
    return put_name(out, "`rftgen replay -c rft.ini --in RECORDS --fraction 0.01`, where RECORDS is ", records,
                    ", draws one sample in a hundred again and says of each whether it is the same.\n");
}

static enum rft_status put_all(struct rft_str *out, const struct rft_outputs *outputs, const struct rft_summary *s)
{
    RFT_TRY(put_head(out, outputs, s));
    RFT_TRY(put_files(out, outputs, s));
    RFT_TRY(put_counts(out, &s->counts));
    RFT_TRY(put_origin(out, s));
    RFT_TRY(put_configuration(out, s->from.config));
    RFT_TRY(put_commands(out, outputs, s));
    return rft_str_append_z(out, "\n## Licence\n\nNot said here: it depends on the model and on the questions. Add "
                                 "`license:` to this file's head before the dataset is published.\n");
}

enum rft_status rft_card_write(struct rft_outputs *outputs, const struct rft_summary *summary)
{
    struct rft_str text = {0};
    enum rft_status status = RFT_OK;
    if (!rft_outputs_has(outputs, RFT_OUTPUT_CARD))
        return RFT_OK;
    status = put_all(&text, outputs, summary);
    if (status == RFT_OK)
        status = rft_out_write_all(&outputs->files[RFT_OUTPUT_CARD], (struct rft_bytes){text.data, text.len});
    rft_str_finish(&text);
    return status;
}
