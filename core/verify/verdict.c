/* SPDX-License-Identifier: MIT */
#include "verdict.h"

static const char *const finish_texts[] = {
    [RFT_FINISH_STOP] = "stop", [RFT_FINISH_LENGTH] = "length", [RFT_FINISH_NOT_FINITE] = "not_finite"};
#define N_FINISHES (sizeof finish_texts / sizeof *finish_texts)

const char *rft_finish_text(enum rft_finish finish)
{
    return (unsigned)finish < N_FINISHES ? finish_texts[finish] : "unknown";
}

bool rft_finish_of(struct rft_bytes name, enum rft_finish *finish)
{
    for (unsigned i = 0; i < N_FINISHES; i++) {
        *finish = (enum rft_finish)i;
        if (rft_bytes_equal(name, rft_bytes_z(finish_texts[i])))
            return true;
    }
    return false;
}

const char *rft_decision_text(enum rft_decision decision)
{
    static const char *const texts[] = {[RFT_RIGHT] = "right", [RFT_WRONG] = "wrong", [RFT_UNDECIDED] = "undecided"};
    return (unsigned)decision < sizeof texts / sizeof *texts ? texts[decision] : "unknown";
}

static const struct {
    const char *text;
    enum rft_decision decision;
} reasons[] = {
#define REASON(name, text, decision) [name] = {text, decision},
    RFT_REASON_LIST(REASON)
#undef REASON
};

const char *rft_reason_text(enum rft_reason reason)
{
    return (unsigned)reason < RFT_REASON_COUNT ? reasons[reason].text : "unknown";
}

enum rft_decision rft_reason_decision(enum rft_reason reason)
{
    return (unsigned)reason < RFT_REASON_COUNT ? reasons[reason].decision : RFT_UNDECIDED;
}
