/* SPDX-License-Identifier: MIT */
/* Attention over pages. A thread block has a key-value head and up to `parameter` rows that share a prompt (a "cohort":
 * samples of one question in a step, tokens of one prompt in a prefill), so that the prompt's keys and values come from
 * memory once for all of them: the warps work on the same keys for different rows at the same time, and all but the
 * first find them in the first cache.
 *
 * A unit is a row and four of the query heads that share the key-value head: their scores, then their exponentials, lie
 * side by side as [place][4], in shared memory if they fit there, else in scratch. Places count the prompt's keys, then
 * the row's own; both begin with a page, so that whole pages can be worked on: exponentials past the last key are +0,
 * which changes no sum.
 *
 * With a window, places count from the first block of 64 keys that the row sees a key of: the blocks before it have
 * exponentials of +0, and are left out. In that block, keys before the window are as those past the last. */
#include "cohort.cuh"
#include "quantised.cuh"

#define N_WARPS (ATTENTION_THREADS / 32u)
#define UNITS_MAX 8u                /* at once */
#define SCORES_MAX 1024u            /* of four heads: more lie in memory */
#define PAIRS_MAX (UNITS_MAX * 64u) /* units at once times head_dim, at most: units_at_once */

struct Unit {
    uint32_t row;
    uint32_t head;      /* the first of its query heads */
    uint32_t n_heads;   /* up to 4 */
    uint32_t n_unseen;  /* places before the window */
    uint32_t n_prompt;  /* keys in prompt pages */
    uint32_t n_own;     /* keys in own pages */
    uint32_t own_place; /* of the first own key */
    uint32_t prompt_table, own_table;
    Float4 *scores; /* [place] */
};

struct AttentionShared {
    uint32_t members[COHORT_ROWS_MAX / 32u]; /* bit set: the row shares the prompt */
    uint32_t rows[COHORT_MAX];               /* that the thread block has */
    uint32_t max_keys[UNITS_MAX][4];
    Unit units[UNITS_MAX];
    Float4 queries[PAIRS_MAX]; /* [unit][dimension], of four heads */
    Float4 scores[SCORES_MAX];
    Float4 sums[2u * ATTENTION_THREADS]; /* of blocks */
    Float4 inverse_sums[UNITS_MAX];
};

RFT_FN uint32_t whole_pages(uint32_t n)
{
    return (n + RFT_PAGE_TOKENS - 1u) / RFT_PAGE_TOKENS * RFT_PAGE_TOKENS;
}

RFT_FN uint32_t n_blocks_of(uint32_t n)
{
    return (n + RFT_DOT_BLOCK - 1u) / RFT_DOT_BLOCK;
}

/* How many units, of those that are left, a thread block works on at once: a power of two, so that each warp stays with
 * one; each has threads enough for its pairs of dimensions. */
RFT_FN uint32_t units_at_once(uint32_t n_left, uint32_t head_dim)
{
    uint32_t n = 1u;
    while (2u * n <= least(n_left, UNITS_MAX) && 2u * n * (head_dim / 2u) <= ATTENTION_THREADS)
        n = 2u * n;
    return n;
}

/* Leaves out the first n keys: whole blocks, which are whole pages, and the rest by n_unseen. */
RFT_FN void skip_blocks(Unit &unit, uint32_t n)
{
    const bool is_prompt = n < unit.n_prompt;
    const uint32_t of_segment = is_prompt ? n : n - unit.n_prompt, skipped = of_segment / RFT_DOT_BLOCK * RFT_DOT_BLOCK;
    unit.n_unseen = of_segment - skipped;
    if (is_prompt) {
        unit.prompt_table += skipped / RFT_PAGE_TOKENS;
        unit.n_prompt -= skipped;
    } else {
        unit.own_table += skipped / RFT_PAGE_TOKENS;
        unit.n_own -= skipped;
        unit.n_prompt = 0u;
    }
}

