#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "include/mrdl_system.h"

enum { capacity = 1000 };

// Written before the handler is installed and only read afterwards.
static char message[capacity + 1];
static size_t message_length;
static int message_exit_code;

static void end_with_message(int signal) {
  (void)signal;
  size_t written = 0;
  while (written < message_length) {
    ssize_t count = write(STDERR_FILENO, message + written, message_length - written);
    if (count <= 0) break;
    written += (size_t)count;
  }
  _exit(message_exit_code);
}

void mrdl_install_sigbus_message(const char *line, int exit_code) {
  size_t length = strlen(line);
  if (length > capacity) length = capacity;
  memcpy(message, line, length);
  message[length] = '\n';
  message_length = length + 1;
  message_exit_code = exit_code;

  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = end_with_message;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}
