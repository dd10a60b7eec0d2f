/* SPDX-License-Identifier: MIT */
#include "jinja_run.h"

#include "jinja_node.h"

#include <stdarg.h>
#include <stdio.h>

static enum rft_status fail(struct rft_jinja_run *run, enum rft_status status, const char *fmt, va_list args)
{
    struct rft_jinja_error *error = run->error;
    *error = (struct rft_jinja_error){0};
    if (run->at != NULL) {
        error->line = run->at->line;
        error->column = run->at->column;
    }
    vsnprintf(error->text, sizeof error->text, fmt, args);
    return status;
}

enum rft_status rft_jinja_fail(struct rft_jinja_run *run, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    enum rft_status status = fail(run, RFT_ERR_INPUT, fmt, args);
    va_end(args);
    return status;
}

enum rft_status rft_jinja_refuse(struct rft_jinja_run *run, const char *fmt, ...)
{
    char what[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    (void)rft_jinja_fail(run, "%s is not supported in chat templates", what);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_jinja_take(struct rft_jinja_run *run, size_t n, size_t size, void **taken)
{
    *taken = rft_arena_take(&run->arena, n, size);
    if (*taken != NULL)
        return RFT_OK;
    if (rft_arena_is_full(&run->arena, n, size))
        return rft_jinja_fail(run, "the template takes more than 256 MiB");
    return RFT_ERR_HOST_MEMORY;
}

enum rft_status rft_jinja_work(struct rft_jinja_run *run, uint64_t n)
{
    if (n > run->steps_left)
        return rft_jinja_fail(run, "the template takes more than %u steps", RFT_JINJA_STEPS_MAX);
    run->steps_left -= n;
    return RFT_OK;
}
