/* SPDX-License-Identifier: MIT */
/* Lines of a file that may be cut short or damaged at any moment: each ends in a hash of what stands before it, seeded
 * with what it belongs to, so that a line proves by itself that it is whole and whose it is. */
#ifndef RFT_HASHED_LINE_H
#define RFT_HASHED_LINE_H

#include "status.h"
#include "str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFT_HASH_CHARS 16 /* a hash of 64 bits in hexadecimal */

/* Ends the line that begins at out->data[from]: a space, the XXH64 of the line seeded with `seed`, a newline. */
enum rft_status rft_line_put_hash(struct rft_str *out, size_t from, uint64_t seed);
/* Takes the hash off a line without its newline; false if it is not this line's with this seed. */
bool rft_line_take_hash(struct rft_bytes *line, uint64_t seed);
/* Sixteen lower-case hexadecimal digits. */
bool rft_line_parse_hash(const char *digits, uint64_t *hash);

/* Appends a text on one line: \xHH for controls, backslashes and bytes that are not UTF-8. */
enum rft_status rft_line_put_escaped(struct rft_str *out, struct rft_bytes text);
/* The text again, its buffer cleared first. RFT_ERR_INPUT, logged, for an escape that rftgen does not write. */
enum rft_status rft_line_unescape(struct rft_bytes escaped, struct rft_str *text);

#endif
