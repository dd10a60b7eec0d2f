/* SPDX-License-Identifier: MIT */
/* kind = json: a field of the completion's JSON, which stands in the last ```json block, or else is the last complete
 * object or array. A string is compared by what it says, a number by its digits as they are written, true, false and
 * null as words; an object or an array as a value, if the gold answer is one. */
#include "alloc.h"
#include "compare.h"
#include "json.h"
#include "json_span.h"
#include "kinds.h"
#include "scan.h"

#include <string.h>

static struct rft_bytes json_part(struct rft_bytes text)
{
    static const char opening[] = "```json", fence[] = "```";
    const char *end = text.data + text.len, *inside = NULL;
    for (const char *p = rft_scan_find(text.data, end, opening); p < end; p = rft_scan_find(inside, end, opening))
        inside = p + strlen(opening);
    if (inside == NULL)
        return text;
    return (struct rft_bytes){inside, (size_t)(rft_scan_find(inside, end, fence) - inside)};
}

/* NULL without an error: it is no JSON. */
static enum rft_status parse(struct rft_bytes text, json_t **tree)
{
    struct rft_json_problem problem;
    *tree = NULL;
    enum rft_status status = rft_json_try(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, tree, &problem);
    return status == RFT_ERR_HOST_MEMORY ? status : RFT_OK;
}

static enum rft_status compare_values(struct rft_bytes value, struct rft_bytes gold, enum rft_reason *reason)
{
    json_t *left, *right = NULL;
    enum rft_status status = parse(value, &left);
    if (status == RFT_OK)
        status = parse(gold, &right);
    bool is_equal = left != NULL && right != NULL && json_equal(left, right);
    *reason = is_equal ? RFT_REASON_ACCEPTED : RFT_REASON_WRONG;
    json_decref(left);
    json_decref(right);
    return status;
}

/* A string with escapes, its quotes included. */
static enum rft_status compare_string(const struct rft_verify_options *options, struct rft_bytes value,
                                      struct rft_bytes gold, enum rft_reason *reason)
{
    enum rft_status status = RFT_OK;
    json_t *tree;
    RFT_TRY(parse(value, &tree));
    *reason = RFT_REASON_WRONG; /* "\u0000", half of a surrogate pair */
    if (tree != NULL) {
        struct rft_bytes text = {json_string_value(tree), json_string_length(tree)};
        status = rft_compare(options, text, gold, reason);
    }
    json_decref(tree);
    return status;
}

static enum rft_status judge(const struct rft_verify_options *options, void *state, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    (void)state;
    struct rft_bytes value = rft_json_span_last(json_part(c->completion));
    if (value.data != NULL)
        value = rft_json_span_field(value, rft_bytes_z(options->field != NULL ? options->field : ""));
    verdict->reason = RFT_REASON_NO_ANSWER;
    if (value.data == NULL)
        return RFT_OK;
    verdict->answer = value;
    if (*value.data == '{' || *value.data == '[')
        return compare_values(value, gold, &verdict->reason);
    if (*value.data == '"') {
        verdict->answer = (struct rft_bytes){value.data + 1, value.len - 2};
        if (memchr(value.data, '\\', value.len) != NULL)
            return compare_string(options, value, gold, &verdict->reason);
    }
    return rft_compare(options, verdict->answer, gold, &verdict->reason);
}

const struct rft_verifier rft_verify_json = {
    .name = "json",
    .gold = "a text, or with verify.compare = number a number",
    .gold_is_valid = rft_compare_gold_is_valid,
    .gold_hint = rft_compare_gold_hint,
    .judge = judge,
};
