/* SPDX-License-Identifier: MIT */
/* The messages that stand before an answer in the rows of chat fine-tuning. */
#ifndef RFT_ROW_TURNS_H
#define RFT_ROW_TURNS_H

#include "config.h"
#include "output.h"
#include "prompt.h"

/* Zero-initialise; finish it. */
struct rft_row_turns {
    const struct rft_prompt_text *text; /* the user's turn; NULL: the question alone */
    struct rft_bytes prefill;           /* what the model's turn begins with */
    struct rft_str system;              /* the system message; data NULL = none */
    struct rft_str head; /* JSON of the system message and, if they are wanted, the examples, with commas behind */
    char prompt_id[32];  /* "chat:1f2e...", "raw:..." */
};

/* has_examples: output.examples. The prompt must stay. */
enum rft_status rft_row_turns_init(const struct rft_prompt *prompt, bool has_examples, struct rft_row_turns *turns);
/* The same without a model, for completions that exist already: the system message and the examples of [prompt], and
 * the user's turn by prompt.template if is_chat, else the question alone. `text` must stay, and be closed. */
enum rft_status rft_row_turns_init_alone(const struct rft_config *config, bool is_chat, struct rft_prompt_text *text,
                                         struct rft_row_turns *turns);
void rft_row_turns_finish(struct rft_row_turns *turns);
/* What the writer of rows asks for; good as long as the turns are. */
struct rft_output_prompt rft_row_turns_for_output(const struct rft_row_turns *turns);

#endif
