/* SPDX-License-Identifier: MIT */
#include "replay_choice.h"

#include "alloc.h"
#include "log.h"
#include "str.h"

#include <string.h>

static bool read_number(const char *text, size_t n, uint64_t *number)
{
    char digits[24] = "";
    if (n == 0 || n >= sizeof digits)
        return false;
    memcpy(digits, text, n);
    return rft_parse_u64(digits, number) && *number != 0;
}

/* "7", or "10-20". */
static bool read_range(const char *text, size_t n, struct rft_line_range *range)
{
    const char *dash = memchr(text, '-', n);
    const size_t n_first = dash != NULL ? (size_t)(dash - text) : n;
    if (!read_number(text, n_first, &range->first))
        return false;
    range->last = range->first;
    return dash == NULL || (read_number(dash + 1, n - n_first - 1, &range->last) && range->last >= range->first);
}

static enum rft_status read_lines(const char *text, struct rft_replay_choice *choice)
{
    size_t cap = 0;
    for (const char *at = text;; at++) {
        const size_t n = strcspn(at, ",");
        void *room = choice->lines;
        if (rft_grow(&room, &cap, choice->n_lines + 1, sizeof *choice->lines) != 0)
            return RFT_ERR_HOST_MEMORY;
        choice->lines = room;
        if (!read_range(at, n, &choice->lines[choice->n_lines++])) {
            rft_log_error("--rows %s: give lines of the file and ranges of them, counted from 1, as in 1,5,10-20",
                          text);
            return RFT_ERR_USAGE;
        }
        at += n;
        if (*at == '\0')
            return RFT_OK;
    }
}

enum rft_status rft_replay_choice_read(const char *lines, const char *fraction, struct rft_replay_choice *choice)
{
    *choice = (struct rft_replay_choice){0};
    if (lines != NULL && fraction != NULL) {
        rft_log_error("--rows and --fraction: give one of them");
        return RFT_ERR_USAGE;
    }
    const bool is_share = fraction == NULL || (rft_parse_double(fraction, &choice->fraction) && choice->fraction > 0 &&
                                               choice->fraction <= 1);
    if (!is_share) {
        rft_log_error("--fraction %s: give a number above 0 and at most 1, as in 0.01", fraction);
        return RFT_ERR_USAGE;
    }
    enum rft_status status = lines != NULL ? read_lines(lines, choice) : RFT_OK;
    if (status != RFT_OK)
        rft_replay_choice_finish(choice);
    return status;
}

void rft_replay_choice_finish(struct rft_replay_choice *choice)
{
    rft_free(choice->lines);
    *choice = (struct rft_replay_choice){0};
}

bool rft_replay_has_line(const struct rft_replay_choice *choice, uint64_t line)
{
    bool has = choice->n_lines == 0;
    for (size_t i = 0; i < choice->n_lines && !has; i++)
        has = choice->lines[i].first <= line && line <= choice->lines[i].last;
    return has;
}

double rft_replay_place(const struct rft_question *question, uint32_t sample)
{
    return (double)(rft_question_key(question, sample) >> 11) / 9007199254740992.0;
}
