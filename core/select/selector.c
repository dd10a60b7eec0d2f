/* SPDX-License-Identifier: MIT */
#include "selector.h"

#include "alloc.h"
#include "edit_distance.h"
#include "hash_set.h"
#include "os.h"

#include <stdlib.h>

/* An accepted sample. */
struct choice {
    uint32_t sample;             /* its ordinal */
    uint32_t rank;               /* in the order in which they are taken */
    uint32_t group;              /* the rank of the first one that is equal */
    size_t bytes;                /* order other than SAMPLE, FARTHEST: its length */
    size_t text;                 /* FARTHEST: where it stands in the selector's texts */
    struct rft_text_hash key;    /* distinct: what equal ones share */
    struct rft_text_hash normal; /* dedupe: of its normal form */
};

struct rft_selector {
    struct rft_select_options options;
    uint64_t *n_left_out;
    struct choice *choices; /* [n] */
    size_t n, cap;
    uint32_t *kept; /* [cap_kept] */
    size_t cap_kept;
    uint32_t n_samples, n_right, n_wrong; /* of the question at hand */
    bool needs_length, needs_text;
    struct rft_str texts, scratch;
    struct rft_edit_text edit;
    struct rft_hash_set rows;
};

const char *rft_left_out_text(enum rft_left_out reason)
{
#define RFT_LEFT_OUT_TEXT(name, text) [name] = text,
    static const char *const texts[] = {RFT_LEFT_OUT_LIST(RFT_LEFT_OUT_TEXT)};
#undef RFT_LEFT_OUT_TEXT
    return texts[reason];
}

enum rft_status rft_selector_create(const struct rft_select_options *options, uint64_t *n_left_out,
                                    struct rft_selector **out)
{
    struct rft_selector *s = *out = rft_alloc(1, sizeof *s);
    if (s == NULL)
        return RFT_ERR_HOST_MEMORY;
    s->options = *options;
    s->n_left_out = n_left_out;
    s->needs_text = options->distinct != RFT_DISTINCT_NO && options->equals == RFT_EQUALS_FARTHEST;
    s->needs_length = options->order != RFT_ORDER_SAMPLE || s->needs_text;
    return RFT_OK;
}

void rft_selector_destroy(struct rft_selector *s)
{
    if (s == NULL)
        return;
    rft_free(s->choices);
    rft_free(s->kept);
    rft_str_finish(&s->texts);
    rft_str_finish(&s->scratch);
    rft_edit_text_finish(&s->edit);
    rft_hash_set_finish(&s->rows);
    rft_free(s);
}

/* What has to be known of an accepted sample. */
static enum rft_status look_at(struct rft_selector *s, struct rft_bytes text, struct choice *choice)
{
    if (s->options.distinct != RFT_DISTINCT_NO)
        RFT_TRY(rft_distinct_key(s->options.distinct, text, &s->scratch, &choice->key));
    if (s->options.dedupe != RFT_DEDUPE_OFF)
        RFT_TRY(rft_distinct_key(RFT_DISTINCT_TEXT, text, &s->scratch, &choice->normal));
    if (!s->needs_length)
        return RFT_OK;
    choice->text = s->texts.len;
    RFT_TRY(rft_text_put_clean(text, &s->texts));
    choice->bytes = s->texts.len - choice->text;
    if (!s->needs_text)
        rft_str_cut(&s->texts, choice->text);
    else if (choice->bytes > RFT_DISTANCE_BYTES)
        rft_str_cut(&s->texts, choice->text + RFT_DISTANCE_BYTES);
    return RFT_OK;
}

enum rft_status rft_selector_add(struct rft_selector *s, const struct rft_judged_text *judged)
{
    struct choice choice = {.sample = s->n_samples++};
    void *choices = s->choices;
    s->n_right += judged->is_right;
    s->n_wrong += judged->is_wrong;
    if (!judged->is_right)
        return RFT_OK;
    RFT_TRY(look_at(s, judged->text, &choice));
    if (rft_grow(&choices, &s->cap, s->n + 1, sizeof *s->choices) != 0)
        return RFT_ERR_HOST_MEMORY;
    s->choices = choices;
    s->choices[s->n++] = choice;
    return RFT_OK;
}

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int by_sample(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    return compare_u32(left->sample, right->sample);
}

static int by_length(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? 1 : -1;
    return by_sample(a, b);
}

static int by_length_falling(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    return left->bytes != right->bytes ? by_length(b, a) : by_sample(a, b);
}

static int by_key(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    if (left->key.high != right->key.high)
        return left->key.high > right->key.high ? 1 : -1;
    if (left->key.low != right->key.low)
        return left->key.low > right->key.low ? 1 : -1;
    return compare_u32(left->rank, right->rank);
}

static int by_group(const void *a, const void *b)
{
    const struct choice *left = a, *right = b;
    return left->group != right->group ? compare_u32(left->group, right->group) : compare_u32(left->rank, right->rank);
}

/* In the order in which they are taken, equal ones behind each other. */
static void sort_choices(struct rft_selector *s)
{
    static int (*const orders[])(const void *, const void *) = {
        [RFT_ORDER_SAMPLE] = NULL, [RFT_ORDER_SHORTEST] = by_length, [RFT_ORDER_LONGEST] = by_length_falling};
    if (orders[s->options.order] != NULL)
        qsort(s->choices, s->n, sizeof *s->choices, orders[s->options.order]);
    for (size_t i = 0; i < s->n; i++)
        s->choices[i].rank = s->choices[i].group = (uint32_t)i;
    if (s->options.distinct == RFT_DISTINCT_NO)
        return;
    qsort(s->choices, s->n, sizeof *s->choices, by_key);
    for (size_t i = 1; i < s->n; i++)
        if (rft_text_hash_equal(s->choices[i].key, s->choices[i - 1].key))
            s->choices[i].group = s->choices[i - 1].group;
    qsort(s->choices, s->n, sizeof *s->choices, by_group);
}

