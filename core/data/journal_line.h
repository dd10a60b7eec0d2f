/* SPDX-License-Identifier: MIT */
/* One line of the journal: fields with a space between them, the last one the XXH64 of what stands before it. */
#ifndef RFT_JOURNAL_LINE_H
#define RFT_JOURNAL_LINE_H

#include "journal.h"

/* "rftgen-journal 1 <fingerprint> <hash>\n". */
enum rft_status rft_journal_put_header(struct rft_str *out, const char *fingerprint);
/* The fingerprint out of a header without its newline; false if it is none of this version or is damaged. */
bool rft_journal_parse_header(struct rft_bytes line, struct rft_bytes *fingerprint);
/* Whether a first line without a newline is what is left of a header. */
bool rft_journal_is_torn_header(struct rft_bytes line);

/* "<question> <sample> <tokens> <finish> <text> <hash>\n"; in the text \xHH stands for controls, backslashes and bytes
 * that are not UTF-8. */
enum rft_status rft_journal_put_sample(struct rft_str *out, const struct rft_sample *sample);
/* out->text stays escaped, a view of the line. False if the line is torn or damaged. */
bool rft_journal_parse_sample(struct rft_bytes line, struct rft_sample *out);
enum rft_status rft_journal_unescape(struct rft_bytes escaped, struct rft_str *text);

#endif
