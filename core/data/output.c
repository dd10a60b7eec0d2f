/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "alloc.h"
#include "os.h"
#include "select.h"

#include <inttypes.h>
#include <string.h>

struct writer {
    const struct rft_output_options *options;
    const struct rft_dataset *dataset;
    struct rft_output_counts *counts;
    struct rft_str text; /* of the sample at hand */
    struct rft_str line;
    struct rft_str gold; /* a list's text */
    bool *accepted;      /* [samples.n_max] */
    bool *kept;          /* [samples.n_max] */
    size_t n_skipped;    /* rows left out that are written */
};

static enum rft_status put_json(struct rft_str *out, const char *label, struct rft_bytes text)
{
    RFT_TRY(rft_str_append_z(out, label));
    return rft_str_append_json(out, text.data, text.len);
}

static enum rft_status put_text_or_null(struct rft_str *out, const char *label, struct rft_bytes text)
{
    if (text.data != NULL)
        return put_json(out, label, text);
    RFT_TRY(rft_str_append_z(out, label));
    return rft_str_append_z(out, "null");
}

/* As it was read: a number, a string, a list of them, or null. */
static enum rft_status put_gold(struct rft_str *out, const char *label, const struct rft_question *question)
{
    RFT_TRY(rft_str_append_z(out, label));
    return rft_question_put_gold(question, out);
}

/* What a gold answer's text does not say, and the options that the question's row brought along, as JSON text: so that
 * records can be judged again. */
static enum rft_status put_choices(struct writer *w, const struct rft_question *question)
{
    struct rft_str *line = &w->line;
    RFT_TRY(rft_str_printf(line, ", \"gold_is_json\": %s", question->gold_is_json ? "true" : "false"));
    if (question->n_choices == 0)
        return rft_str_append_z(line, ", \"choices\": null");
    rft_str_clear(&w->gold);
    RFT_TRY(rft_question_put_choices(question, &w->gold));
    return put_json(line, ", \"choices\": ", (struct rft_bytes){w->gold.data, w->gold.len});
}

/* Where a column must have one type: always a string, or null; a list as the JSON text that it is. */
static enum rft_status put_gold_text(struct writer *w, const char *label, const struct rft_question *question)
{
    if (question->golds == NULL)
        return put_text_or_null(&w->line, label, question->gold);
    rft_str_clear(&w->gold);
    RFT_TRY(rft_question_put_gold(question, &w->gold));
    return put_json(&w->line, label, (struct rft_bytes){w->gold.data, w->gold.len});
}

static enum rft_status write_line(struct writer *w, struct rft_out_file *file)
{
    return rft_out_write(file, w->line.data, w->line.len);
}

/* A column of the run itself: what the record of another run said, or null, or this run's. */
static enum rft_status put_origin(struct rft_str *out, const char *label, struct rft_bytes text)
{
    RFT_TRY(rft_str_append_z(out, label));
    return text.data != NULL ? rft_str_append(out, text.data, text.len) : rft_str_append_z(out, "null");
}

/* What every record ends with. */
static enum rft_status end_record(struct writer *w, const struct rft_origin *origin)
{
    struct rft_str *line = &w->line;
    /* Readers of tables have whole numbers of 63 bits; a larger one stands in quotes, rather than to be rounded. */
    const char *quote = w->options->seed > INT64_MAX ? "\"" : "";
    if (origin != NULL) {
        RFT_TRY(put_origin(line, ", \"prompt\": ", origin->prompt));
        RFT_TRY(put_origin(line, ", \"seed\": ", origin->seed));
        RFT_TRY(put_origin(line, ", \"arithmetic\": ", origin->arithmetic));
    } else {
        RFT_TRY(put_json(line, ", \"prompt\": ", rft_bytes_z(w->options->prompt.id)));
        RFT_TRY(rft_str_printf(line, ", \"seed\": %s%" PRIu64 "%s, \"arithmetic\": ", quote, w->options->seed, quote));
        if (w->options->arithmetic_version != 0)
            RFT_TRY(rft_str_printf(line, "%u", w->options->arithmetic_version));
        else
            RFT_TRY(rft_str_append_z(line, "\"unchecked\""));
    }
    RFT_TRY(rft_str_printf(line, ", \"format\": %d}\n", RFT_RECORDS_FORMAT));
    return write_line(w, w->options->records);
}