static struct rft_bytes text_of(const struct rft_selector *s, const struct choice *choice)
{
    size_t bytes = choice->bytes < RFT_DISTANCE_BYTES ? choice->bytes : RFT_DISTANCE_BYTES;
    return (struct rft_bytes){s->texts.data + choice->text, bytes};
}

/* Which of a group is farthest from those taken, the choices before n_taken. Whoever is no farther than the best so far
 * is not looked at to the end. */
static enum rft_status find_farthest(struct rft_selector *s, size_t n_taken, const struct choice *group, size_t n,
                                     size_t *farthest)
{
    size_t best = 0;
    *farthest = 0;
    for (size_t i = 0; i < n; i++) {
        size_t nearest = SIZE_MAX;
        RFT_TRY(rft_edit_text_set(&s->edit, text_of(s, &group[i])));
        for (size_t t = n_taken; t-- > 0 && (nearest > best || i == 0);)
            nearest = rft_edit_text_distance(&s->edit, text_of(s, &s->choices[t]), nearest);
        if (nearest > best || i == 0) {
            best = nearest;
            *farthest = i;
        }
    }
    return RFT_OK;
}

/* Takes one of each group, `cap` of them: they come to stand at the beginning. */
static enum rft_status take_groups(struct rft_selector *s, uint64_t cap, size_t *n_taken)
{
    size_t n = 0;
    for (size_t from = 0, to; from < s->n; from = to) {
        size_t taken = 0;
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED;
        for (to = from + 1; to < s->n && s->choices[to].group == s->choices[from].group;)
            to++;
        if (n >= cap) {
            s->n_left_out[RFT_LEFT_OUT_KEEP] += to - from;
            continue;
        }
        if (s->needs_text && to - from > 1 && n != 0)
            RFT_TRY(find_farthest(s, n, &s->choices[from], to - from, &taken));
        s->choices[n++] = s->choices[from + taken];
        s->n_left_out[RFT_LEFT_OUT_EQUAL] += to - from - 1;
    }
    *n_taken = n;
    return RFT_OK;
}

/* How many rows the question may have. */
static uint64_t cap_of(const struct rft_selector *s)
{
    uint64_t n_judged = (uint64_t)s->n_right + s->n_wrong, cap = s->options.keep;
    if (s->n_right != 0) {
        double rate = (double)s->n_right / (double)n_judged;
        if (rate < s->options.min_solve_rate || rate > s->options.max_solve_rate)
            return 0;
    }
    if (s->options.keep == RFT_KEEP_ALL || s->options.quota == RFT_QUOTA_UNIFORM || n_judged == 0)
        return cap;
    cap = (cap * s->n_wrong + n_judged - 1) / n_judged;
    return cap != 0 ? cap : 1;
}

/* Writes down which samples were taken. */
static enum rft_status list_taken(struct rft_selector *s, size_t n_taken)
{
    void *kept = s->kept;
    if (rft_grow(&kept, &s->cap_kept, n_taken, sizeof *s->kept) != 0)
        return RFT_ERR_HOST_MEMORY;
    s->kept = kept;
    for (size_t i = 0; i < n_taken; i++)
        s->kept[i] = s->choices[i].sample;
    return RFT_OK;
}

/* Of the choices taken, in the order of the rows, those that were no row before come to stand at the beginning. */
static enum rft_status drop_duplicates(struct rft_selector *s, struct rft_bytes question, size_t *n_taken)
{
    struct rft_text_hash row[2] = {{0}}; /* of the question and of the completion */
    size_t n = 0;
    bool is_new;
    if (s->options.dedupe == RFT_DEDUPE_OFF)
        return RFT_OK;
    if (s->options.dedupe == RFT_DEDUPE_ROWS)
        RFT_TRY(rft_distinct_key(RFT_DISTINCT_TEXT, question, &s->scratch, &row[0]));
    for (size_t i = 0; i < *n_taken; i++) {
        row[1] = s->choices[i].normal;
        RFT_TRY(
            rft_hash_set_add(&s->rows, rft_text_hash_of((struct rft_bytes){(const char *)row, sizeof row}), &is_new));
        s->choices[n] = s->choices[i];
        n += is_new;
    }
    s->n_left_out[RFT_LEFT_OUT_DUPLICATE] += *n_taken - n;
    *n_taken = n;
    return RFT_OK;
}

static enum rft_status choose(struct rft_selector *s, struct rft_bytes question, size_t *n_taken)
{
    uint64_t cap = cap_of(s);
    *n_taken = 0;
    if (cap == 0) {
        s->n_left_out[RFT_LEFT_OUT_SOLVE_RATE] += s->n;
        return RFT_OK;
    }
    if (s->n != 0)
        sort_choices(s);
    RFT_TRY(take_groups(s, cap, n_taken));
    if (*n_taken != 0)
        qsort(s->choices, *n_taken, sizeof *s->choices, by_sample);
    RFT_TRY(drop_duplicates(s, question, n_taken));
    return list_taken(s, *n_taken);
}

enum rft_status rft_selector_choose(struct rft_selector *s, struct rft_bytes question, const uint32_t **kept,
                                    uint32_t *n_kept)
{
    size_t n_taken;
    enum rft_status status = choose(s, question, &n_taken);
    *kept = s->kept;
    *n_kept = status == RFT_OK ? (uint32_t)n_taken : 0;
    s->n = 0;
    s->n_samples = s->n_right = s->n_wrong = 0;
    rft_str_clear(&s->texts);
    return status;
}
