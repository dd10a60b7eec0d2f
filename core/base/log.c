/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "utf8.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static enum rft_log_level level_max = RFT_LOG_INFO;
static rft_log_sink *sink_fn;
static void *sink_user;
static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;

void rft_log_set_level(enum rft_log_level level)
{
    level_max = level;
}

void rft_log_set_sink(rft_log_sink *sink, void *user)
{
    sink_fn = sink;
    sink_user = user;
}

/* Characters that move the cursor, change the direction of what follows, or cannot be seen. */
static bool is_unprintable(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xad || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) || c >= 0xe0000;
}

void rft_log_printable(const char *text, char *out, size_t size)
{
    static const char dots[] = "...";
    const char *end = text + strlen(text);
    size_t at = 0, at_cut = 0; /* where it is cut if the rest does not fit */
    while (text < end) {
        int32_t c;
        char shown[8];
        size_t n = rft_utf8_decode(text, end, &c), n_shown = n;
        if (c < 0)
            n_shown = (size_t)snprintf(shown, sizeof shown, "\\x%02x", (unsigned)(unsigned char)*text), n = 1;
        else if (is_unprintable(c))
            shown[0] = ' ', n_shown = 1;
        else
            memcpy(shown, text, n);
        if (at + n_shown >= size) {
            memcpy(out + at_cut, dots, sizeof dots);
            return;
        }
        memcpy(out + at, shown, n_shown);
        at += n_shown;
        text += n;
        if (at + sizeof dots <= size)
            at_cut = at;
    }
    out[at] = 0;
}

static void log_line(enum rft_log_level level, const char *fmt, va_list args)
{
    static const char *const prefixes[] = {"error: ", "warning: ", "", "debug: "};
    if (level > level_max)
        return;
    char text[2001], line[1001];
    int head = snprintf(text, sizeof text, "%s", prefixes[level]);
    vsnprintf(text + head, sizeof text - (size_t)head, fmt, args);
    rft_log_printable(text, line, sizeof line);
    pthread_mutex_lock(&sink_lock);
    if (sink_fn != NULL)
        sink_fn(sink_user, level, line);
    else
        fprintf(stderr, "%s%s\n", level == RFT_LOG_ERROR || level == RFT_LOG_WARN ? "rftgen: " : "", line);
    pthread_mutex_unlock(&sink_lock);
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
