/* SPDX-License-Identifier: MIT */
#include "row_file.h"

#include "dataset_shape.h"
#include "json_check.h"

#include <inttypes.h>
#include <string.h>

struct walk {
    const char *path;
    const struct rft_row_sink *sink;
    uint64_t n_rows;
};

static enum rft_status walk_array(struct walk *walk, char *begin, char *end, uint64_t line)
{
    struct rft_json_problem problem;
    enum rft_status status = rft_json_check(begin, (size_t)(end - begin), &problem);
    if (status == RFT_ERR_INPUT)
        rft_log_error("%s:%" PRIu64 ": %s", walk->path, (line + problem.line - 1), problem.text);
    RFT_TRY(status);
    struct rft_json_cursor file = {begin, line};
    struct rft_json_value array = rft_json_next(&file);
    for (struct rft_json_cursor at = rft_json_inside(&array);
         walk->sink->wants_more(walk->sink->user) && rft_json_more(&at);) {
        struct rft_json_value row = rft_json_next(&at);
        RFT_TRY(walk->sink->take(walk->sink->user, &row));
    }
    return RFT_OK;
}

/* A line that is no JSON is a row that is none. */
static enum rft_status walk_line(struct walk *walk, struct rft_bytes text, char *begin, uint64_t line)
{
    struct rft_json_problem problem;
    enum rft_status status = rft_json_check(text.data, text.len, &problem);
    walk->n_rows++;
    if (status == RFT_ERR_INPUT)
        return walk->sink->take_bad_line(walk->sink->user, line, problem.text);
    RFT_TRY(status);
    struct rft_json_cursor at = {begin, line};
    struct rft_json_value row = rft_json_next(&at);
    return walk->sink->take(walk->sink->user, &row);
}

static enum rft_status walk_lines(struct walk *walk, char *begin, char *end, uint64_t line)
{
    for (char *next; begin < end && walk->sink->wants_more(walk->sink->user); begin = next, line++) {
        char *newline = memchr(begin, '\n', (size_t)(end - begin));
        next = newline != NULL ? newline + 1 : end;
        struct rft_bytes text = rft_bytes_trim((struct rft_bytes){begin, (size_t)(next - begin)});
        if (text.len)
            RFT_TRY(walk_line(walk, text, begin + (text.data - begin), line));
    }
    return RFT_OK;
}

/* Whether one line is a whole row that is an array, as in JSON lines of arrays: its first element is no row itself. */
static bool is_row(const char *line, size_t len)
{
    struct rft_json_problem problem;
    struct rft_bytes text = rft_bytes_trim((struct rft_bytes){line, len});
    if (!rft_bytes_begin(text, "[") || rft_json_check(text.data, text.len, &problem) != RFT_OK)
        return false;
    return rft_bytes_begin(rft_bytes_trim((struct rft_bytes){text.data + 1, text.len - 1}), "\"");
}

enum rft_status rft_rows_walk(const char *path, struct rft_str *source, const struct rft_row_sink *sink)
{
    struct walk walk = {path, sink, 0};
    struct rft_json_problem problem;
    char *begin = source->data, *end = source->len != 0 ? source->data + source->len : begin;
    uint64_t line = 1;
    if (source->len == 0)
        return RFT_OK;
    if (rft_bytes_begin((struct rft_bytes){begin, source->len}, RFT_UTF8_MARK))
        begin += strlen(RFT_UTF8_MARK);
    for (; begin < end && strchr(" \t\r\n", *begin) != NULL && *begin; begin++)
        line += *begin == '\n';
    if (begin == end)
        return RFT_OK;
    const char *newline = memchr(begin, '\n', (size_t)(end - begin));
    const size_t n_first = newline != NULL ? (size_t)(newline - begin) : (size_t)(end - begin);
    const struct rft_bytes text = {begin, (size_t)(end - begin)};
    if (*begin == '[' && !is_row(begin, n_first))
        return walk_array(&walk, begin, end, line);
    if (*begin != '[' && *begin != '{')
        return rft_dataset_refuse_file(path, line, text);
    if (*begin == '{' && newline != NULL && rft_json_check(begin, n_first, &problem) == RFT_ERR_INPUT)
        RFT_TRY(rft_dataset_refuse_object(path, line, text, false));
    RFT_TRY(walk_lines(&walk, begin, end, line));
    if (walk.n_rows == 1 && *begin == '{' && !sink->has_any(sink->user))
        return rft_dataset_refuse_object(path, line, text, true);
    return RFT_OK;
}
