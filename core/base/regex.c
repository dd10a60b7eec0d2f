/* SPDX-License-Identifier: MIT */
#include "regex.h"

#include "alloc.h"
#include "log.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdint.h>

/* Steps and memory one search may take. */
#define MATCH_LIMIT 10000000u
#define HEAP_LIMIT_KIB 65536u
/* Of bounded ones: backtracking points that are kept (less memory than the heap's limit, so that it is what counts),
 * and steps: items of the pattern that were tried, and characters that were passed between two of them. */
#define DEPTH_LIMIT 200000u
#define WORK_MAX UINT64_C(30000000)

struct work {
    uint64_t n;
    size_t at;
};

/* Called before each item of the pattern. */
static int count_work(pcre2_callout_block *block, void *user)
{
    struct work *work = user;
    size_t at = block->current_position;
    work->n += 1 + (at > work->at ? at - work->at : work->at - at);
    work->at = at;
    return work->n > WORK_MAX ? PCRE2_ERROR_MATCHLIMIT : 0;
}

static void *pcre2_alloc(PCRE2_SIZE n, void *user)
{
    (void)user;
    return rft_alloc(n, 1);
}

static void pcre2_release(void *p, void *user)
{
    (void)user;
    rft_free(p);
}

static enum rft_status bound(struct rft_regex *out)
{
    out->work = rft_alloc(1, sizeof(struct work));
    if (out->work == NULL)
        return RFT_ERR_HOST_MEMORY;
    pcre2_set_depth_limit(out->limits, DEPTH_LIMIT);
    pcre2_set_match_limit(out->limits, UINT32_MAX); /* the work is counted instead */
    pcre2_set_callout(out->limits, count_work, out->work);
    return RFT_OK;
}

static enum rft_status compile(const char *file, struct rft_bytes shown, struct rft_bytes regex, uint32_t options,
                               struct rft_regex *out)
{
    int error = PCRE2_ERROR_NOMEMORY;
    PCRE2_SIZE offset = 0;
    pcre2_general_context *general = pcre2_general_context_create(pcre2_alloc, pcre2_release, NULL);
    pcre2_compile_context *context = general != NULL ? pcre2_compile_context_create(general) : NULL;
    if (context != NULL) {
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        out->code = pcre2_compile((PCRE2_SPTR)regex.data, regex.len, options, &error, &offset, context);
    }
    if (out->code != NULL) {
        out->match_data = options & PCRE2_AUTO_CALLOUT ? pcre2_match_data_create_from_pattern(out->code, general)
                                                       : pcre2_match_data_create(1, general);
        out->limits = pcre2_match_context_create(general);
    }
    pcre2_compile_context_free(context);
    pcre2_general_context_free(general);
    if (out->match_data != NULL && out->limits != NULL) {
        pcre2_set_match_limit(out->limits, MATCH_LIMIT);
        pcre2_set_heap_limit(out->limits, HEAP_LIMIT_KIB);
        return options & PCRE2_AUTO_CALLOUT ? bound(out) : RFT_OK;
    }
    if (out->code != NULL || error == PCRE2_ERROR_NOMEMORY || error == PCRE2_ERROR_HEAP_FAILED)
        return RFT_ERR_HOST_MEMORY;
    char text[120] = "";
    pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof text);
    rft_log_error("%s: the pattern \"%.*s\" is not understood at byte %zu: %s", file, (int)shown.len, shown.data,
                  offset, text);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_regex_compile(const char *file, struct rft_bytes shown, struct rft_bytes regex, unsigned flags,
                                  struct rft_regex *out)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP;
    options |= flags & RFT_REGEX_LINES ? PCRE2_MULTILINE : 0;
    options |= flags & RFT_REGEX_BEGIN ? PCRE2_ANCHORED : 0;
    options |= flags & RFT_REGEX_END ? PCRE2_ENDANCHORED : 0;
    options |= flags & RFT_REGEX_BOUNDED ? PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C : 0;
    *out = (struct rft_regex){0};
    enum rft_status status = compile(file, shown, regex, options, out);
    if (status != RFT_OK)
        rft_regex_finish(out);
    return status;
}

void rft_regex_finish(struct rft_regex *regex)
{
    pcre2_match_context_free(regex->limits);
    pcre2_match_data_free(regex->match_data);
    pcre2_code_free(regex->code);
    rft_free(regex->work);
    *regex = (struct rft_regex){0};
}

void rft_regex_start(struct rft_regex *regex)
{
    if (regex->work != NULL)
        *(struct work *)regex->work = (struct work){0};
}

int rft_regex_n_groups(const struct rft_regex *regex)
{
    uint32_t n = 0;
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &n);
    return (int)n;
}

int rft_regex_group_of(const struct rft_regex *regex, const char *name)
{
    int group = pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR)name);
    return group > 0 ? group : -1;
}

bool rft_regex_group(const struct rft_regex *regex, int group, size_t *begin, size_t *end)
{
    const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(regex->match_data);
    if (group < 0 || (uint32_t)group >= pcre2_get_ovector_count(regex->match_data))
        return false;
    *begin = pairs[2 * group];
    *end = pairs[2 * group + 1];
    return *begin != PCRE2_UNSET && *begin <= *end;
}

enum rft_status rft_regex_search(const struct rft_regex *regex, struct rft_bytes text, size_t from,
                                 struct rft_regex_match *match, int *error)
{
    *match = (struct rft_regex_match){false, SIZE_MAX, SIZE_MAX};
    *error = pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.len, from, PCRE2_NO_UTF_CHECK, regex->match_data,
                         regex->limits);
    if (*error == PCRE2_ERROR_NOMATCH)
        return RFT_OK;
    if (*error == PCRE2_ERROR_NOMEMORY)
        return RFT_ERR_HOST_MEMORY;
    if (*error < 0)
        return RFT_ERR_INPUT;
    const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(regex->match_data);
    *match = (struct rft_regex_match){true, pair[0], pair[1] < pair[0] ? pair[0] : pair[1]};
    return RFT_OK;
}
