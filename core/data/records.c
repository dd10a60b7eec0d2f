/* SPDX-License-Identifier: MIT */
#include "records.h"

#include "columns.h"

#include <inttypes.h>
#include <string.h>

/* With a point or an exponent in every line, so that the column is of one type. */
static enum rft_status put_real(struct rft_str *line, double value)
{
    size_t before = line->len;
    RFT_TRY(rft_str_append_double(line, value));
    return strpbrk(line->data + before, ".eE") != NULL ? RFT_OK : rft_str_append_z(line, ".0");
}

static enum rft_status put_real_or_null(struct rft_str *line, const char *label, bool is_known, double value)
{
    RFT_TRY(rft_str_append_z(line, label));
    return is_known ? put_real(line, value) : rft_str_append_z(line, "null");
}

static enum rft_status put_logprobs(struct rft_records *records, const struct rft_sample *sample)
{
    struct rft_str *line = &records->line;
    bool has_tokens = sample != NULL && sample->n_logprobs != 0;
    if (records->logprobs == RFT_LOGPROBS_NONE)
        return RFT_OK;
    RFT_TRY(put_real_or_null(line, ", \"logprob\": ", sample != NULL && sample->has_logprob,
                             sample != NULL ? sample->logprob : 0));
    if (records->logprobs == RFT_LOGPROBS_SUM)
        return RFT_OK;
    RFT_TRY(rft_str_append_z(line, has_tokens ? ", \"logprobs\": [" : ", \"logprobs\": null"));
    for (uint32_t i = 0; has_tokens && i < sample->n_logprobs; i++) {
        RFT_TRY(rft_str_append_z(line, i != 0 ? ", " : ""));
        RFT_TRY(put_real(line, (double)sample->logprobs[i]));
    }
    return rft_str_append_z(line, has_tokens ? "]" : "");
}

/* A seed, or null where no sample was drawn. */
static enum rft_status put_draw(struct rft_str *line, const struct rft_provenance *from,
                                const struct rft_sample *sample)
{
    if (sample == NULL)
        return rft_str_append_z(line, ", \"seed\": null, \"temperature\": null");
    const struct rft_draw draw = rft_sweep_at(&from->sweep, sample->sample);
    /* Readers of tables have whole numbers of 63 bits; a larger one stands in quotes, rather than to be rounded. */
    const char *quote = draw.seed > INT64_MAX ? "\"" : "";
    RFT_TRY(rft_str_printf(line, ", \"seed\": %s%" PRIu64 "%s", quote, draw.seed, quote));
    return put_real_or_null(line, ", \"temperature\": ", true, draw.temperature);
}

/* What every record of this run ends with; sample NULL: none was drawn. */
static enum rft_status put_provenance(struct rft_records *records, const struct rft_sample *sample)
{
    const struct rft_provenance *from = records->provenance;
    struct rft_str *line = &records->line;
    RFT_TRY(rft_put_text(line, ", \"prompt\": ", rft_bytes_z(records->prompt_id)));
    RFT_TRY(rft_put_text(line, ", \"prompt_hash\": ", rft_bytes_z(from->prompt)));
    RFT_TRY(rft_put_text(line, ", \"model\": ", rft_bytes_z(from->model)));
    RFT_TRY(rft_put_text(line, ", \"settings\": ", rft_bytes_z(from->settings)));
    RFT_TRY(put_draw(line, from, sample));
    RFT_TRY(rft_str_append_z(line, ", \"arithmetic\": "));
    if (from->arithmetic_version != 0)
        RFT_TRY(rft_str_printf(line, "%u", from->arithmetic_version));
    else
        RFT_TRY(rft_str_append_z(line, "\"unchecked\""));
    return put_logprobs(records, sample);
}

