/* SPDX-License-Identifier: MIT */
/* Work is run when somebody waits for it, and not before. Copies from and to pageable memory, too: a driver may take
 * its time with them, so whoever does not wait has not copied. */
#include "cuda_stub_state.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct CUstream_st {
    struct stub_object object;
    struct stub_work *first, **end;
};

struct CUevent_st {
    struct stub_object object;
    struct CUstream_st *stream;
    uint32_t n_pending; /* records that are queued */
    bool was_recorded;
    double ms;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void free_work(struct stub_work *work)
{
    if (work->exec != NULL)
        stub_let_go_exec(work->exec);
    if (work->event != NULL)
        work->event->n_pending--;
    free(work);
}

void stub_queue(CUstream handle, const struct stub_work *work)
{
    struct CUstream_st *stream = stub_find(CUDA_STUB_STREAM, handle);
    struct stub_work *copy = stub_alloc(1, sizeof *copy);
    *copy = *work;
    copy->next = NULL;
    if (copy->exec != NULL)
        stub_hold_exec(copy->exec);
    if (copy->event != NULL)
        copy->event->n_pending++;
    *stream->end = copy;
    stream->end = &copy->next;
}

static struct stub_work *take_first(struct CUstream_st *stream)
{
    struct stub_work *work = stream->first;
    stream->first = work->next;
    if (stream->first == NULL)
        stream->end = &stream->first;
    return work;
}

static bool is_range_used(const struct stub_work *work, CUdeviceptr address, size_t bytes)
{
    const CUdeviceptr ends[2] = {work->address, (uintptr_t)work->host};
    if (work->kind == STUB_KERNEL)
        return stub_launch_uses(&work->launch, address, bytes);
    if (work->kind == STUB_GRAPH)
        return stub_graph_uses(work->exec, address, bytes);
    for (int i = 0; i < 2; i++)
        if (ends[i] != 0 && ends[i] < address + bytes && address < ends[i] + work->bytes)
            return true;
    return false;
}

bool stub_is_in_use(CUdeviceptr address, size_t bytes)
{
    for (struct stub_object *o = stub_first(CUDA_STUB_STREAM); o != NULL; o = stub_next(o))
        for (const struct stub_work *w = ((struct CUstream_st *)o)->first; w != NULL; w = w->next)
            if (is_range_used(w, address, bytes))
                return true;
    return false;
}

bool stub_is_function_in_use(const struct stub_function *function)
{
    for (struct stub_object *o = stub_first(CUDA_STUB_STREAM); o != NULL; o = stub_next(o))
        for (const struct stub_work *w = ((struct CUstream_st *)o)->first; w != NULL; w = w->next)
            if (w->kind == STUB_KERNEL && w->launch.function == function)
                return true;
    return false;
}

void stub_drop_work(const struct CUctx_st *context)
{
    for (struct stub_object *o = stub_first(CUDA_STUB_STREAM); o != NULL; o = stub_next(o))
        while (o->context == context && ((struct CUstream_st *)o)->first != NULL)
            free_work(take_first((struct CUstream_st *)o));
}

static bool run_work(struct CUctx_st *context, const struct stub_work *work)
{
    const bool is_copy = work->kind == STUB_SET || work->kind == STUB_COPY_IN || work->kind == STUB_COPY_OUT;
    void *device = (void *)(uintptr_t)work->address;
    STUB_DEMAND(!is_copy || stub_is_accessible(work->address, work->bytes), "queued work uses memory that is gone");
    switch (work->kind) {
    case STUB_SET: memset(device, work->value, work->bytes); return true;
    case STUB_COPY_IN: memcpy(device, work->host, work->bytes); return true;
    case STUB_COPY_OUT: memcpy(work->host, device, work->bytes); return true;
    case STUB_KERNEL: return stub_run_launch(context, &work->launch);
    case STUB_GRAPH: return stub_run_graph(context, work->exec);
    case STUB_EVENT:
        work->event->was_recorded = true;
        work->event->ms = now_ms();
        return true;
    }
    return false;
}

/* One piece of work of the stream; false: the context was lost by it. */
static bool run_first(struct CUctx_st *context, struct CUstream_st *stream)
{
    struct stub_work *work = take_first(stream);
    bool is_well;
    stub_set_visible(true);
    is_well = run_work(context, work);
    stub_set_visible(false);
    free_work(work);
    return is_well;
}

/* Runs the stream's work as long as there is some, or the event is not reached. */
static CUresult drain(struct CUstream_st *stream, const struct CUevent_st *event)
{
    struct CUctx_st *context = stub_current();
    while (stream->first != NULL && (event == NULL || event->n_pending != 0))
        if (!run_first(context, stream))
            return context->lost;
    return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream *out, unsigned int flags)
{
    CUresult result = stub_enter(CUDA_STUB_StreamCreate);
    STUB_DEMAND(flags <= 1, "cuStreamCreate: flags");
    if (result == CUDA_SUCCESS) {
        *out = stub_make(CUDA_STUB_STREAM, sizeof **out);
        (*out)->end = &(*out)->first;
    }
    return stub_gave(result, out, sizeof *out);
}

/* Of a context that is not lost only when everything is done: a driver destroys it later, but not what the work
 * uses. */
CUresult cuStreamDestroy_v2(CUstream handle)
{
    CUresult result = stub_enter(CUDA_STUB_StreamDestroy);
    struct CUstream_st *stream = stub_find(CUDA_STUB_STREAM, handle);
    STUB_DEMAND(stream->first == NULL || stub_current()->cannot_wait, "cuStreamDestroy: work is queued");
    while (stream->first != NULL)
        free_work(take_first(stream));
    stub_drop(stream);
    return result;
}

/* One that fails for another reason than a lost context leaves the work where it is. */
CUresult cuStreamSynchronize(CUstream handle)
{
    CUresult result = stub_enter(CUDA_STUB_StreamSynchronize);
    struct CUstream_st *stream = stub_find(CUDA_STUB_STREAM, handle);
    stub_current()->cannot_wait = result != CUDA_SUCCESS;
    return result == CUDA_SUCCESS ? drain(stream, NULL) : result;
}

CUresult cuCtxSynchronize(void)
{
    CUresult result = stub_enter(CUDA_STUB_CtxSynchronize);
    for (struct stub_object *o = stub_first(CUDA_STUB_STREAM); o != NULL && result == CUDA_SUCCESS; o = stub_next(o))
        if (o->context == stub_current())
            result = drain((struct CUstream_st *)o, NULL);
    return result;
}

/* Makes a little progress, for those who ask again and again. */
CUresult cuStreamQuery(CUstream handle)
{
    CUresult result = stub_enter(CUDA_STUB_StreamQuery);
    struct CUstream_st *stream = stub_find(CUDA_STUB_STREAM, handle);
    if (result != CUDA_SUCCESS || stream->first == NULL)
        return result;
    return run_first(stub_current(), stream) ? CUDA_ERROR_NOT_READY : stub_current()->lost;
}

static void check_copy(const char *what, CUdeviceptr address, const void *host, size_t bytes)
{
    STUB_DEMAND(bytes != 0 && host != NULL, "%s: no bytes, or nowhere", what);
    STUB_DEMAND(stub_is_accessible(address, bytes), "%s: the device cannot reach all of this memory", what);
}

CUresult cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t bytes, CUstream stream)
{
    CUresult result = stub_enter(CUDA_STUB_MemsetD8Async);
    const struct stub_work work = {.kind = STUB_SET, .address = address, .bytes = bytes, .value = value};
    if (result != CUDA_SUCCESS)
        return result;
    check_copy("cuMemsetD8Async", address, "", bytes);
    stub_queue(stream, &work);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr address, const void *host, size_t bytes, CUstream stream)
{
    CUresult result = stub_enter(CUDA_STUB_MemcpyHtoDAsync);
    struct stub_work work = {.kind = STUB_COPY_IN, .address = address, .bytes = bytes};
    if (result != CUDA_SUCCESS)
        return result;
    check_copy("cuMemcpyHtoDAsync", address, host, bytes);
    memcpy(&work.host, &host, sizeof host); /* it is only read */
    stub_queue(stream, &work);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyDtoHAsync_v2(void *host, CUdeviceptr address, size_t bytes, CUstream stream)
{
    CUresult result = stub_enter(CUDA_STUB_MemcpyDtoHAsync);
    const struct stub_work work = {.kind = STUB_COPY_OUT, .address = address, .bytes = bytes, .host = host};
    if (result != CUDA_SUCCESS)
        return result;
    check_copy("cuMemcpyDtoHAsync", address, host, bytes);
    stub_queue(stream, &work);
    return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent *out, unsigned int flags)
{
    CUresult result = stub_enter(CUDA_STUB_EventCreate);
    STUB_DEMAND((flags & ~3u) == 0, "cuEventCreate: flags");
    if (result == CUDA_SUCCESS)
        *out = stub_make(CUDA_STUB_EVENT, sizeof **out);
    return stub_gave(result, out, sizeof *out);
}

CUresult cuEventDestroy_v2(CUevent handle)
{
    CUresult result = stub_enter(CUDA_STUB_EventDestroy);
    struct CUevent_st *event = stub_find(CUDA_STUB_EVENT, handle);
    STUB_DEMAND(event->n_pending == 0, "cuEventDestroy: its record is queued");
    stub_drop(event);
    return result;
}

CUresult cuEventRecord(CUevent handle, CUstream stream)
{
    CUresult result = stub_enter(CUDA_STUB_EventRecord);
    struct stub_work work = {.kind = STUB_EVENT};
    work.event = stub_find(CUDA_STUB_EVENT, handle);
    if (result != CUDA_SUCCESS)
        return result;
    work.event->stream = stub_find(CUDA_STUB_STREAM, stream);
    stub_queue(stream, &work);
    return CUDA_SUCCESS;
}

CUresult cuEventSynchronize(CUevent handle)
{
    CUresult result = stub_enter(CUDA_STUB_EventSynchronize);
    const struct CUevent_st *event = stub_find(CUDA_STUB_EVENT, handle);
    if (result != CUDA_SUCCESS || event->n_pending == 0)
        return result;
    return drain(stub_find(CUDA_STUB_STREAM, event->stream), event);
}

CUresult cuEventQuery(CUevent handle)
{
    CUresult result = stub_enter(CUDA_STUB_EventQuery);
    const struct CUevent_st *event = stub_find(CUDA_STUB_EVENT, handle);
    if (result != CUDA_SUCCESS || event->n_pending == 0)
        return result;
    return run_first(stub_current(), event->stream) ? CUDA_ERROR_NOT_READY : stub_current()->lost;
}

static CUresult elapsed(float *ms, CUevent start, CUevent end)
{
    CUresult result = stub_enter(CUDA_STUB_EventElapsedTime);
    const struct CUevent_st *a = stub_find(CUDA_STUB_EVENT, start), *b = stub_find(CUDA_STUB_EVENT, end);
    if (result == CUDA_SUCCESS) {
        STUB_DEMAND((a->was_recorded || a->n_pending != 0) && (b->was_recorded || b->n_pending != 0),
                    "cuEventElapsedTime: an event was never recorded");
        if (a->n_pending != 0 || b->n_pending != 0)
            result = CUDA_ERROR_NOT_READY;
    }
    if (result == CUDA_SUCCESS)
        *ms = (float)(b->ms - a->ms);
    return stub_gave(result, ms, sizeof *ms);
}

/* The header names the newest one only; they do the same. */
#undef cuEventElapsedTime
CUresult cuEventElapsedTime(float *ms, CUevent start, CUevent end);
CUresult cuEventElapsedTime(float *ms, CUevent start, CUevent end)
{
    return elapsed(ms, start, end);
}

CUresult cuEventElapsedTime_v2(float *ms, CUevent start, CUevent end);
CUresult cuEventElapsedTime_v2(float *ms, CUevent start, CUevent end)
{
    return elapsed(ms, start, end);
}
