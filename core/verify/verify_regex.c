/* SPDX-License-Identifier: MIT */
/* kind = regex: a group of the last match of a pattern, or of the first, compared as text or number. Matches whose
 * group is empty or took no part are passed over. Bytes that are not UTF-8 are read as U+001A, one each. The
 * interpreter is used, whose steps are counted alike on every machine; a text that takes too many is too complex. */
#include "alloc.h"
#include "compare.h"
#include "kinds.h"
#include "regex.h"

#include <stdlib.h>
#include <string.h>

#define SUBSTITUTE 0x1a

struct state {
    struct rft_regex regex;
    int group;
};

static void close_state(void *user)
{
    struct state *state = user;
    rft_regex_finish(&state->regex);
    rft_free(state);
}

/* The group that is meant; -1, logged, if there is none. */
static int choose_group(const struct rft_regex *regex, const char *name)
{
    int n_groups = rft_regex_n_groups(regex), group;
    if (name == NULL || *name == '\0')
        return n_groups != 0;
    if (name[strspn(name, "0123456789")] == '\0') {
        group = strlen(name) < 6 ? atoi(name) : n_groups + 1;
        if (group <= n_groups)
            return group;
        rft_log_error(
            "verify.group = %s: verify.pattern has %d groups; give 0 for the whole match, or a group's number "
            "or name",
            name, n_groups);
        return -1;
    }
    group = rft_regex_group_of(regex, name);
    if (group < 0)
        rft_log_error("verify.group = %s: verify.pattern has no group of that name, or several; write it as (?<%s>...)",
                      name, name);
    return group;
}

static enum rft_status open_state(const struct rft_verify_options *options, struct state *state)
{
    struct rft_bytes pattern = rft_bytes_z(options->pattern != NULL ? options->pattern : "");
    if (pattern.len == 0) {
        rft_log_error("verify.pattern is missing: verify.kind = regex needs a pattern, as in \"Answer: (\\w+)\"");
        return RFT_ERR_CONFIG;
    }
    enum rft_status status =
        rft_regex_compile("verify.pattern", pattern, pattern, RFT_REGEX_BOUNDED | RFT_REGEX_LINES, &state->regex);
    if (status != RFT_OK)
        return status == RFT_ERR_UNSUPPORTED ? RFT_ERR_CONFIG : status;
    state->group = choose_group(&state->regex, options->group);
    return state->group >= 0 ? RFT_OK : RFT_ERR_CONFIG;
}

static enum rft_status open(const struct rft_verify_options *options, void **out)
{
    struct state *state = rft_alloc(1, sizeof *state);
    if (state == NULL)
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = open_state(options, state);
    if (status != RFT_OK) {
        close_state(state);
        return status;
    }
    *out = state;
    return RFT_OK;
}

/* A copy whose bytes are all UTF-8, each at its place; data NULL: the text is so already. */
static enum rft_status well_formed(struct rft_bytes text, char **copy)
{
    const char *end = text.data + text.len;
    *copy = NULL;
    for (const char *p = text.data; p < end;) {
        int32_t c;
        size_t n = rft_utf8_decode(p, end, &c);
        if (c < 0 && *copy == NULL) {
            *copy = rft_strndup(text.data, text.len);
            if (*copy == NULL)
                return RFT_ERR_HOST_MEMORY;
        }
        if (c < 0)
            memset(*copy + (p - text.data), SUBSTITUTE, n);
        p += n;
    }
    return RFT_OK;
}

/* *is_found: the place of the answer. RFT_ERR_INPUT: too many steps. */
static enum rft_status find(struct state *state, struct rft_bytes text, bool is_first, bool *is_found, size_t place[2])
{
    struct rft_regex_match match;
    size_t from = 0, begin, end;
    int error;
    *is_found = false;
    rft_regex_start(&state->regex);
    while (from <= text.len && !(is_first && *is_found)) {
        RFT_TRY(rft_regex_search(&state->regex, text, from, &match, &error));
        if (!match.found)
            break;
        if (rft_regex_group(&state->regex, state->group, &begin, &end) && begin < end) {
            *is_found = true;
            place[0] = begin;
            place[1] = end;
        }
        if (match.end > from && match.end > match.begin) {
            from = match.end;
        } else { /* an empty match: one character on */
            int32_t c;
            from = match.end > from ? match.end : from;
            from += from < text.len ? rft_utf8_decode(text.data + from, text.data + text.len, &c) : 1;
        }
    }
    return RFT_OK;
}

static enum rft_status judge(const struct rft_verify_options *options, void *user, const struct rft_verify_case *c,
                             struct rft_bytes gold, struct rft_verdict *verdict)
{
    size_t place[2] = {0};
    bool is_found;
    char *copy;
    verdict->reason = RFT_REASON_NO_ANSWER;
    RFT_TRY(well_formed(c->completion, &copy));
    struct rft_bytes text = {copy != NULL ? copy : c->completion.data, c->completion.len};
    enum rft_status status = find(user, text, options->first_match, &is_found, place);
    rft_free(copy);
    if (status == RFT_ERR_INPUT) {
        verdict->reason = RFT_REASON_TOO_COMPLEX;
        return RFT_OK;
    }
    if (status != RFT_OK || !is_found)
        return status;
    verdict->answer = (struct rft_bytes){c->completion.data + place[0], place[1] - place[0]};
    return rft_compare(options, verdict->answer, gold, &verdict->reason);
}

const struct rft_verifier rft_verify_regex = {
    .name = "regex",
    .gold = "a text, or with verify.compare = number a number",
    .open = open,
    .close = close_state,
    .gold_is_valid = rft_compare_gold_is_valid,
    .gold_hint = rft_compare_gold_hint,
    .judge = judge,
};
