/* SPDX-License-Identifier: MIT */
/* The table of keys: all there is to know of one. Only core/config read it. */
#ifndef RFT_CONFIG_KEYS_H
#define RFT_CONFIG_KEYS_H

#include "config_fields.h"
#include "status.h"
#include "str.h"

enum rft_key_type {
    RFT_KEY_TEXT,     /* char * */
    RFT_KEY_IN_PATH,  /* char *, made complete and expanded */
    RFT_KEY_OUT_PATH, /* char *, expanded */
    RFT_KEY_WHOLE,    /* uint32_t or uint64_t: a number in range, or a word */
    RFT_KEY_CHOICE,   /* an enum or bool: a word */
    RFT_KEY_REAL,     /* double */
    RFT_KEY_AMOUNT,   /* struct rft_amount: bytes, percent, or the word auto */
    RFT_KEY_TEXTS,    /* struct rft_strings */
    RFT_KEY_IN_PATHS, /* struct rft_strings, each made complete and expanded */
    RFT_KEY_REALS,    /* struct rft_reals */
    RFT_KEY_WHOLES,   /* struct rft_wholes */
};

enum {
    RFT_KEY_REQUIRED = 1,      /* no default */
    RFT_KEY_SHAPES_TEXT = 2,   /* part of the fingerprint */
    RFT_KEY_ABOVE_LOW = 4,     /* REAL: low itself is not allowed */
    RFT_KEY_BELOW_HIGH = 8,    /* REAL: high itself is not allowed */
    RFT_KEY_PROGRAM = 32,      /* IN_PATH: a name without a slash is one of PATH's, and stays as it is */
    RFT_KEY_ONLY_TO_DRAW = 16, /* REQUIRED: not where nothing is drawn */
    RFT_KEY_SETTING = 64, /* stands in the records: a model, a prompt, a seed and a temperature given, it shapes text */
    RFT_KEY_ONLY_HERE = 128, /* says how or where this run is computed; no byte of the outputs depends on it */
};

#define RFT_KEY_ITEMS_MAX 16 /* of an array that is a value */

/* A word and the number it stands for. */
struct rft_word {
    const char *word;
    uint64_t value;
};

struct rft_key {
    const char *section;
    const char *name;
    const char *full_name; /* "section.name" */
    enum rft_key_type type;
    size_t offset; /* of the field in struct rft_config */
    size_t size;   /* of the field */
    double low, high;
    const struct rft_word *words; /* ends with a NULL word; NULL = none */
    unsigned flags;
    const char *fallback; /* the default as a user would write it */
    const char *help;     /* one or more lines, parted by \n, each short enough for an INI comment */
};

extern const struct rft_key rft_keys[];
extern const size_t rft_n_keys;

/* Reads `text` into the key's field. `where` begins the message of an error ("rft.ini:3: "); dir: where a relative
 * input path is looked up, NULL = the current directory. An earlier value is replaced. */
enum rft_status rft_key_read(const struct rft_key *key, const char *where, const char *dir, const char *text,
                             struct rft_config *config);

/* Appends the field in canonical form. */
enum rft_status rft_key_print(const struct rft_key *key, const struct rft_config *config, struct rft_str *out);

/* Appends what may be given: "1 to 1000000, or auto". */
enum rft_status rft_key_allowed(const struct rft_key *key, struct rft_str *out);

void rft_key_finish(const struct rft_key *key, struct rft_config *config);

/* The key of a section by its name. RFT_ERR_CONFIG if there is none, saying what may be meant; `where` begins the
 * message. */
enum rft_status rft_key_find(const char *where, const char *section, const char *name, size_t *index);
bool rft_key_is_section(const char *section);
/* Says that there is no such section, and which may be meant; RFT_ERR_CONFIG. */
enum rft_status rft_key_unknown_section(const char *where, const char *section);

#endif
