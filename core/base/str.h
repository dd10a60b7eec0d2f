/* SPDX-License-Identifier: MIT */
/* Growing byte strings, UTF-8, and numbers as text, independent of the locale. */
#ifndef RFT_STR_H
#define RFT_STR_H

#include "log.h"
#include "status.h"
#include "utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view of bytes somebody else owns; not NUL-terminated, may hold NUL. */
struct rft_bytes {
    const char *data;
    size_t len;
};

/* Owned bytes, always followed by a NUL once something was appended. Zero-initialise; finish with rft_str_finish. */
struct rft_str {
    char *data;
    size_t len;
    size_t cap;
};

void rft_str_finish(struct rft_str *s);
void rft_str_clear(struct rft_str *s);           /* length 0, memory kept */
void rft_str_cut(struct rft_str *s, size_t len); /* back to a length that it had */
enum rft_status rft_str_append(struct rft_str *s, const void *bytes, size_t n);
enum rft_status rft_str_append_z(struct rft_str *s, const char *z);
enum rft_status rft_str_printf(struct rft_str *s, const char *fmt, ...) RFT_PRINTF(2, 3);

/* Appends a JSON string with its quotes: UTF-8 stays as it is, control characters, quote and backslash are escaped, and
 * every maximal subpart of an ill-formed sequence becomes U+FFFD (Unicode 15, 3.9, best practice). U+0000 is \u0000. */
enum rft_status rft_str_append_json(struct rft_str *s, const char *bytes, size_t n);

/* Appends the shortest decimal that reads back as x ("0.1", "1e+30", "-0.0"); x must be finite. Whole numbers below
 * 2^53 have no point: "6000". */
enum rft_status rft_str_append_double(struct rft_str *s, double x);

struct rft_bytes rft_bytes_z(const char *z);
bool rft_bytes_equal(struct rft_bytes a, struct rft_bytes b);
bool rft_bytes_begin(struct rft_bytes b, const char *z); /* with these bytes */
struct rft_bytes rft_bytes_trim(struct rft_bytes b);     /* without ASCII white space at both ends */
bool rft_ends_with(const char *text, const char *end);

/* Whole text as a number; false if anything is left over, it overflows, or it is empty. Locale-free. The double is
 * correctly rounded and must be finite. */
bool rft_parse_u64(const char *z, uint64_t *value);
bool rft_parse_double(const char *z, double *value);

#endif
