/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <string.h>

bool rft_scan_begins(const char *p, const char *end, const char *z)
{
    size_t n = strlen(z);
    return (size_t)(end - p) >= n && memcmp(p, z, n) == 0;
}

const char *rft_scan_find(const char *p, const char *end, const char *z)
{
    while (p < end && !rft_scan_begins(p, end, z)) {
        const char *next = memchr(p + 1, z[0], (size_t)(end - p - 1));
        p = next != NULL ? next : end;
    }
    return p;
}

const char *rft_scan_line_end(const char *p, const char *end)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return newline != NULL ? newline : end;
}

struct rft_bytes rft_scan_span(const char *from, const char *to)
{
    return rft_bytes_trim((struct rft_bytes){from, (size_t)(to - from)});
}

struct rft_bytes rft_scan_answer_tag(struct rft_bytes text)
{
    const char *end = text.data + text.len, *inside = NULL;
    struct rft_bytes answer = {NULL, 0};
    for (const char *p = rft_scan_find(text.data, end, "<"); p < end; p = rft_scan_find(p + 1, end, "<")) {
        if (rft_scan_begins(p, end, RFT_TAG_OPEN)) {
            inside = p + strlen(RFT_TAG_OPEN);
        } else if (inside != NULL && rft_scan_begins(p, end, RFT_TAG_CLOSE)) {
            answer = rft_scan_span(inside, p);
            inside = NULL;
        }
    }
    return answer;
}