/* near: shared memory for the scores of `room` places. */
RFT_FN void set_unit(const struct rft_args_attention &a, Unit &unit, uint32_t row, uint32_t kv_head, uint32_t four,
                     Float4 *near, uint32_t room)
{
    const struct rft_row *r = row_of(a.rows, row);
    const uint32_t group = a.n_heads / a.n_kv_heads, n_places = a.scratch_floats / ((group + 3u) / 4u * 4u);
    const size_t piece = (size_t)row * a.n_kv_heads + kv_head;
    unit.row = row;
    unit.head = kv_head * group + four * 4u;
    unit.n_heads = least(4u, group - four * 4u);
    unit.n_prompt = least(r->position + 1u, r->n_prompt);
    unit.n_own = r->position + 1u - unit.n_prompt;
    unit.prompt_table = r->prompt_table;
    unit.own_table = r->own_table;
    skip_blocks(unit, r->position >= a.window ? r->position + 1u - a.window : 0u);
    unit.own_place = whole_pages(unit.n_prompt);
    unit.scores = pointer<Float4>(a.scratch) + piece * (a.scratch_floats / 4u) + (size_t)four * n_places;
    if (unit.own_place + whole_pages(unit.n_own) <= room)
        unit.scores = near;
}

RFT_FN uint32_t n_places_of(const Unit &unit)
{
    return unit.own_place + whole_pages(unit.n_own);
}

RFT_FN bool is_key(const Unit &unit, uint32_t place)
{
    return place >= unit.n_unseen &&
           (place < unit.own_place ? place < unit.n_prompt : place - unit.own_place < unit.n_own);
}

/* First word of the page, for the key-value head, that holds the key at this place. */
RFT_FN const uint32_t *page_at(const struct rft_args_attention &a, const Unit &unit, uint32_t kv_head, uint32_t place)
{
    const bool is_prompt = place < unit.own_place;
    return pointer<const uint32_t>(is_prompt ? a.prompt_kv : a.own_kv) +
           page_word(a.tables, is_prompt ? unit.prompt_table : unit.own_table,
                     is_prompt ? place : place - unit.own_place, kv_head, a.n_kv_heads, a.head_dim);
}

/* Widens the queries of n units; heads past the group repeat the last one, and nobody reads their results. */
RFT_FN void load_queries(const struct rft_args_attention &a, AttentionShared &shared, uint32_t n)
{
    for (uint32_t i = thread_index(); i < n * (a.head_dim / 2u); i += n_threads()) {
        const Unit &unit = shared.units[i / (a.head_dim / 2u)];
        const uint32_t word = i % (a.head_dim / 2u), last = unit.n_heads - 1u;
        const uint32_t *q =
            pointer<const uint32_t>(a.q) + ((size_t)unit.row * a.n_heads + unit.head) * (a.head_dim / 2u) + word;
        const uint32_t w0 = q[0], w1 = q[least(1u, last) * (a.head_dim / 2u)];
        const uint32_t w2 = q[least(2u, last) * (a.head_dim / 2u)], w3 = q[last * (a.head_dim / 2u)];
        shared.queries[2u * i] = Float4{rft_low_bf16(w0), rft_low_bf16(w1), rft_low_bf16(w2), rft_low_bf16(w3)};
        shared.queries[2u * i + 1u] =
            Float4{rft_high_bf16(w0), rft_high_bf16(w1), rft_high_bf16(w2), rft_high_bf16(w3)};
    }
}

/* sum += the products of four bf16 and one. */
RFT_FN void multiply_four(Float4 &sum, const Float4 &four, float one)
{
    sum.x = fma_bf16(four.x, one, sum.x);
    sum.y = fma_bf16(four.y, one, sum.y);
    sum.z = fma_bf16(four.z, one, sum.z);
    sum.w = fma_bf16(four.w, one, sum.w);
}

RFT_FN void add_four(Float4 &sum, const Float4 &four)
{
    sum.x = sum.x + four.x;
    sum.y = sum.y + four.y;
    sum.z = sum.z + four.z;
    sum.w = sum.w + four.w;
}

