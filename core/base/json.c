/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "alloc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* While a text is parsed, by this thread. From the first allocation that fails, jansson's string buffer, which does not
 * check, is served from a reserve, and everything else, which does, gets NULL: the parse ends in order. The buffer's
 * sizes are powers of two from 32 up; that something else may have such a size, too, only lets the parse go on for a
 * moment. */
static _Thread_local struct {
    char *reserve;
    size_t size, used;
    bool failed;
} guard;

static void *json_alloc(size_t n)
{
    if (!guard.failed) {
        void *p = rft_alloc(n, 1);
        guard.failed = p == NULL && guard.reserve != NULL;
        if (p != NULL || !guard.failed)
            return p;
    }
    if (n < 32 || (n & (n - 1)) != 0 || n > guard.size - guard.used)
        return NULL;
    guard.used += n;
    return guard.reserve + guard.used - n;
}

static void json_release(void *p)
{
    uintptr_t at = (uintptr_t)p, reserve = (uintptr_t)guard.reserve;
    if (!reserve || at < reserve || at >= reserve + guard.size)
        rft_free(p);
}

void rft_alloc_hook_json(void)
{
    json_set_alloc_funcs(json_alloc, json_release);
}

/* What jansson says, and what a person can do about it. The first that is in there counts. */
static const struct {
    const char *part;
    const char *advice;
} advices[] = {
    {"JSON_ALLOW_NUL", "\\u0000 stands in a text that cannot hold it; leave it out"},
    {"near 'NaN", "NaN is no JSON; write null or a number"},
    {"near 'nan", "NaN is no JSON; write null or a number"},
    {"near 'Infinity", "Infinity is no JSON; write null or a number"},
    {"near '-Infinity", "Infinity is no JSON; write null or a number"},
    {"near 'None", "this is Python's notation, not JSON's; write it with json.dump"},
    {"near 'True", "this is Python's notation, not JSON's; write it with json.dump"},
    {"near 'False", "this is Python's notation, not JSON's; write it with json.dump"},
    {"near '''", "JSON has double quotes only; this looks like Python's notation: write it with json.dump"},
    {"unable to decode byte", "not UTF-8; save the file as UTF-8"},
    {"unexpected newline", "a line break stands inside a string; write it as \\n"},
    {"control character",
     "a line break or another control character stands inside a string; write it as \\n or \\uXXXX"},
    {"invalid escape", "a backslash stands before a character that needs none; write a backslash as \\\\"},
    {"invalid Unicode", "a \\u escape that is half of a pair; write both halves, or the character itself"},
    {"maximum parsing depth", "values are nested too deep"},
    {"end of file expected", "something stands behind the end of the value; remove it"},
    {"premature end of input", "it ends in the middle of a string; the file may be cut short"},
    {"near end of file", "it ends in the middle of a value; the file may be cut short"},
    {"unexpected token near '}'", "a comma too many, or a value missing, before }"},
    {"unexpected token near ']'", "a comma too many, or a value missing, before ]"},
    {"string or '}' expected near '}'", "a comma too many before }"},
    {"']' expected", "a comma or the closing ] is missing"},
    {"string or '}' expected", "a key must be a string in double quotes"},
    {"'[' or '{' expected", "it begins with neither [ nor {"},
    {"'}' expected", "a comma or the closing } is missing"},
    {"':' expected", "a colon is missing behind a key"},
    {"invalid token", "something that is neither a string in double quotes, a number, true, false nor null"},
    {"real number overflow", "a number is too large for a double"},
    {"too big", "a whole number is too large"},
};

static void explain(struct rft_bytes text, const json_error_t *error, struct rft_json_problem *problem)
{
    const char *advice = NULL;
    problem->line = error->line > 0 ? (uint64_t)error->line : 1;
    if (rft_bytes_begin(text, RFT_UTF16_MARK_LE) || rft_bytes_begin(text, RFT_UTF16_MARK_BE))
        advice = "it is UTF-16; save the file as UTF-8";
    else if (text.len == 0)
        advice = "it is empty";
    for (size_t i = 0; advice == NULL && i < sizeof advices / sizeof *advices; i++)
        if (strstr(error->text, advices[i].part) != NULL)
            advice = advices[i].advice;
    snprintf(problem->text, sizeof problem->text, "not JSON: %s", advice != NULL ? advice : error->text);
}

enum rft_status rft_json_try(struct rft_bytes text, size_t flags, json_t **tree, struct rft_json_problem *problem)
{
    json_error_t error;
    *tree = NULL;
    if (rft_bytes_begin(text, RFT_UTF8_MARK))
        text = (struct rft_bytes){text.data + 3, text.len - 3};
    guard.reserve = rft_alloc(text.len + 16, 4); /* enough for all sizes of a buffer that grows to the text's */
    if (guard.reserve == NULL)
        return RFT_ERR_HOST_MEMORY;
    guard.size = 4 * (text.len + 16);
    guard.used = 0;
    json_t *root = json_loadb(text.data != NULL ? text.data : "", text.len, flags, &error);
    bool failed = guard.failed || (root == NULL && json_error_code(&error) == json_error_out_of_memory);
    if (failed) {
        json_decref(root);
        root = NULL;
    }
    rft_free(guard.reserve);
    guard.reserve = NULL;
    guard.failed = false;
    *tree = root;
    if (root != NULL)
        return RFT_OK;
    if (failed)
        return RFT_ERR_HOST_MEMORY;
    explain(text, &error, problem);
    return RFT_ERR_INPUT;
}

enum rft_status rft_json_load(const char *path, struct rft_bytes text, size_t flags, json_t **tree)
{
    return rft_json_load_at(path, 1, text, flags, tree);
}

enum rft_status rft_json_load_at(const char *path, uint64_t line, struct rft_bytes text, size_t flags, json_t **tree)
{
    struct rft_json_problem problem;
    enum rft_status status = rft_json_try(text, flags, tree, &problem);
    if (status == RFT_ERR_INPUT)
        rft_log_error("%s:%" PRIu64 ": %s", path, (line + problem.line - 1), problem.text);
    return status;
}
