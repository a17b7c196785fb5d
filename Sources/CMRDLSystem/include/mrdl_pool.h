#pragma once

#include <stddef.h>

/// One piece of a parallel call.
///
/// - Parameters:
///   - context: what the caller of `mrdl_pool_run` passed.
///   - index: the piece, from 0 to phases · count − 1. Each is run once.
///   - slot: which thread runs it, from 0 to min(size, maximum) − 1; no two pieces share one at the
///     same time, so that it may choose a workspace. It must not decide anything that shows in a
///     result.
typedef void (*mrdl_pool_body)(void *_Nullable context, size_t index, size_t slot);

/// Runs `body` for every index below `phases` · `count` on the threads of the process's only pool, and
/// returns when all are done. The indices of a phase, `count` in a row, begin when those of the phase
/// before are done; what they wrote is seen then.
///
/// The caller takes part as slot 0. Everything runs on the caller alone, in order, when `count` is
/// 1, when one thread is asked for, when the pool is at work for another thread, or when the caller
/// itself is a piece of a parallel call. The threads start with the first call that needs them;
/// without work they spin for some tens of microseconds, then sleep.
///
/// - Parameter maximum_threads: how many threads may take part, the caller among them; 0 means all.
void mrdl_pool_run(size_t maximum_threads, size_t phases, size_t count,
                   mrdl_pool_body _Nonnull body, void *_Nullable context);

/// How many threads a parallel call uses at most, the caller among them: what `mrdl_pool_set_size`
/// chose, or else `mrdl_available_processors()`.
size_t mrdl_pool_size(void);

/// Chooses the size of the pool before its threads start.
///
/// - Parameter threads: from 1 to 1024, the caller among them.
/// - Returns: 0, or -1 when the threads run already with another size or `threads` is out of range.
int mrdl_pool_set_size(size_t threads);

/// The processors that this process may use: its CPU affinity, cut by the CPU quota of its control
/// group (Linux), at least 1.
size_t mrdl_available_processors(void);

