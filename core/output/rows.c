/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include "columns.h"

/* A shape: how its file begins and ends, what stands between two rows, and a row, which is appended to rows->line. */
struct format {
    const char *begin, *between, *end;
    enum rft_status (*put)(struct rft_rows *rows, const struct rft_output_row *row);
    bool is_paired;
};

static enum rft_status put_rft_json(struct rft_rows *rows, const struct rft_output_row *row)
{
    struct rft_str *line = &rows->line;
    RFT_TRY(rft_put_text(line, "\n  [", row->question->text));
    RFT_TRY(rft_put_gold(line, ", ", row->question));
    RFT_TRY(rft_put_text(line, ", ", row->sample->text));
    return rft_str_append_z(line, "]");
}

/* Of a token, or null; what another run's row says, if there is no more. */
static enum rft_status put_mean(struct rft_str *line, const struct rft_sample *sample)
{
    static const char label[] = ", \"mean_logprob\": ";
    if (sample->has_logprob && sample->n_tokens != 0)
        return rft_put_real(line, label, sample->logprob / sample->n_tokens);
    return rft_put_json_or_null(line, label,
                                sample->origin != NULL ? sample->origin->mean_logprob : (struct rft_bytes){NULL, 0});
}

static enum rft_status put_jsonl(struct rft_rows *rows, const struct rft_output_row *row)
{
    const struct rft_question *question = row->question;
    const struct rft_sample *sample = row->sample;
    struct rft_str *line = &rows->line;
    RFT_TRY(rft_put_text(line, "{\"id\": ", question->id));
    RFT_TRY(rft_str_printf(line, ", \"repeat\": %u", question->repeat));
    RFT_TRY(rft_put_text(line, ", \"question\": ", question->text));
    RFT_TRY(rft_put_gold_text(line, ", \"gold\": ", question));
    RFT_TRY(rft_str_printf(line, ", \"sample\": %u", sample->sample));
    RFT_TRY(rft_put_text(line, ", \"completion\": ", sample->text));
    if (sample->origin != NULL)
        RFT_TRY(rft_put_json_or_null(line, ", \"prompt\": ", sample->origin->prompt));
    else
        RFT_TRY(rft_put_text(line, ", \"prompt\": ", rft_bytes_z(rows->prompt->id)));
    if (rows->has_logprobs)
        RFT_TRY(put_mean(line, sample));
    return rft_str_append_z(line, "}\n");
}

/* A list of messages, but for its end. */
static enum rft_status put_turns(struct rft_rows *rows, const char *label, const struct rft_output_row *row)
{
    RFT_TRY(rft_str_append_z(&rows->line, label));
    return rows->prompt->put_turns(rows->prompt->user, row->question->text, &rows->line);
}

/* A completion as all of the assistant's turn: with what was put into its mouth. */
static enum rft_status put_answer(struct rft_rows *rows, const char *label, const struct rft_sample *sample)
{
    rft_str_clear(&rows->text);
    RFT_TRY(rft_str_append(&rows->text, rows->prompt->prefill.data, rows->prompt->prefill.len));
    RFT_TRY(rft_str_append(&rows->text, sample->text.data, sample->text.len));
    return rft_put_text(&rows->line, label, (struct rft_bytes){rows->text.data, rows->text.len});
}

#define ASSISTANT "{\"role\": \"assistant\", \"content\": "

static enum rft_status put_messages(struct rft_rows *rows, const struct rft_output_row *row)
{
    RFT_TRY(put_turns(rows, "{\"messages\": [", row));
    RFT_TRY(put_answer(rows, ", " ASSISTANT, row->sample));
    return rft_str_append_z(&rows->line, "}]}\n");
}

static enum rft_status put_prompt_completion(struct rft_rows *rows, const struct rft_output_row *row)
{
    RFT_TRY(put_turns(rows, "{\"prompt\": [", row));
    RFT_TRY(put_answer(rows, "], \"completion\": [" ASSISTANT, row->sample));
    return rft_str_append_z(&rows->line, "}]}\n");
}

static enum rft_status put_alpaca(struct rft_rows *rows, const struct rft_output_row *row)
{
    const struct rft_output_prompt *prompt = rows->prompt;
    rft_str_clear(&rows->text);
    RFT_TRY(prompt->put_question(prompt->user, row->question->text, &rows->text));
    RFT_TRY(rft_put_text(&rows->line, "{\"instruction\": ", (struct rft_bytes){rows->text.data, rows->text.len}));
    RFT_TRY(put_answer(rows, ", \"input\": \"\", \"output\": ", row->sample));
    if (prompt->system.data != NULL)
        RFT_TRY(rft_put_text(&rows->line, ", \"system\": ", prompt->system));
    return rft_str_append_z(&rows->line, "}\n");
}

static enum rft_status put_pair(struct rft_rows *rows, const struct rft_output_row *row)
{
    RFT_TRY(put_turns(rows, "{\"prompt\": [", row));
    RFT_TRY(put_answer(rows, "], \"chosen\": [" ASSISTANT, row->sample));
    RFT_TRY(put_answer(rows, "}], \"rejected\": [" ASSISTANT, row->rejected));
    return rft_str_append_z(&rows->line, "}]}\n");
}

static const struct format formats[] = {
    [RFT_FORMAT_RFT_JSON] = {"[", ",", "\n]\n", put_rft_json, false},
    [RFT_FORMAT_JSONL] = {"", "", "", put_jsonl, false},
    [RFT_FORMAT_MESSAGES] = {"", "", "", put_messages, false},
    [RFT_FORMAT_PROMPT_COMPLETION] = {"", "", "", put_prompt_completion, false},
    [RFT_FORMAT_ALPACA] = {"", "", "", put_alpaca, false},
    [RFT_FORMAT_PAIRS] = {"", "", "", put_pair, true},
};

bool rft_rows_are_pairs(enum rft_output_format format)
{
    return formats[format].is_paired;
}

static enum rft_status write_line(struct rft_rows *rows)
{
    return rft_out_write(rows->out, rows->line.data, rows->line.len);
}

static enum rft_status write_text(struct rft_rows *rows, const char *text)
{
    rft_str_clear(&rows->line);
    RFT_TRY(rft_str_append_z(&rows->line, text));
    return write_line(rows);
}

enum rft_status rft_rows_begin(struct rft_rows *rows)
{
    return write_text(rows, formats[rows->format].begin);
}

enum rft_status rft_rows_write(struct rft_rows *rows, const struct rft_output_row *row)
{
    const struct format *format = &formats[rows->format];
    rft_str_clear(&rows->line);
    RFT_TRY(rft_str_append_z(&rows->line, rows->n != 0 ? format->between : ""));
    RFT_TRY(format->put(rows, row));
    rows->n++;
    return write_line(rows);
}

enum rft_status rft_rows_end(struct rft_rows *rows)
{
    return write_text(rows, formats[rows->format].end);
}

void rft_rows_finish(struct rft_rows *rows)
{
    rft_str_finish(&rows->line);
    rft_str_finish(&rows->text);
}
