#include "include/mrdl_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "waiting.h"

enum { maximum_size = 1024, cache_line = 64, stack_bytes = 4 << 20 };

/// How long a thread without work spins before it sleeps.
static const uint64_t spin_nanoseconds = 30000;

/// In the lower half of a share: no piece of it is left.
static const uint64_t exhausted = UINT32_MAX;

/// The pieces that one thread takes first: a stretch, the same one whenever a call has as many pieces, so
/// that what a thread has in its caches serves it again.
typedef struct {
  /// The generation of the call in the upper half, the next piece that nobody has taken in the
  /// lower. A piece is taken by compare and exchange, so a thread that comes late cannot take one
  /// of a call that it has not seen.
  _Alignas(cache_line) atomic_uint_fast64_t next;
} share;

static share shares[maximum_size];

static struct {
  /// Counts calls; idle threads sleep on it.
  _Alignas(cache_line) atomic_uint published;
  atomic_uint sleepers;
  /// Pieces that other threads than the caller have finished; the caller sleeps on it.
  _Alignas(cache_line) atomic_uint finished;
  atomic_uint caller_sleeps;
  /// The call at work, and how many threads share its pieces out. Read after a piece was taken, which
  /// keeps the call alive; `count` and `sharers` before that, too.
  _Alignas(cache_line) atomic_uint count;
  atomic_uint sharers;
  mrdl_pool_body body;
  void *context;
  /// Of the caller alone: the call before.
  uint64_t generation;
  /// Held by the thread whose call is at work, and while the threads are started.
  _Alignas(cache_line) atomic_flag busy;
} pool = {.busy = ATOMIC_FLAG_INIT};

/// The size that was chosen or found, 0 before; the threads that run, the caller among them, 0
/// before they start.
static atomic_size_t chosen_size, running_size;

/// Set in a thread that is at work for a parallel call.
static _Thread_local int inside;

/// The first piece of a share.
static uint64_t first_piece(uint64_t index, uint64_t count, uint64_t sharers) {
  return index * count / sharers;
}

/// Takes pieces of the current call until none is left: its own ones, then those of the others.
///
/// - Returns: how many pieces this thread ran.
static unsigned work(size_t slot) {
  unsigned done = 0;
  for (size_t turn = 0;;) {
    const size_t sharers = atomic_load_explicit(&pool.sharers, memory_order_relaxed);
    if (slot >= sharers || turn >= sharers) return done;
    const size_t index = (slot + turn) % sharers;
    uint_fast64_t state = atomic_load_explicit(&shares[index].next, memory_order_acquire);
    for (;;) {
      // Once more, after the state: these belong to it.
      const size_t known = atomic_load_explicit(&pool.sharers, memory_order_relaxed);
      const unsigned count = atomic_load_explicit(&pool.count, memory_order_relaxed);
      const uint64_t piece = state & UINT32_MAX;
      if (slot >= known || index >= known || piece >= first_piece(index + 1, count, known)) break;
      if (atomic_compare_exchange_weak_explicit(&shares[index].next, &state, state + 1,
                                                memory_order_acq_rel, memory_order_acquire)) {
        pool.body(pool.context, piece, slot);
        done += 1;
        state = atomic_load_explicit(&shares[index].next, memory_order_acquire);
      }
    }
    turn += 1;
  }
}

/// Spins until `*word` differs from `seen`, or for a while.
static void spin_while(atomic_uint *word, unsigned seen) {
  const uint64_t start = mrdl_nanoseconds();
  do {
    for (int i = 0; i < 16; i++) {
      if (atomic_load_explicit(word, memory_order_acquire) != seen) return;
      mrdl_relax();
    }
  } while (mrdl_nanoseconds() - start < spin_nanoseconds);
}

static void *serve(void *argument) {
  const size_t slot = (size_t)(uintptr_t)argument;
  inside = 1;
  unsigned seen = 0;
  for (;;) {
    spin_while(&pool.published, seen);
    // The caller raises `published` before it reads `sleepers`; here the order is the other way
    // round, so that one of the two sees the other.
    atomic_fetch_add(&pool.sleepers, 1);
    while (atomic_load(&pool.published) == seen) mrdl_wait_while(&pool.published, seen);
    atomic_fetch_sub(&pool.sleepers, 1);
    seen = atomic_load(&pool.published);

    const unsigned done = work(slot);
    if (done > 0) {
      atomic_fetch_add(&pool.finished, done);
      if (atomic_load(&pool.caller_sleeps)) mrdl_wake_all(&pool.finished);
    }
  }
  return NULL;
}

