/* SPDX-License-Identifier: MIT */
/* One line of the journal: fields with a space between them, the last one the XXH64 of what stands before it. */
#ifndef RFT_JOURNAL_LINE_H
#define RFT_JOURNAL_LINE_H

#include "fingerprint.h"
#include "sample.h"
#include "status.h"

#include <stdbool.h>

/* Appends both header lines: twice "rftgen-journal 3 <fingerprint> <the fingerprint's lines> <hash>\n", so that damage
 * to one leaves the other. The same run always has the same header. */
enum rft_status rft_journal_put_header(struct rft_str *out, const struct rft_fingerprint *fingerprint);
/* A header line without its newline, whole and of this version. Its lines stay escaped, a view of it. */
bool rft_journal_parse_header(struct rft_bytes line, uint64_t *fingerprint, struct rft_bytes *lines);

/* What a file that begins otherwise is. */
enum rft_journal_kind {
    RFT_JOURNAL_BLANK, /* empty, zeros, or a beginning of a header: the process or the machine died when it was made */
    RFT_JOURNAL_OLD,   /* of format 1 or 2 */
    RFT_JOURNAL_DAMAGED, /* a journal, but no header line is whole */
    RFT_JOURNAL_FOREIGN, /* none of rftgen's */
};
enum rft_journal_kind rft_journal_kind_of(struct rft_bytes text);

/* A sample's line, as it stands there. */
struct rft_journal_line {
    uint64_t question; /* rft_question_identity: its place in the dataset may change */
    uint32_t sample;
    uint32_t n_tokens;
    enum rft_finish finish;
    struct rft_bytes logprobs; /* as rft_journal_take_logprobs reads it */
    struct rft_bytes text;     /* escaped, a view of the line */
};

/* "<question> <sample> <tokens> <finish> <log-probabilities> <text> <hash>\n"; the question's identity in hexadecimal;
 * log-probabilities: "-", or the bits of their sum, a double, and of each one, a float, in hexadecimal; in the text
 * \xHH stands for controls, backslashes and bytes that are not UTF-8. The hash is XXH64 of what stands before it,
 * seeded with the run's fingerprint: a line of another run is none of this one's. */
enum rft_status rft_journal_put_sample(struct rft_str *out, uint64_t fingerprint, uint64_t question,
                                       const struct rft_sample *sample);
/* False if the line is torn, damaged or another run's. */
bool rft_journal_parse_sample(struct rft_bytes line, uint64_t fingerprint, struct rft_journal_line *out);
/* Reads a line's log-probabilities into the sample; room: [(logprobs.len - 16) / 8] at least. False if there are others
 * than n_tokens or none of them. */
bool rft_journal_take_logprobs(const struct rft_journal_line *line, float *room, struct rft_sample *out);

#endif
