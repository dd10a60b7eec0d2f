/* SPDX-License-Identifier: MIT */
/* Where the bytes of a text come from, which decides what may become an added token. */
#ifndef RFT_MARKS_H
#define RFT_MARKS_H

/* Of one byte. A character whose bytes differ takes the strictest: plain, then data, then template. */
enum rft_tok_mark {
    RFT_TOK_TEMPLATE = 0, /* markup: every added token is recognised */
    RFT_TOK_PLAIN = 1,    /* nothing but characters: no added token touches it, nor takes its white space */
    /* what a chat template is filled with: no special token touches it; added tokens that are not special are
     * recognised, and a token beside it may take its white space, as the reference does with the whole text */
    RFT_TOK_DATA = 2,
};

#endif
