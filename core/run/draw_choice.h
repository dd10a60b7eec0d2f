/* SPDX-License-Identifier: MIT */
/* How tokens are drawn: the configuration's values, and for those that it does not give the model's own. */
#ifndef RFT_DRAW_CHOICE_H
#define RFT_DRAW_CHOICE_H

#include "config.h"
#include "generation.h"
#include "provenance.h"

struct rft_draw_choice {
    double values[RFT_GENERATION_COUNT];
    /* Where each comes from, for people: "the configuration", "generation_config.json", "built in". Static text, or
     * the model's. */
    const char *from[RFT_GENERATION_COUNT];
    struct rft_generation model; /* what the model's files say */
};

/* is_chat: only then do the model's values count. gguf: NULL for a directory. The log says which were taken. */
enum rft_status rft_draw_choose(const struct rft_config *config, bool is_chat, const struct rft_gguf *gguf,
                                struct rft_draw_choice *choice);
void rft_draw_choice_finish(struct rft_draw_choice *choice);
/* The configuration with these values; its texts and lists are borrowed, of the choice, too. */
struct rft_config rft_draw_apply(const struct rft_config *config, struct rft_draw_choice *choice);

/* How samples differ in being drawn; `drawn` is what rft_draw_apply gave, which is borrowed. */
struct rft_sweep rft_draw_sweep(const struct rft_config *drawn);
struct rft_draw rft_draw_of(const struct rft_config *drawn, uint32_t sample);
/* The name of a value's key: "generate.temperature". */
const char *rft_draw_key(enum rft_generation_value value);

#endif
