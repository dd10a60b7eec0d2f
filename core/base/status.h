/* SPDX-License-Identifier: MIT */
/* The one error convention: a function that can fail returns enum rft_status and hands its results back by pointer,
 * zero on failure. Whoever detects a failure logs it once with the facts (log.h); everyone above only forwards the
 * status. main.c alone turns a status into an exit code. */
#ifndef RFT_STATUS_H
#define RFT_STATUS_H

#define RFT_STATUS_LIST(X)                                                                                             \
    X(RFT_OK, 0, "ok")                                                                                                 \
    X(RFT_ERR_DIFFERENT, 1, "samples differ from their records")                                                       \
    X(RFT_ERR_USAGE, 2, "wrong command line")                                                                          \
    X(RFT_ERR_CONFIG, 3, "wrong configuration")                                                                        \
    X(RFT_ERR_INPUT, 4, "wrong input file")                                                                            \
    X(RFT_ERR_UNSUPPORTED, 5, "not supported")                                                                         \
    X(RFT_ERR_IO, 6, "input or output failed")                                                                         \
    X(RFT_ERR_HOST_MEMORY, 7, "out of host memory")                                                                    \
    X(RFT_ERR_DEVICE_MEMORY, 8, "out of device memory")                                                                \
    X(RFT_ERR_BUDGET, 9, "memory budget too small")                                                                    \
    X(RFT_ERR_DEVICE, 10, "device failed")                                                                             \
    X(RFT_ERR_DEVICE_LOST, 11, "device lost")                                                                          \
    X(RFT_ERR_INTERRUPTED, 12, "interrupted")

#define RFT_STATUS_ENUM(name, exit_code, text) name,
enum rft_status { RFT_STATUS_LIST(RFT_STATUS_ENUM) RFT_STATUS_COUNT };
#undef RFT_STATUS_ENUM

/* Static text of a status; never NULL. */
const char *rft_status_text(enum rft_status status);

/* Process exit code of a status: 0 for RFT_OK, 130 for RFT_ERR_INTERRUPTED, else distinct and non-zero. */
int rft_status_exit_code(enum rft_status status);

/* Forwards a failure to the caller. */
#define RFT_TRY(call)                                                                                                  \
    do {                                                                                                               \
        enum rft_status rft_try_status = (call);                                                                       \
        if (rft_try_status != RFT_OK)                                                                                  \
            return rft_try_status;                                                                                     \
    } while (0)

/* Forwards a failure to the function's one `fail:` label through its local `status`. */
#define RFT_TRY_GOTO(call)                                                                                             \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != RFT_OK)                                                                                          \
            goto fail;                                                                                                 \
    } while (0)

#endif
