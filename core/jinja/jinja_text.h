/* SPDX-License-Identifier: MIT */
/* Texts with marks: built byte by byte, taken apart by characters. A character is a code point; texts are well-formed
 * UTF-8. Marks go where their bytes go. */
#ifndef RFT_JINJA_TEXT_H
#define RFT_JINJA_TEXT_H

#include "jinja_data.h"
#include "status.h"

enum rft_status rft_jinja_put(struct rft_jinja_run *run, struct rft_jinja_buffer *buffer, struct rft_jinja_text text);
/* The template's own bytes, or data's. */
enum rft_status rft_jinja_put_bytes(struct rft_jinja_run *run, struct rft_jinja_buffer *buffer, const char *bytes,
                                    size_t n, bool is_data);
enum rft_status rft_jinja_put_z(struct rft_jinja_run *run, struct rft_jinja_buffer *buffer, const char *z);
/* What was put, which later puts do not change. */
struct rft_jinja_text rft_jinja_built(const struct rft_jinja_buffer *buffer);

struct rft_jinja_text rft_jinja_part(struct rft_jinja_text text, size_t begin, size_t end); /* in bytes */
bool rft_jinja_is_data(struct rft_jinja_text text, size_t at);                              /* the mark of a byte */

size_t rft_jinja_n_chars(struct rft_jinja_text text);
/* Where character n begins, in bytes; text.len if there are fewer. */
size_t rft_jinja_char_at(struct rft_jinja_text text, size_t n);
/* The character that begins at a byte, and where the next one does. */
int32_t rft_jinja_next_char(struct rft_jinja_text text, size_t at, size_t *next);

/* First or last occurrence of what in [begin, end), in bytes; SIZE_MAX if there is none. */
size_t rft_jinja_find(struct rft_jinja_text text, size_t begin, size_t end, struct rft_bytes what);
/* Steps that a search takes at worst. */
uint64_t rft_jinja_find_work(size_t text_len, size_t what_len);
size_t rft_jinja_find_last(struct rft_jinja_text text, size_t begin, size_t end, struct rft_bytes what);

/* str.isspace's characters. */
bool rft_jinja_is_space(int32_t code_point);
enum { RFT_JINJA_LEFT = 1, RFT_JINJA_RIGHT = 2, RFT_JINJA_BOTH = 3 };
/* Steps that it takes at worst. */
uint64_t rft_jinja_strip_work(size_t text_len, size_t chars_len);
/* Without the characters of `chars` at the ends that `sides` names; chars.data NULL: white space. */
struct rft_jinja_text rft_jinja_strip(struct rft_jinja_text text, struct rft_bytes chars, unsigned sides);

#endif
