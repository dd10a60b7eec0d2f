/* SPDX-License-Identifier: MIT */
/* One line per message on stderr. Errors name the file, line or key and say what to do. */
#ifndef RFT_LOG_H
#define RFT_LOG_H

#include <stddef.h>

enum rft_log_level { RFT_LOG_ERROR, RFT_LOG_WARN, RFT_LOG_INFO, RFT_LOG_DEBUG };

#if defined(__GNUC__)
#define RFT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define RFT_PRINTF(fmt, args)
#endif

/* Messages above this level are dropped. Default: RFT_LOG_INFO. */
void rft_log_set_level(enum rft_log_level level);

/* Where finished lines (no newline) go; NULL restores stderr. The progress bar uses it to keep its own line clear,
 * tests use it to read messages. A sink is called by whichever thread logs, one line at a time, and must not log
 * itself. Not to be changed while other threads log. */
typedef void rft_log_sink(void *user, enum rft_log_level level, const char *line);
void rft_log_set_sink(rft_log_sink *sink, void *user);

/* Copies a text as a person may see it, on one line: control and other invisible characters become spaces, bytes that
 * are no UTF-8 "\xNN". What does not fit into `size` bytes, NUL included, is cut between characters and ends in
 * "...". */
void rft_log_printable(const char *text, char *out, size_t size);

/* printf-style. A line is printable (rft_log_printable) and has 1,000 bytes at most. Never fails and never
 * allocates. */
void rft_log_error(const char *fmt, ...) RFT_PRINTF(1, 2);
void rft_log_warn(const char *fmt, ...) RFT_PRINTF(1, 2);
void rft_log_info(const char *fmt, ...) RFT_PRINTF(1, 2);
void rft_log_debug(const char *fmt, ...) RFT_PRINTF(1, 2);

#endif
