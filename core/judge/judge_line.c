/* SPDX-License-Identifier: MIT */
#include "judge_line.h"

#include "hashed_line.h"
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

bool rft_judge_key_is_same(struct rft_judge_key a, struct rft_judge_key b)
{
    return a.high == b.high && a.low == b.low;
}

enum rft_status rft_judge_put_key(struct rft_str *out, struct rft_judge_key key)
{
    return rft_str_printf(out, "%016" PRIx64 "%016" PRIx64, key.high, key.low);
}

bool rft_judge_parse_key(struct rft_bytes text, struct rft_judge_key *key)
{
    return text.len == RFT_JUDGE_KEY_CHARS && rft_line_parse_hash(text.data, &key->high) &&
           rft_line_parse_hash(text.data + RFT_HASH_CHARS, &key->low);
}

static enum rft_status put_text(struct rft_str *line, const char *name, struct rft_bytes text)
{
    RFT_TRY(rft_str_append_z(line, name));
    return text.data == NULL ? rft_str_append_z(line, "null") : rft_str_append_json(line, text.data, text.len);
}

/* JSON between values may hold line breaks; a request is one line. */
static enum rft_status put_gold(struct rft_str *line, struct rft_bytes gold)
{
    RFT_TRY(rft_str_append_z(line, ", \"gold\": "));
    if (gold.data == NULL)
        return rft_str_append_z(line, "null");
    size_t from = line->len;
    RFT_TRY(rft_str_append(line, gold.data, gold.len));
    for (size_t i = from; i < line->len; i++)
        if (line->data[i] == '\n' || line->data[i] == '\r')
            line->data[i] = ' ';
    return RFT_OK;
}

enum rft_status rft_judge_put_request(uint64_t seed, const struct rft_judge_request *request, struct rft_str *line,
                                      struct rft_judge_key *key)
{
    static const char head[] = "{\"id\": \"";
    static const struct rft_judge_key no_key;
    const struct rft_bytes empty = {"", 0};
    RFT_TRY(rft_str_append_z(line, head));
    RFT_TRY(rft_judge_put_key(line, no_key));
    size_t from = line->len;
    RFT_TRY(put_text(line, "\", \"question\": ", request->question.data != NULL ? request->question : empty));
    RFT_TRY(put_gold(line, request->gold_json));
    RFT_TRY(put_text(line, ", \"completion\": ", request->completion.data != NULL ? request->completion : empty));
    RFT_TRY(put_text(line, ", \"answer\": ", request->answer));
    RFT_TRY(rft_str_append_z(line, "}\n"));
    XXH128_hash_t hash = XXH3_128bits_withSeed(line->data + from, line->len - from, seed);
    *key = (struct rft_judge_key){hash.high64, hash.low64};
    char digits[RFT_JUDGE_KEY_CHARS + 1];
    snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64, key->high, key->low);
    memcpy(line->data + sizeof head - 1, digits, RFT_JUDGE_KEY_CHARS);
    return RFT_OK;
}

static const char no_number[] = "a score that is no number";

/* A field that may be missing or null. */
static const json_t *optional(const json_t *tree, const char *name)
{
    const json_t *value = json_object_get(tree, name);
    return json_is_null(value) ? NULL : value;
}

/* false: not one of the words. */
static bool parse_verdict(const json_t *value, enum rft_judge_verdict *verdict)
{
    if (json_is_boolean(value)) {
        *verdict = json_is_true(value) ? RFT_JUDGE_RIGHT : RFT_JUDGE_WRONG;
        return true;
    }
    for (int v = RFT_JUDGE_RIGHT; v <= RFT_JUDGE_UNDECIDED && json_is_string(value); v++) {
        *verdict = (enum rft_judge_verdict)v;
        if (strcmp(json_string_value(value), rft_judge_verdict_text(*verdict)) == 0)
            return true;
    }
    return false;
}

