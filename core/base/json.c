/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "alloc.h"

#include <stdbool.h>

/* While a text is parsed. From the first allocation that fails, jansson's string buffer, which does not check, is
 * served from a reserve, and everything else, which does, gets NULL: the parse ends in order. The buffer's sizes are
 * powers of two from 32 up; that something else may have such a size, too, only lets the parse go on for a moment. */
static struct {
    char *reserve;
    size_t size, used;
    bool failed;
} guard;

static void *json_alloc(size_t n)
{
    if (!guard.failed) {
        void *p = rft_alloc(n, 1);
        guard.failed = !p && guard.reserve;
        if (p || !guard.failed)
            return p;
    }
    if (n < 32 || (n & (n - 1)) != 0 || n > guard.size - guard.used)
        return NULL;
    guard.used += n;
    return guard.reserve + guard.used - n;
}

static void json_release(void *p)
{
    uintptr_t at = (uintptr_t)p, reserve = (uintptr_t)guard.reserve;
    if (!reserve || at < reserve || at >= reserve + guard.size)
        rft_free(p);
}

void rft_alloc_hook_json(void)
{
    json_set_alloc_funcs(json_alloc, json_release);
}

enum rft_status rft_json_load(const char *path, struct rft_bytes text, size_t flags, json_t **tree)
{
    return rft_json_load_at(path, 1, text, flags, tree);
}

enum rft_status rft_json_load_at(const char *path, uint64_t line, struct rft_bytes text, size_t flags, json_t **tree)
{
    json_error_t error;
    *tree = NULL;
    guard.reserve = rft_alloc(text.len + 16, 4); /* enough for all sizes of a buffer that grows to the text's */
    if (!guard.reserve)
        return RFT_ERR_HOST_MEMORY;
    guard.size = 4 * (text.len + 16);
    guard.used = 0;
    json_t *root = json_loadb(text.data ? text.data : "", text.len, flags, &error);
    bool failed = guard.failed || (!root && json_error_code(&error) == json_error_out_of_memory);
    if (failed) {
        json_decref(root);
        root = NULL;
    }
    rft_free(guard.reserve);
    guard.reserve = NULL;
    guard.failed = false;
    *tree = root;
    if (root)
        return RFT_OK;
    if (failed)
        return RFT_ERR_HOST_MEMORY;
    line += error.line > 0 ? (uint64_t)error.line - 1 : 0;
    rft_log_error("%s:%llu: %s", path, (unsigned long long)line, error.text);
    return RFT_ERR_INPUT;
}