/* sums += the products of N words of a key (two dimensions each) and four queries; the words are asked for all at
 * once. */
template <uint32_t N> RFT_FN void multiply_key(Float4 &sum, const uint32_t *key, const Float4 *queries)
{
    uint32_t words[N];
    UNROLL
    for (uint32_t i = 0u; i < N; i++)
        words[i] = key[i * RFT_PAGE_TOKENS];
    UNROLL
    for (uint32_t i = 0u; i < N; i++) {
        multiply_four(sum, queries[2u * i], rft_low_bf16(words[i]));
        multiply_four(sum, queries[2u * i + 1u], rft_high_bf16(words[i]));
    }
}

/* Products of a key with four queries, in blocks of 64 dimensions. key: its word of the first two dimensions. */
RFT_FN Float4 key_products(const uint32_t *key, const Float4 *queries, uint32_t head_dim)
{
    Float4 total = {0.0f, 0.0f, 0.0f, 0.0f};
    NO_UNROLL
    for (uint32_t block = 0u; block < head_dim; block += RFT_DOT_BLOCK) {
        const uint32_t end = least(block + RFT_DOT_BLOCK, head_dim);
        Float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
        uint32_t i = block;
        NO_UNROLL
        for (; i + 32u <= end; i += 32u)
            multiply_key<16u>(sum, key + i / 2u * RFT_PAGE_TOKENS, queries + i);
        NO_UNROLL
        for (; i < end; i += 8u)
            multiply_key<4u>(sum, key + i / 2u * RFT_PAGE_TOKENS, queries + i);
        add_four(total, sum);
    }
    return total;
}

/* The scores of four heads, and their sort keys into `best`. */
RFT_FN Float4 scores_of(const struct rft_args_attention &a, const Unit &unit, const Float4 &products, uint32_t best[4])
{
    float scores[4] = {products.x, products.y, products.z, products.w};
    UNROLL
    for (uint32_t head = 0u; head < 4u; head++) {
        scores[head] = scores[head] * RFT_FROM_BITS(a.scale_bits);
        if (rft_is_bad(scores[head]) != 0u) {
            if (head < unit.n_heads)
                mark_bad(a.rows, unit.row);
            scores[head] = 0.0f;
        }
    }
    cap_four(scores, a.cap_bits, a.inverse_cap_bits);
    UNROLL
    for (uint32_t head = 0u; head < 4u; head++) {
        scores[head] = rft_flush(scores[head]);
        best[head] = greatest(best[head], rft_sort_key(scores[head]));
    }
    return Float4{scores[0], scores[1], scores[2], scores[3]};
}

/* Scores of n units into scratch, and the greatest of each head as a sort key. */
RFT_FN void find_scores(const struct rft_args_attention &a, AttentionShared &shared, uint32_t n, uint32_t kv_head)
{
    const uint32_t warp = thread_index() / 32u, u = warp % n;
    const Unit &unit = shared.units[u];
    uint32_t best[4] = {0u, 0u, 0u, 0u};
    NO_UNROLL
    for (uint32_t place = warp / n * 32u + thread_index() % 32u; place < n_places_of(unit);
         place += N_WARPS / n * 32u) {
        if (!is_key(unit, place))
            continue;
        const uint32_t *page = page_at(a, unit, kv_head, place), *key = page + place % RFT_PAGE_TOKENS;
        const uint32_t *value = page + (RFT_PAGE_TOKENS + place % RFT_PAGE_TOKENS) * (a.head_dim / 2u);
        for (uint32_t word = 0u; word < a.head_dim / 2u; word += LINE_BYTES / 4u)
            prefetch(value + word);
        const Float4 products = key_products(key, shared.queries + u * a.head_dim, a.head_dim);
        unit.scores[place] = scores_of(a, unit, products, best);
    }
    UNROLL
    for (uint32_t head = 0u; head < 4u; head++) {
        UNROLL
        for (uint32_t mask = 16u; mask != 0u; mask = mask / 2u)
            best[head] = greatest(best[head], shuffle_xor(best[head], mask));
        if (thread_index() % 32u == 0u)
            atomic_max(&shared.max_keys[u][head], best[head]);
    }
}

