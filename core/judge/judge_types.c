/* SPDX-License-Identifier: MIT */
#include "judge_types.h"

const char *rft_judge_verdict_text(enum rft_judge_verdict verdict)
{
    static const char *const words[] = {"right", "wrong", "undecided"};
    return words[verdict];
}

const char *rft_judge_cause_text(enum rft_judge_cause cause)
{
    static const char *const words[] = {"decided", "the judge", "time limit", "memory limit", "ended", "output"};
    return words[cause];
}
