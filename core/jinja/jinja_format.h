/* SPDX-License-Identifier: MIT */
/* Python's ways to fill values into a text, and to write a date. */
#ifndef RFT_JINJA_FORMAT_H
#define RFT_JINJA_FORMAT_H

#include "jinja_builtin.h"

/* format % values: %s %r %d %i %x %o %e %f %g %c %% with flags, width and precision; %(name)s takes from a dict. */
enum rft_status rft_jinja_format_percent(struct rft_jinja_run *run, struct rft_jinja_text format,
                                         const struct rft_jinja_value *values, struct rft_jinja_value *result);
/* str.format: {}, {0}, {name}, and doubled braces. A conversion, a format or a member within is refused. */
enum rft_status rft_jinja_format_braces(struct rft_jinja_run *run, struct rft_jinja_text format,
                                        const struct rft_jinja_arguments *args, struct rft_jinja_value *result);
/* strftime of the run's date at midnight, in the C locale. */
enum rft_status rft_jinja_format_date(struct rft_jinja_run *run, struct rft_jinja_text format,
                                      struct rft_jinja_value *result);

#endif
