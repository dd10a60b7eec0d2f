/* SPDX-License-Identifier: MIT */
/* What every test needs: paths, log capture, an allocation-failure loop. */
#ifndef RFT_SUPPORT_H
#define RFT_SUPPORT_H

#include "test_main.h"

#include "alloc.h"
#include "log.h"
#include "os.h"
#include "out_file.h"
#include "status.h"
#include "str.h"

/* Root of the source tree, and a file under it (static buffer per call site is not shared: returned memory is leaked on
 * purpose until exit). */
const char *rft_test_path(const char *relative);

/* A file of the optional shared test data, whose root is $RFTGEN_SHARED_DATA; NULL if unset or absent (then skip
 * visibly with RFT_SKIP). */
const char *rft_test_shared(const char *relative);

/* A fresh temporary directory, removed at exit. */
const char *rft_test_tmp_dir(void);
/* A path in it; valid until eight more were asked for. */
const char *rft_test_tmp_path(const char *name);
void rft_test_write_file(const char *path, const void *bytes, size_t n);

/* An output at `path` that is claimed and may replace what stands there. "" = one that is not written. */
struct rft_out_file rft_test_out(const char *path);
/* Fails if a temporary file of ours was left in the temporary directory. */
void rft_test_no_leftovers(void);

/* Collects log lines (errors and warnings) from now on; the last 64 KiB are kept. */
void rft_test_log_capture(void);
const char *rft_test_log_text(void);
uint32_t rft_test_log_count(const char *part); /* how often it is in there */
void rft_test_log_release(void);

/* Runs fn(user) with every one of its allocations failing once, in turn. fn must return RFT_OK when nothing fails; on a
 * failure it must return an error or succeed, and leave no live allocation. Returns how many allocations were
 * failed. */
uint64_t rft_test_alloc_faults(enum rft_status (*fn)(void *user), void *user);

#endif