/* Which sample of which question. */
static enum rft_status begin_record(struct writer *w, const struct rft_question *question,
                                    const struct rft_sample *sample)
{
    struct rft_str *line = &w->line;
    rft_str_clear(line);
    RFT_TRY(put_json(line, "{\"id\": ", question->id));
    RFT_TRY(rft_str_printf(line, ", \"repeat\": %u, \"question_index\": %" PRIu64 ", \"sample\": %u", question->repeat,
                           question->row, sample->sample));
    if (sample->origin != NULL)
        return put_origin(line, ", \"key\": ", sample->origin->key);
    return rft_str_printf(line, ", \"key\": \"%016" PRIx64 "\"", rft_question_key(question, w->options->seed));
}

/* With a point or an exponent in every line, so that the column is of one type. */
static enum rft_status put_score(struct rft_str *line, double score)
{
    size_t before = line->len;
    RFT_TRY(rft_str_append_double(line, score));
    return strpbrk(line->data + before, ".eE") != NULL ? RFT_OK : rft_str_append_z(line, ".0");
}

static enum rft_status put_verdict(struct rft_str *line, const struct rft_verdict *verdict)
{
    RFT_TRY(rft_str_printf(line, ", \"accepted\": %s, \"verdict\": \"%s\", \"reason\": \"%s\"",
                           verdict->reason == RFT_REASON_ACCEPTED ? "true" : "false",
                           rft_decision_text(rft_reason_decision(verdict->reason)), rft_reason_text(verdict->reason)));
    RFT_TRY(put_json(line, ", \"detail\": ", verdict->detail));
    RFT_TRY(rft_str_append_z(line, ", \"score\": "));
    return put_score(line, verdict->score);
}

static enum rft_status write_record(struct writer *w, uint64_t index, const struct rft_sample *sample,
                                    const struct rft_verdict *verdict)
{
    const struct rft_question *question = &w->dataset->questions[index];
    struct rft_str *line = &w->line;
    RFT_TRY(begin_record(w, question, sample));
    RFT_TRY(put_verdict(line, verdict));
    RFT_TRY(rft_str_printf(line, ", \"finish\": \"%s\"", rft_finish_text(sample->finish)));
    if (sample->origin != NULL)
        RFT_TRY(put_origin(line, ", \"tokens\": ", sample->origin->tokens));
    else
        RFT_TRY(rft_str_printf(line, ", \"tokens\": %u", sample->n_tokens));
    RFT_TRY(put_text_or_null(line, ", \"answer\": ", verdict->answer));
    RFT_TRY(put_gold_text(w, ", \"gold\": ", question));
    RFT_TRY(put_choices(w, question));
    RFT_TRY(put_json(line, ", \"question\": ", question->text));
    RFT_TRY(put_json(line, ", \"completion\": ", sample->text));
    return end_record(w, sample->origin);
}

/* A row that was left out has the same columns. `detail` is never null: some readers take a column's type from the
 * first few megabytes, where it might be nothing else. */
static enum rft_status write_skipped(struct writer *w, const struct rft_skipped *skipped)
{
    struct rft_str *line = &w->line;
    rft_str_clear(line);
    RFT_TRY(put_text_or_null(line, "{\"id\": ", skipped->id));
    RFT_TRY(rft_str_printf(line,
                           ", \"repeat\": null, \"question_index\": %" PRIu64 ", \"sample\": null, \"key\": null, "
                           "\"accepted\": false, \"verdict\": null, \"reason\": \"%s\"",
                           skipped->row, rft_skip_text(skipped->reason)));
    RFT_TRY(put_json(line, ", \"detail\": ", rft_bytes_z(skipped->detail)));
    RFT_TRY(rft_str_append_z(line, ", \"score\": null, \"finish\": null, \"tokens\": null, \"answer\": null, \"gold\": "
                                   "null, \"gold_is_json\": null, \"choices\": null"));
    RFT_TRY(put_text_or_null(line, ", \"question\": ", skipped->question));
    RFT_TRY(rft_str_append_z(line, ", \"completion\": null"));
    return end_record(w, skipped->origin);
}

