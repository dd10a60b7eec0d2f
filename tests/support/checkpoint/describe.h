/* SPDX-License-Identifier: MIT */
/* Descriptions of models in tests: made from the text of a config.json, compared, refused. */
#ifndef RFT_DESCRIBE_H
#define RFT_DESCRIBE_H

#include "model.h"
#include "model_options.h"

#include <jansson.h>

/* The description of a config.json; fails if there is none, or if anything is warned of. */
struct rft_model_config rft_test_describe(const char *text);
/* The same from JSON. */
struct rft_model_config rft_test_describe_json(const json_t *json);
/* Refused with one line of log, not too long, that holds `message`, and an emptied description. */
void rft_test_refuse_config(const char *text, const struct rft_model_options *options, const char *message);
/* Accepted, and the log then has one line that holds `message`; NULL: an empty log. */
struct rft_model_config rft_test_warn_config(const char *text, const struct rft_model_options *options,
                                             const char *message);

/* Field by field, so that one that is added is compared, too. */
void rft_test_same_description(const char *what, const struct rft_model_config *a, const struct rft_model_config *b);

/* A JSON file below the source directory; the caller gives it back (json_decref). */
json_t *rft_test_json(const char *path);

#endif
