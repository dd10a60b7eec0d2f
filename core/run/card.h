/* SPDX-License-Identifier: MIT */
/* The dataset card: a README.md as the Hugging Face hub reads it, Markdown behind a head in YAML
 * (https://huggingface.co/docs/hub/datasets-cards), in the dataset's directory. What is in it, where it comes from, how
 * it is audited and made again. Same samples and same configuration, same bytes: it knows no time, no speed, no device
 * and no place. The licence is the publisher's affair. */
#ifndef RFT_CARD_H
#define RFT_CARD_H

#include "outputs.h"
#include "status.h"
#include "summary.h"

/* Writes it, if it goes anywhere. summary->from.config must be there. */
enum rft_status rft_card_write(struct rft_outputs *outputs, const struct rft_summary *summary);

#endif
