/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

static enum rft_log_level level_max = RFT_LOG_INFO;
static rft_log_sink *sink_fn;
static void *sink_user;

void rft_log_set_level(enum rft_log_level level)
{
    level_max = level;
}

void rft_log_set_sink(rft_log_sink *sink, void *user)
{
    sink_fn = sink;
    sink_user = user;
}

static void log_line(enum rft_log_level level, const char *fmt, va_list args)
{
    static const char *const prefixes[] = { "error: ", "warning: ", "", "debug: " };
    if (level > level_max)
        return;
    char line[1001];
    int head = snprintf(line, sizeof line, "%s", prefixes[level]);
    vsnprintf(line + head, sizeof line - (size_t)head, fmt, args);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    if (sink_fn)
        sink_fn(sink_user, level, line);
    else
        fprintf(stderr, "%s%s\n", level == RFT_LOG_ERROR || level == RFT_LOG_WARN ? "rftgen: " : "", line);
}

#define RFT_LOG_FUNCTION(name, level)                                                                                  \
    void name(const char *fmt, ...)                                                                                    \
    {                                                                                                                  \
        va_list args;                                                                                                  \
        va_start(args, fmt);                                                                                           \
        log_line(level, fmt, args);                                                                                    \
        va_end(args);                                                                                                  \
    }

RFT_LOG_FUNCTION(rft_log_error, RFT_LOG_ERROR)
RFT_LOG_FUNCTION(rft_log_warn, RFT_LOG_WARN)
RFT_LOG_FUNCTION(rft_log_info, RFT_LOG_INFO)
RFT_LOG_FUNCTION(rft_log_debug, RFT_LOG_DEBUG)
