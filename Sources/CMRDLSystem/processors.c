#if defined(__linux__)
#define _GNU_SOURCE 1
#endif

#include "include/mrdl_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)

#include <sched.h>

static size_t affinity(void) {
  // A fixed set of 1024 processors is too small for the largest machines: grow until the kernel
  // accepts it.
  for (size_t processors = 1024; processors <= 65536; processors *= 4) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (!set) break;
    const size_t bytes = CPU_ALLOC_SIZE(processors);
    CPU_ZERO_S(bytes, set);
    const int failed = sched_getaffinity(0, bytes, set);
    const int count = failed ? 0 : CPU_COUNT_S(bytes, set);
    CPU_FREE(set);
    if (count > 0) return (size_t)count;
  }
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}

/// Reads the first line of a small file without its newline; 0 when there is none.
static int first_line(const char *path, char *line, int capacity) {
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  const int found = fgets(line, capacity, file) != NULL;
  fclose(file);
  if (found) line[strcspn(line, "\n")] = 0;
  return found;
}

/// Quota over period rounded up, or `none` when either says that there is no limit.
static size_t processors_of(long long quota, long long period, size_t none) {
  if (quota <= 0 || period <= 0) return none;
  return (size_t)((quota + period - 1) / period);
}

/// The smallest quota on the way from a control group up to the root.
///
/// - Parameters:
///   - root: where the hierarchy is mounted.
///   - group: the group's path below it, with a leading slash; cut short on the way.
///   - unified: whether the hierarchy is version 2.
static size_t quota(const char *root, char *group, int unified, size_t none) {
  size_t smallest = none;
  for (;;) {
    char path[4200], line[128], period_line[128];
    long long limit = 0, period = 0;
    if (unified) {
      snprintf(path, sizeof path, "%s%s/cpu.max", root, group);
      if (first_line(path, line, sizeof line) && sscanf(line, "%lld %lld", &limit, &period) == 2) {
        const size_t found = processors_of(limit, period, none);
        if (found < smallest) smallest = found;
      }
    } else {
      snprintf(path, sizeof path, "%s%s/cpu.cfs_quota_us", root, group);
      if (first_line(path, line, sizeof line)) {
        snprintf(path, sizeof path, "%s%s/cpu.cfs_period_us", root, group);
        if (first_line(path, period_line, sizeof period_line)) {
          const size_t found = processors_of(atoll(line), atoll(period_line), none);
          if (found < smallest) smallest = found;
        }
      }
    }
    char *last = strrchr(group, '/');
    if (!last) return smallest;
    *last = 0;
  }
}

static size_t control_group_limit(size_t none) {
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (!file) return none;
  size_t smallest = none;
  char line[4200];
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    // A line is `number:controllers:path`; version 2 has no controllers.
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *controllers++ = 0;
    *group++ = 0;
    size_t found = none;
    if (*controllers == 0) {
      found = quota("/sys/fs/cgroup", group, 1, none);
    } else {
      for (char *name = strtok(controllers, ","); name; name = strtok(NULL, ",")) {
        if (strcmp(name, "cpu") == 0) found = quota("/sys/fs/cgroup/cpu", group, 0, none);
      }
    }
    if (found < smallest) smallest = found;
  }
  fclose(file);
  return smallest;
}

size_t mrdl_available_processors(void) {
  const size_t allowed = affinity();
  const size_t limit = control_group_limit(allowed);
  return limit < allowed ? (limit > 0 ? limit : 1) : allowed;
}

#else

size_t mrdl_available_processors(void) {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}

#endif
