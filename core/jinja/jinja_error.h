/* SPDX-License-Identifier: MIT */
/* Why a template fails. */
#ifndef RFT_JINJA_ERROR_H
#define RFT_JINJA_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/* Where and why a template fails. */
struct rft_jinja_error {
    uint32_t line, column; /* counted from 1, columns in bytes; 0: no place */
    bool is_raised;        /* by raise_exception: text is the template's own message */
    char text[400];
};

#endif
