#include "include/mrdl_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "waiting.h"

enum { maximum_size = 1024, cache_line = 64, stack_bytes = 4 << 20 };

/// How long a thread without work spins before it sleeps.
static const uint64_t spin_nanoseconds = 30000;

/// How many looks a thread that is done with its own pieces takes for the end of the phase, or for the
/// next call, before it looks for pieces of others. Looking takes a cache line from its owner.
enum { patience = 16 };

/// More pieces than a share or a counter could tell apart.
static const uint64_t exhausted = INT32_MAX;

/// After so many generations every share is brought up to date, long before their order is lost.
static const unsigned generations_in_order = 1u << 28;

/// The pieces that one thread takes first: a stretch of each phase, the same one whenever a call has as
/// many pieces, so that what a thread has in its caches serves it again.
typedef struct {
  /// The generation of a call in the upper half; in the lower, how many pieces of the stretch were
  /// taken in all phases. A piece is taken by compare and exchange, the first one together with the
  /// generation, so nobody has to lay shares out, and a thread that comes late cannot take a piece of
  /// another call, or of another phase, than the one it knows.
  _Alignas(cache_line) atomic_uint_fast64_t taken;
} share;

static share shares[maximum_size];

/// A parallel call as one thread knows it.
typedef struct {
  unsigned generation;
  unsigned phases;
  /// Pieces of a phase.
  unsigned count;
  /// How many threads share the pieces out.
  unsigned sharers;
  /// What `finished` was before.
  unsigned finished;
  mrdl_pool_body body;
  void *context;
} call;

static struct {
  /// The call at work, in one line, which is all that a thread has to fetch to begin. `generation` is
  /// even and grows by 2 with each call, odd while the caller changes the rest; idle threads sleep
  /// on it.
  _Alignas(cache_line) atomic_uint generation;
  atomic_uint phases;
  atomic_uint count;
  atomic_uint sharers;
  atomic_uint finished_before;
  _Atomic(mrdl_pool_body) body;
  _Atomic(void *) context;
  /// Threads that sleep or are about to.
  _Alignas(cache_line) atomic_uint sleepers;
  /// Pieces of all calls that were finished, without those that the caller did in the last phase of
  /// its call, which nobody waits for; those who wait for them sleep on it.
  _Alignas(cache_line) atomic_uint finished;
  /// Threads that sleep until pieces are finished, or are about to.
  atomic_uint waiting;
  /// Held by the thread whose call is at work, and while the threads are started.
  _Alignas(cache_line) atomic_flag busy;
} pool = {.busy = ATOMIC_FLAG_INIT};

/// The size that was chosen or found, 0 before; the threads that run, the caller among them, 0
/// before they start.
static atomic_size_t chosen_size, running_size;

/// Set in a thread that is at work for a parallel call.
static _Thread_local int inside;

// MARK: Pieces

/// Where the stretch of a share begins in a phase.
static uint64_t first_piece(const call *c, size_t index) {
  return (uint64_t)index * c->count / c->sharers;
}

/// Takes pieces of a share in one phase until none is left.
///
/// - Returns: how many pieces this thread ran.
static unsigned run_share(const call *c, unsigned phase, size_t index, size_t slot) {
  const uint64_t first = first_piece(c, index), length = first_piece(c, index + 1) - first;
  unsigned done = 0;
  uint_fast64_t state = atomic_load_explicit(&shares[index].taken, memory_order_relaxed);
  for (;;) {
    const unsigned generation = (unsigned)(state >> 32);
    const int is_later = (int)(generation - c->generation) > 0;
    const uint64_t taken = generation == c->generation ? state & UINT32_MAX : 0;
    if (is_later || taken >= (phase + 1) * length) return done;
    const uint_fast64_t next = (uint64_t)c->generation << 32 | (taken + 1);
    if (atomic_compare_exchange_weak_explicit(&shares[index].taken, &state, next,
                                              memory_order_relaxed, memory_order_relaxed)) {
      const uint64_t piece = first + taken - phase * length;
      c->body(c->context, (uint64_t)phase * c->count + piece, slot);
      done += 1;
      state = atomic_load_explicit(&shares[index].taken, memory_order_relaxed);
    }
  }
}

/// Takes pieces of all shares but the thread's own.
static unsigned run_others(const call *c, unsigned phase, size_t slot) {
  unsigned done = 0;
  for (size_t turn = 1; turn < c->sharers; turn++) {
    done += run_share(c, phase, (slot + turn) % c->sharers, slot);
  }
  return done;
}

// MARK: Waiting

/// Looks whether a counter reaches a value: patiently, then until so much time has passed.
static int reaches(atomic_uint *counter, unsigned value, uint64_t nanoseconds) {
  for (uint64_t start = 0;;) {
    for (int i = 0; i < patience; i++) {
      if ((int)(atomic_load_explicit(counter, memory_order_acquire) - value) >= 0) return 1;
      mrdl_relax();
    }
    const uint64_t now = nanoseconds == 0 ? 0 : mrdl_nanoseconds();
    if (start == 0) start = now;
    if (now - start >= nanoseconds) return 0;
  }
}

