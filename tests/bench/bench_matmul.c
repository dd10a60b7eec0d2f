/* SPDX-License-Identifier: MIT */
/* The matrix products of a step, one kind at a time: the nodes of all layers in a row, so that each reads its own
 * weights, as in the step itself. And the time of every kind of node of a step. */
#include "bench.h"

#include "alloc.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum product { QKV, O, GATE_UP, DOWN, HEAD, N_PRODUCTS };

struct product_shape {
    const char *name;
    uint64_t n, k, n_layers;
};

static struct product_shape product_shape(const struct rft_model_config *c, enum product product)
{
    const uint64_t heads_dim = (uint64_t)c->n_heads * c->head_dim;
    const struct product_shape shapes[N_PRODUCTS] = {
        [QKV] = {"qkv", heads_dim + 2ull * c->n_kv_heads * c->head_dim, c->dim, c->n_layers},
        [O] = {"residual (o)", c->dim, heads_dim, c->n_layers},
        [GATE_UP] = {"gate_up", 2ull * c->ffn_dim, c->dim, c->n_layers},
        [DOWN] = {"residual (down)", c->dim, c->ffn_dim, c->n_layers},
        [HEAD] = {"head", c->vocab_size, c->dim, 1},
    };
    return shapes[product];
}

/* Multiplications and additions for one column, of all layers. */
static double product_flop(const struct rft_model_config *config, enum product product)
{
    const struct product_shape s = product_shape(config, product);
    return 2.0 * (double)(s.n * s.k * s.n_layers);
}

/* Which product a node is; N_PRODUCTS = none. Of the two residuals of a layer, o stands behind attention, and behind
 * what quantises its outputs where attention does not: that is part of it. */
static enum product product_of(const struct rft_program *program, size_t i)
{
    switch (program->nodes[i].op) {
    case RFT_OP_quantise: return O;
    case RFT_OP_qkv: return QKV;
    case RFT_OP_residual:
        i -= program->nodes[i - 1].op == RFT_OP_quantise;
        return program->nodes[i - 1].op == RFT_OP_attention ? O : DOWN;
    case RFT_OP_gate_up: return GATE_UP;
    case RFT_OP_project:
    case RFT_OP_draw: /* sampling and all */ return HEAD;
    default: return N_PRODUCTS;
    }
}

static enum rft_status time_product(struct bench *b, const struct rft_program *step, enum product product,
                                    struct bench_time *time)
{
    struct rft_program program = {.name = "products"};
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < step->n_nodes && status == RFT_OK; i++)
        if (product_of(step, i) == product)
            status = rft_program_add(&program, &step->nodes[i]);
    if (status == RFT_OK)
        status = bench_time_program(b, &program, time);
    rft_program_finish(&program);
    return status;
}

struct results {
    uint32_t n;
    uint32_t columns[BENCH_LIST_MAX];
    struct bench_time times[N_PRODUCTS + 1][BENCH_LIST_MAX]; /* the last: of all; 0 = left out */
};

static enum rft_status measure_column(struct bench *b, struct results *r, uint32_t i)
{
    struct bench_step step;
    struct bench_time *all = &r->times[N_PRODUCTS][i];
    enum rft_status status = bench_step_open(b, r->columns[i], &step);
    for (enum product p = QKV; p < N_PRODUCTS && status == RFT_OK; p++) {
        status = time_product(b, &step.program, p, &r->times[p][i]);
        all->wall += r->times[p][i].wall;
        all->cpu += r->times[p][i].cpu;
    }
    bench_step_close(&step);
    if (status == RFT_OK && (b->row_seconds <= 0 || all->wall / r->columns[i] < b->row_seconds))
        b->row_seconds = all->wall / r->columns[i];
    return status;
}

/* One line: a number for each number of columns; what was left out is a dash. */
static void print_line(const struct results *r, const char *title, const double values[BENCH_LIST_MAX],
                       const char *unit)
{
    printf("  %-36s", title);
    for (uint32_t i = 0; i < r->n; i++) {
        if (isfinite(values[i]))
            printf(" %8.*f", values[i] < 0.1 ? 4 : values[i] < 10 ? 2 : 1, values[i]);
        else
            printf(" %8s", "-");
    }
    printf("  %s\n", unit);
}

