/* SPDX-License-Identifier: MIT */
/* The lines that go to a judge and come from it. */
#ifndef RFT_JUDGE_LINE_H
#define RFT_JUDGE_LINE_H

#include "judge_types.h"

/* What a request is known by: the XXH3 of 128 bits of its JSON text, seeded with the settings. */
struct rft_judge_key {
    uint64_t high, low;
};
#define RFT_JUDGE_KEY_CHARS 32 /* in hexadecimal, the high half first */

/* Appends the key, without a NUL. */
enum rft_status rft_judge_put_key(struct rft_str *out, struct rft_judge_key key);
bool rft_judge_parse_key(struct rft_bytes text, struct rft_judge_key *key);
bool rft_judge_key_is_same(struct rft_judge_key a, struct rft_judge_key b);

/* {"id": <key>, "question": ..., "gold": ..., "completion": ..., "answer": ...} and a newline, into *line, which must
 * be empty. The key is that of what stands behind the id. */
enum rft_status rft_judge_put_request(uint64_t seed, const struct rft_judge_request *request, struct rft_str *line,
                                      struct rft_judge_key *key);

enum rft_judge_line_kind {
    RFT_JUDGE_LINE_BLANK,  /* white space */
    RFT_JUDGE_LINE_READY,  /* {"ready": true} */
    RFT_JUDGE_LINE_ANSWER, /* key and reply are set; its reason lies in `reason` */
    RFT_JUDGE_LINE_WRONG,  /* anything else; problem says what */
};

struct rft_judge_line {
    enum rft_judge_line_kind kind;
    struct rft_judge_key key;
    struct rft_judge_reply reply; /* reason: a view of `reason` */
    char reason[RFT_JUDGE_REASON_BYTES + 1];
    const char *problem; /* static text */
};

/* Understands a line without its newline. RFT_ERR_HOST_MEMORY alone fails. */
enum rft_status rft_judge_parse_line(struct rft_bytes text, struct rft_judge_line *line);

#endif
