/* SPDX-License-Identifier: MIT */
#include "row_filter.h"

#include <string.h>
#include <xxhash.h>

#define VALUE_BYTES 40 /* of one that is shown */

/* Takes "field=value" apart at its next =; false: there is none. */
static bool next_split(const char *test, const char **equals, struct rft_bytes *field)
{
    *equals = strchr(*equals != NULL ? *equals + 1 : test, '=');
    if (*equals == NULL)
        return false;
    *field = (struct rft_bytes){test, (size_t)(*equals - test)};
    return true;
}

static struct rft_json_value find(const struct rft_row_reader *reader, struct rft_bytes field)
{
    if (reader->row.kind == RFT_JSON_OBJECT)
        return rft_json_members_find(&reader->members, field);
    return rft_json_find(&reader->row, field);
}

static enum rft_status note_value(struct rft_row_test *test, const struct rft_json_value *value)
{
    const bool is_container = value->kind == RFT_JSON_ARRAY || value->kind == RFT_JSON_OBJECT;
    struct rft_bytes text =
        is_container ? rft_bytes_z(rft_json_kind_text(value->kind)) : (struct rft_bytes){value->data, value->len};
    const uint64_t hash = XXH64(text.data, text.len, 0);
    for (size_t i = 0; i < test->n_seen; i++)
        if (test->seen[i] == hash)
            return RFT_OK;
    if (test->n_seen == RFT_FILTER_SHOWN)
        return RFT_OK;
    const size_t n = rft_utf8_cut(text.data, text.len, VALUE_BYTES);
    test->seen[test->n_seen++] = hash;
    return rft_str_printf(&test->values, "%s%.*s%s", test->values.len != 0 ? ", " : "", (int)n, text.data,
                          n < text.len ? "..." : "");
}

static enum rft_status holds(struct rft_row_test *test, const char *text, const struct rft_row_reader *reader,
                             bool is_noted, bool *result)
{
    struct rft_bytes field;
    struct rft_json_value value = {.data = NULL}, seen = {.data = NULL};
    *result = false;
    for (const char *equals = NULL; !*result && next_split(text, &equals, &field);) {
        value = find(reader, field);
        *result = rft_json_is(&value, rft_bytes_z(equals + 1));
        if (seen.data == NULL)
            seen = value;
    }
    if (seen.data == NULL && reader->is_own)
        *result = true;
    test->has_held = test->has_held || *result;
    return is_noted && seen.data != NULL ? note_value(test, &seen) : RFT_OK;
}

enum rft_status rft_row_passes(struct rft_row_filter *filter, const struct rft_row_reader *reader, bool *passes)
{
    const struct rft_dataset_options *o = reader->options;
    *passes = true;
    for (size_t i = 0; i < o->n_filter && i < RFT_FILTER_MAX && (*passes || !filter->has_passed); i++) {
        bool one;
        RFT_TRY(holds(&filter->tests[i], o->filter[i], reader, !filter->has_passed, &one));
        *passes = *passes && one;
    }
    filter->has_passed = filter->has_passed || *passes;
    return RFT_OK;
}

enum rft_status rft_row_filter_refuse(const struct rft_row_filter *filter, const struct rft_dataset_options *options)
{
    size_t i = 0;
    while (i < options->n_filter && i < RFT_FILTER_MAX && filter->tests[i].has_held)
        i++;
    if (i == options->n_filter || i == RFT_FILTER_MAX) {
        rft_log_error("%s: no row passes all of data.filter, though each of them holds of some", options->path);
        return RFT_ERR_INPUT;
    }
    const struct rft_row_test *test = &filter->tests[i];
    const char *text = options->filter[i];
    const int n = (int)rft_utf8_cut(text, strlen(text), 120);
    if (test->n_seen == 0)
        rft_log_error("%s: no row passes data.filter = %.*s: none has this field", options->path, n, text);
    else
        rft_log_error("%s: no row passes data.filter = %.*s: the field is %s%s", options->path, n, text,
                      test->values.data, test->n_seen == RFT_FILTER_SHOWN ? " and maybe more" : "");
    return RFT_ERR_INPUT;
}

void rft_row_filter_finish(struct rft_row_filter *filter)
{
    for (size_t i = 0; i < RFT_FILTER_MAX; i++)
        rft_str_finish(&filter->tests[i].values);
    *filter = (struct rft_row_filter){0};
}
