/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "unicode.h"

#include <pcre2.h>
#include <utf8proc.h>

const char *rft_unicode_pcre2(void)
{
    static char version[32];
    if (version[0] == '\0' && pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, NULL) < (int)sizeof version)
        (void)pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, version);
    return version;
}

const char *rft_unicode_utf8proc(void)
{
    return utf8proc_unicode_version();
}
