/* SPDX-License-Identifier: MIT */
/* Threads that work through a list of nodes together. Items are handed out by a counter; whoever finishes the last item
 * of a node opens the next node. Nobody waits for a thread that holds no item, so one that the system has put aside
 * holds up nothing. Waiting threads spin for a moment, because the next node is microseconds away, then sleep. */
#include "alloc.h"
#include "cpu.h"
#include "log.h"
#include "os.h"

#include <pthread.h>
#include <string.h>

#define SPINS_BEFORE_SLEEP 4000u

/* The node that is open, in one word, so that an item is claimed by adding 1 and a claim that comes too late does no
 * harm: a number that changes with every node, the node's items, the next item. No items: nothing to do. */
#define ITEM_BITS 22
#define ITEM_MASK ((1u << ITEM_BITS) - 1u)

struct cpu_team {
    uint32_t n_threads;
    cpu_integer_tiles integer_tiles;
    uint32_t n_started; /* threads besides the caller */
    pthread_t threads[CPU_THREADS_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    _Atomic uint64_t open;
    _Atomic uint32_t n_done; /* items of the open node */
    _Atomic uint32_t n_sleepers;
    _Atomic bool is_ending;
    /* The list being run and the place in it: written before a node is opened, read by those who hold an item of it. */
    const struct cpu_node *nodes;
    uint32_t n_nodes;
    uint32_t n_replays;
    uint32_t node;
    uint32_t replay;
    float *node_us;
    double node_start;
};

struct worker {
    struct cpu_team *team;
    uint32_t index;
};

static uint32_t items_of(uint64_t open)
{
    return (uint32_t)(open >> ITEM_BITS) & ITEM_MASK;
}

static bool is_same_node(uint64_t a, uint64_t b)
{
    return a >> (2 * ITEM_BITS) == b >> (2 * ITEM_BITS);
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Returns when another node than `seen` is open, or the team ends. */
static void wait_for_change(struct cpu_team *team, uint64_t seen)
{
    for (uint32_t spin = 0; spin < SPINS_BEFORE_SLEEP; spin++) {
        if (!is_same_node(atomic_load_explicit(&team->open, memory_order_acquire), seen))
            return;
        relax();
    }
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->n_sleepers, 1);
    while (is_same_node(atomic_load(&team->open), seen) && !atomic_load(&team->is_ending))
        pthread_cond_wait(&team->wake, &team->mutex);
    atomic_fetch_sub(&team->n_sleepers, 1);
    pthread_mutex_unlock(&team->mutex);
}

static void wake_sleepers(struct cpu_team *team)
{
    if (atomic_load(&team->n_sleepers) != 0) {
        pthread_mutex_lock(&team->mutex);
        pthread_cond_broadcast(&team->wake);
        pthread_mutex_unlock(&team->mutex);
    }
}

/* Opens the node at the team's place in the list, or the next one that has items; none: the list is done. */
static void open_node(struct cpu_team *team)
{
    uint32_t n_items = 0;
    while (n_items == 0 && team->replay < team->n_replays) {
        const struct cpu_node *node = &team->nodes[team->node];
        n_items = node->kernel->n_items(&node->args, team->n_threads);
        if (n_items == 0 && ++team->node == team->n_nodes) {
            team->node = 0;
            team->replay++;
        }
    }
    if (team->node_us != NULL)
        team->node_start = rft_os_seconds();
    uint64_t number = (atomic_load_explicit(&team->open, memory_order_relaxed) >> (2 * ITEM_BITS)) + 1;
    atomic_store(&team->open, number << (2 * ITEM_BITS) | (uint64_t)n_items << ITEM_BITS);
    if (n_items != 1) /* one item needs nobody else; no items: the caller may be asleep */
        wake_sleepers(team);
}

/* Called by the thread that finished the open node's last item: no other thread holds an item. */
static void close_node(struct cpu_team *team)
{
    if (team->node_us != NULL)
        team->node_us[team->node] += (float)((rft_os_seconds() - team->node_start) * 1e6);
    atomic_store_explicit(&team->n_done, 0, memory_order_relaxed);
    if (++team->node == team->n_nodes) {
        team->node = 0;
        team->replay++;
    }
    open_node(team);
}

/* The item that the number-th claim is for: threads that claim one after the other get items far apart, because
 * neighbours write to the same cache lines. */
static uint32_t item_of(uint32_t number, uint32_t n_items, uint32_t n_threads)
{
    const uint32_t each = n_items / n_threads, n_longer = n_items % n_threads, part = number % n_threads;
    return part * each + (part < n_longer ? part : n_longer) + number / n_threads;
}

/* Works on the open node until all its items are taken; returns it. */
static uint64_t work(struct cpu_team *team, uint32_t index)
{
    for (;;) {
        uint64_t claim = atomic_load_explicit(&team->open, memory_order_acquire);
        if ((claim & ITEM_MASK) >= items_of(claim))
            return claim;
        claim = atomic_fetch_add_explicit(&team->open, 1, memory_order_acq_rel);
        if ((claim & ITEM_MASK) >= items_of(claim))
            return claim;
        const struct cpu_node *node = &team->nodes[team->node];
        node->kernel->run(&node->args, item_of((uint32_t)claim & ITEM_MASK, items_of(claim), team->n_threads),
                          (struct cpu_worker){index, team->n_threads, team->integer_tiles});
        if (atomic_fetch_add_explicit(&team->n_done, 1, memory_order_acq_rel) + 1 == items_of(claim))
            close_node(team);
    }
}

static void *thread_main(void *user)
{
    struct worker worker = *(struct worker *)user;
    rft_free(user);
    while (!atomic_load(&worker.team->is_ending))
        wait_for_change(worker.team, work(worker.team, worker.index));
    return NULL;
}

static enum rft_status start_thread(struct cpu_team *team, uint32_t index)
{
    struct worker *worker = rft_alloc(1, sizeof *worker);
    int error;
    if (worker == NULL)
        return RFT_ERR_HOST_MEMORY;
    *worker = (struct worker){team, index};
    error = pthread_create(&team->threads[team->n_started], NULL, thread_main, worker);
    if (error != 0) {
        rft_free(worker);
        rft_log_error("cannot start thread %u of %u: %s; set [device] threads to less", index + 1, team->n_threads,
                      strerror(error));
        return RFT_ERR_DEVICE;
    }
    team->n_started++;
    return RFT_OK;
}

enum rft_status cpu_team_create(uint32_t n_threads, cpu_integer_tiles integer_tiles, struct cpu_team **out)
{
    struct cpu_team *team = rft_alloc(1, sizeof *team);
    *out = NULL;
    if (team == NULL)
        return RFT_ERR_HOST_MEMORY;
    team->n_threads = n_threads > CPU_THREADS_MAX ? CPU_THREADS_MAX : n_threads;
    team->integer_tiles = integer_tiles;
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->wake, NULL);
    for (uint32_t index = 1; index < team->n_threads; index++) {
        enum rft_status status = start_thread(team, index);
        if (status != RFT_OK) {
            cpu_team_destroy(team);
            return status;
        }
    }
    *out = team;
    return RFT_OK;
}

void cpu_team_destroy(struct cpu_team *team)
{
    if (team == NULL)
        return;
    atomic_store(&team->is_ending, true);
    wake_sleepers(team);
    for (uint32_t i = 0; i < team->n_started; i++)
        pthread_join(team->threads[i], NULL);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->mutex);
    rft_free(team);
}

uint32_t cpu_team_size(const struct cpu_team *team)
{
    return team->n_threads;
}

void cpu_team_run(struct cpu_team *team, const struct cpu_node *nodes, uint32_t n_nodes, uint32_t n_replays,
                  float *node_us)
{
    uint64_t open;
    if (n_nodes == 0)
        return;
    team->nodes = nodes;
    team->n_nodes = n_nodes;
    team->n_replays = n_replays;
    team->node = 0;
    team->replay = 0;
    team->node_us = node_us;
    open_node(team);
    for (open = work(team, 0); items_of(open) != 0; open = work(team, 0))
        wait_for_change(team, open);
}