/* The rows left out that stand before row `before` of the file. */
static enum rft_status write_skipped_until(struct writer *w, uint64_t before)
{
    const struct rft_dataset *d = w->dataset;
    for (; w->n_skipped < d->n_skipped && d->skipped[w->n_skipped].row < before; w->n_skipped++)
        RFT_TRY(write_skipped(w, &d->skipped[w->n_skipped]));
    return RFT_OK;
}

/* A row of chat fine-tuning: the messages before the answer, and the answer as one. */
static enum rft_status put_messages(struct writer *w, const struct rft_question *question,
                                    const struct rft_sample *sample)
{
    const struct rft_output_prompt *prompt = &w->options->prompt;
    struct rft_str *line = &w->line, answer = {0};
    bool is_split = w->options->format == RFT_FORMAT_PROMPT_COMPLETION;
    RFT_TRY(rft_str_append_z(line, is_split ? "{\"prompt\": [" : "{\"messages\": ["));
    RFT_TRY(prompt->put_turns(prompt->user, question->text, line));
    RFT_TRY(rft_str_append_z(line, is_split ? "], \"completion\": [" : ", "));
    enum rft_status status = rft_str_append(&answer, prompt->prefill.data, prompt->prefill.len);
    if (status == RFT_OK)
        status = rft_str_append(&answer, sample->text.data, sample->text.len);
    if (status == RFT_OK)
        status = put_json(line, "{\"role\": \"assistant\", \"content\": ", (struct rft_bytes){answer.data, answer.len});
    rft_str_finish(&answer);
    RFT_TRY(status);
    return rft_str_append_z(line, "}]}\n");
}

static enum rft_status write_row(struct writer *w, uint64_t index, const struct rft_sample *sample)
{
    const struct rft_question *question = &w->dataset->questions[index];
    struct rft_str *line = &w->line;
    rft_str_clear(line);
    if (w->options->format == RFT_FORMAT_RFT_JSON) {
        RFT_TRY(put_json(line, w->counts->n_rows ? ",\n  [" : "\n  [", question->text));
        RFT_TRY(put_gold(line, ", ", question));
        RFT_TRY(put_json(line, ", ", sample->text));
        RFT_TRY(rft_str_append_z(line, "]"));
    } else if (w->options->format != RFT_FORMAT_JSONL) {
        RFT_TRY(put_messages(w, question, sample));
    } else {
        RFT_TRY(put_json(line, "{\"id\": ", question->id));
        RFT_TRY(rft_str_printf(line, ", \"repeat\": %u", question->repeat));
        RFT_TRY(put_json(line, ", \"question\": ", question->text));
        RFT_TRY(put_gold_text(w, ", \"gold\": ", question));
        RFT_TRY(rft_str_printf(line, ", \"sample\": %u", sample->sample));
        RFT_TRY(put_json(line, ", \"completion\": ", sample->text));
        if (sample->origin != NULL)
            RFT_TRY(put_origin(line, ", \"prompt\": ", sample->origin->prompt));
        else
            RFT_TRY(put_json(line, ", \"prompt\": ", rft_bytes_z(w->options->prompt.id)));
        RFT_TRY(rft_str_append_z(line, "}\n"));
    }
    w->counts->n_rows++;
    return write_line(w, w->options->rows);
}

