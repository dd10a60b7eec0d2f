/* SPDX-License-Identifier: MIT */
#include "records.h"

#include "columns.h"

#include <inttypes.h>
#include <string.h>

static enum rft_status put_logprobs(struct rft_records *records, const struct rft_sample *sample)
{
    struct rft_str *line = &records->line;
    bool has_sum = sample != NULL && sample->has_logprob, has_tokens = has_sum && sample->n_logprobs != 0;
    if (records->logprobs == RFT_LOGPROBS_NONE)
        return RFT_OK;
    RFT_TRY(has_sum ? rft_put_real(line, ", \"logprob\": ", sample->logprob)
                    : rft_str_append_z(line, ", \"logprob\": null"));
    if (records->logprobs == RFT_LOGPROBS_SUM)
        return RFT_OK;
    RFT_TRY(rft_str_append_z(line, has_tokens ? ", \"logprobs\": [" : ", \"logprobs\": null"));
    for (uint32_t i = 0; has_tokens && i < sample->n_logprobs; i++)
        RFT_TRY(rft_put_real(line, i != 0 ? ", " : "", (double)sample->logprobs[i]));
    return rft_str_append_z(line, has_tokens ? "]" : "");
}

static enum rft_status put_origins_logprobs(struct rft_records *records, const struct rft_origin *origin)
{
    if (records->logprobs >= RFT_LOGPROBS_SUM)
        RFT_TRY(rft_put_json_or_null(&records->line, ", \"logprob\": ", origin->logprob));
    if (records->logprobs >= RFT_LOGPROBS_TOKENS)
        RFT_TRY(rft_put_json_or_null(&records->line, ", \"logprobs\": ", origin->logprobs));
    return RFT_OK;
}

/* Only a sample has a seed and a temperature. */
static bool is_of_sample(enum rft_drawn_fact fact)
{
    return fact == RFT_DRAWN_SEED || fact == RFT_DRAWN_TEMPERATURE;
}

/* What this run's samples were drawn with, or what another run's record says of it. sample NULL: none was drawn. */
static enum rft_status put_facts(struct rft_records *records, const struct rft_sample *sample,
                                 const struct rft_origin *origin)
{
    struct rft_str *line = &records->line;
    for (int i = 0; i < RFT_DRAWN_FACTS; i++) {
        const enum rft_drawn_fact fact = (enum rft_drawn_fact)i;
        RFT_TRY(rft_str_printf(line, ", \"%s\": ", rft_drawn_column(fact)));
        if (origin != NULL)
            RFT_TRY(rft_put_json_or_null(line, "", origin->facts[fact]));
        else if (sample == NULL && is_of_sample(fact))
            RFT_TRY(rft_str_append_z(line, "null"));
        else
            RFT_TRY(rft_provenance_put(records->provenance, fact, sample != NULL ? sample->sample : 0, line));
    }
    return RFT_OK;
}

/* What every record ends with. origin NULL: the sample, or the row that was left out, is this run's. */
static enum rft_status end_record(struct rft_records *records, const struct rft_sample *sample,
                                  const struct rft_origin *origin)
{
    struct rft_str *line = &records->line;
    if (origin != NULL)
        RFT_TRY(rft_put_json_or_null(line, ", \"prompt\": ", origin->prompt));
    else
        RFT_TRY(rft_put_text(line, ", \"prompt\": ", rft_bytes_z(records->prompt_id)));
    RFT_TRY(put_facts(records, sample, origin));
    RFT_TRY(origin != NULL ? put_origins_logprobs(records, origin) : put_logprobs(records, sample));
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

/* What became of a sample. */
static enum rft_status put_verdict(struct rft_str *line, const struct rft_sample *sample,
                                   const struct rft_verdict *verdict)
{
    RFT_TRY(rft_str_printf(line, ", \"accepted\": %s, \"verdict\": \"%s\", \"reason\": \"%s\"",
                           verdict->reason == RFT_REASON_ACCEPTED ? "true" : "false",
                           rft_decision_text(rft_reason_decision(verdict->reason)), rft_reason_text(verdict->reason)));
    RFT_TRY(rft_put_text(line, ", \"detail\": ", verdict->detail));
    RFT_TRY(rft_put_real(line, ", \"score\": ", verdict->score));
    RFT_TRY(rft_str_printf(line, ", \"finish\": \"%s\"", rft_finish_text(sample->finish)));
    if (sample->origin != NULL)
        RFT_TRY(rft_put_json_or_null(line, ", \"tokens\": ", sample->origin->tokens));
    else
        RFT_TRY(rft_str_printf(line, ", \"tokens\": %u", sample->n_tokens));
    return rft_put_text_or_null(line, ", \"answer\": ", verdict->answer);
}

/* What there is in its place where there is no sample. `detail` is never null: some readers take a column's type from
 * the first few megabytes, where it might be nothing else. */
static enum rft_status put_no_verdict(struct rft_str *line, const char *reason, const char *detail)
{
    RFT_TRY(rft_str_printf(line, ", \"accepted\": false, \"verdict\": null, \"reason\": \"%s\"", reason));
    RFT_TRY(rft_put_text(line, ", \"detail\": ", rft_bytes_z(detail)));
    return rft_str_append_z(line, ", \"score\": null, \"finish\": null, \"tokens\": null, \"answer\": null");
}

enum rft_status rft_records_write(struct rft_records *records, const struct rft_question *question,
                                  const struct rft_sample *sample, const struct rft_verdict *verdict)
{
    struct rft_str *line = &records->line;
    RFT_TRY(begin_record(records, question, sample));
    RFT_TRY(sample->is_not_drawn ? put_no_verdict(line, RFT_NOT_DRAWN, "") : put_verdict(line, sample, verdict));
    RFT_TRY(rft_put_gold_text(line, ", \"gold\": ", question));
    /* What a gold answer's text does not say, and the row's options: so that records can be judged again. */
    RFT_TRY(rft_str_printf(line, ", \"gold_is_json\": %s", question->gold_is_json ? "true" : "false"));
    RFT_TRY(rft_put_choices(line, ", \"choices\": ", question));
    RFT_TRY(rft_put_text(line, ", \"question\": ", question->text));
    RFT_TRY(rft_put_text_or_null(
        line, ", \"completion\": ", sample->is_not_drawn ? (struct rft_bytes){NULL, 0} : sample->text));
    return end_record(records, sample, sample->origin);
}

enum rft_status rft_records_write_skipped(struct rft_records *records, const struct rft_skipped *skipped)
{
    struct rft_str *line = &records->line;
    rft_str_clear(line);
    RFT_TRY(rft_put_text_or_null(line, "{\"id\": ", skipped->id));
    RFT_TRY(rft_str_printf(line, ", \"repeat\": null, \"question_index\": %" PRIu64 ", \"sample\": null, \"key\": null",
                           skipped->row));
    RFT_TRY(put_no_verdict(line, rft_skip_text(skipped->reason), skipped->detail));
    RFT_TRY(rft_str_append_z(line, ", \"gold\": null, \"gold_is_json\": null, \"choices\": null"));
    RFT_TRY(rft_put_text_or_null(line, ", \"question\": ", skipped->question));
    RFT_TRY(rft_str_append_z(line, ", \"completion\": null"));
    return end_record(records, NULL, skipped->origin);
}

void rft_records_finish(struct rft_records *records)
{
    rft_str_finish(&records->line);
}
