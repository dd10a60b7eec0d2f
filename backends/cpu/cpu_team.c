/* SPDX-License-Identifier: MIT */
/* Threads that work through a list of nodes together: items are handed out by a counter, a barrier ends each node. Waiting
 * threads spin for a moment, because the next node is microseconds away, then sleep. */
#include "alloc.h"
#include "cpu.h"
#include "log.h"
#include "os.h"

#include <pthread.h>
#include <string.h>

#define SPINS_BEFORE_SLEEP 4000u

struct cpu_team {
    uint32_t n_threads;
    uint32_t n_started;             /* threads besides the caller */
    pthread_t threads[CPU_THREADS_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    _Atomic uint32_t phase;         /* steps forward when all threads may go on */
    _Atomic uint32_t n_arrived;
    _Atomic uint32_t n_sleepers;
    _Atomic uint32_t next_item[2];  /* of this node and the next, by parity */
    /* the list being run; written by the caller before a phase begins */
    const struct cpu_node *nodes;
    uint32_t n_nodes;
    uint32_t n_replays;
    bool is_ending;
    float *node_us;
};

struct worker {
    struct cpu_team *team;
    uint32_t index;
};

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void wait_for_phase(struct cpu_team *team, uint32_t phase)
{
    for (uint32_t spin = 0; spin < SPINS_BEFORE_SLEEP; spin++) {
        if (atomic_load_explicit(&team->phase, memory_order_acquire) != phase)
            return;
        relax();
    }
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->n_sleepers, 1);
    while (atomic_load(&team->phase) == phase)
        pthread_cond_wait(&team->wake, &team->mutex);
    atomic_fetch_sub(&team->n_sleepers, 1);
    pthread_mutex_unlock(&team->mutex);
}

static void next_phase(struct cpu_team *team)
{
    atomic_fetch_add(&team->phase, 1);
    if (atomic_load(&team->n_sleepers) != 0) {
        pthread_mutex_lock(&team->mutex);
        pthread_cond_broadcast(&team->wake);
        pthread_mutex_unlock(&team->mutex);
    }
}

/* Everybody's work on the node is finished when this returns. Every thread counts the phases for itself: the shared counter
 * may already have moved on to the next list when a slow thread leaves the last barrier. */
static void barrier(struct cpu_team *team, uint32_t parity, uint32_t *phase)
{
    if (atomic_fetch_add(&team->n_arrived, 1) + 1 == team->n_threads) {
        atomic_store_explicit(&team->n_arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&team->next_item[parity], 0, memory_order_relaxed);
        next_phase(team);
    } else {
        wait_for_phase(team, *phase);
    }
    *phase += 1;
}

static void work(struct cpu_team *team, struct cpu_worker worker, uint32_t *phase)
{
    /* Copies: when this thread leaves the last barrier, the caller may already be writing the next list. */
    const struct cpu_node *nodes = team->nodes;
    const uint32_t n_nodes = team->n_nodes;
    const uint32_t n_replays = team->n_replays;
    float *node_us = worker.index == 0 ? team->node_us : NULL;
    uint32_t parity = 0;
    for (uint32_t replay = 0; replay < n_replays; replay++) {
        for (uint32_t i = 0; i < n_nodes; i++) {
            const struct cpu_node *node = &nodes[i];
            double start = node_us != NULL ? rft_os_seconds() : 0.0;
            uint32_t n_items = node->kernel->n_items(&node->args, worker.n);
            for (;;) {
                uint32_t item = atomic_fetch_add_explicit(&team->next_item[parity], 1, memory_order_relaxed);
                if (item >= n_items)
                    break;
                node->kernel->run(&node->args, item, worker);
            }
            barrier(team, parity, phase);
            parity ^= 1;
            if (node_us != NULL)
                node_us[i] += (float)((rft_os_seconds() - start) * 1e6);
        }
    }
}

static void *thread_main(void *user)
{
    struct worker worker = *(struct worker *)user;
    struct cpu_team *team = worker.team;
    uint32_t phase = 0;
    rft_free(user);
    for (;;) {
        wait_for_phase(team, phase);
        phase += 1;
        if (team->is_ending)
            return NULL;
        work(team, (struct cpu_worker){worker.index, team->n_threads}, &phase);
    }
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
        rft_log_error("cannot start thread %u of %u: %s; set [device] threads to less", index + 1, team->n_threads, strerror(error));
        return RFT_ERR_DEVICE;
    }
    team->n_started++;
    return RFT_OK;
}

enum rft_status cpu_team_create(uint32_t n_threads, struct cpu_team **out)
{
    struct cpu_team *team = rft_alloc(1, sizeof *team);
    *out = NULL;
    if (team == NULL)
        return RFT_ERR_HOST_MEMORY;
    team->n_threads = n_threads > CPU_THREADS_MAX ? CPU_THREADS_MAX : n_threads;
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
    team->is_ending = true;
    next_phase(team);
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

void cpu_team_run(struct cpu_team *team, const struct cpu_node *nodes, uint32_t n_nodes, uint32_t n_replays, float *node_us)
{
    uint32_t phase;
    team->nodes = nodes;
    team->n_nodes = n_nodes;
    team->n_replays = n_replays;
    team->node_us = node_us;
    next_phase(team);
    phase = atomic_load_explicit(&team->phase, memory_order_relaxed); /* nobody passes a barrier without this thread */
    work(team, (struct cpu_worker){0, team->n_threads}, &phase);
}
