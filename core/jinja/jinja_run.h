/* SPDX-License-Identifier: MIT */
/* What every part of a rendering does with the run: take memory, count work, fail. */
#ifndef RFT_JINJA_RUN_H
#define RFT_JINJA_RUN_H

#include "jinja_data.h"
#include "log.h"
#include "status.h"

/* Says why the rendering fails, at the place that is evaluated; RFT_ERR_INPUT. Text as of printf. */
enum rft_status rft_jinja_fail(struct rft_jinja_run *run, const char *fmt, ...) RFT_PRINTF(2, 3);
/* The same for what this interpreter does not do, though Jinja would: RFT_ERR_UNSUPPORTED. */
enum rft_status rft_jinja_refuse(struct rft_jinja_run *run, const char *fmt, ...) RFT_PRINTF(2, 3);

/* n * size bytes of the run; fails when they are used up. */
enum rft_status rft_jinja_take(struct rft_jinja_run *run, size_t n, size_t size, void **taken);
/* Counts work: a template that never ends is stopped. */
enum rft_status rft_jinja_work(struct rft_jinja_run *run, uint64_t n);

#endif
