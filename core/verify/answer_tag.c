/* SPDX-License-Identifier: MIT */
#include "answer_tag.h"

#include "scan.h"

#include <string.h>

struct rft_bytes rft_answer_tag(struct rft_bytes text)
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
