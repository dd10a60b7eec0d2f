/* SPDX-License-Identifier: MIT */
/* The plain kernels without a device: what other backends are compared with. */
#ifndef RFT_CPU_REFERENCE_H
#define RFT_CPU_REFERENCE_H

#include "program.h"

/* Runs a node whose addresses are the host's on the calling thread, as worker 0. */
void cpu_reference_run(const struct rft_node *node);

#endif