static void print_products(const struct bench *b, const struct results *r)
{
    double flop = 0, values[6][BENCH_LIST_MAX];
    printf("  %-36s", "matrix products, columns");
    for (uint32_t i = 0; i < r->n; i++)
        printf(" %8" PRIu32, r->columns[i]);
    printf("\n");
    for (enum product p = QKV; p < N_PRODUCTS; p++) {
        const struct product_shape s = product_shape(&b->config, p);
        char title[96];
        for (uint32_t i = 0; i < r->n; i++)
            values[0][i] = product_flop(&b->config, p) * r->columns[i] / r->times[p][i].wall * 1e-9;
        flop += product_flop(&b->config, p);
        snprintf(title, sizeof title, "%-16s%6" PRIu64 " x %-5" PRIu64 " x%3" PRIu64, s.name, s.n, s.k, s.n_layers);
        print_line(r, title, values[0], "GFLOP/s");
    }
    for (uint32_t i = 0; i < r->n; i++) {
        const struct bench_time *all = &r->times[N_PRODUCTS][i];
        values[0][i] = flop * r->columns[i] / all->wall * 1e-9;
        values[1][i] = all->wall > 0 ? all->wall * 1e3 : NAN;
        values[2][i] = all->cpu / all->wall;
        values[3][i] = (double)bench_step_bytes(b) / all->wall * 1e-9;
        values[4][i] = values[3][i] / b->stream_gb * 100;
        values[5][i] = flop * r->columns[i] / all->cpu * 1e-9;
    }
    print_line(r, "all of a step", values[0], "GFLOP/s");
    print_line(r, "", values[1], "ms a step");
    print_line(r, "", values[2], "cpu seconds a second");
    print_line(r, "", values[5], "GFLOP a cpu second");
    print_line(r, "", values[3], "GB/s of weights read");
    if (b->stream_gb > 0)
        print_line(r, "", values[4], "% of the stream's rate");
}

enum rft_status bench_matmuls(struct bench *b)
{
    struct results r = {0};
    r.n = bench_list(b->options.columns, r.columns);
    for (uint32_t i = 0; i < r.n; i++) {
        /* each of the products is run at least twice */
        const double seconds = b->row_seconds * r.columns[i] * 2;
        if (bench_has_time_for(b, seconds, "matrix products"))
            RFT_TRY(measure_column(b, &r, i));
    }
    print_products(b, &r);
    return RFT_OK;
}

/* The stream: logits of one row by a matrix that no cache holds. */
struct stream {
    uint32_t n, dim;
    struct rft_slice batch, rows, h, weight, logits;
};

static enum rft_status take_stream(struct rft_pool *pool, struct stream *s)
{
    RFT_TRY(rft_pool_take(pool, sizeof(struct rft_batch), &s->batch));
    RFT_TRY(rft_pool_take(pool, sizeof(struct rft_row), &s->rows));
    RFT_TRY(rft_pool_take(pool, rft_h_bytes(s->dim), &s->h));
    RFT_TRY(rft_pool_take(pool, (uint64_t)s->n * 4, &s->logits));
    return rft_pool_take(pool, (uint64_t)s->n * s->dim * 2, &s->weight);
}

static enum rft_status measure_stream(struct bench *b, const struct stream *s, struct bench_time *time)
{
    struct rft_dev *dev = &b->engine.dev;
    const struct rft_batch batch = {.n_rows = 1};
    const struct rft_row row = {.state = RFT_ROW_RUNNING};
    const struct rft_matrix matrix = {
        .n = s->n, .k = s->dim, .n_parts = 1, .part_rows = s->n, .parts = {rft_slice_range(s->weight)}};
    struct rft_program program = {.name = "stream"};
    struct rft_emit e = {.program = &program,
                         .label = "stream",
                         .n_rows = 1,
                         .norm = {.dim = s->dim, .eps = 1e-5f, .post_eps = 1e-5f},
                         .batch = rft_slice_range(s->batch),
                         .rows = rft_slice_range(s->rows)};
    uint8_t h[RFT_H_WORDS(1024) * 4];
    enum rft_status status;
    assert(rft_h_bytes(s->dim) <= sizeof h);
    bench_fill_normed(s->dim, h);
    RFT_TRY(rft_dev_write(dev, s->batch, &batch));
    RFT_TRY(rft_dev_write(dev, s->rows, &row));
    RFT_TRY(rft_dev_write(dev, s->h, h));
    RFT_TRY(bench_fill(dev, s->weight));
    const struct rft_linear linear = {.matrix = &matrix, .is_normed = true};
    emit_project(&e, rft_slice_range(s->logits), rft_slice_range(s->h), &linear, 0.0f);
    status = e.status;
    if (status == RFT_OK)
        status = bench_time_program(b, &program, time);
    rft_program_finish(&program);
    return status;
}

