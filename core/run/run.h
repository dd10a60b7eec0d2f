/* SPDX-License-Identifier: MIT */
/* The whole job. */
#ifndef RFT_RUN_H
#define RFT_RUN_H

#include "config.h"
#include "status.h"

#include <stdbool.h>

/* The main job: questions in, dataset out. Goes on where an interrupted run of the same configuration stopped.
 * force: replace existing output files, and a journal of another run; one of this run is gone on from. quiet: no
 * progress, only warnings and errors on stderr. RFT_ERR_INTERRUPTED after Ctrl-C, with everything committed so far
 * kept. */
enum rft_status rft_run(const struct rft_config *config, bool force, bool quiet);

#endif
