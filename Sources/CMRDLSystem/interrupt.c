#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "include/mrdl_system.h"

static volatile sig_atomic_t interrupted;

static void remember(int signal) {
  (void)signal;
  interrupted = 1;
}

void mrdl_watch_interrupt(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  // A parent that starts the process from a thread of a pool may have handed down a mask.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int mrdl_interrupted(void) { return interrupted != 0; }
