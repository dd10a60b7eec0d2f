/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include "columns.h"

/* A shape: how its file begins and ends, what stands between two rows, and a row, which is appended to rows->line. */
struct format {
    const char *begin, *between, *end;
    enum rft_status (*put)(struct rft_rows *rows, const struct rft_question *question, const struct rft_sample *sample);
};

static enum rft_status put_rft_json(struct rft_rows *rows, const struct rft_question *question,
                                    const struct rft_sample *sample)
{
    struct rft_str *line = &rows->line;
    RFT_TRY(rft_put_text(line, "\n  [", question->text));
    RFT_TRY(rft_put_gold(line, ", ", question));
    RFT_TRY(rft_put_text(line, ", ", sample->text));
    return rft_str_append_z(line, "]");
}

static enum rft_status put_jsonl(struct rft_rows *rows, const struct rft_question *question,
                                 const struct rft_sample *sample)
{
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
    return rft_str_append_z(line, "}\n");
}

static enum rft_status put_turns(struct rft_rows *rows, const struct rft_question *question)
{
    return rows->prompt->put_turns(rows->prompt->user, question->text, &rows->line);
}

/* The completion as the assistant's message, with what was put into its mouth. */
static enum rft_status put_answer(struct rft_rows *rows, const struct rft_sample *sample)
{
    const struct rft_bytes *prefill = &rows->prompt->prefill;
    struct rft_str text = {0};
    enum rft_status status = rft_str_append(&text, prefill->data, prefill->len);
    if (status == RFT_OK)
        status = rft_str_append(&text, sample->text.data, sample->text.len);
    if (status == RFT_OK)
        status = rft_put_text(&rows->line,
                              "{\"role\": \"assistant\", \"content\": ", (struct rft_bytes){text.data, text.len});
    rft_str_finish(&text);
    RFT_TRY(status);
    return rft_str_append_z(&rows->line, "}");
}

static enum rft_status put_messages(struct rft_rows *rows, const struct rft_question *question,
                                    const struct rft_sample *sample)
{
    RFT_TRY(rft_str_append_z(&rows->line, "{\"messages\": ["));
    RFT_TRY(put_turns(rows, question));
    RFT_TRY(rft_str_append_z(&rows->line, ", "));
    RFT_TRY(put_answer(rows, sample));
    return rft_str_append_z(&rows->line, "]}\n");
}

static enum rft_status put_prompt_completion(struct rft_rows *rows, const struct rft_question *question,
                                             const struct rft_sample *sample)
{
    RFT_TRY(rft_str_append_z(&rows->line, "{\"prompt\": ["));
    RFT_TRY(put_turns(rows, question));
    RFT_TRY(rft_str_append_z(&rows->line, "], \"completion\": ["));
    RFT_TRY(put_answer(rows, sample));
    return rft_str_append_z(&rows->line, "]}\n");
}

static const struct format formats[] = {
    [RFT_FORMAT_RFT_JSON] = {"[", ",", "\n]\n", put_rft_json},
    [RFT_FORMAT_JSONL] = {"", "", "", put_jsonl},
    [RFT_FORMAT_MESSAGES] = {"", "", "", put_messages},
    [RFT_FORMAT_PROMPT_COMPLETION] = {"", "", "", put_prompt_completion},
};

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

enum rft_status rft_rows_write(struct rft_rows *rows, const struct rft_question *question,
                               const struct rft_sample *sample)
{
    const struct format *format = &formats[rows->format];
    rft_str_clear(&rows->line);
    RFT_TRY(rft_str_append_z(&rows->line, rows->n != 0 ? format->between : ""));
    RFT_TRY(format->put(rows, question, sample));
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
}
