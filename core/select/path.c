/* SPDX-License-Identifier: MIT */
#include "path.h"

#include "annotations.h"
#include "plain_equations.h"
#include "scan.h"

#include <xxhash.h>

struct rft_text_hash rft_text_hash_of(struct rft_bytes text)
{
    const XXH128_hash_t hash = XXH3_128bits(text.data, text.len);
    return (struct rft_text_hash){hash.low64, hash.high64};
}

bool rft_text_hash_equal(struct rft_text_hash a, struct rft_text_hash b)
{
    return a.low == b.low && a.high == b.high;
}

enum rft_status rft_text_put_clean(struct rft_bytes text, struct rft_str *out)
{
    const char *p = text.data, *from = p, *end = text.len != 0 ? p + text.len : p; /* a view of nothing may be NULL */
    while (p < end) {
        int32_t code_point;
        size_t len = rft_utf8_decode(p, end, &code_point);
        if (code_point < 0) {
            RFT_TRY(rft_str_append(out, from, (size_t)(p - from)));
            RFT_TRY(rft_str_append_z(out, RFT_UTF8_REPLACEMENT));
            from = p + len;
        }
        p += len;
    }
    return rft_str_append(out, from, (size_t)(end - from));
}

enum rft_status rft_text_put_normal(struct rft_bytes text, struct rft_str *out)
{
    struct rft_bytes left = rft_bytes_trim(text);
    while (left.len != 0) {
        size_t n = 0;
        while (n < left.len && !rft_is_space(left.data[n]))
            n++;
        RFT_TRY(rft_text_put_clean((struct rft_bytes){left.data, n}, out));
        left = rft_bytes_trim((struct rft_bytes){left.data + n, left.len - n});
        if (left.len != 0)
            RFT_TRY(rft_str_append_z(out, " "));
    }
    return RFT_OK;
}

enum rft_status rft_path_put(struct rft_bytes text, struct rft_str *out)
{
    size_t from = out->len;
    RFT_TRY(rft_annotations_put(text, out));
    if (out->len == from)
        RFT_TRY(rft_plain_equations_put(text, out));
    return out->len == from ? rft_text_put_normal(text, out) : RFT_OK;
}

enum rft_status rft_distinct_key(enum rft_distinct distinct, struct rft_bytes text, struct rft_str *scratch,
                                 struct rft_text_hash *key)
{
    rft_str_clear(scratch);
    RFT_TRY(distinct == RFT_DISTINCT_PATHS ? rft_path_put(text, scratch) : rft_text_put_normal(text, scratch));
    *key = rft_text_hash_of((struct rft_bytes){scratch->data, scratch->len});
    return RFT_OK;
}