RFT_FN float exponential(float score, uint32_t max_key)
{
    return rft_softmax_term(score, rft_from_sort_key(max_key));
}

RFT_FN void find_exponentials(AttentionShared &shared, uint32_t n)
{
    const uint32_t warp = thread_index() / 32u, u = warp % n;
    const Unit &unit = shared.units[u];
    for (uint32_t place = warp / n * 32u + thread_index() % 32u; place < n_places_of(unit);
         place += N_WARPS / n * 32u) {
        Float4 e = {0.0f, 0.0f, 0.0f, 0.0f};
        if (is_key(unit, place)) {
            const Float4 score = unit.scores[place];
            e = Float4{exponential(score.x, shared.max_keys[u][0]), exponential(score.y, shared.max_keys[u][1]),
                       exponential(score.z, shared.max_keys[u][2]), exponential(score.w, shared.max_keys[u][3])};
        }
        unit.scores[place] = e;
    }
}

/* Blocks of 64 keys, the prompt's first: the first place of the block and the one behind its last. */
RFT_FN uint32_t n_blocks_of_unit(const Unit &unit)
{
    return n_blocks_of(unit.n_prompt) + n_blocks_of(unit.n_own);
}

RFT_FN void block_places(const Unit &unit, uint32_t block, uint32_t &first, uint32_t &end)
{
    const uint32_t n_prompt = n_blocks_of(unit.n_prompt);
    const bool is_prompt = block < n_prompt;
    first = is_prompt ? block * RFT_DOT_BLOCK : unit.own_place + (block - n_prompt) * RFT_DOT_BLOCK;
    end = least(first + RFT_DOT_BLOCK, is_prompt ? unit.own_place : n_places_of(unit));
}

/* 1 / the sum of the exponentials of each head: a thread adds up a block, one thread of each unit the blocks, in
 * order. */
RFT_FN void find_inverse_sums(AttentionShared &shared, uint32_t n)
{
    const uint32_t u = thread_index() % n, n_at_once = ATTENTION_THREADS / n;
    Float4 total = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t n_rounds = 0u;
    for (uint32_t i = 0u; i < n; i++)
        n_rounds = greatest(n_rounds, (n_blocks_of_unit(shared.units[i]) + n_at_once - 1u) / n_at_once);
    for (uint32_t round = 0u; round < n_rounds; round++) {
        const Unit &unit = shared.units[u];
        const uint32_t n_blocks = n_blocks_of_unit(unit), block = round * n_at_once + thread_index() / n;
        if (block < n_blocks) {
            uint32_t first, end;
            Float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
            block_places(unit, block, first, end);
            UNROLL_SOME
            for (uint32_t place = first; place < end; place++)
                add_four(sum, unit.scores[place]);
            shared.sums[thread_index()] = sum;
        }
        sync_block();
        if (thread_index() < n && round * n_at_once < n_blocks)
            for (uint32_t i = 0u; i < least(n_at_once, n_blocks - round * n_at_once); i++)
                add_four(total, shared.sums[i * n + u]);
        sync_block();
    }
    if (thread_index() < n)
        shared.inverse_sums[u] =
            Float4{rft_reciprocal(total.x), rft_reciprocal(total.y), rft_reciprocal(total.z), rft_reciprocal(total.w)};
}

