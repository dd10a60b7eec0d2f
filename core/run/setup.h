/* SPDX-License-Identifier: MIT */
/* What the run, the plan, the dump and the trace have in common: inputs read, a device chosen, a plan made. Each is
 * opened by its own module; the setup knows the order, and what to do when the device has less memory than it said. */
#ifndef RFT_SETUP_H
#define RFT_SETUP_H

#include "budget.h"
#include "config.h"
#include "engine.h"
#include "inputs.h"

struct rft_setup {
    struct rft_inputs inputs;
    struct rft_draw_rules rules; /* of the configuration and the inputs */
    struct rft_engine engine;    /* device open; weights only after rft_setup_load */
    struct rft_plan plan;
    uint64_t available_bytes; /* of the device when it was opened */
};

/* Reads the inputs, opens the device and makes the plan. */
enum rft_status rft_setup_open(const struct rft_config *config, struct rft_setup *setup);
/* The same with questions that are there already; they are taken over, and empty then. */
enum rft_status rft_setup_open_with(const struct rft_config *config, struct rft_dataset *questions,
                                    struct rft_setup *setup);
/* Puts the weights on the device. If it turns out to have less memory than it said, more layers' weights go to the
 * host, and the plan follows; a lost device is opened again. */
enum rft_status rft_setup_load(struct rft_setup *setup);
void rft_setup_close(struct rft_setup *setup);

#endif