/// Waits for the call after the one with the generation `seen`, or a later one.
static call next_call(unsigned seen) {
  for (;;) {
    if (!reaches(&pool.generation, seen + 2, spin_nanoseconds)) {
      // The caller publishes its call before it reads `sleepers`; here the order is the other way
      // round, so that one of the two sees the other.
      atomic_fetch_add(&pool.sleepers, 1);
      while (atomic_load(&pool.generation) == seen) mrdl_wait_while(&pool.generation, seen);
      atomic_fetch_sub(&pool.sleepers, 1);
    }
    call c = {.generation = atomic_load_explicit(&pool.generation, memory_order_acquire)};
    if (c.generation == seen || c.generation % 2 != 0) continue;
    c.phases = atomic_load_explicit(&pool.phases, memory_order_relaxed);
    c.count = atomic_load_explicit(&pool.count, memory_order_relaxed);
    c.sharers = atomic_load_explicit(&pool.sharers, memory_order_relaxed);
    c.finished = atomic_load_explicit(&pool.finished_before, memory_order_relaxed);
    c.body = atomic_load_explicit(&pool.body, memory_order_relaxed);
    c.context = atomic_load_explicit(&pool.context, memory_order_relaxed);
    // The same generation before and after: all of it belongs to one call.
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&pool.generation, memory_order_relaxed) == c.generation) return c;
  }
}

/// Tells those who wait how many pieces were finished.
static void report(unsigned done) {
  if (done == 0) return;
  atomic_fetch_add(&pool.finished, done);
  if (atomic_load(&pool.waiting) > 0) mrdl_wake_all(&pool.finished);
}

/// Waits until so many pieces are finished.
static void await_finished(unsigned goal) {
  while (!reaches(&pool.finished, goal, spin_nanoseconds)) {
    atomic_fetch_add(&pool.waiting, 1);
    // Read now: a thread may have finished before it could see that this one waits.
    const unsigned finished = atomic_load(&pool.finished);
    if ((int)(finished - goal) < 0) mrdl_wait_while(&pool.finished, finished);
    atomic_fetch_sub(&pool.waiting, 1);
  }
}

// MARK: Taking part

/// What `finished` is when all pieces up to a phase are done.
static unsigned end_of(const call *c, unsigned phase) {
  return c->finished + (phase + 1) * c->count;
}

/// Takes part in a phase, and waits for its end.
static void run_phase(const call *c, unsigned phase, size_t slot) {
  report(run_share(c, phase, slot, slot));
  if (reaches(&pool.finished, end_of(c, phase), 0)) return;
  report(run_others(c, phase, slot));
  await_finished(end_of(c, phase));
}

static void *serve(void *argument) {
  const size_t slot = (size_t)(uintptr_t)argument;
  inside = 1;
  unsigned seen = 0;
  for (;;) {
    const call c = next_call(seen);
    seen = c.generation;
    if (slot >= c.sharers) continue;
    const unsigned last = c.phases - 1;
    for (unsigned phase = 0; phase < last; phase++) run_phase(&c, phase, slot);
    report(run_share(&c, last, slot, slot));
    if (!reaches(&pool.generation, seen + 2, 0)) report(run_others(&c, last, slot));
  }
  return NULL;
}

/// The part of the caller. Nobody waits for its pieces of the last phase, so it keeps them to itself.
static void lead(const call *c) {
  const unsigned last = c->phases - 1;
  for (unsigned phase = 0; phase < last; phase++) run_phase(c, phase, 0);
  unsigned goal = end_of(c, last) - run_share(c, last, 0, 0);
  if (reaches(&pool.finished, goal, 0)) return;
  goal -= run_others(c, last, 0);
  await_finished(goal);
}

// MARK: Size

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

// MARK: Calls

static void run_alone(size_t count, mrdl_pool_body body, void *context) {
  for (size_t index = 0; index < count; index++) body(context, index, 0);
}

/// Makes a call known to all threads and wakes those that sleep.
static void publish(call *c) {
  const unsigned before = atomic_load_explicit(&pool.generation, memory_order_relaxed);
  c->generation = before + 2;
  if (c->generation % generations_in_order == 0) {
    for (size_t i = 0; i < maximum_size; i++) {
      atomic_store(&shares[i].taken, (uint64_t)before << 32 | exhausted);
    }
  }
  atomic_store_explicit(&pool.generation, before + 1, memory_order_relaxed);
  atomic_thread_fence(memory_order_release);
  atomic_store_explicit(&pool.phases, c->phases, memory_order_relaxed);
  atomic_store_explicit(&pool.count, c->count, memory_order_relaxed);
  atomic_store_explicit(&pool.sharers, c->sharers, memory_order_relaxed);
  atomic_store_explicit(&pool.finished_before, c->finished, memory_order_relaxed);
  atomic_store_explicit(&pool.body, c->body, memory_order_relaxed);
  atomic_store_explicit(&pool.context, c->context, memory_order_relaxed);
  atomic_store(&pool.generation, c->generation);
  if (atomic_load(&pool.sleepers) > 0) mrdl_wake_all(&pool.generation);
}

void mrdl_pool_run(size_t maximum_threads, size_t phases, size_t count, mrdl_pool_body body,
                   void *context) {
  if (count <= 1 || phases == 0 || maximum_threads == 1 || inside || count >= exhausted / phases ||
      mrdl_pool_size() == 1 ||
      atomic_flag_test_and_set_explicit(&pool.busy, memory_order_acquire)) {
    run_alone(phases * count, body, context);
    return;
  }
  size_t running = atomic_load_explicit(&running_size, memory_order_relaxed);
  if (running == 0) running = start();
  const int unlimited = maximum_threads == 0 || maximum_threads > running;
  const size_t limit = unlimited ? running : maximum_threads;
  call c = {.phases = (unsigned)phases,
            .count = (unsigned)count,
            .sharers = (unsigned)(limit < count ? limit : count),
            .finished = atomic_load_explicit(&pool.finished, memory_order_relaxed),
            .body = body,
            .context = context};
  inside = 1;
  publish(&c);
  lead(&c);
  inside = 0;
  atomic_flag_clear_explicit(&pool.busy, memory_order_release);
}
