/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <string.h>

bool rft_scan_begins(const char *p, const char *end, const char *z)
{
    size_t n = strlen(z);
    return (size_t)(end - p) >= n && memcmp(p, z, n) == 0;
}

bool rft_scan_begins_lower(const char *p, const char *end, const char *z)
{
    size_t n = strlen(z);
    if ((size_t)(end - p) < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (rft_lower(p[i]) != z[i])
            return false;
    return true;
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

bool rft_word_is_among(const char *const *words, const char *p, size_t n)
{
    for (; *words != NULL; words++) {
        size_t i = 0;
        while (i < n && (*words)[i] != '\0' && rft_lower(p[i]) == rft_lower((*words)[i]))
            i++;
        if (i == n && (*words)[i] == '\0')
            return true;
    }
    return false;
}
