/* SPDX-License-Identifier: MIT */
/* What a questions file is that rftgen does not read, for a message that helps. */
#include "dataset_shape.h"

#include "dataset_row.h"

#include "json.h"

#include <inttypes.h>
#include <string.h>

#define AS_LINES "(OUT, orient=\"records\", lines=True)"

/* How other files begin. */
static const struct {
    const char *bytes;
    size_t n;
    const char *what;
} magics[] = {
    {"\x1f\x8b", 2, "is compressed with gzip; decompress it (gunzip)"},
    {"\x28\xb5\x2f\xfd", 4, "is compressed with zstd; decompress it (unzstd)"},
    {"BZh", 3, "is compressed with bzip2; decompress it (bunzip2)"},
    {"\xfd\x37zXZ", 5, "is compressed with xz; decompress it (unxz)"},
    {"PK\x03\x04", 4, "is a zip archive; take the file out of it"},
    {"PAR1", 4, "is a Parquet file; write it as JSON lines (pandas: read_parquet(FILE).to_json" AS_LINES ")"},
    {"ARROW1", 6, "is an Arrow file; write it as JSON lines (datasets: Dataset.to_json(OUT))"},
    {RFT_UTF16_MARK_LE, 2, "is UTF-16; save it as UTF-8"},
    {RFT_UTF16_MARK_BE, 2, "is UTF-16; save it as UTF-8"},
    {"version https://git-lfs", 23, "is a Git LFS pointer, not the file: run git lfs pull"},
    {"<", 1, "is HTML or XML; give JSON"},
};

enum rft_status rft_dataset_refuse_file(const char *path, uint64_t line, struct rft_bytes text)
{
    const char *newline = text.len ? memchr(text.data, '\n', text.len) : NULL;
    size_t n_first = newline != NULL ? (size_t)(newline - text.data) : text.len;
    bool has_columns = n_first && (memchr(text.data, ',', n_first) != NULL || memchr(text.data, '\t', n_first) != NULL);
    const char *what = NULL;
    for (size_t i = 0; i < sizeof magics / sizeof *magics && what == NULL; i++)
        if (text.len >= magics[i].n && memcmp(text.data, magics[i].bytes, magics[i].n) == 0)
            what = magics[i].what;
    if (what == NULL && newline != NULL && has_columns)
        what = "looks like a table (CSV); write it as JSON lines (pandas: read_csv(FILE).to_json" AS_LINES ")";
    if (what != NULL)
        rft_log_error("%s: %s", path, what);
    else
        rft_log_error("%s:%" PRIu64 ": neither a JSON array nor JSON lines of objects or arrays", path, line);
    return RFT_ERR_INPUT;
}

static bool is_container(const json_t *value)
{
    return json_is_object(value) || json_is_array(value);
}

enum rft_status rft_dataset_refuse_object(const char *path, uint64_t line, struct rft_bytes text, bool is_single_line)
{
    struct rft_json_problem problem;
    const char *key, *rows = NULL;
    bool has_columns = true;
    json_t *tree, *value;
    enum rft_status status = rft_json_try(text, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &tree, &problem);
    if (status != RFT_OK)
        return status == RFT_ERR_INPUT ? RFT_OK : status;
    json_object_foreach(tree, key, value)
    {
        bool is_chat = strcmp(key, "messages") == 0 || strcmp(key, "conversations") == 0 || strcmp(key, "prompt") == 0;
        rows = rows == NULL && !is_chat && is_container(json_array_get(value, 0)) ? key : rows;
        has_columns = has_columns && is_container(value);
    }
    if (rows != NULL)
        rft_log_error("%s:%" PRIu64
                      ": is one object whose rows stand in \"%.60s\"; write that array alone into the file",
                      path, line, rows);
    else if (has_columns && json_object_size(tree) > 1)
        rft_log_error("%s:%" PRIu64 ": is one object of columns; write it as rows (pandas: to_json" AS_LINES ")", path,
                      line);
    else if (!is_single_line)
        rft_log_error("%s:%" PRIu64
                      ": is one object over several lines; write each object in a line of its own, or all of "
                      "them in one array",
                      path, line);
    status = rows != NULL || (has_columns && json_object_size(tree) > 1) || !is_single_line ? RFT_ERR_INPUT : RFT_OK;
    json_decref(tree);
    return status;
}
