#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "mrdl_system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int mrdl_open(const char *path, int flags, unsigned mode) {
  int descriptor;
  do descriptor = open(path, flags, (mode_t)mode);
  while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

int mrdl_errno(void) { return errno; }

void mrdl_describe_errno(int number, char *buffer, size_t capacity) {
  if (capacity == 0) return;
  const char *text = strerror(number);
  snprintf(buffer, capacity, "%s", text ? text : "unknown error");
}

static const char *sigbus_line;
static int sigbus_exit_code;

static void sigbus_handler(int signal_number) {
  (void)signal_number;
  ssize_t written = write(STDERR_FILENO, sigbus_line, strlen(sigbus_line));
  (void)written;
  _exit(sigbus_exit_code);
}

void mrdl_install_sigbus_message(const char *line, int exit_code) {
  sigbus_line = line;
  sigbus_exit_code = exit_code;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = sigbus_handler;
  sigaction(SIGBUS, &action, NULL);
}
