/* SPDX-License-Identifier: MIT */
/* Regular expressions of Python's re, with which PEFT matches names of modules. */
#ifndef RFT_PYTHON_REGEX_H
#define RFT_PYTHON_REGEX_H

#include "regex.h"

/* Compiles before + pattern + behind with flags of regex.h. What PCRE2 reads differently is written anew ({,n}) or
 * refused (RFT_ERR_UNSUPPORTED); `file` and `key` are for messages. */
enum rft_status rft_python_regex(const char *file, const char *key, const char *before, struct rft_bytes pattern,
                                 const char *behind, unsigned flags, struct rft_regex *out);

#endif
