/* SPDX-License-Identifier: MIT */
/* Completions, parted by NUL: reading a path ends, whatever it is made of; what is written of it is bounded, says the
 * same again when it is read as a completion, and does not change where the outputs' replacements stand already. */
#include "path.h"
#include "plain_equations.h"
#include "selector.h"
#include "fuzz.h"

#include <string.h>

static struct rft_bytes bytes_of(const struct rft_str *s)
{
    return (struct rft_bytes){s->data, s->len};
}

static void read_path(struct rft_bytes text)
{
    struct rft_str path = {0}, clean = {0}, again = {0};
    require(rft_path_put(text, &path) == RFT_OK);
    require(path.len <= 3 * text.len + 8); /* a byte may become U+FFFD */
    require(rft_text_put_clean(text, &clean) == RFT_OK);
    require(rft_path_put(bytes_of(&clean), &again) == RFT_OK);
    require(rft_bytes_equal(bytes_of(&path), bytes_of(&again)));
    rft_str_clear(&again);
    require(rft_plain_equations_put(text, &path) == RFT_OK);
    rft_str_clear(&path);
    require(rft_plain_equations_put(text, &path) == RFT_OK);
    require(rft_plain_equations_put(bytes_of(&path), &again) == RFT_OK);
    require(rft_bytes_equal(bytes_of(&path), bytes_of(&again)));
    rft_str_finish(&path);
    rft_str_finish(&clean);
    rft_str_finish(&again);
}

/* All of them are one question's: every path is kept once, and of the first group the first. */
static void select_from(const char *text, size_t size)
{
    static const struct rft_select_options options = {
        .keep = RFT_KEEP_ALL, .distinct = RFT_DISTINCT_PATHS, .max_solve_rate = 1};
    uint64_t n_left_out[RFT_LEFT_OUT_COUNT] = {0};
    struct rft_selector *selector;
    const uint32_t *kept;
    uint32_t n = 0, n_kept;
    require(rft_selector_create(&options, n_left_out, &selector) == RFT_OK);
    for (size_t at = 0; at < size; n++) {
        const char *end = memchr(text + at, '\0', size - at);
        size_t len = end != NULL ? (size_t)(end - text) - at : size - at;
        const struct rft_judged_text judged = {.text = {text + at, len}, .is_right = true};
        read_path(judged.text);
        require(rft_selector_add(selector, &judged) == RFT_OK);
        at += len + 1;
    }
    require(rft_selector_choose(selector, (struct rft_bytes){0}, &kept, &n_kept) == RFT_OK);
    require(n_kept + n_left_out[RFT_LEFT_OUT_EQUAL] == n);
    require(n == 0 || kept[0] == 0);
    rft_selector_destroy(selector);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    select_from((const char *)data, size);
    return 0;
}
