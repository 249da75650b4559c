// A wall clock that is off, preloaded into a process: what it reads is the system's and CLOCK_SHIFT seconds more. All that counts
// time without a date is left alone, as it is on a machine whose clock was set wrong.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int (*system_clock_gettime)(clockid_t, struct timespec *);
static long shift;

__attribute__((constructor)) static void find(void) {
  const char *seconds = getenv("CLOCK_SHIFT");
  shift = seconds == NULL ? 0 : atol(seconds);
  system_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (system_clock_gettime == NULL) {
    find();
  }

  int result = system_clock_gettime(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += shift;
  }

  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec time;
  int result = clock_gettime(CLOCK_REALTIME, &time);
  now->tv_sec = time.tv_sec;
  now->tv_usec = time.tv_nsec / 1000;
  return result;
}

time_t time(time_t *now) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  if (now != NULL) {
    *now = time.tv_sec;
  }

  return time.tv_sec;
}