static enum rft_status judge_question(struct writer *w, uint64_t index, uint32_t n)
{
    const struct rft_samples *samples = &w->options->samples;
    const struct rft_output_judge *judge = &w->options->judge;
    struct rft_output_counts *counts = w->counts;
    for (uint32_t i = 0; i < n; i++) {
        struct rft_sample sample;
        struct rft_verdict verdict;
        RFT_TRY(samples->read(samples->user, index, i, &w->text, &sample));
        RFT_TRY(judge->judge(judge->user, &w->dataset->questions[index], &sample, &verdict));
        w->accepted[i] = verdict.reason == RFT_REASON_ACCEPTED;
        counts->n_samples++;
        counts->n_accepted += w->accepted[i];
        counts->n_tokens += sample.n_tokens;
        counts->n_by_reason[verdict.reason]++;
        counts->n_by_decision[rft_reason_decision(verdict.reason)]++;
        counts->n_by_finish[sample.finish]++;
        if (w->options->records->target.kind != RFT_TARGET_NONE)
            RFT_TRY(write_record(w, index, &sample, &verdict));
    }
    return RFT_OK;
}

static enum rft_status write_question(struct writer *w, uint64_t index)
{
    const struct rft_samples *samples = &w->options->samples;
    uint64_t n_accepted_before = w->counts->n_accepted;
    uint32_t n = samples->n_of(samples->user, index);
    RFT_TRY(judge_question(w, index, n));
    w->counts->n_questions++;
    w->counts->n_questions_solved += w->counts->n_accepted > n_accepted_before;
    rft_select(w->accepted, n, w->options->keep, w->kept);
    for (uint32_t i = 0; i < n; i++) {
        struct rft_sample sample;
        if (!w->kept[i])
            continue;
        RFT_TRY(samples->read(samples->user, index, i, &w->text, &sample));
        RFT_TRY(write_row(w, index, &sample));
    }
    return RFT_OK;
}

static enum rft_status write_all(struct writer *w)
{
    bool array = w->options->format == RFT_FORMAT_RFT_JSON,
         records = w->options->records->target.kind != RFT_TARGET_NONE;
    if (records)
        RFT_TRY(rft_out_begin(w->options->records));
    RFT_TRY(rft_out_begin(w->options->rows));
    if (array)
        RFT_TRY(rft_out_write(w->options->rows, "[", 1));
    for (uint64_t i = 0; i < w->dataset->n; i++) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED; /* the samples are kept elsewhere */
        if (records)
            RFT_TRY(write_skipped_until(w, w->dataset->questions[i].row));
        RFT_TRY(write_question(w, i));
    }
    if (records)
        RFT_TRY(write_skipped_until(w, UINT64_MAX));
    if (array)
        RFT_TRY(rft_out_write(w->options->rows, "\n]\n", 3));
    /* The dataset comes last: where it stands, the records are complete too. */
    if (records)
        RFT_TRY(rft_out_commit(w->options->records));
    return rft_out_commit(w->options->rows);
}

enum rft_status rft_output_write(const struct rft_output_options *options, const struct rft_dataset *dataset,
                                 struct rft_output_counts *counts)
{
    *counts = (struct rft_output_counts){0};
    for (size_t i = 0; i < dataset->n_skipped; i++)
        counts->n_skipped[dataset->skipped[i].reason]++;
    struct writer w = {
        .options = options,
        .dataset = dataset,
        .counts = counts,
        .accepted = rft_alloc(options->samples.n_max, sizeof(bool)),
        .kept = rft_alloc(options->samples.n_max, sizeof(bool)),
    };
    enum rft_status status = w.accepted != NULL && w.kept != NULL ? write_all(&w) : RFT_ERR_HOST_MEMORY;
    rft_out_abandon(options->rows);
    rft_out_abandon(options->records);
    rft_str_finish(&w.text);
    rft_str_finish(&w.line);
    rft_str_finish(&w.gold);
    rft_free(w.accepted);
    rft_free(w.kept);
    if (status != RFT_OK)
        *counts = (struct rft_output_counts){0};
    return status;
}
