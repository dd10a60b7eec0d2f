/* SPDX-License-Identifier: MIT */
/* One rendering of a template, for the files that evaluate: its memory, its bounds, where it stands, and how it
 * fails. */
#ifndef RFT_JINJA_RUN_H
#define RFT_JINJA_RUN_H

#include "arena.h"
#include "jinja.h"
#include "jinja_text.h"
#include "jinja_value.h"

/* Variables of a block that has its own: the template, a pass of a loop, a macro. */
struct rft_jinja_scope {
    struct rft_jinja_scope *outer;
    struct rft_jinja_dict variables; /* by name */
};

/* How deep expressions, statements and macros may call each other. */
#define RFT_JINJA_DEPTH_MAX 500

struct rft_jinja_run {
    struct rft_arena arena;
    const struct rft_jinja_node *at; /* what is evaluated, for an error's place */
    struct rft_jinja_error *error;
    struct rft_jinja_scope *scope;
    struct rft_jinja_buffer *out;   /* where output goes */
    struct rft_jinja_text captured; /* what the block that ended last put out, for its filters */
    uint64_t steps_left;
    uint32_t depth;
    struct rft_jinja_date date;
};

/* Says why the rendering fails, at the place that is evaluated; RFT_ERR_INPUT. Text as of printf. */
enum rft_status rft_jinja_fail(struct rft_jinja_run *run, const char *fmt, ...) RFT_PRINTF(2, 3);
/* The same for what this interpreter does not do, though Jinja would: RFT_ERR_UNSUPPORTED. */
enum rft_status rft_jinja_refuse(struct rft_jinja_run *run, const char *fmt, ...) RFT_PRINTF(2, 3);

/* n * size bytes of the run; fails when they are used up. */
enum rft_status rft_jinja_take(struct rft_jinja_run *run, size_t n, size_t size, void **taken);
/* Counts work: a template that never ends is stopped. */
enum rft_status rft_jinja_work(struct rft_jinja_run *run, uint64_t n);

#endif