enum rft_status bench_stream(struct bench *b)
{
    struct rft_dev *dev = &b->engine.dev;
    static struct rft_pool pool;
    struct stream s = {.dim = 1024};
    struct rft_memory memory;
    struct bench_time time = {0};
    enum rft_status status;
    uint64_t bytes = (uint64_t)b->options.stream_mib << 20;
    RFT_TRY(rft_dev_memory(dev, &memory));
    bytes = bytes < dev->caps.block_bytes_max ? bytes : dev->caps.block_bytes_max;
    bytes = bytes < memory.available_bytes / 2 ? bytes : memory.available_bytes / 2;
    s.n = (uint32_t)(bytes / (2 * s.dim) / RFT_TILE * RFT_TILE);
    if (s.n == 0)
        return RFT_OK;
    rft_pool_begin(&pool, "stream", &dev->caps);
    status = take_stream(&pool, &s);
    if (status == RFT_OK)
        status = rft_pool_open(&pool, dev);
    if (status == RFT_OK)
        status = take_stream(&pool, &s);
    if (status == RFT_OK)
        status = measure_stream(b, &s, &time);
    rft_pool_close(&pool);
    RFT_TRY(status);
    b->stream_gb = (double)s.n * s.dim * 2 / time.wall * 1e-9;
    printf("  stream: one column, %" PRIu32 " x %" PRIu32 ": %.1f GB/s, %.2f cpu seconds a second\n", s.n, s.dim,
           b->stream_gb, time.cpu / time.wall);
    return RFT_OK;
}

/* What a node's time is counted as. */
static const char *node_title(const struct rft_program *program, size_t i)
{
    const enum product product = product_of(program, i);
    const struct rft_model_config any = {.n_kv_heads = 1};
    return product < N_PRODUCTS ? product_shape(&any, product).name : rft_op_name(program->nodes[i].op);
}

/* Microseconds of a step by kind of node, for each number of sequences. */
struct profile {
    uint32_t n;
    uint32_t rows[BENCH_LIST_MAX];
    size_t n_kinds;
    const char *titles[RFT_OP_COUNT + N_PRODUCTS];
    double us[RFT_OP_COUNT + N_PRODUCTS][BENCH_LIST_MAX];
    double all[BENCH_LIST_MAX];
};

static void add_profile(struct profile *p, const struct rft_program *program, const float *us, uint32_t column)
{
    for (size_t i = 0; i < program->n_nodes; i++) {
        const char *title = node_title(program, i);
        size_t kind = 0;
        while (kind < p->n_kinds && strcmp(p->titles[kind], title) != 0)
            kind++;
        if (kind == p->n_kinds)
            p->titles[p->n_kinds++] = title;
        p->us[kind][column] += (double)us[i];
        p->all[column] += (double)us[i];
    }
}

static void print_profile(const struct profile *p)
{
    printf("  %-17s", "nodes, sequences");
    for (uint32_t i = 0; i < p->n; i++)
        printf(" %16" PRIu32, p->rows[i]);
    for (size_t kind = 0; kind < p->n_kinds; kind++) {
        printf("\n  %-17s", p->titles[kind]);
        for (uint32_t i = 0; i < p->n; i++) {
            if (p->all[i] > 0)
                printf(" %8.0f us %3.0f %%", p->us[kind][i], p->us[kind][i] / p->all[i] * 100);
            else
                printf(" %16s", "-");
        }
    }
    printf("\n");
}

static enum rft_status profile_rows(struct bench *b, struct profile *p, uint32_t column)
{
    const struct rft_backend *backend = b->engine.dev.backend;
    struct bench_step step;
    struct rft_exec *exec = NULL;
    float *us = NULL, *best = NULL;
    enum rft_status status = bench_step_open(b, p->rows[column], &step);
    const size_t n = step.program.n_nodes;
    const struct bench_time begin = bench_now();
    if (status == RFT_OK)
        status = rft_dev_exec_create(&b->engine.dev, &step.program, &exec);
    if (status == RFT_OK)
        status = rft_dev_run(&b->engine.dev, exec, 1);
    if (status == RFT_OK && ((us = rft_alloc(n, sizeof *us)) == NULL || (best = rft_alloc(n, sizeof *best)) == NULL))
        status = RFT_ERR_HOST_MEMORY;
    for (uint32_t run = 0; run < b->options.runs && status == RFT_OK; run++) {
        status = backend->profile(b->engine.dev.handle, exec, us, (uint32_t)n);
        for (size_t i = 0; i < n && status == RFT_OK; i++)
            best[i] = run == 0 || us[i] < best[i] ? us[i] : best[i];
        if (bench_since(begin).wall > b->options.limit / 10)
            break;
    }
    if (status == RFT_OK)
        add_profile(p, &step.program, best, column);
    rft_free(us);
    rft_free(best);
    rft_dev_exec_destroy(&b->engine.dev, exec);
    bench_step_close(&step);
    return status;
}

enum rft_status bench_profile(struct bench *b)
{
    struct profile p = {0};
    if (b->engine.dev.backend->profile == NULL)
        return RFT_OK;
    p.n = bench_list(b->options.sequences, p.rows);
    for (uint32_t i = 0; i < p.n; i++)
        if (bench_has_time_for(b, b->row_seconds * p.rows[i] * 2, "profile"))
            RFT_TRY(profile_rows(b, &p, i));
    print_profile(&p);
    return RFT_OK;
}
