/* SPDX-License-Identifier: MIT */
#include "edit_distance.h"

#include "alloc.h"

#include <string.h>

#define BLOCK 64
#define BYTES 256 /* that there are */

/* The differences between neighbours of a column, or of a row, of the table: a bit where one is +1, or -1. */
struct rft_edit_steps {
    uint64_t plus, minus;
};

/* A block of the table's next column: `down` its differences from row to row, `across` those from the old column to the
 * new one, of the row above it. Returns those of its row `last`, in bit 0. */
static inline struct rft_edit_steps next_column(struct rft_edit_steps *down, struct rft_edit_steps across,
                                                uint64_t matches, unsigned last)
{
    uint64_t vertical = matches | down->minus;
    uint64_t same = matches | across.minus;
    uint64_t diagonal = (((same & down->plus) + down->plus) ^ down->plus) | same;
    struct rft_edit_steps rows = {down->minus | ~(diagonal | down->plus), down->plus & diagonal};
    struct rft_edit_steps below = {rows.plus >> last & 1, rows.minus >> last & 1};
    rows.plus = rows.plus << 1 | across.plus;
    rows.minus = rows.minus << 1 | across.minus;
    down->plus = rows.minus | ~(vertical | rows.plus);
    down->minus = rows.plus & vertical;
    return below;
}

/* Rows of a block; the last one may have fewer. */
static size_t n_rows(size_t block, size_t len)
{
    return len - block * BLOCK < BLOCK ? len - block * BLOCK : BLOCK;
}

/* matches: [256][n_blocks]; column: [n_blocks]; neither text is empty. Rows `bound` or more away from the diagonal are
 * on no path that is worth less (Ukkonen 1985): blocks come into the band with values that some path has, and leave it
 * at its other side. */
static size_t distance(const uint64_t *matches, struct rft_edit_steps *column, size_t n_blocks, size_t len,
                       struct rft_bytes other, size_t bound)
{
    size_t first = 0, last = 0, score = n_rows(0, len); /* of the band; of its last row */
    column[0] = (struct rft_edit_steps){UINT64_MAX, 0};
    for (size_t i = 0; i < other.len; i++) {
        const uint64_t *here = matches + (unsigned char)other.data[i] * n_blocks;
        struct rft_edit_steps across = {1, 0};
        for (; last + 1 < n_blocks && ((last + 1) * BLOCK <= i || (last + 1) * BLOCK - i < bound); last++) {
            column[last + 1] = (struct rft_edit_steps){UINT64_MAX, 0};
            score += n_rows(last + 1, len);
        }
        while (first < last && i >= (first + 1) * BLOCK && i - (first + 1) * BLOCK >= bound)
            first++;
        for (size_t b = first; b < last; b++)
            across = next_column(&column[b], across, here[b], BLOCK - 1);
        across = next_column(&column[last], across, here[last], (unsigned)(n_rows(last, len) - 1));
        score = score + across.plus - across.minus;
    }
    return last + 1 == n_blocks && score < bound ? score : bound;
}

enum rft_status rft_edit_text_set(struct rft_edit_text *edit, struct rft_bytes text)
{
    size_t n_blocks = text.len / BLOCK + (text.len % BLOCK != 0);
    if (n_blocks > edit->cap) {
        rft_edit_text_finish(edit);
        edit->matches = rft_alloc(n_blocks, BYTES * sizeof *edit->matches);
        edit->column = rft_alloc(n_blocks, sizeof(struct rft_edit_steps));
        if (edit->matches == NULL || edit->column == NULL) {
            rft_edit_text_finish(edit);
            return RFT_ERR_HOST_MEMORY;
        }
        edit->cap = n_blocks;
    }
    edit->len = text.len;
    edit->n_blocks = n_blocks;
    if (n_blocks != 0)
        memset(edit->matches, 0, n_blocks * BYTES * sizeof *edit->matches);
    for (size_t i = 0; i < text.len; i++)
        edit->matches[(unsigned char)text.data[i] * n_blocks + i / BLOCK] |= UINT64_C(1) << i % BLOCK;
    return RFT_OK;
}

void rft_edit_text_finish(struct rft_edit_text *edit)
{
    rft_free(edit->matches);
    rft_free(edit->column);
    *edit = (struct rft_edit_text){0};
}

size_t rft_edit_text_distance(const struct rft_edit_text *edit, struct rft_bytes other, size_t bound)
{
    size_t longer = edit->len > other.len ? edit->len - other.len : other.len - edit->len;
    if (longer >= bound)
        return bound;
    if (edit->len == 0 || other.len == 0)
        return longer;
    return distance(edit->matches, edit->column, edit->n_blocks, edit->len, other, bound);
}

size_t rft_edit_distance(const char *a, const char *b)
{
    uint64_t matches[BYTES] = {0};
    struct rft_edit_steps column[1];
    struct rft_bytes word = rft_bytes_z(b);
    if (word.len > BLOCK)
        return SIZE_MAX;
    if (word.len == 0 || *a == '\0')
        return word.len + strlen(a);
    for (size_t i = 0; i < word.len; i++)
        matches[(unsigned char)b[i]] |= UINT64_C(1) << i;
    return distance(matches, column, 1, word.len, rft_bytes_z(a), SIZE_MAX);
}
