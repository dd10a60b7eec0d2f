/* SPDX-License-Identifier: MIT */
/* Host memory. Every allocation of the program goes through here, so that a test can let each one fail in turn and
 * count what is still held; the libraries with allocation hooks (jansson, PCRE2) are pointed here too. */
#ifndef RFT_ALLOC_H
#define RFT_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* n * size bytes, zeroed; NULL when memory is short or the product overflows. n or size 0 gives a unique pointer. The
 * failure is logged here, with the bytes asked, so callers only return RFT_ERR_HOST_MEMORY. */
void *rft_alloc(size_t n, size_t size);

/* The same without a word when memory is short: for what can be done without. */
void *rft_try_alloc(size_t n, size_t size);

/* Resizes to n * size bytes; new bytes are not zeroed. On failure NULL, and the old memory stays valid. */
void *rft_realloc(void *p, size_t n, size_t size);

/* NULL is accepted. */
void rft_free(void *p);

/* Copies n bytes and adds a NUL. */
char *rft_strndup(const char *s, size_t n);
char *rft_strdup(const char *s);

/* Doubles *cap until it holds n elements of size bytes; *p may move. 0 on success, -1 with *p and *cap unchanged. */
int rft_grow(void **p, size_t *cap, size_t n, size_t size);

/* Points jansson's allocations here. Call once, at the start of main() or of a test. */
void rft_alloc_hook_json(void);

/* For tests: the n-th allocation from now on (1 = the next) fails, and with `forever` all after it; 0 turns it off. */
void rft_alloc_fail_at(uint64_t n, int forever);
uint64_t rft_alloc_count(void);  /* allocations asked since start */
uint64_t rft_alloc_n_live(void); /* allocations not freed yet */

#endif