size_t mrdl_pool_size(void) {
  const size_t running = atomic_load_explicit(&running_size, memory_order_acquire);
  if (running > 0) return running;
  size_t size = atomic_load_explicit(&chosen_size, memory_order_relaxed);
  if (size == 0) {
    size = mrdl_available_processors();
    if (size > maximum_size) size = maximum_size;
    size_t none = 0;
    if (!atomic_compare_exchange_strong(&chosen_size, &none, size)) size = none;
  }
  return size;
}

int mrdl_pool_set_size(size_t threads) {
  if (threads < 1 || threads > maximum_size) return -1;
  while (atomic_flag_test_and_set_explicit(&pool.busy, memory_order_acquire)) mrdl_relax();
  const size_t running = atomic_load(&running_size);
  const int accepted = running == 0 || running == threads;
  if (accepted) atomic_store(&chosen_size, threads);
  atomic_flag_clear_explicit(&pool.busy, memory_order_release);
  return accepted ? 0 : -1;
}

/// Starts the threads; called once, by the holder of `busy`. Runs with fewer when the system
/// refuses one.
static size_t start(void) {
  const size_t size = mrdl_pool_size();
  size_t running = 1;
  // The program's signals are for its own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  while (running < size) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, serve, (void *)(uintptr_t)running) != 0) break;
    running += 1;
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  atomic_store_explicit(&running_size, running, memory_order_release);
  return running;
}

static void run_alone(size_t count, mrdl_pool_body body, void *context) {
  for (size_t index = 0; index < count; index++) body(context, index, 0);
}

void mrdl_pool_run(size_t maximum_threads, size_t count, mrdl_pool_body body, void *context) {
  if (count <= 1 || maximum_threads == 1 || inside || count >= exhausted || mrdl_pool_size() == 1 ||
      atomic_flag_test_and_set_explicit(&pool.busy, memory_order_acquire)) {
    run_alone(count, body, context);
    return;
  }
  size_t running = atomic_load_explicit(&running_size, memory_order_relaxed);
  if (running == 0) running = start();
  const int unlimited = maximum_threads == 0 || maximum_threads > running;
  const size_t limit = unlimited ? running : maximum_threads;
  const size_t sharers = limit < count ? limit : count;

  inside = 1;
  // Close the call before, so that nobody takes a piece between the new count and the new shares.
  const size_t before = atomic_load_explicit(&pool.sharers, memory_order_relaxed);
  const uint64_t generation = ++pool.generation;
  for (size_t i = 0; i < before; i++) atomic_store(&shares[i].next, generation << 32 | exhausted);
  atomic_store_explicit(&pool.count, (unsigned)count, memory_order_relaxed);
  atomic_store_explicit(&pool.sharers, (unsigned)sharers, memory_order_relaxed);
  pool.body = body;
  pool.context = context;
  atomic_store_explicit(&pool.finished, 0, memory_order_relaxed);
  for (size_t i = 0; i < sharers; i++) {
    atomic_store_explicit(&shares[i].next, generation << 32 | first_piece(i, count, sharers),
                          memory_order_release);
  }
  atomic_fetch_add(&pool.published, 1);
  if (atomic_load(&pool.sleepers) > 0) mrdl_wake_all(&pool.published);

  const unsigned elsewhere = (unsigned)count - work(0);
  unsigned finished = atomic_load_explicit(&pool.finished, memory_order_acquire);
  while (finished != elsewhere) {
    spin_while(&pool.finished, finished);
    finished = atomic_load(&pool.finished);
    if (finished == elsewhere) break;
    atomic_store(&pool.caller_sleeps, 1);
    // Read again: a thread may have finished before it could see that the caller sleeps.
    finished = atomic_load(&pool.finished);
    if (finished != elsewhere) mrdl_wait_while(&pool.finished, finished);
    atomic_store(&pool.caller_sleeps, 0);
    finished = atomic_load(&pool.finished);
  }
  inside = 0;
  atomic_flag_clear_explicit(&pool.busy, memory_order_release);
}