/* The softmax weights as the values are multiplied with them. */
RFT_FN void round_weights(AttentionShared &shared, uint32_t n)
{
    const uint32_t warp = thread_index() / 32u, u = warp % n;
    const Unit &unit = shared.units[u];
    for (uint32_t place = warp / n * 32u + thread_index() % 32u; place < n_places_of(unit);
         place += N_WARPS / n * 32u) {
        const Float4 e = unit.scores[place];
        unit.scores[place] = Float4{rft_low_bf16(rft_to_bf16(e.x)), rft_low_bf16(rft_to_bf16(e.y)),
                                    rft_low_bf16(rft_to_bf16(e.z)), rft_low_bf16(rft_to_bf16(e.w))};
    }
}

/* low, high += the weighted values of a page, in two neighbouring dimensions; they are asked for all at once. */
RFT_FN void sum_page(const uint32_t *values, uint32_t n_words, const Float4 *weights, Float4 &low, Float4 &high)
{
    uint32_t words[RFT_PAGE_TOKENS];
    UNROLL
    for (uint32_t key = 0u; key < RFT_PAGE_TOKENS; key++)
        words[key] = values[key * n_words];
    UNROLL
    for (uint32_t key = 0u; key < RFT_PAGE_TOKENS; key++) {
        const Float4 weight = weights[key];
        multiply_four(low, weight, rft_low_bf16(words[key]));
        multiply_four(high, weight, rft_high_bf16(words[key]));
    }
}

/* Weighted sums of a block of values in two neighbouring dimensions. */
RFT_FN void sum_values(const struct rft_args_attention &a, const Unit &unit, uint32_t kv_head, uint32_t block,
                       uint32_t word, Float4 &low, Float4 &high)
{
    const uint32_t *pages[RFT_DOT_BLOCK / RFT_PAGE_TOKENS];
    uint32_t first, end;
    block_places(unit, block, first, end);
    UNROLL
    for (uint32_t i = 0u; i < RFT_DOT_BLOCK / RFT_PAGE_TOKENS; i++)
        pages[i] = page_at(a, unit, kv_head, least(first + i * RFT_PAGE_TOKENS, end - RFT_PAGE_TOKENS));
    UNROLL
    for (uint32_t i = 0u; i < RFT_DOT_BLOCK / RFT_PAGE_TOKENS; i++)
        if (first + i * RFT_PAGE_TOKENS < end)
            sum_page(pages[i] + RFT_PAGE_TOKENS / 2u * a.head_dim + word, a.head_dim / 2u,
                     unit.scores + first + i * RFT_PAGE_TOKENS, low, high);
}

RFT_FN float part_of(const Float4 &four, uint32_t i)
{
    return i == 0u ? four.x : i == 1u ? four.y : i == 2u ? four.z : four.w;
}

/* The attended values of n units: a thread has a unit, a pair of dimensions and every n_at_once-th block; the block
 * sums are added in order by the threads of the first block. */
RFT_FN void find_values(const struct rft_args_attention &a, AttentionShared &shared, uint32_t n, uint32_t kv_head)
{
    const uint32_t n_words = a.head_dim / 2u, n_at_once = ATTENTION_THREADS / n_words / n;
    const uint32_t word = thread_index() % n_words, u = thread_index() / n_words % n,
                   of_round = thread_index() / n_words / n;
    const Unit &unit = shared.units[u];
    const uint32_t n_blocks = n_blocks_of_unit(unit);
    Float4 low_total = {0.0f, 0.0f, 0.0f, 0.0f}, high_total = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t n_rounds = 0u;
    for (uint32_t i = 0u; i < n; i++)
        n_rounds = greatest(n_rounds, (n_blocks_of_unit(shared.units[i]) + n_at_once - 1u) / n_at_once);
    NO_UNROLL
    for (uint32_t round = 0u; round < n_rounds; round++) {
        const uint32_t block = round * n_at_once + of_round;
        if (of_round < n_at_once && block < n_blocks) {
            Float4 low = {0.0f, 0.0f, 0.0f, 0.0f}, high = {0.0f, 0.0f, 0.0f, 0.0f};
            sum_values(a, unit, kv_head, block, word, low, high);
            shared.sums[thread_index()] = low;
            shared.sums[ATTENTION_THREADS + thread_index()] = high;
        }
        sync_block();
        if (of_round == 0u && round * n_at_once < n_blocks) {
            for (uint32_t i = 0u; i < least(n_at_once, n_blocks - round * n_at_once); i++) {
                add_four(low_total, shared.sums[(i * n + u) * n_words + word]);
                add_four(high_total, shared.sums[ATTENTION_THREADS + (i * n + u) * n_words + word]);
            }
        }
        sync_block();
    }
    if (of_round != 0u)
        return;
    uint32_t *y =
        pointer<uint32_t>(a.y) + (size_t)unit.row * RFT_ROW_WORDS(a.n_heads * a.head_dim) + unit.head * n_words + word;
    UNROLL
    for (uint32_t head = 0u; head < 4u; head++) {
        const float inverse = part_of(shared.inverse_sums[u], head);
        const float low = rft_flush(part_of(low_total, head)) * inverse,
                    high = rft_flush(part_of(high_total, head)) * inverse;
        if (head < unit.n_heads)
            y[head * n_words] = pair_or_mark(low, high, a.rows, unit.row);
    }
}