/* NULL, or what is wrong with it. */
static const char *parse_answer(const json_t *tree, struct rft_judge_line *line)
{
    const json_t *id = json_object_get(tree, "id"), *score = optional(tree, "score"),
                 *reason = optional(tree, "reason");
    struct rft_judge_reply *reply = &line->reply;
    if (!json_is_string(id))
        return "an answer without an id";
    if (!rft_judge_parse_key((struct rft_bytes){json_string_value(id), json_string_length(id)}, &line->key))
        return "an answer to what was not asked";
    if (!parse_verdict(json_object_get(tree, "verdict"), &reply->verdict))
        return "a verdict that is none of \"right\", \"wrong\", \"undecided\", true, false";
    if (score != NULL && !json_is_number(score))
        return no_number;
    if (reason != NULL && !json_is_string(reason))
        return "a reason that is no text";
    reply->has_score = score != NULL;
    reply->score = json_number_value(score);
    reply->cause = reply->verdict == RFT_JUDGE_UNDECIDED ? RFT_JUDGE_CAUSE_JUDGE : RFT_JUDGE_CAUSE_NONE;
    rft_log_printable(reason != NULL ? json_string_value(reason) : "", line->reason, sizeof line->reason);
    reply->reason = rft_bytes_z(line->reason);
    return NULL;
}

/* What \uXXXX says, or -1. */
static long escaped_unit(const char *p, const char *end)
{
    char digits[5] = {0};
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    memcpy(digits, p + 2, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

static bool is_between(long unit, long first, long last)
{
    return unit >= first && unit <= last;
}

/* A judge that quotes a completion may escape what no text can hold: NUL becomes a space, half of a surrogate pair
 * U+FFFD. */
static void mend_escapes(char *p, const char *end)
{
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        long unit = escaped_unit(p, end);
        bool is_half = is_between(unit, 0xd800, 0xdfff);
        if (is_between(unit, 0xd800, 0xdbff) && is_between(escaped_unit(p + 6, end), 0xdc00, 0xdfff)) {
            p += 12;
            continue;
        }
        if (unit == 0 || is_half)
            memcpy(p + 2, is_half ? "fffd" : "0020", 4);
        p += unit >= 0 ? 6 : end - p > 1 ? 2 : 1;
    }
}

/* Numbers that are none: of the fields of an answer, only the score can hold one. */
static bool is_about_number(const struct rft_json_problem *problem)
{
    static const char *const parts[] = {"NaN is no JSON", "Infinity is no JSON", "too large for a double"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(problem->text, parts[i]) != NULL)
            return true;
    return false;
}

static enum rft_status parse_tree(struct rft_bytes text, json_t **tree, const char **reason)
{
    struct rft_json_problem problem;
    struct rft_str mended = {0};
    enum rft_status status = rft_str_append(&mended, text.data, text.len);
    *tree = NULL;
    *reason = "a line that is no JSON object";
    if (status == RFT_OK) {
        mend_escapes(mended.data, mended.data + mended.len);
        status = rft_json_try((struct rft_bytes){mended.data, mended.len},
                              JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, tree, &problem);
    }
    if (status == RFT_ERR_INPUT && is_about_number(&problem))
        *reason = no_number;
    rft_str_finish(&mended);
    return status == RFT_ERR_INPUT ? RFT_OK : status;
}

enum rft_status rft_judge_parse_line(struct rft_bytes text, struct rft_judge_line *line)
{
    json_t *tree;
    *line = (struct rft_judge_line){.kind = RFT_JUDGE_LINE_BLANK};
    if (rft_bytes_trim(text).len == 0)
        return RFT_OK;
    line->kind = RFT_JUDGE_LINE_WRONG;
    RFT_TRY(parse_tree(text, &tree, &line->problem));
    if (json_is_object(tree)) {
        if (json_is_true(json_object_get(tree, "ready")) && json_object_size(tree) == 1)
            line->kind = RFT_JUDGE_LINE_READY;
        else if ((line->problem = parse_answer(tree, line)) == NULL)
            line->kind = RFT_JUDGE_LINE_ANSWER;
    }
    json_decref(tree);
    return RFT_OK;
}
