/* SPDX-License-Identifier: MIT */
/* What a run's samples depend on, as lines of text, "name=value": each key that shapes text with its value, each input
 * with a hash of its content. The fingerprint is the hash of these lines, so nothing can be in the one and not in the
 * other, and two runs that differ can be told in which line. */
#ifndef RFT_FINGERPRINT_H
#define RFT_FINGERPRINT_H

#include "status.h"
#include "str.h"

#include <stdint.h>

struct rft_fingerprint {
    struct rft_str lines; /* each ends in a newline, and holds no other */
    uint64_t hash;        /* XXH64 of the lines; valid once sealed */
    char text[17];        /* the hash in hexadecimal */
};

/* An input by its content's hash: "<name>=#<16 hexadecimal digits>". */
enum rft_status rft_fingerprint_add_hash(struct rft_fingerprint *fingerprint, const char *name, uint64_t hash);
/* Computes hash and text from the lines. */
void rft_fingerprint_seal(struct rft_fingerprint *fingerprint);
void rft_fingerprint_finish(struct rft_fingerprint *fingerprint);

/* Appends how `other` lines differ from these, for a person: "generate.seed was 1 and is 2; the questions differ", the
 * first few of them. Nothing if they do not. */
enum rft_status rft_fingerprint_explain(const struct rft_fingerprint *fingerprint, struct rft_bytes other,
                                        struct rft_str *out);

#endif
