/* SPDX-License-Identifier: MIT */
/* One line of the journal: fields with a space between them, the last one the XXH64 of what stands before it. */
#ifndef RFT_JOURNAL_LINE_H
#define RFT_JOURNAL_LINE_H

#include "fingerprint.h"
#include "sample.h"
#include "status.h"

#include <stdbool.h>

/* Appends both header lines: twice "rftgen-journal 2 <fingerprint> <the fingerprint's lines> <hash>\n", so that damage
 * to one leaves the other. The same run always has the same header. */
enum rft_status rft_journal_put_header(struct rft_str *out, const struct rft_fingerprint *fingerprint);
/* A header line without its newline, whole and of this version. Its lines stay escaped, a view of it. */
bool rft_journal_parse_header(struct rft_bytes line, uint64_t *fingerprint, struct rft_bytes *lines);

/* What a file that begins otherwise is. */
enum rft_journal_kind {
    RFT_JOURNAL_BLANK, /* empty, zeros, or a beginning of a header: the process or the machine died when it was made */
    RFT_JOURNAL_OLD,   /* of format 1 */
    RFT_JOURNAL_DAMAGED, /* a journal, but no header line is whole */
    RFT_JOURNAL_FOREIGN, /* none of rftgen's */
};
enum rft_journal_kind rft_journal_kind_of(struct rft_bytes text);

/* "<question> <sample> <tokens> <finish> <text> <hash>\n"; in the text \xHH stands for controls, backslashes and bytes
 * that are not UTF-8. The hash is XXH64 of what stands before it, seeded with the run's fingerprint: a line of another
 * run is none of this one's. */
enum rft_status rft_journal_put_sample(struct rft_str *out, uint64_t fingerprint, const struct rft_sample *sample);
/* out->text stays escaped, a view of the line. False if the line is torn, damaged or another run's. */
bool rft_journal_parse_sample(struct rft_bytes line, uint64_t fingerprint, struct rft_sample *out);

#endif
