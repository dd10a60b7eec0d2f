/* SPDX-License-Identifier: MIT */
#include "records.h"

#include "columns.h"

#include <inttypes.h>
#include <string.h>

/* What every record ends with. */
static enum rft_status end_record(struct rft_records *records, const struct rft_origin *origin)
{
    struct rft_str *line = &records->line;
    /* Readers of tables have whole numbers of 63 bits; a larger one stands in quotes, rather than to be rounded. */
    const char *quote = records->seed > INT64_MAX ? "\"" : "";
    if (origin != NULL) {
        RFT_TRY(rft_put_json_or_null(line, ", \"prompt\": ", origin->prompt));
        RFT_TRY(rft_put_json_or_null(line, ", \"seed\": ", origin->seed));
        RFT_TRY(rft_put_json_or_null(line, ", \"arithmetic\": ", origin->arithmetic));
    } else {
        RFT_TRY(rft_put_text(line, ", \"prompt\": ", rft_bytes_z(records->prompt_id)));
        RFT_TRY(rft_str_printf(line, ", \"seed\": %s%" PRIu64 "%s, \"arithmetic\": ", quote, records->seed, quote));
        if (records->arithmetic_version != 0)
            RFT_TRY(rft_str_printf(line, "%u", records->arithmetic_version));
        else
            RFT_TRY(rft_str_append_z(line, "\"unchecked\""));
    }
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
    return rft_str_printf(line, ", \"key\": \"%016" PRIx64 "\"", rft_question_key(question, records->seed));
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
    RFT_TRY(rft_put_text(line, ", \"detail\": ", verdict->detail));
    RFT_TRY(rft_str_append_z(line, ", \"score\": "));
    return put_score(line, verdict->score);
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
    return end_record(records, sample->origin);
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
    return end_record(records, skipped->origin);
}

void rft_records_finish(struct rft_records *records)
{
    rft_str_finish(&records->line);
}
