/* SPDX-License-Identifier: MIT */
#include "verdict.h"

const char *rft_finish_text(enum rft_finish finish)
{
    static const char *const texts[] = {
        [RFT_FINISH_STOP] = "stop", [RFT_FINISH_LENGTH] = "length", [RFT_FINISH_NOT_FINITE] = "not_finite"};
    return (unsigned)finish < sizeof texts / sizeof *texts ? texts[finish] : "unknown";
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
