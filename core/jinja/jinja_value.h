/* SPDX-License-Identifier: MIT */
/* Making values and asking them. */
#ifndef RFT_JINJA_VALUE_H
#define RFT_JINJA_VALUE_H

#include "jinja_data.h"
#include "status.h"

/* ---- making values ---- */
struct rft_jinja_value rft_jinja_none(void);
struct rft_jinja_value rft_jinja_bool(bool boolean);
struct rft_jinja_value rft_jinja_int(int64_t integer);
struct rft_jinja_value rft_jinja_float(double real);
struct rft_jinja_value rft_jinja_undefined(struct rft_bytes name);
struct rft_jinja_value rft_jinja_text_value(struct rft_jinja_text text);
struct rft_jinja_value rft_jinja_name_value(struct rft_bytes name); /* a name of the template's source, as a text */
struct rft_jinja_value rft_jinja_literal(const char *z);            /* static text, the template's own */

/* New and empty. RFT_ERR_INPUT when the run's memory is used up, like everything below that makes something. */
enum rft_status rft_jinja_list_new(struct rft_jinja_run *run, enum rft_jinja_kind kind, struct rft_jinja_value *list);
enum rft_status rft_jinja_dict_new(struct rft_jinja_run *run, struct rft_jinja_value *dict);
enum rft_status rft_jinja_list_add(struct rft_jinja_run *run, struct rft_jinja_list *list, struct rft_jinja_value item);
/* Replaces the value of a key that is there. */
enum rft_status rft_jinja_dict_set(struct rft_jinja_run *run, struct rft_jinja_dict *dict, struct rft_jinja_value key,
                                   struct rft_jinja_value value);

/* ---- asking ---- */
/* NULL if the key is not there. */
struct rft_jinja_value *rft_jinja_dict_find(const struct rft_jinja_dict *dict, const struct rft_jinja_value *key);
struct rft_jinja_value *rft_jinja_dict_find_name(const struct rft_jinja_dict *dict, struct rft_bytes name);
bool rft_jinja_is_true(const struct rft_jinja_value *value);
bool rft_jinja_is_number(const struct rft_jinja_value *value); /* a bool is one */
bool rft_jinja_is_list(const struct rft_jinja_value *value);   /* a list or a tuple, of any flavor */
bool rft_jinja_is_hashable(const struct rft_jinja_value *key); /* Python hashes keys; what it cannot hash is none */
double rft_jinja_real(const struct rft_jinja_value *number);
int64_t rft_jinja_whole(const struct rft_jinja_value *number); /* of a bool or an int */
/* Python's ==. */
bool rft_jinja_equal(const struct rft_jinja_value *a, const struct rft_jinja_value *b);
/* Python's order: negative, 0, positive. False if the two cannot be compared. */
bool rft_jinja_compare(const struct rft_jinja_value *a, const struct rft_jinja_value *b, int *order);
/* Steps that looking for a key takes at worst. */
uint64_t rft_jinja_find_key_work(const struct rft_jinja_dict *dict, const struct rft_jinja_value *key);
uint64_t rft_jinja_weight(const struct rft_jinja_value *value);       /* steps that comparing or walking it takes */
const char *rft_jinja_type_name(const struct rft_jinja_value *value); /* Python's */
struct rft_bytes rft_jinja_bytes(const struct rft_jinja_value *text);

/* The members that going through a value gives: of a list, the characters of a text, the keys of a dict. A generator is
 * empty afterwards. Raises what Python raises for a value that cannot be gone through. */
enum rft_status rft_jinja_iterate(struct rft_jinja_run *run, const struct rft_jinja_value *value,
                                  struct rft_jinja_list *members);

#endif
