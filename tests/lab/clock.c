// The clock of a host of the lab: this machine's, and so many seconds more as /etc/lab-clock says. The host's /etc/ld.so.preload loads it
// into every program that starts there. Pid 1 goes by the clock of the kernel, as its timers do.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long ahead(void) {
  static long known;  // for a sandbox that lets no file be opened
  if (getpid() == 1) return 0;
  const int saved = errno, file = open("/etc/lab-clock", O_RDONLY | O_CLOEXEC);
  char text[32] = "";
  if (file >= 0 && read(file, text, sizeof text - 1) > 0) known = strtol(text, NULL, 10);
  if (file >= 0) close(file);
  errno = saved;
  return known;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  const int result = (int)syscall(SYS_clock_gettime, id, at);
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += ahead();
  return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  const int result = (int)syscall(SYS_gettimeofday, at, zone);
  if (result == 0) at->tv_sec += ahead();
  return result;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
