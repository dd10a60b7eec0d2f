/* SPDX-License-Identifier: MIT */
/* What the commands of rftgen do. Each logs its own errors; main.c only turns the status into an exit code. */
#ifndef RFT_RUN_H
#define RFT_RUN_H

#include "config.h"
#include "status.h"

#include <stdbool.h>

/* The main job: questions in, dataset out. Goes on where an interrupted run of the same configuration stopped.
 * force: replace existing output files, and a journal of another run; one of this run is gone on from. quiet: no progress, only warnings and errors on stderr.
 * RFT_ERR_INTERRUPTED after Ctrl-C, with everything committed so far kept. */
enum rft_status rft_run(const struct rft_config *config, bool force, bool quiet);

/* Prints the memory plan on stdout: weights, pools, pages and slots for the configured budget. Generates nothing. */
enum rft_status rft_run_plan(const struct rft_config *config);

/* Prints the compiled-in backends and their devices on stdout, each device opened and tested. */
enum rft_status rft_run_devices(void);

/* Prints the program of kernel calls, prefill and step, on stdout. */
enum rft_status rft_run_dump_program(const struct rft_config *config);

/* Computes the first question's prompt and the first steps of its first samples kernel call by kernel call, and prints for
 * each a line on stdout: program, run, number, op, label, and the XXH64 of every range it wrote. Two devices' outputs differ
 * first at the first call whose results differ. */
enum rft_status rft_run_trace(const struct rft_config *config);

#endif
