/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include "log.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t n_asked, n_live, fail_at;
static _Atomic int fail_forever;

void rft_alloc_fail_at(uint64_t n, int forever)
{
    fail_forever = forever;
    fail_at = n ? n_asked + n : 0;
}

uint64_t rft_alloc_count(void)
{
    return n_asked;
}

uint64_t rft_alloc_n_live(void)
{
    return n_live;
}

static int refused(void)
{
    uint64_t now = ++n_asked, at = fail_at;
    return at && (now == at || (fail_forever && now > at));
}

static void *logged_failure(size_t n, size_t size)
{
    rft_log_error("out of host memory: %zu x %zu bytes refused; close other programs or give rftgen more memory", n,
                  size);
    return NULL;
}

void *rft_try_alloc(size_t n, size_t size)
{
    if (n == 0 || size == 0)
        n = size = 1;
    void *p = refused() ? NULL : calloc(n, size);
    n_live += p != NULL;
    return p;
}

void *rft_alloc(size_t n, size_t size)
{
    void *p = rft_try_alloc(n, size);
    return p != NULL ? p : logged_failure(n, size);
}

void *rft_realloc(void *p, size_t n, size_t size)
{
    if (n == 0 || size == 0)
        n = size = 1;
    if (refused() || n > SIZE_MAX / size)
        return logged_failure(n, size);
    void *q = realloc(p, n * size);
    if (q == NULL)
        return logged_failure(n, size);
    if (p == NULL)
        n_live++;
    return q;
}

void rft_free(void *p)
{
    if (p != NULL)
        n_live--;
    free(p);
}

char *rft_strndup(const char *s, size_t n)
{
    char *copy = n == SIZE_MAX ? NULL : rft_alloc(n + 1, 1);
    if (copy != NULL && n)
        memcpy(copy, s, n);
    return copy;
}

char *rft_strdup(const char *s)
{
    return rft_strndup(s, strlen(s));
}

int rft_grow(void **p, size_t *cap, size_t n, size_t size)
{
    if (n <= *cap)
        return 0;
    size_t want = *cap ? *cap : 16;
    while (want < n) {
        if (want > SIZE_MAX / 2)
            return -1;
        want *= 2;
    }
    void *q = rft_realloc(*p, want, size);
    if (q == NULL)
        return -1;
    *p = q;
    *cap = want;
    return 0;
}
