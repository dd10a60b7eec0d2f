/* SPDX-License-Identifier: MIT */
/* What became of a sample: how it ended, and what was found of its answer. */
#ifndef RFT_VERDICT_H
#define RFT_VERDICT_H

#include "str.h"

#include <stdbool.h>

enum rft_finish { RFT_FINISH_STOP, RFT_FINISH_LENGTH, RFT_FINISH_NOT_FINITE };
const char *rft_finish_text(enum rft_finish finish);

/* The three values. Undecided: the rule could not say; never taken for right, nor for wrong. */
enum rft_decision { RFT_RIGHT, RFT_WRONG, RFT_UNDECIDED };
#define RFT_DECISIONS 3
const char *rft_decision_text(enum rft_decision decision); /* "right", "wrong", "undecided" */

/* Why a sample was accepted or not: the words of the records' "reason", and the value that each means. */
#define RFT_REASON_LIST(X)                                                                                             \
    X(RFT_REASON_ACCEPTED, "accepted", RFT_RIGHT)                                                                      \
    X(RFT_REASON_WRONG, "wrong", RFT_WRONG)                                                                            \
    X(RFT_REASON_NO_ANSWER, "no_answer", RFT_WRONG)       /* nothing that the rule takes for an answer */              \
    X(RFT_REASON_NOT_A_NUMBER, "not_a_number", RFT_WRONG) /* an answer (an empty one too), but not a finite number */  \
    X(RFT_REASON_CUT_OFF, "cut_off", RFT_WRONG)           /* finish = length and cut-offs are rejected */              \
    X(RFT_REASON_NOT_FINITE, "not_finite", RFT_WRONG)     /* the model's arithmetic overflowed */                      \
    X(RFT_REASON_TOO_COMPLEX, "too_complex", RFT_UNDECIDED) /* beyond the bounds of what is compared */                \
    X(RFT_REASON_UNDECIDED, "undecided", RFT_UNDECIDED)     /* command: it said so, or failed twice: see the detail */
#define RFT_REASON_ENUM(name, text, decision) name,
enum rft_reason { RFT_REASON_LIST(RFT_REASON_ENUM) RFT_REASON_COUNT };
#undef RFT_REASON_ENUM
const char *rft_reason_text(enum rft_reason reason);
enum rft_decision rft_reason_decision(enum rft_reason reason);

struct rft_verdict {
    enum rft_reason reason;
    struct rft_bytes answer; /* the answer's text inside the completion; data NULL if none was found */
    struct rft_bytes detail; /* more about the reason, for a person; owned by whoever judged, until it judges again */
    double score;            /* a command's own; else 1 for right and 0 for the others */
    bool must_ask;           /* kind = command: nothing is decided but the answer's place; the command is to be asked */
};

#endif