/* The same as another run's record has it. */
static enum rft_status put_origin(struct rft_records *records, const struct rft_origin *origin)
{
    struct rft_str *line = &records->line;
    const struct {
        const char *label;
        struct rft_bytes json;
        enum rft_logprobs from; /* the columns that there must be for it */
    } columns[] = {
        {", \"prompt\": ", origin->prompt, RFT_LOGPROBS_NONE},
        {", \"prompt_hash\": ", origin->prompt_hash, RFT_LOGPROBS_NONE},
        {", \"model\": ", origin->model, RFT_LOGPROBS_NONE},
        {", \"settings\": ", origin->settings, RFT_LOGPROBS_NONE},
        {", \"seed\": ", origin->seed, RFT_LOGPROBS_NONE},
        {", \"temperature\": ", origin->temperature, RFT_LOGPROBS_NONE},
        {", \"arithmetic\": ", origin->arithmetic, RFT_LOGPROBS_NONE},
        {", \"logprob\": ", origin->logprob, RFT_LOGPROBS_SUM},
        {", \"logprobs\": ", origin->logprobs, RFT_LOGPROBS_TOKENS},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (columns[i].from <= records->logprobs)
            RFT_TRY(rft_put_json_or_null(line, columns[i].label, columns[i].json));
    return RFT_OK;
}

/* origin NULL: the sample, or the row that was left out, is this run's. */
static enum rft_status end_record(struct rft_records *records, const struct rft_sample *sample,
                                  const struct rft_origin *origin)
{
    struct rft_str *line = &records->line;
    RFT_TRY(origin != NULL ? put_origin(records, origin) : put_provenance(records, sample));
    RFT_TRY(rft_str_printf(line, ", \"format\": %d}\n", RFT_RECORDS_FORMAT));
    return rft_out_write(records->out, line->data, line->len);
}

/* Which sample of which question. */
static enum rft_status begin_record(struct rft_records *records, const struct rft_question *question,
                                    const struct rft_sample *sample)
{
    struct rft_str *line = &records->line;
    rft_str_clear(line);
    RFT_TRY(rft_put_text(line, "{\"id\": ", question->id));
    RFT_TRY(rft_str_printf(line, ", \"repeat\": %u, \"question_index\": %" PRIu64 ", \"sample\": %u", question->repeat,
                           question->row, sample->sample));
    if (sample->origin != NULL)
        return rft_put_json_or_null(line, ", \"key\": ", sample->origin->key);
    return rft_str_printf(line, ", \"key\": \"%016" PRIx64 "\"",
                          rft_question_key(question, rft_sweep_at(&records->provenance->sweep, sample->sample).seed));
}

static enum rft_status put_verdict(struct rft_str *line, const struct rft_verdict *verdict)
{
    RFT_TRY(rft_str_printf(line, ", \"accepted\": %s, \"verdict\": \"%s\", \"reason\": \"%s\"",
                           verdict->reason == RFT_REASON_ACCEPTED ? "true" : "false",
                           rft_decision_text(rft_reason_decision(verdict->reason)), rft_reason_text(verdict->reason)));
    RFT_TRY(rft_put_text(line, ", \"detail\": ", verdict->detail));
    return put_real_or_null(line, ", \"score\": ", true, verdict->score);
}

enum rft_status rft_records_write(struct rft_records *records, const struct rft_question *question,
                                  const struct rft_sample *sample, const struct rft_verdict *verdict)
{
    struct rft_str *line = &records->line;
    RFT_TRY(begin_record(records, question, sample));
    RFT_TRY(put_verdict(line, verdict));
    RFT_TRY(rft_str_printf(line, ", \"finish\": \"%s\"", rft_finish_text(sample->finish)));
    if (sample->origin != NULL)
        RFT_TRY(rft_put_json_or_null(line, ", \"tokens\": ", sample->origin->tokens));
    else
        RFT_TRY(rft_str_printf(line, ", \"tokens\": %u", sample->n_tokens));
    RFT_TRY(rft_put_text_or_null(line, ", \"answer\": ", verdict->answer));
    RFT_TRY(rft_put_gold_text(line, ", \"gold\": ", question));
    /* What a gold answer's text does not say, and the row's options: so that records can be judged again. */
    RFT_TRY(rft_str_printf(line, ", \"gold_is_json\": %s", question->gold_is_json ? "true" : "false"));
    RFT_TRY(rft_put_choices(line, ", \"choices\": ", question));
    RFT_TRY(rft_put_text(line, ", \"question\": ", question->text));
    RFT_TRY(rft_put_text(line, ", \"completion\": ", sample->text));
    return end_record(records, sample, sample->origin);
}

/* `detail` is never null: some readers take a column's type from the first few megabytes, where it might be nothing
 * else. */
enum rft_status rft_records_write_skipped(struct rft_records *records, const struct rft_skipped *skipped)
{
    struct rft_str *line = &records->line;
    rft_str_clear(line);
    RFT_TRY(rft_put_text_or_null(line, "{\"id\": ", skipped->id));
    RFT_TRY(rft_str_printf(line,
                           ", \"repeat\": null, \"question_index\": %" PRIu64 ", \"sample\": null, \"key\": null, "
                           "\"accepted\": false, \"verdict\": null, \"reason\": \"%s\"",
                           skipped->row, rft_skip_text(skipped->reason)));
    RFT_TRY(rft_put_text(line, ", \"detail\": ", rft_bytes_z(skipped->detail)));
    RFT_TRY(rft_str_append_z(line, ", \"score\": null, \"finish\": null, \"tokens\": null, \"answer\": null, \"gold\": "
                                   "null, \"gold_is_json\": null, \"choices\": null"));
    RFT_TRY(rft_put_text_or_null(line, ", \"question\": ", skipped->question));
    RFT_TRY(rft_str_append_z(line, ", \"completion\": null"));
    return end_record(records, NULL, skipped->origin);
}

void rft_records_finish(struct rft_records *records)
{
    rft_str_finish(&records->line);
}
