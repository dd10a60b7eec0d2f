/* SPDX-License-Identifier: MIT */
#include "status.h"

static const struct {
    int exit_code;
    const char *text;
} statuses[] = {
#define RFT_STATUS_ROW(name, exit_code, text) {exit_code, text},
    RFT_STATUS_LIST(RFT_STATUS_ROW)
#undef RFT_STATUS_ROW
};

const char *rft_status_text(enum rft_status status)
{
    return (unsigned)status < RFT_STATUS_COUNT ? statuses[status].text : "unknown status";
}

int rft_status_exit_code(enum rft_status status)
{
    if (status == RFT_ERR_INTERRUPTED)
        return 130; /* what a shell reports for a program that SIGINT ended */
    return (unsigned)status < RFT_STATUS_COUNT ? statuses[status].exit_code : 1;
}
