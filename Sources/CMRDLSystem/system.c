#if defined(__linux__)
#define _GNU_SOURCE 1
#endif

#include "include/mrdl_system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

int mrdl_open(const char *path, int flags, unsigned mode) {
  int descriptor;
  do {
    descriptor = open(path, flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

int mrdl_errno(void) { return errno; }

void mrdl_set_errno(int number) { errno = number; }

#if defined(__GLIBC__) && defined(_GNU_SOURCE)
void mrdl_describe_errno(int number, char *text, size_t capacity) {
  if (capacity == 0) return;
  char scratch[256];
  // GNU's variant returns the text, which need not stand in the scratch space.
  snprintf(text, capacity, "%s", strerror_r(number, scratch, sizeof scratch));
}
#else
void mrdl_describe_errno(int number, char *text, size_t capacity) {
  if (capacity == 0) return;
  if (strerror_r(number, text, capacity) != 0) snprintf(text, capacity, "error %d", number);
}
#endif

int mrdl_synchronize(int descriptor) {
  int result;
#if defined(__APPLE__)
  do {
    result = fcntl(descriptor, F_FULLFSYNC);
  } while (result < 0 && errno == EINTR);
  if (result >= 0) return 0;
#endif
  do {
    result = fsync(descriptor);
  } while (result < 0 && errno == EINTR);
  return result;
}

int mrdl_fcntl(int descriptor, int command, int argument) {
  return fcntl(descriptor, command, argument);
}

int mrdl_try_lock(int descriptor, int exclusive) {
  return flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
}

int mrdl_is_terminal(int descriptor) { return isatty(descriptor) == 1; }

int mrdl_terminal_width(int descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}