/* Everything about n units. */
RFT_FN void attend(const struct rft_args_attention &a, AttentionShared &shared, uint32_t n, uint32_t kv_head)
{
    for (uint32_t i = thread_index(); i < UNITS_MAX * 4u; i += n_threads())
        shared.max_keys[i / 4u][i % 4u] = 0u;
    sync_block(); /* and the units are set */
    load_queries(a, shared, n);
    sync_block();
    find_scores(a, shared, n, kv_head);
    sync_block();
    find_exponentials(shared, n);
    sync_block();
    find_inverse_sums(shared, n); /* its own barriers are behind its last look at the exponentials */
    round_weights(shared, n);
    sync_block();
    find_values(a, shared, n, kv_head);
    sync_block();
}

/* Grid: kv heads x rows; the block of a cohort's first row has the cohort, those of the others have nothing to do. */
KERNEL(attention, attention, ATTENTION_THREADS, 2)
{
    SHARED(AttentionShared, all, 1);
    AttentionShared &shared = all[0];
    const uint32_t kv_head = block_x(), first = block_y(), n_rows = n_rows_of(a.batch);
    const uint32_t n_fours = (a.n_heads / a.n_kv_heads + 3u) / 4u,
                   n_wanted = n_rows <= COHORT_ROWS_MAX ? parameter : 1u;
    uint32_t n_members = 1u, row = first, four = 0u;
    if (first >= n_rows || !is_running(a.rows, first))
        return;
    if (n_wanted > 1u && find_cohort(a, shared.members, first, n_rows) % n_wanted != 0u)
        return;
    if (n_wanted > 1u)
        for (uint32_t next = next_member(shared.members, first, n_rows); next < n_rows && n_members < n_wanted;
             n_members++)
            next = next_member(shared.members, next, n_rows);
    NO_UNROLL
    for (uint32_t n_left = n_members * n_fours; n_left != 0u;) {
        const uint32_t n = units_at_once(n_left, a.head_dim);
        for (uint32_t i = 0u; i < n; i++) {
            if (four == n_fours) {
                four = 0u;
                row = next_member(shared.members, row, n_rows);
            }
            if (thread_index() == 0u)
                set_unit(a, shared.units[i], row, kv_head, four, shared.scores + i * (SCORES_MAX / n), SCORES_MAX / n);
            four++;
        }
        n_left -= n;
        attend(a, shared, n, kv_head);
    }
    if ((a.flags & RFT_QUANTISED) != 0u) {
        const uint32_t n_blocks = a.n_heads / a.n_kv_heads * a.head_dim / RFT_QUANT_BLOCK;
        list_members(shared.rows, shared.members, first, n_members, n_rows);
        quantise_blocks(activation_rows(a.y, a.n_heads * a.head_dim), kv_head * n_blocks, n_blocks, shared.rows, 0u,
                        n_members);
    }
}
