/* SPDX-License-Identifier: MIT */
#include "utf8.h"

size_t rft_utf8_decode(const char *p, const char *end, int32_t *code_point)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t left = (size_t)(end - p);
    unsigned lead = u[0], low = 0x80, high = 0xbf;
    size_t n;
    *code_point = -1;
    if (lead < 0x80) {
        *code_point = (int32_t)lead;
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf)
        n = 2;
    else if (lead >= 0xe0 && lead <= 0xef)
        n = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        n = 4;
    else
        return 1;
    if (lead == 0xe0)
        low = 0xa0; /* shorter forms are overlong */
    else if (lead == 0xed)
        high = 0x9f; /* surrogates */
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f; /* beyond U+10FFFF */
    uint32_t value = lead & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (i >= left || u[i] < low || u[i] > high)
            return i;
        value = value << 6 | (u[i] & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    *code_point = (int32_t)value;
    return n;
}

size_t rft_utf8_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t n = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    out[0] = (char)(leads[n] | code_point);
    return n;
}

size_t rft_utf8_cut(const char *text, size_t len, size_t max)
{
    size_t n = len < max ? len : max;
    while (n > 0 && n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}
