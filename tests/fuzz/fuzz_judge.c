/* SPDX-License-Identifier: MIT */
/* What a judge writes, and what a journal of verdicts holds. If the first byte is odd, the rest is a line of a judge;
 * else one of a journal, which gets its right hash. Whatever is understood can be written down and read back. */
#include "alloc.h"
#include "fuzz.h"
#include "hashed_line.h"
#include "json.h"
#include "judge_line.h"
#include "verdicts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 7

static void check_reply(const struct rft_judge_reply *reply)
{
    require(reply->verdict <= RFT_JUDGE_UNDECIDED);
    require((reply->verdict == RFT_JUDGE_UNDECIDED) == (reply->cause != RFT_JUDGE_CAUSE_NONE));
    require(isfinite(reply->score));
}

static void read_answer(struct rft_bytes text)
{
    struct rft_judge_line line;
    struct rft_judge_reply reply;
    struct rft_str back = {0};
    bool is_decided = false;
    require(rft_judge_parse_line(text, &line) == RFT_OK);
    require(line.kind == RFT_JUDGE_LINE_WRONG ? line.problem != NULL : line.kind <= RFT_JUDGE_LINE_WRONG);
    if (line.kind != RFT_JUDGE_LINE_ANSWER)
        return;
    check_reply(&line.reply);
    require(line.reply.reason.len <= RFT_JUDGE_REASON_BYTES);
    struct rft_verdicts *verdicts;
    require(rft_verdicts_open(NULL, SEED, false, &verdicts) == RFT_OK);
    require(rft_verdicts_note_pending(verdicts, line.key) == RFT_OK);
    require(rft_verdicts_decide(verdicts, line.key, &line.reply) == RFT_OK);
    is_decided = rft_verdicts_state(verdicts, line.key) == RFT_VERDICT_DECIDED;
    require(is_decided && rft_verdicts_read(verdicts, line.key, &back, &reply) == RFT_OK);
    require(reply.verdict == line.reply.verdict && reply.cause == line.reply.cause);
    require(reply.has_score == line.reply.has_score && (!reply.has_score || reply.score == line.reply.score));
    require(rft_bytes_equal(reply.reason, line.reply.reason));
    rft_str_finish(&back);
    rft_verdicts_close(verdicts, false);
}

static void read_line_of_journal(struct rft_bytes text)
{
    struct rft_str line = {0};
    struct rft_judge_key key;
    struct rft_judge_reply reply;
    require(rft_str_append(&line, text.data, text.len) == RFT_OK && rft_line_put_hash(&line, 0, SEED) == RFT_OK);
    if (rft_verdicts_parse_line((struct rft_bytes){line.data, line.len - 1}, SEED, &key, &reply))
        check_reply(&reply);
    rft_str_finish(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n_live = rft_alloc_n_live();
    rft_alloc_hook_json();
    rft_log_set_sink(drop_line, NULL);
    struct rft_bytes text = {(const char *)data + 1, size != 0 ? size - 1 : 0};
    if (size != 0 && data[0] & 1)
        read_answer(text);
    else if (size != 0)
        read_line_of_journal(text);
    require(rft_alloc_n_live() == n_live);
    return 0;
}
